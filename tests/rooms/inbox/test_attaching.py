"""Files that members send: checked, given to Meta, sent once."""

import hashlib
import io
from datetime import datetime
from typing import Any

import pytest
from flask import current_app, g
from flask.testing import FlaskClient
from sqlalchemy import select, update

from tests.people import People
from tests.rooms.inbox.happenings import CUSTOMER, happen, lines, minutes_ago, write
from tests.rooms.inbox.screens import Browser, here
from tests.running import Sandbox
from webapp.channels.models import Channel
from webapp.core import clock, db
from webapp.inbox import actions, jobs, outgoing, shelf
from webapp.inbox.actions import attaching
from webapp.inbox.events import Attachment, MessageEvent
from webapp.inbox.models import Conversation, Media, Message

PNG = b"\x89PNG\r\n\x1a\n" + b"picture" * 10
PDF = b"%PDF-1.4\n%%EOF\n"
UPLOADS, MESSAGES = "*/message_attachments", "*/messages"


class Desk:
    def __init__(self, channel: Channel, client: FlaskClient, sandbox: Sandbox) -> None:
        self.channel, self.client, self.sandbox = channel, client, sandbox
        write(channel, at=minutes_ago(5))

    def sends(self, *files: tuple[str, bytes], text: str = "", key: str = "k", **more: Any) -> Any:
        data = {"text": text, "form_key": key, "file": [(io.BytesIO(body), name) for name, body in files]}
        return self.client.post(here("/messages"), data=data | more, content_type="multipart/form-data")

    def cause(self, name: str, on: bool = True, **more: object) -> None:
        self.sandbox.control("causes", cause=name, on=on, **more)

    def arrived(self) -> list[Any]:
        talks = self.sandbox.look("state")["conversations"]
        (mine,) = [one for one in talks if one["customer_id"] == CUSTOMER]
        return [
            [part["type"] for part in one["attachments"]] if one.get("attachments") else one["text"]
            for one in mine["messages"]
            if one["by_app"]
        ]


@pytest.fixture
def desk(connected: Channel, client: FlaskClient, sandbox: Sandbox) -> Desk:
    return Desk(connected, client, sandbox)


def ours() -> list[Message]:
    return [one for one in lines() if one.is_ours]


def test_pictures_files_and_words_of_one_form_arrive_once_and_in_order(desk: Desk) -> None:
    for _ in range(2):
        assert desk.sends(("cup.png", PNG), ("menu.pdf", PDF), text="這是菜單").status_code == 303
    for _ in range(3):
        jobs.send_due()
    assert desk.arrived() == [["image"], ["file"], "這是菜單"]
    assert [(one.kind, one.send_status) for one in ours()] == [("image", "sent"), ("file", "sent"), ("text", "sent")]
    page = desk.client.get(here()).text
    assert "menu.pdf" in page
    media = db.session().scalars(select(Media).order_by(Media.id)).all()
    assert f'<img src="{here(f"/media/{media[0].id}")}" alt="cup.png"' in page
    assert desk.client.get(here(f"/media/{media[1].id}"), buffered=True).data == PDF


@pytest.mark.parametrize(
    ("name", "body", "words"),
    [
        ("movie.exe", b"MZ....", "does not take"),
        ("page.png", b"<!DOCTYPE html>", "does not take"),
        ("song.mp3", b"ID3\x04....", "does not take"),
        ("empty.png", b"", "is empty"),
    ],
)
def test_what_instagram_does_not_take_is_said_before_it_is_sent(desk: Desk, name: str, body: bytes, words: str) -> None:
    answer = desk.sends(("good.png", PNG), (name, body), text="kept words")
    assert answer.status_code == 422
    assert words in answer.text
    assert "kept words</textarea>" in answer.text
    assert ours() == []


def test_where_nothing_can_be_sent_no_file_is_kept(channel: Channel, alice: FlaskClient, sandbox: Sandbox) -> None:
    desk = Desk(channel, alice, sandbox)
    long, closed = PNG + b"too long a text", PNG + b"too late"
    assert desk.sends(("a.png", long), text="長" * 400).status_code == 422
    with db.transaction() as session:
        session.execute(update(Conversation).values(last_inbound_at=minutes_ago(8 * 24 * 60)))
    assert desk.sends(("b.png", closed)).status_code == 422
    assert not any(shelf.has(hashlib.sha256(one).hexdigest()) for one in (long, closed))


def test_what_is_too_large_is_said_with_the_limit(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(attaching, "refusal", lambda platform, mime, size: "size")
    answer = desk.sends(("large.png", PNG))
    assert answer.status_code == 422
    assert "large.png is too large: at most 8 MB can be sent." in answer.text


def test_only_the_address_for_replies_takes_large_bodies_and_only_of_members(
    desk: Desk, people: People, browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(desk.client.application.config, "MAX_CONTENT_LENGTH", 1000)
    assert desk.client.post("/sign-in", data={"email": "x" * 2000}).status_code == 413
    film = ("film.mp4", b"\0\0\0\x20ftypisom" + bytes(2000))
    assert desk.sends(film).status_code == 303
    # The CSRF check is what reads a form first.
    monkeypatch.setitem(desk.client.application.config, "WTF_CSRF_ENABLED", True)
    desk.client = browser(people.dave)
    assert desk.sends(film).status_code == 413
    desk.client.delete_cookie("omnichat")
    g.pop("_login_user")
    assert desk.sends(film).status_code == 413


def test_giving_the_file_to_meta_may_be_repeated_and_sending_it_may_not(desk: Desk) -> None:
    desk.sends(("cup.png", PNG))
    (message,) = ours()
    meta, now = current_app.extensions["meta"], clock.now()
    desk.cause("drop", endpoint=UPLOADS, times=1)
    actions.send(message.id, meta=meta, now=now)
    assert ours()[0].send_status == "queued"
    desk.cause("drop", on=False, endpoint=UPLOADS)
    desk.cause("drop", endpoint=MESSAGES)
    actions.send(message.id, meta=meta, now=_due(now))
    assert ours()[0].send_status == "unknown"
    desk.cause("drop", on=False, endpoint=MESSAGES)
    jobs.send_due()
    assert desk.arrived() == []
    echo = MessageEvent(
        CUSTOMER,
        clock.now(),
        "e",
        is_echo=True,
        kind="image",
        attachments=(Attachment("image", "https://cdn.example/x"),),
    )
    happen(desk.channel, echo)
    (message,) = ours()
    assert (message.send_status, message.mid) == ("sent", "e")
    assert message.attachments[0]["title"] == "cup.png"


def _due(now: datetime) -> datetime:
    return ours()[0].send_at or now


def test_an_echo_of_words_does_not_settle_a_picture_of_unknown_fate(desk: Desk) -> None:
    desk.sends(("cup.png", PNG))
    desk.cause("drop", endpoint=MESSAGES)
    jobs.send_due()
    happen(desk.channel, MessageEvent(CUSTOMER, clock.now(), "e", is_echo=True, kind="unsupported"))
    assert {one.send_status for one in ours() if one.kind == "image"} == {"unknown"}


def test_a_file_that_is_no_longer_here_fails_with_its_reason(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.sends(("cup.png", PNG + b"only here"))
    monkeypatch.setattr("webapp.inbox.shelf.has", lambda digest: False)
    jobs.send_due()
    assert (ours()[0].send_status, ours()[0].problem) == ("failed", {"kind": "file"})
    assert "no longer here" in desk.client.get(here()).text


def test_files_wait_for_the_repair_too(desk: Desk, people: People) -> None:
    with db.transaction() as session:
        session.get_one(Channel, desk.channel.id, populate_existing=True).status = "lost"
    desk.sends(("cup.png", PNG), after_repair="1")
    assert ours()[0].send_status == "held"
    with db.transaction() as session:
        session.get_one(Channel, desk.channel.id, populate_existing=True).status = "connected"
    jobs.send_due()
    assert desk.arrived() == [["image"]]


@pytest.mark.parametrize(
    ("platform", "mime", "size", "reason"),
    [
        ("instagram", "image/png", 8 << 20, ""),
        ("instagram", "image/png", (8 << 20) + 1, "size"),
        ("instagram", "image/webp", 1, "type"),
        ("instagram", "video/mp4", 25 << 20, ""),
        ("instagram", "audio/wav", (25 << 20) + 1, "size"),
        ("instagram", "audio/mpeg", 1, "type"),
        ("instagram", "application/pdf", 1, ""),
        ("instagram", "application/octet-stream", 1, "type"),
        ("messenger", "application/octet-stream", 1, ""),
        ("messenger", "audio/mpeg", 25 << 20, ""),
        ("messenger", "image/webp", 1, ""),
        ("messenger", "application/pdf", 0, "empty"),
    ],
)
def test_each_platform_takes_its_kinds_up_to_its_sizes(platform: str, mime: str, size: int, reason: str) -> None:
    assert outgoing.refusal(platform, mime, size) == reason
