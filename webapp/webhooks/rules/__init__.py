"""A delivery's bytes as events of the inbox. Pure, and never surprised: whatever comes, it is read or refused.

Real payloads vary more than the documentation: every key may be missing or of another type, ids are texts or
numbers, times are seconds, milliseconds or text. Source: Messenger Platform and Instagram webhooks reference (v25.0).
"""

from webapp.webhooks.rules.delivery import PLATFORMS, Delivered, Entry, Unreadable, read
from webapp.webhooks.rules.forgetting import without_words

__all__ = ["PLATFORMS", "Delivered", "Entry", "Unreadable", "read", "without_words"]
