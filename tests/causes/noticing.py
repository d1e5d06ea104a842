"""The six places where a cause may be noticed, each by doing the real thing once."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from html import unescape

from flask import current_app
from sqlalchemy import select

from tests.causes.world import World
from tests.rooms.channels.test_meta_callbacks_protection import signed
from webapp.accounts.models import Person
from webapp.channels.actions.notify import notify_due
from webapp.channels.models import Channel, Grant
from webapp.channels.models.incident import GATHER
from webapp.core import clock, db
from webapp.diagnosis import queries
from webapp.diagnosis.rules import summarise
from webapp.inbox import actions as inbox
from webapp.mail.models import OutgoingMail
from webapp.scheduler import jobs as scheduler

OTHER_PAGE = "104756382910475"


@dataclass(frozen=True)
class Found:
    """The state that followed. `cause` is empty while the channel keeps its state; `subject` is the mail's, or empty;
    `said` is what the diagnosis names first, whatever the state."""

    status: str
    cause: str
    subject: str
    said: str = ""

    @property
    def is_noticed(self) -> bool:
        return self.status != "connected"


def notice(world: World, way: str) -> Found:
    """Notice in one way, on a channel that nobody knows to be broken."""
    world.all_well()
    WAYS[way](world)
    return outcome(world)


def outcome(world: World) -> Found:
    with world.app.app_context():
        notify_due(clock.now() + GATHER + timedelta(seconds=1))
        channel = world.channel()
        mails = db.session().scalars(select(OutgoingMail.subject).where(OutgoingMail.address == "carol@example.com"))
        return Found(channel.status, channel.cause or "", next(iter(mails), ""), _said(channel))


def _said(channel: Channel) -> str:
    for one in queries.latest(channel, 1):
        first = summarise(one.found).first
        return first.word if first else ""
    return ""


def an_hour_passes(world: World) -> None:
    with world.app.app_context(), db.transaction():
        world.channel().next_check_at = clock.now()


def _sweep(world: World) -> None:
    with world.app.app_context():
        scheduler.sweep()


def _check(world: World) -> None:
    world.story.client.post(f"/w/aurora/channels/{_id(world)}/check")


def _send(world: World) -> None:
    """A refusal may prove it by itself, or bring the channel's next check forward."""
    with world.app.app_context():
        alice = db.session().scalars(select(Person).where(Person.name == "Alice")).one()
        reply = inbox.reply(world.conversation_id, alice, "sure", f"key {clock.now()}", now=clock.now())
        with db.transaction():
            world.channel().next_check_at = clock.now() + timedelta(hours=1)
        inbox.send(reply.id, meta=current_app.extensions["meta"], now=clock.now())
        scheduler.sweep()


def _webhook(world: World) -> None:
    """The one call by which Meta tells of a cause by itself: the app was removed."""
    with world.app.app_context():
        user = db.session().scalars(select(Grant.facebook_user_id)).one()
        secret = current_app.extensions["config"].meta_app_secret
    body = {"signed_request": signed(secret, user_id=user)}
    world.story.client.post("/webhooks/meta/deauthorization", data=body)


def _diagnosis(world: World) -> None:
    world.story.client.post(f"/w/aurora/channels/{_id(world)}/diagnosis")


def _callback(world: World) -> None:
    """Somebody logs in again and changes nothing in the dialog."""
    log_in(world)


def log_in(world: World, **choices: object) -> None:
    story = world.story
    story.land(story.in_dialog(story.press_connect(rerequest="1"), **choices))


def reauthorise(world: World) -> None:
    answer = world.story.client.post(f"/w/aurora/channels/{_id(world)}/authorization")
    world.story.land(world.story.in_dialog(answer.headers["Location"]))


def words(world: World) -> tuple[str, str]:
    """What stands on the row, and in the banner of a conversation."""
    row = world.story.client.get("/w/aurora/social-channels").text
    talk = world.story.client.get(f"/w/aurora/conversations/{world.conversation_id}").text
    cause = re.search(r'class="account-cause[^"]*">(.*?)</p>', row, re.S)
    banner = re.search(r'class="thread-banner".*?class="alert-title">(.*?)</p>', talk, re.S)
    return _plain(cause), _plain(banner)


def _plain(found: "re.Match[str] | None") -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", found.group(1))).split()).replace(" . ", ". ") if found else ""


def _id(world: World) -> int:
    with world.app.app_context():
        return world.channel().id


WAYS: dict[str, Callable[[World], None]] = {
    "sweep": _sweep,
    "check now": _check,
    "send": _send,
    "webhook": _webhook,
    "diagnosis": _diagnosis,
    "login": _callback,
}
UNTICKED = {"pages": [OTHER_PAGE]}
DECLINED = {"declined": ["instagram_manage_messages"]}
