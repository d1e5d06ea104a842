"""Floor 1: people, workspaces, roles and who may enter."""
