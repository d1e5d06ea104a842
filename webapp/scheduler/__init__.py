"""Floor 4: what we ask every hour."""
