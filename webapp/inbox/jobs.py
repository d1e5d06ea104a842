"""Doors for the bells and the ticks: replies that are due, profiles to fetch, gaps to close, texts to index."""

import time

from flask import Flask, current_app

from webapp.core import clock
from webapp.core.work import ring
from webapp.inbox import actions, shelf
from webapp.inbox.actions import backfill, keeping
from webapp.meta.gateway import Meta

# Pages of a backfill in one go, so that other work has its turn; Instagram allows two questions a second.
PORTION = 10
PACE_SECONDS = 0.5


def register(app: Flask) -> None:
    app.extensions["bells"].on("inbox.send", send)
    app.extensions["bells"].on("inbox.profile", fetch_profile)
    app.extensions["bells"].on("inbox.backfill", fetch_conversations)
    app.extensions["bells"].on("inbox.media", keep_file)


def send(message_id: int) -> None:
    actions.send(message_id, meta=_meta(), now=clock.now())


def fetch_profile(contact_id: int) -> None:
    actions.fetch_profile(contact_id, meta=_meta(), now=clock.now())


def send_due() -> None:
    actions.lose_sight(clock.now())
    actions.release(clock.now())
    for message_id in actions.waiting(clock.now()):
        send(message_id)


def fetch_profiles_due() -> None:
    for contact_id in actions.forgotten_profiles(clock.now()):
        fetch_profile(contact_id)


def fetch_conversations(backfill_id: int) -> None:
    for _ in range(PORTION):
        began = time.monotonic()
        if not actions.fetch_page(backfill_id, meta=_meta(), now=clock.now()):
            return
        time.sleep(max(0.0, PACE_SECONDS - (time.monotonic() - began)))
    ring("inbox.backfill", backfill_id)


def keep_file(media_id: int) -> None:
    keeping.work_on(media_id, meta=_meta(), now=clock.now())


def keep_files() -> None:
    shelf.tidy(clock.now())
    keeping.drop_unnamed(clock.now())
    for media_id in keeping.due(clock.now()):
        keep_file(media_id)


def close_gaps() -> None:
    actions.book_repairs(clock.now())
    for backfill_id in backfill.due(clock.now()):
        fetch_conversations(backfill_id)


def reopen_left() -> None:
    actions.reopen_left(now=clock.now())


def index_due() -> None:
    actions.index_due()


def _meta() -> Meta:
    return current_app.extensions["meta"]  # type: ignore[no-any-return]


TICKS = {
    "inbox.send_due": (5, send_due),
    "inbox.profiles_due": (60, fetch_profiles_due),
    "inbox.close_gaps": (5, close_gaps),
    "inbox.keep_files": (shelf.PART_SECONDS, keep_files),
    "inbox.index_due": (3, index_due),
    "inbox.reopen_left": (5, reopen_left),
}
