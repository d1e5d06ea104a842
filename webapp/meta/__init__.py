"""Gate to Meta."""
