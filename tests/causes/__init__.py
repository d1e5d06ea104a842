"""Every cause, and where it is noticed: the real console against the sandbox, written down as docs/causes.md."""
