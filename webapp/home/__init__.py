"""Floor 5: the overview."""
