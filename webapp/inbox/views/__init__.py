"""Doors of the room, one file a noun; all hang on one blueprint."""

from webapp.inbox.views import backfills, cards, cases, conversations, media, replies, tags, threads
from webapp.inbox.views.blueprint import bp

__all__ = ["backfills", "bp", "cards", "cases", "conversations", "media", "replies", "tags", "threads"]
