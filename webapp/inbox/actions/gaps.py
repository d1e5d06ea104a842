"""What Meta's inbox holds of one conversation, put among what we have: in order, and nothing twice."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from webapp.channels.models import Channel
from webapp.inbox.actions import locks
from webapp.inbox.actions.ledger import Happening
from webapp.inbox.actions.receiving import receive_all
from webapp.inbox.events import Attachment, MessageEvent
from webapp.inbox.models import Backfill, Conversation, Direction, Fetched, Message, Reason, State
from webapp.inbox.rules import HUMAN_AGENT, REMOTE_DETAILED
from webapp.meta.gateway import RemoteConversation, RemoteMessage


def store(session: Session, channel: Channel, backfill: Backfill, remote: RemoteConversation, *, now: datetime) -> int:
    """Write down what is missing, inside the caller's transaction and with the channel locked. Returns how many."""
    wanted = _wanted(remote, channel, backfill.since)
    missing = _missing(session, channel, wanted)
    if not missing:
        return 0
    contact_id = _contact_id(missing[0], channel)
    is_news = backfill.reason != Reason.HISTORY
    is_known = locks.conversation_with(session, channel.id, contact_id) is not None
    receive_all(session, [Happening(channel, _event(one, channel)) for one in missing], now=now, is_news=is_news)
    conversation = locks.conversation_with(session, channel.id, contact_id)
    assert conversation is not None, "a message makes its conversation"
    if not is_news and not is_known:
        _open_or_close(conversation, missing[-1], channel, now)
    _note(session, backfill, conversation, missing, is_cut=_is_cut(remote, wanted, missing))
    conversation.touch()
    return len(missing)


def _wanted(remote: RemoteConversation, channel: Channel, since: datetime | None) -> list[RemoteMessage]:
    """Oldest first. Of the older ones Meta tells neither writer nor words: nothing can be made of them."""
    told = [one for one in remote.messages if one.sender_id and _contact_id(one, channel)]
    return [one for one in reversed(told) if since is None or one.at >= since]


def _missing(session: Session, channel: Channel, wanted: Sequence[RemoteMessage]) -> list[RemoteMessage]:
    known = _known(session, channel, [one.id for one in wanted])
    left = [one for one in _placed(wanted, known) if one.id not in known]
    twins = _twins(session, channel, left, known) if left else set()
    return [one for one in left if one.id not in twins]


def _known(session: Session, channel: Channel, mids: Sequence[str]) -> dict[str, datetime]:
    """Those that we have, with their exact time."""
    found = session.execute(
        select(Message.mid, Message.at).where(Message.channel_id == channel.id, Message.mid.in_(mids))
    )
    return {mid: at for mid, at in found if mid is not None}


def _placed(wanted: Sequence[RemoteMessage], known: Mapping[str, datetime]) -> list[RemoteMessage]:
    """Meta's inbox tells whole seconds: within one, its own order says what came after what we have."""
    placed, last = [], None
    for one in wanted:
        at = known.get(one.id, one.at)
        if last is not None and one.id not in known and at <= last < one.at + timedelta(seconds=1):
            at = last + timedelta(microseconds=1)
        placed.append(replace(one, at=at))
        last = at
    return placed


def _twins(
    session: Session, channel: Channel, left: Sequence[RemoteMessage], known: Mapping[str, datetime]
) -> set[str]:
    """Ids of messages that we have under another id: same side, same words, same second, and Meta does not list ours.

    Nobody promises that the webhook and the inbox name a message alike; a whole thread must not stand there twice.
    """
    contact_id = _contact_id(left[0], channel)
    conversation = locks.conversation_with(session, channel.id, contact_id)
    if conversation is None:
        return set()
    ours = session.execute(
        select(Message.direction, Message.text, Message.at, Message.mid).where(
            Message.conversation_id == conversation.id,
            Message.mid.is_not(None),
            Message.at >= left[0].at.replace(microsecond=0),
            Message.at < left[-1].at + timedelta(seconds=1),
        )
    ).all()
    here = {(direction, text, at.replace(microsecond=0)) for direction, text, at, mid in ours if mid not in known}
    return {one.id for one in left if (_direction(one, channel), one.text, one.at.replace(microsecond=0)) in here}


def _contact_id(one: RemoteMessage, channel: Channel) -> str:
    return one.recipient_id if _is_ours(one, channel) else one.sender_id


def _is_ours(one: RemoteMessage, channel: Channel) -> bool:
    return one.sender_id in (channel.external_id, channel.page_id)


def _direction(one: RemoteMessage, channel: Channel) -> str:
    return Direction.OUT if _is_ours(one, channel) else Direction.IN


def _event(one: RemoteMessage, channel: Channel) -> MessageEvent:
    attachments = tuple(Attachment(got.kind, got.url, got.title) for got in one.attachments)
    kind = attachments[0].kind if attachments else "text" if one.text and not one.is_unsupported else "unsupported"
    return MessageEvent(
        _contact_id(one, channel),
        one.at,
        one.id,
        is_echo=_is_ours(one, channel),
        kind=kind,
        text=one.text,
        attachments=attachments,
    )


def _open_or_close(conversation: Conversation, last: RemoteMessage, channel: Channel, now: datetime) -> None:
    """Of a conversation that only history tells of: open if it waits for an answer and can still have one."""
    waits = last.at > now - HUMAN_AGENT and not _is_ours(last, channel)
    conversation.unread = 1 if waits else 0
    conversation.state = State.OPEN if waits else State.CLOSED
    conversation.counts_waiting()


def _is_cut(remote: RemoteConversation, wanted: Sequence[RemoteMessage], missing: Sequence[RemoteMessage]) -> bool:
    """Everything that Meta tells is of this time, and the oldest of it was missing: more may have been."""
    return len(wanted) >= REMOTE_DETAILED and len(wanted) == len(remote.messages) and missing[0].id == wanted[0].id


def _note(
    session: Session, backfill: Backfill, conversation: Conversation, missing: Sequence[RemoteMessage], *, is_cut: bool
) -> None:
    noted = session.scalar(
        select(Fetched).where(Fetched.backfill_id == backfill.id, Fetched.conversation_id == conversation.id)
    )
    first_at, last_at = missing[0].at, missing[-1].at
    if noted is None:
        noted = Fetched(
            backfill_id=backfill.id, conversation_id=conversation.id, count=0, first_at=first_at, last_at=last_at
        )
        session.add(noted)
    noted.count += len(missing)
    noted.first_at, noted.last_at = min(noted.first_at, first_at), max(noted.last_at, last_at)
    noted.is_cut = noted.is_cut or is_cut
