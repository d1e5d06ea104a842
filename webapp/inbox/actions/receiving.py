"""What a customer did, written down once however often and in whatever order we hear of it."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from webapp.core import db
from webapp.inbox.actions import echoes, keeping, plain
from webapp.inbox.actions.ledger import Happening, Ledger, Remark, Spoken, mid_of, remark_of
from webapp.inbox.events import DeletedEvent, DeliveredEvent, EditedEvent, MessageEvent, ReactionEvent, ReadEvent
from webapp.inbox.models import Conversation, Message, SendStatus

# Events that are looked up together where the unit of work is needed.
AT_ONCE = 500


def receive_all(
    session: Session, happenings: Sequence[Happening], *, now: datetime, is_news: bool = True
) -> list[Spoken]:
    """Write events down, inside the caller's transaction and with their channels locked.

    Any order, any repetition and any portions of the same events end in the same: a message is known by (channel, mid);
    what is said about a message before it came waits for it; everything else says how things are, and the later wins.
    What is no news opens no conversation, and nobody is said to wait since then.
    Returns in which deliveries there are words that were taken back: whoever keeps deliveries must not keep those.
    """
    taken_back: list[Spoken] = []
    rest = plain.receive(session, happenings, now=now, is_news=is_news)
    for start in range(0, len(rest), AT_ONCE):
        portion = rest[start : start + AT_ONCE]
        ledger = Ledger(session, portion, is_news=is_news)
        for one in portion:
            if isinstance(one.event, MessageEvent):
                _message(ledger, one, one.event, now)
            else:
                _remark(ledger, one, one.event, now)
        session.flush()
        keeping.follow(session, list(ledger.messages.values()), now)
        for conversation in ledger.overtaken:
            conversation.counts_waiting()
        for contact in ledger.newcomers:
            db.ring_after_commit("inbox.profile", contact.id)
        taken_back += ledger.taken_back
    return taken_back


def _message(ledger: Ledger, happening: Happening, event: MessageEvent, now: datetime) -> None:
    channel = happening.channel
    conversation = ledger.talk(channel, event.contact_id)
    waited = []
    if conversation is None:
        conversation = ledger.open_talk(channel, event, now)
        waited = ledger.arrived(channel, event.contact_id, "")
    known = ledger.message(channel, event.mid)
    if known is None:
        known = _written(ledger, conversation, event, now)
        ledger.messages[channel.id, event.mid] = known
    elif known.is_ours and known.send_status != SendStatus.SENT:
        known.was_sent()
        conversation.touch()
    if happening.source is not None:
        known.came_in(*happening.source)
        _keep_no_words(ledger, known)
    for early in [*waited, *ledger.arrived(channel, event.contact_id, event.mid)]:
        known.was_told_in(*(early.told_again or ()))
        _apply(ledger, conversation, known, remark_of(early))


def _written(ledger: Ledger, conversation: Conversation, event: MessageEvent, now: datetime) -> Message:
    """The row of a message that we hear of for the first time: a new one, or the reply whose echo it is."""
    if event.is_echo and conversation.id is not None:
        reply = echoes.settle(ledger.session, conversation, event)
        if reply is not None:
            return reply
    message = _new(conversation, event)
    if ledger.is_news and conversation.is_past(event):
        ledger.overtaken.add(conversation)
    ledger.session.add(message)
    conversation.contact.first_at = min(conversation.contact.first_at, event.at)
    if message.is_ours:
        conversation.shows(message)
    else:
        conversation.hears(message, now=now, is_news=ledger.is_news)
        conversation.channel.hears(event.at)
    return message


def _new(conversation: Conversation, event: MessageEvent) -> Message:
    return Message(conversation=conversation, channel_id=conversation.channel.id, reaction="", **plain.row_of(event))


def _remark(ledger: Ledger, happening: Happening, event: Remark, now: datetime) -> None:
    conversation = ledger.talk(happening.channel, event.contact_id)
    mid = mid_of(event)
    known = ledger.message(happening.channel, mid) if mid else None
    if conversation is None or (mid and known is None):
        ledger.wait(happening, now)
        return
    if known is not None and isinstance(event, EditedEvent) and happening.source is not None:
        known.was_told_in(happening.source.delivery_id)
        _keep_no_words(ledger, known)
    _apply(ledger, conversation, known, event)


def _apply(ledger: Ledger, conversation: Conversation, known: Message | None, event: Remark) -> None:
    """`known` is the message that the event is about."""
    if isinstance(event, DeliveredEvent):
        conversation.reaches(event.at)
    elif isinstance(event, ReadEvent):
        conversation.is_seen(known.at if known is not None and event.mid else event.at)
    elif known is not None:
        _change(conversation, known, event)
        if isinstance(event, DeletedEvent):
            _keep_no_words(ledger, known)


def _keep_no_words(ledger: Ledger, known: Message) -> None:
    """Of a message that was taken back, whoever tells of it and whenever."""
    if known.deleted_at is not None:
        ledger.forget(known.mid or "", known.deliveries)


def _change(conversation: Conversation, known: Message, event: DeletedEvent | EditedEvent | ReactionEvent) -> None:
    if known.deleted_at is not None:
        return
    if isinstance(event, ReactionEvent):
        known.react(event.emoji, at=event.at)
        conversation.touch()
        return
    if isinstance(event, DeletedEvent):
        known.remove_content(event.at)
    else:
        known.edit(event.text, number=event.number, at=event.at)
    conversation.shows(known)
