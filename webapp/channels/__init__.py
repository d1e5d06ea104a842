"""Floor 2: grants, channels, their status and incidents."""
