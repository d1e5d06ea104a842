"""Files of messages: fetched while Meta still has them, kept as long as the message is, deleted with it.

Never fetched: what may be seen once only, and stories, which belong to whoever told them and end after a day
(Meta Platform Terms, "Instagram stories"); shared posts and reels are linked.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import BinaryIO

from sqlalchemy import ColumnElement, and_, delete, or_, select, update
from sqlalchemy.orm import Session

from webapp.core import db
from webapp.inbox import shelf
from webapp.inbox.actions import locks
from webapp.inbox.filetypes import fits
from webapp.inbox.models import Media, MediaState, Message
from webapp.inbox.rules import FETCH_LEASE, fetch_again
from webapp.inbox.shelf import Stored
from webapp.meta.errors import FileForeign, FileGone, GraphError
from webapp.meta.gateway import Meta

FETCHED = frozenset({"image", "sticker", "video", "audio", "file"})
# Somewhat more than the platforms let anybody send.
MOST_BYTES = 30 * 1024 * 1024


def follow(session: Session, messages: Sequence[Message], now: datetime) -> None:
    """Note which files of messages are to be fetched and which to be deleted, inside the caller's transaction.

    Repeating it changes nothing. The messages must have their ids.
    """
    taken_back = [one.id for one in messages if one.deleted_at is not None]
    wanted = {one.id: places for one in messages if (places := _wanted(one))}
    if not taken_back and not wanted:
        return
    known = session.scalars(select(Media).where(Media.message_id.in_([*taken_back, *wanted]))).all()
    for row in known:
        if row.message_id in taken_back and row.state != MediaState.REMOVED:
            row.remove(now)
            db.ring_after_commit("inbox.media", row.id)
    seen = {row.message_id for row in known}
    fresh = [
        Media(message_id=message_id, position=position, due_at=now)
        for message_id, places in wanted.items()
        if message_id not in seen
        for position in places
    ]
    session.add_all(fresh)
    session.flush()
    for row in fresh:
        db.ring_after_commit("inbox.media", row.id)


def _wanted(message: Message) -> list[int]:
    """Places among a message's attachments where a file is to be fetched."""
    if message.kind == "ephemeral" or message.deleted_at is not None:
        return []
    return [at for at, one in enumerate(message.attachments or []) if one["kind"] in FETCHED and one["url"]]


def work_on(media_id: int, *, meta: Meta, now: datetime) -> None:
    """Fetch or delete one file, if that is due and nobody else does."""
    state = _take(media_id, now)
    if state == MediaState.WAITING:
        _fetch(media_id, meta, now)
    elif state == MediaState.REMOVED:
        _delete(media_id)


def due(now: datetime) -> list[int]:
    """Files to fetch or to delete. One whose message is gone altogether is to be deleted."""
    return list(db.session().scalars(select(Media.id).where(_is_due(now)).order_by(Media.id).limit(50)))


def _is_due(now: datetime) -> ColumnElement[bool]:
    return or_(Media.due_at <= now, and_(Media.message_id.is_(None), Media.due_at.is_(None)))


def _take(media_id: int, now: datetime) -> str | None:
    with db.transaction() as session:
        taken = session.execute(
            update(Media)
            .where(Media.id == media_id, _is_due(now))
            .values(due_at=now + FETCH_LEASE, tries=Media.tries + 1)
            .returning(Media.state, Media.message_id)
            .execution_options(synchronize_session=False)
        ).first()
    if taken is None:
        return None
    return MediaState.REMOVED if taken.message_id is None else taken.state


def _fetch(media_id: int, meta: Meta, now: datetime) -> None:
    kind, url = _address(media_id)
    db.leave()
    try:
        with shelf.blank() as file:
            stored = _fetched(file, url, kind, meta)
    except FileGone:
        _record(media_id, MediaState.GONE)
    except FileForeign:
        _record(media_id, MediaState.FOREIGN)
    except GraphError as error:
        _record_trouble(media_id, error, now)
    else:
        _record(media_id, MediaState.KEPT, stored)


def _address(media_id: int) -> tuple[str, str]:
    row = db.session().get_one(Media, media_id, populate_existing=True)
    message = db.session().get(Message, row.message_id, populate_existing=True) if row.message_id else None
    if message is None or row.position >= len(message.attachments):
        return "", ""
    attachment = message.attachments[row.position]
    return str(attachment["kind"]), str(attachment["url"])


def _fetched(file: BinaryIO, url: str, kind: str, meta: Meta) -> Stored:
    """Raises FileForeign for a file that is not what its message said: nobody shows a page as a picture."""
    meta.fetch_file(url, file, most_bytes=MOST_BYTES)
    if not fits(kind, shelf.examined(file).mime):
        raise FileForeign
    return shelf.put(file)


def _record(media_id: int, state: MediaState, stored: Stored | None = None) -> None:
    """One that was taken back while it was being fetched is nobody's any more."""
    with db.transaction() as session:
        _settle(session, media_id, state, stored)


def _settle(session: Session, media_id: int, state: MediaState, stored: Stored | None) -> None:
    conversation_id = session.scalar(
        select(Message.conversation_id).join(Media, Media.message_id == Message.id).where(Media.id == media_id)
    )
    if conversation_id is None:
        return
    conversation = locks.conversation(session, conversation_id)
    row = session.get(Media, media_id, populate_existing=True, with_for_update=True)
    if row is None or row.state != MediaState.WAITING:
        return
    if stored is None:
        row.settle(state)
    else:
        row.keep(stored.digest, stored.mime, stored.size)
    conversation.touch()


def _record_trouble(media_id: int, error: GraphError, now: datetime) -> None:
    with db.transaction() as session:
        row = session.get(Media, media_id, populate_existing=True, with_for_update=True)
        if row is None or row.state != MediaState.WAITING:
            return
        again = fetch_again(row.tries, error.retry_after, now)
        if again is None:
            row.settle(MediaState.GONE)
        else:
            row.due_at = again


def _delete(media_id: int) -> None:
    with db.transaction() as session:
        session.execute(delete(Media).where(Media.id == media_id))


def drop_unnamed(now: datetime) -> None:
    """Delete files that no row names, of one part of the shelf at a time.

    What they belonged to was taken back, or never came to be. Only here, so that nobody loses a file that they are just
    about to name.
    """
    lying = shelf.settled(now)
    if not lying:
        return
    named = select(Media.digest).where(Media.digest.in_(lying), Media.state == MediaState.KEPT)
    unnamed = set(lying).difference(db.session().scalars(named))
    db.leave()
    for digest in unnamed:
        shelf.drop(digest, now)
