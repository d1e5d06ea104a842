"""Gate to the mail server."""
