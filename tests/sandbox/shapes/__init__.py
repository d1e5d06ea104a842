"""Meta's shapes, written from Meta's reference and not from the sandbox's code, and the check of what was answered."""
