"""The index catches up in portions: whatever breaks, whoever else works, each text is in it once and as it is now."""

import threading
from collections import Counter

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from tests.rooms.inbox.happenings import happen, lines, minutes_ago
from tests.rooms.inbox.test_search import look, marks
from webapp.channels.models import Channel
from webapp.core import clock, db
from webapp.inbox import actions, documents
from webapp.inbox.actions import indexing
from webapp.inbox.documents import Document
from webapp.inbox.events import EditedEvent, MessageEvent
from webapp.inbox.models import SearchDue, SearchEntry

TEXTS = 30


@pytest.fixture(autouse=True)
def small_portions(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(indexing, "AT_ONCE", 4)
    monkeypatch.setattr(indexing, "AT_ONCE_ALONE", 4)


@pytest.fixture
def backlog(channel: Channel) -> Channel:
    happen(channel, *(MessageEvent(f"c{n}", minutes_ago(5), f"m{n}", text=f"咖啡 {n}") for n in range(TEXTS)))
    return channel


def indexed() -> list[int]:
    """The messages in the index, in the order of their entries."""
    db.leave()
    return [id for id in db.session().scalars(select(SearchEntry.message_id).order_by(SearchEntry.id)) if id]


def waiting() -> int:
    db.leave()
    return len(db.session().scalars(select(SearchDue.id)).all())


def test_a_portion_that_breaks_is_whole_again_and_the_rest_follows(
    backlog: Channel, alice: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    cut = Document.numbers

    def breaks(self: Document) -> frozenset[int]:
        if self.text == "咖啡 9":
            raise MemoryError
        return cut(self)

    with monkeypatch.context() as broken:
        broken.setattr(Document, "numbers", breaks)
        with pytest.raises(MemoryError):
            actions.index_due()
    assert (len(indexed()), waiting()) == (8, TEXTS - 8)
    assert marks(look(alice, "咖啡 9")) == ["咖啡", "9"]
    assert actions.index_due() == TEXTS - 8
    assert indexed() == [message.id for message in sorted(lines(), key=lambda one: one.id)]
    assert (waiting(), actions.index_due()) == (0, 0)
    assert marks(look(alice, "咖啡 9")) == ["咖啡", "9"]


def test_many_workers_index_each_text_once_and_as_it_was_edited_meanwhile(
    backlog: Channel, house: Flask, alice: FlaskClient
) -> None:
    barrier, problems = threading.Barrier(4), []

    def work() -> None:
        try:
            with house.app_context():
                barrier.wait()
                for _ in range(10):
                    actions.index_due()
        except Exception as error:
            problems.append(error)

    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    barrier.wait()
    for n in range(0, TEXTS, 3):
        happen(backlog, EditedEvent(f"c{n}", clock.now(), f"m{n}", f"紅茶 {n}"))
    for thread in threads:
        thread.join()
    actions.index_due()
    assert problems == []
    assert Counter(indexed()) == Counter(message.id for message in lines())
    assert waiting() == 0
    for query, finds in (("紅茶", TEXTS // 3), ("咖啡", TEXTS - TEXTS // 3)):
        assert look(alice, query).count('id="found-message-') == finds


def test_a_gram_is_written_as_it_always_was() -> None:
    """Databases are full of them."""
    assert documents.words([255, -1, 0, 2**31 - 1]) == "ff ffffffff 0 7fffffff"
