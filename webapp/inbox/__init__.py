"""Floor 3: conversations, messages, contacts."""
