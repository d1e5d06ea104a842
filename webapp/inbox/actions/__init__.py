"""Use cases of the room, one file a concern."""

from webapp.inbox.actions.attaching import FileRefused, reply_with_files, take_in
from webapp.inbox.actions.backfill import NotConnected, ask_history, book_repairs, fetch_newest, fetch_page
from webapp.inbox.actions.cards import (
    Change,
    ChangedMeanwhile,
    TagTooLong,
    paint,
    save_card,
    tag,
    untag,
)
from webapp.inbox.actions.cases import AlreadyTaken, close, mark_read, reopen, reopen_left, take, transfer
from webapp.inbox.actions.held import AlreadyGone, release, withdraw
from webapp.inbox.actions.indexing import index_due
from webapp.inbox.actions.ledger import Happening, Source, Spoken
from webapp.inbox.actions.profiles import fetch_profile, forgotten_profiles, renew_profile
from webapp.inbox.actions.receiving import receive_all
from webapp.inbox.actions.replying import ComposerClosed, EmptyText, TextTooLong, dispatch, reply
from webapp.inbox.actions.sending import lose_sight, send, waiting
from webapp.inbox.actions.tags import TagTaken, delete_tag, rename_tag

__all__ = [
    "AlreadyGone",
    "AlreadyTaken",
    "Change",
    "ChangedMeanwhile",
    "ComposerClosed",
    "EmptyText",
    "FileRefused",
    "Happening",
    "NotConnected",
    "Source",
    "Spoken",
    "TagTaken",
    "TagTooLong",
    "TextTooLong",
    "ask_history",
    "book_repairs",
    "close",
    "delete_tag",
    "dispatch",
    "fetch_newest",
    "fetch_page",
    "fetch_profile",
    "forgotten_profiles",
    "index_due",
    "lose_sight",
    "mark_read",
    "paint",
    "receive_all",
    "release",
    "rename_tag",
    "renew_profile",
    "reopen",
    "reopen_left",
    "reply",
    "reply_with_files",
    "save_card",
    "send",
    "tag",
    "take",
    "take_in",
    "transfer",
    "untag",
    "waiting",
    "withdraw",
]
