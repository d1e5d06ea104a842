"""Files that customers send: fetched while they can be, shown to whom they concern, gone when taken back."""

import hashlib
import threading
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import requests
from flask import Flask, current_app
from flask.testing import FlaskClient
from sqlalchemy import delete, select
from werkzeug.test import TestResponse

from tests.people import People
from tests.rooms.inbox.happenings import CUSTOMER, happen, lines, talk, write
from tests.rooms.inbox.screens import Browser, here
from tests.running import Sandbox
from webapp.channels.models import Channel
from webapp.core import clock, db
from webapp.inbox import jobs, shelf
from webapp.inbox.actions import keeping
from webapp.inbox.events import Attachment, DeletedEvent
from webapp.inbox.models import Media, Message
from webapp.inbox.rules import FETCH_LEASE, FETCH_PAUSES


@pytest.fixture
def photo(sandbox: Sandbox) -> str:
    return f"{sandbox.url}/media/photo.png"


def gets(channel: Channel, url: str, kind: str = "image", mid: str = "m", **more: Any) -> None:
    write(channel, "", kind=kind, mid=mid, attachments=(Attachment(kind, url),), **more)


def rows() -> list[Media]:
    db.leave()
    return list(db.session().scalars(select(Media).order_by(Media.id).execution_options(populate_existing=True)))


def row() -> Media:
    (one,) = rows()
    return one


def address(one: Media) -> str:
    return here(f"/media/{one.id}")


def fetch(client: FlaskClient, one: Media, **more: Any) -> TestResponse:
    return client.get(address(one), buffered=True, **more)


def hours_pass(hours: float = 2) -> None:
    """Each part of the shelf has its turn."""
    later = clock.now() + timedelta(hours=hours)
    for part in range(256):
        keeping.drop_unnamed(later + part * timedelta(seconds=shelf.PART_SECONDS))


def test_a_picture_is_fetched_and_shown_from_here(channel: Channel, alice: FlaskClient, photo: str) -> None:
    gets(channel, photo)
    assert photo in alice.get(here()).text
    jobs.keep_files()
    page = alice.get(here()).text
    assert f'<img src="{address(row())}"' in page
    assert photo not in page
    answer = fetch(alice, row())
    assert (answer.status_code, answer.mimetype, answer.data[:4]) == (200, "image/png", b"\x89PNG")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    assert "private" in answer.headers["Cache-Control"]
    part = fetch(alice, row(), headers={"Range": "bytes=1-3"})
    assert (part.status_code, part.data) == (206, b"PNG")


def test_only_those_who_may_read_the_conversation_see_its_files(
    channel: Channel, people: People, browser: Browser, photo: str
) -> None:
    gets(channel, photo)
    jobs.keep_files()
    url = address(row())
    with db.transaction() as session:
        found = session.get_one(type(talk()), talk().id)
        found.state, found.assignee_id = "in_progress", people.alice.id
    assert browser(people.bob).get(url).status_code == 403
    assert browser(people.mark).get(url).status_code == 403
    assert browser(people.dave).get(url).status_code == 404
    assert browser(people.alice).get(url.replace(f"/media/{row().id}", "/media/999")).status_code == 404


def test_a_file_cannot_be_had_through_another_conversation(
    channel: Channel, people: People, browser: Browser, photo: str
) -> None:
    gets(channel, photo)
    jobs.keep_files()
    other = write(channel, "hi", contact_id="other")
    bob = browser(people.bob)
    assert bob.get(f"/w/aurora/conversations/{other.id}").status_code == 200
    assert bob.get(f"/w/aurora/conversations/{other.id}/media/{row().id}").status_code == 404


@pytest.mark.parametrize(
    ("name", "kind", "tag"),
    [("voice.wav", "audio", "<audio"), ("clip.webm", "video", "<video"), ("order.pdf", "file", "download")],
)
def test_film_and_sound_play_in_place_and_files_are_downloaded(
    channel: Channel, alice: FlaskClient, sandbox: Sandbox, name: str, kind: str, tag: str
) -> None:
    gets(channel, f"{sandbox.url}/media/{name}", kind)
    jobs.keep_files()
    assert tag in alice.get(here()).text
    answer = fetch(alice, row())
    assert ("attachment" in answer.headers.get("Content-Disposition", "")) == (kind == "file")


def test_a_page_that_is_called_a_picture_is_not_kept(channel: Channel, alice: FlaskClient, sandbox: Sandbox) -> None:
    gets(channel, f"{sandbox.url}/")
    jobs.keep_files()
    assert row().state == "foreign"
    assert "<img src=" not in alice.get(here()).text


def test_a_file_of_no_known_kind_is_only_ever_downloaded(
    channel: Channel, alice: FlaskClient, sandbox: Sandbox
) -> None:
    gets(channel, f"{sandbox.url}/", "file")
    jobs.keep_files()
    answer = fetch(alice, row())
    assert answer.mimetype == "application/octet-stream"
    assert answer.headers["Content-Disposition"].startswith("attachment")


@pytest.mark.parametrize(
    "url",
    [
        "http://169.254.169.254/latest/meta-data",
        "https://cdn.example/x.png",
        "https://fbsbx.com.evil.example/x.png",
        "https://user:pw@lookaside.fbsbx.com/x.png",
        "http://lookaside.fbsbx.com/x.png",
        "https://lookaside.fbsbx.com:8443/x.png",
    ],
)
def test_nobody_is_asked_for_a_file_but_meta(channel: Channel, alice: FlaskClient, url: str) -> None:
    gets(channel, url)
    jobs.keep_files()
    assert (row().state, row().due_at) == ("foreign", None)


def test_what_meta_no_longer_has_says_so(channel: Channel, alice: FlaskClient, sandbox: Sandbox) -> None:
    gets(channel, f"{sandbox.url}/ig_messaging_cdn/?asset_id=1&signature=2")
    jobs.keep_files()
    assert row().state == "gone"
    assert "expired" in alice.get(here()).text


def test_a_host_in_trouble_is_asked_again_and_one_that_never_answers_is_given_up(
    channel: Channel, monkeypatch: pytest.MonkeyPatch
) -> None:
    gets(channel, "http://127.0.0.1:9/x.png")
    monkeypatch.setattr("webapp.meta.files.is_metas", lambda *_: True)
    meta, now = current_app.extensions["meta"], clock.now()
    for _ in FETCH_PAUSES:
        keeping.work_on(row().id, meta=meta, now=now)
        assert row().state == "waiting"
        now = row().due_at or now
    keeping.work_on(row().id, meta=meta, now=now)
    assert row().state == "gone"


def test_what_is_too_large_is_left_where_it_is(channel: Channel, photo: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keeping, "MOST_BYTES", 50)
    gets(channel, photo)
    jobs.keep_files()
    assert row().state == "foreign"
    assert list(Path(current_app.extensions["config"].media_dir, "new").iterdir()) == []


@pytest.mark.parametrize("kind", ["ephemeral", "story_mention", "story_reply", "reel", "post", "share"])
def test_what_is_not_ours_to_keep_is_never_fetched(channel: Channel, photo: str, kind: str) -> None:
    gets(channel, photo, kind)
    assert rows() == []


def test_a_story_is_linked_for_a_day_and_then_has_expired(channel: Channel, alice: FlaskClient, photo: str) -> None:
    gets(channel, photo, "story_mention")
    assert f'href="{photo}"' in alice.get(here()).text
    gets(channel, photo, "story_mention", mid="old", at=clock.now() - timedelta(hours=25))
    page = alice.get(here()).text
    assert page.count(f'href="{photo}"') == 1
    assert "expired" in page


def test_a_picture_that_is_taken_back_is_deleted_from_disk(channel: Channel, alice: FlaskClient, photo: str) -> None:
    gets(channel, photo, mid="a")
    gets(channel, photo, mid="b")
    jobs.keep_files()
    first, digest = rows()[0], rows()[0].digest
    assert rows()[1].digest == digest
    happen(channel, DeletedEvent(CUSTOMER, clock.now(), "a"))
    assert alice.get(address(first)).status_code == 404
    jobs.keep_files()
    hours_pass()
    assert shelf.has(digest)
    happen(channel, DeletedEvent(CUSTOMER, clock.now(), "b"))
    jobs.keep_files()
    assert rows() == []
    hours_pass(-0.1)
    assert shelf.has(digest), "somebody may just be about to name it"
    hours_pass()
    assert not shelf.has(digest)


def test_one_that_is_taken_back_while_it_is_fetched_is_not_kept(house: Flask, channel: Channel, photo: str) -> None:
    gets(channel, photo)
    real = current_app.extensions["meta"]

    class TakenBack:
        def fetch_file(self, *args: Any, **rest: Any) -> None:
            with house.app_context():
                happen(channel, DeletedEvent(CUSTOMER, clock.now(), "m"))
            real.fetch_file(*args, **rest)

    keeping.work_on(row().id, meta=TakenBack(), now=clock.now())  # type: ignore[arg-type]
    jobs.keep_files()
    assert rows() == []
    hours_pass()
    assert not shelf.has(hashlib.sha256(requests.get(photo, timeout=5).content).hexdigest())


def test_files_of_what_is_deleted_altogether_are_deleted_too(channel: Channel, photo: str) -> None:
    gets(channel, photo)
    jobs.keep_files()
    digest = row().digest
    with db.transaction() as session:
        session.execute(delete(Message))
    jobs.keep_files()
    assert rows() == []
    hours_pass()
    assert not shelf.has(digest)


def test_many_workers_fetch_a_file_once_and_a_dead_ones_is_fetched_after_its_lease(
    house: Flask, channel: Channel, sandbox: Sandbox, photo: str
) -> None:
    gets(channel, photo)
    now = clock.now()
    media_id = row().id
    assert keeping._take(media_id, now) == "waiting"
    assert keeping._take(media_id, now) is None
    assert media_id in keeping.due(now + FETCH_LEASE)
    problems: list[BaseException] = []

    def work() -> None:
        with house.app_context():
            try:
                keeping.work_on(media_id, meta=current_app.extensions["meta"], now=now + FETCH_LEASE)
            except BaseException as error:
                problems.append(error)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert problems == []
    assert (row().state, row().tries) == ("kept", 2)


def test_the_same_delivery_twice_books_a_file_once(channel: Channel, photo: str) -> None:
    gets(channel, photo)
    gets(channel, photo)
    assert len(lines()) == len(rows()) == 1


def test_half_filled_files_of_a_dead_process_are_removed_after_an_hour(house: Flask) -> None:
    with shelf.blank():
        pass
    left = Path(current_app.extensions["config"].media_dir, "new", "left")
    left.write_bytes(b"half")
    shelf.tidy(clock.now())
    assert left.exists()
    shelf.tidy(clock.now() + shelf.ABANDONED + timedelta(minutes=1))
    assert not left.exists()
