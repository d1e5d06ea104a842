"""A console that a story is played to: its pages over its own client, webhooks over HTTP, background work by hand."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from html import unescape
from pathlib import Path

from flask import current_app
from sqlalchemy import delete, select, update

from tests.causes.world import ACCOUNT as MORNING
from tests.causes.world import PAGE, World, world
from tests.running import free_ports, serving
from webapp.channels.actions.notify import notify_due
from webapp.channels.models import Channel
from webapp.channels.models.incident import GATHER
from webapp.core import clock, db
from webapp.diagnosis.models import LiveTest
from webapp.inbox.models import Contact, Conversation, Message
from webapp.mail import actions as mail
from webapp.scheduler.models import MetaState

SHANHAI = "17841408833402002"
# Seconds of Meta take so much of a second here; the console's patience is shortened alike (10 seconds are 0.5).
PACE = 0.05
PATIENCE = 10 * PACE
HOUSEKEEPING = (
    "webhooks.handle_due",
    "inbox.send_due",
    "inbox.close_gaps",
    "inbox.profiles_due",
    "inbox.keep_files",
    "diagnosis.watch",
)


@dataclass
class House:
    """What people see of the console, and how time passes in it. `mark` is where this story's mails begin."""

    world: World
    mark: int = 0
    pressed: int = 0
    hour: datetime = field(default_factory=clock.now)

    def status(self, account: str = MORNING) -> tuple[str, str]:
        with self.world.app.app_context():
            channel = self._channel(account)
            return channel.status, channel.cause or ""

    def all_checked(self) -> set[str]:
        """Accounts whose last check came to a verdict and was not long ago."""
        with self.world.app.app_context():
            rows = db.session().scalars(select(Channel).execution_options(populate_existing=True))
            return {one.external_id for one in rows if one.verdict_at and one.verdict_at >= self.hour}

    def page(self, rest: str) -> str:
        return _text(self.world.story.client.get(f"/w/aurora/{rest}").text)

    def thread(self, customer: str) -> str:
        """One conversation as its page shows it."""
        return self.page(f"conversations/{self._conversation_id(customer)}")

    def texts(self, customer: str) -> list[str]:
        """What a customer wrote, in the order in which the thread shows it."""
        with self.world.app.app_context():
            own = Message.conversation_id == self._conversation_id(customer)
            found = select(Message.text).where(own, Message.direction == "in").order_by(Message.at, Message.id)
            return list(db.session().scalars(found))

    def mails(self) -> list[str]:
        """Who got a mail since the story began, and its subject."""
        found = list(reversed(self.world.sandbox.mails()))[self.mark :]
        return sorted(f"{one['to'][0]}: {one['subject']}" for one in found)

    def check_now(self) -> None:
        self.world.story.client.post(f"/w/aurora/channels/{self._channel_id()}/check")
        self.tell()

    def an_hour_passes(self) -> None:
        """The sweep finds every channel due; a pause that Meta asked for is over."""
        self.hour = clock.now()
        with self.world.app.app_context(), db.transaction() as session:
            session.execute(update(Channel).values(next_check_at=clock.now()))
            session.execute(update(MetaState).values(wait_until=None))
        self.tick("scheduler.sweep")
        self.tell()

    def tell(self) -> None:
        """Long enough for what was noticed to be mailed, and for what was missed meanwhile to be fetched."""
        with self.world.app.app_context():
            later = clock.now() + GATHER
            notify_due(later)
            mail.send_due(current_app.extensions["mailer"], lambda: later)
        self.tick(*HOUSEKEEPING)

    def diagnose(self) -> str:
        client = self.world.story.client
        return _text(client.post(f"/w/aurora/channels/{self._channel_id()}/diagnosis", follow_redirects=True).text)

    def start_live_test(self) -> None:
        self.world.story.client.post(f"/w/aurora/channels/{self._channel_id()}/live-test")

    def live_test(self) -> str:
        return self.page(f"channels/{self._channel_id()}/diagnosis")

    def dialog(self) -> str:
        """Where "Reauthorise" leads."""
        answer = self.world.story.client.post(f"/w/aurora/channels/{self._channel_id()}/authorization")
        return answer.headers["Location"]

    def reauthorise(self) -> None:
        story = self.world.story
        story.land(story.in_dialog(self.dialog()))
        self.tell()

    def reply(self, customer: str, text: str) -> None:
        """Alice answers, and what is due goes out; what Meta tells of it is still on its way."""
        self.pressed += 1
        where = f"/w/aurora/conversations/{self._conversation_id(customer)}/messages"
        self.world.story.client.post(where, data={"text": text, "form_key": f"key-{self.pressed}"})
        self.tick("inbox.send_due")

    def at_meta(self, text: str) -> int:
        """How often the customer got this reply."""
        rows = self.world.sandbox.app.extensions["sandbox"].state.messages.values()
        return sum(one.content.get("text") == text for one in rows)

    def arrive(self) -> None:
        """Everything that Meta sends is here and handled, late deliveries too."""
        self.world.sandbox.control("clock", advance=60)
        self.world.sandbox.control("clock", advance=-60)
        assert self.world.sandbox.control("settle", timeout=10)["settled"]
        self.tick(*HOUSEKEEPING)

    def tick(self, *names: str) -> None:
        for name in names:
            _seconds, function = self.world.app.extensions["ticks"][name]
            with self.world.app.app_context():
                function()

    def fresh(self) -> None:
        """A new day at Meta and here: connected, nobody wrote, nothing happened."""
        sandbox, now = self.world.sandbox, clock.now()
        sandbox.reset()
        self.reauthorise()
        self.world.all_well()
        with self.world.app.app_context(), db.transaction() as session:
            for table in (LiveTest, Message, Conversation, Contact):
                session.execute(delete(table))
            # A while ago: what customers write now is not older than the connection, and their history is. No check
            # is due by itself.
            session.execute(
                update(Channel).values(
                    connected_at=now - timedelta(minutes=10), next_check_at=now + timedelta(minutes=30)
                )
            )
        self.arrive()
        self.mark = len(sandbox.mails())

    def _channel(self, account: str) -> Channel:
        wanted = select(Channel).where(Channel.external_id == account).execution_options(populate_existing=True)
        return db.session().scalars(wanted).one()

    def _channel_id(self) -> int:
        with self.world.app.app_context():
            return self._channel(MORNING).id

    def has(self, customer: str) -> bool:
        with self.world.app.app_context():
            named = select(Conversation.id).join(Contact).where(Contact.external_id == _customer_id(self, customer))
            return db.session().scalar(named) is not None

    def _conversation_id(self, customer: str) -> int:
        with self.world.app.app_context():
            named = select(Conversation.id).join(Contact).where(Contact.external_id == _customer_id(self, customer))
            return db.session().scalars(named).one()


def _customer_id(house: House, name: str) -> str:
    rows = house.world.sandbox.app.extensions["sandbox"].state.customers.values()
    return next(one.id for one in rows if one.name == name)


def _text(html: str) -> str:
    """A page's words: without tags and what only machines read."""
    body = re.sub(r"<(script|style|template|head)\b.*?</\1>", " ", html, flags=re.S)
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", body)).split())


@contextmanager
def house(folder: Path) -> Iterator[House]:
    """Two Instagram accounts of 林小姐 and one Page are connected; webhooks and callbacks travel over HTTP."""
    (port,) = free_ports(1)
    url = f"http://127.0.0.1:{port}/webhooks/meta"
    with world(folder, {"pace": PACE}, META_TIMEOUT=str(PATIENCE)) as played, serving(played.app, port):
        played.sandbox.control("app", webhook_url=url, deauthorize_url=f"{url}/deauthorization")
        alice = played.story
        alice.connect(SHANHAI)
        alice.choose(alice.land(alice.in_dialog(alice.press_connect(platform="messenger"))), PAGE)
        yield House(played)
