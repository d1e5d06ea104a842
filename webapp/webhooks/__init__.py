"""Floor 4: what Meta tells us."""
