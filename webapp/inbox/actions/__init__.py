"""Use cases of the room, one file a concern."""

from webapp.inbox.actions.cases import AlreadyTaken, close, mark_read, reopen, take
from webapp.inbox.actions.profiles import fetch_profile, forgotten_profiles
from webapp.inbox.actions.receiving import receive
from webapp.inbox.actions.replying import ComposerClosed, EmptyText, TextTooLong, dispatch, reply
from webapp.inbox.actions.sending import lose_sight, send, waiting

__all__ = [
    "AlreadyTaken",
    "ComposerClosed",
    "EmptyText",
    "TextTooLong",
    "close",
    "dispatch",
    "fetch_profile",
    "forgotten_profiles",
    "lose_sight",
    "mark_read",
    "receive",
    "reopen",
    "reply",
    "send",
    "take",
    "waiting",
]
