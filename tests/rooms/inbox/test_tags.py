"""Tags changed everywhere at once: renamed, put together, deleted; by those who may, and told in the audit log."""

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from tests.people import People
from tests.rooms.inbox.happenings import minutes_ago, talks, write
from tests.rooms.inbox.screens import HTMX, Browser
from webapp.channels.models import Channel
from webapp.core import clock, db
from webapp.inbox import actions
from webapp.inbox.models import Tag

TAGS = "/w/aurora/tags"


def wear(person_number: str, *names: str, channel: Channel, people: People) -> None:
    """A customer who wears these tags."""
    found = write(channel, f"hello of {person_number}", contact_id=person_number, at=minutes_ago(5))
    for name in names:
        actions.tag(found.id, people.alice, name, now=clock.now())


def worn() -> dict[str, list[str]]:
    """Name → the customers who wear it."""
    db.leave()
    names = db.session().scalars(select(Tag).order_by(Tag.key)).all()
    return {
        tag.name: [talk.contact.external_id for talk in talks() if tag.id in {one.id for one in talk.contact.tags}]
        for tag in names
    }


def found(client: FlaskClient, word: str) -> int:
    """How many customers the search finds."""
    actions.index_due()
    return client.get(f"/w/aurora/conversations?q={word}").text.count('id="found-person-')


@pytest.fixture
def tagged(channel: Channel, people: People) -> Channel:
    """Tag 1 is VIP, worn by two customers; tag 2 is 貴賓, worn by the second of them and by a third."""
    wear("11", "VIP", channel=channel, people=people)
    wear("12", "VIP", "貴賓", channel=channel, people=people)
    wear("13", "貴賓", channel=channel, people=people)
    actions.index_due()
    return channel


def test_a_tag_is_renamed_everywhere_and_found_by_its_new_name(tagged: Channel, alice: FlaskClient) -> None:
    before = [talk.revision for talk in talks()]
    assert "It changes in 2 conversations." in alice.get(f"{TAGS}/1/name", headers=HTMX).text
    answer = alice.post(f"{TAGS}/1/name", data={"name": "  Gold  member "}, headers=HTMX)
    assert answer.headers["HX-Redirect"] == TAGS
    shown = alice.get(TAGS).text
    assert "Gold member" in shown
    assert "2 conversations" in shown
    assert worn() == {"Gold member": ["11", "12"], "貴賓": ["12", "13"]}
    assert (found(alice, "gold"), found(alice, "VIP")) == (2, 0)
    # Lists that are open elsewhere hear of it.
    assert [talk.revision > was for talk, was in zip(talks(), before, strict=True)] == [True, True, False]
    assert "Alice renamed a tag: VIP → Gold member." in alice.get("/w/aurora/settings/audit").text


def test_two_tags_become_one_only_when_that_was_read_and_said_again(tagged: Channel, alice: FlaskClient) -> None:
    answer = alice.post(f"{TAGS}/1/name", data={"name": "貴賓", "merge": "another"}, headers=HTMX)
    assert (answer.status_code, answer.headers["HX-Retarget"]) == (409, "#dialog")
    assert "There is a tag “貴賓” already." in answer.text
    assert "Merge the tags" in answer.text
    assert list(worn()) == ["VIP", "貴賓"]
    alice.post(f"{TAGS}/1/name", data={"name": "貴賓", "merge": "貴賓"}, headers=HTMX)
    assert worn() == {"貴賓": ["11", "12", "13"]}
    assert (found(alice, "貴賓"), found(alice, "VIP")) == (3, 0)


def test_a_deleted_tag_is_off_every_customer_and_they_stay(tagged: Channel, alice: FlaskClient) -> None:
    assert "It disappears from 2 conversations." in alice.get(f"{TAGS}/1/removal").text
    answer = alice.post(f"{TAGS}/1/removal", follow_redirects=True)
    assert "The tag “VIP” is deleted." in answer.text
    assert worn() == {"貴賓": ["12", "13"]}
    assert len(talks()) == 3
    assert found(alice, "vip") == 0
    assert "Alice deleted the tag “VIP”." in alice.get("/w/aurora/settings/audit").text
    assert alice.post(f"{TAGS}/1/removal").status_code == 404


@pytest.mark.parametrize(("name", "said"), [("", "Write a name."), ("x" * 41, "A tag is a word or two.")])
def test_a_name_that_cannot_be_is_refused_in_its_field(
    tagged: Channel, alice: FlaskClient, name: str, said: str
) -> None:
    answer = alice.post(f"{TAGS}/1/name", data={"name": name}, headers=HTMX)
    assert (answer.status_code, said in answer.text) == (422, True)
    assert list(worn()) == ["VIP", "貴賓"]


def test_a_spelling_is_corrected_without_meeting_itself(tagged: Channel, alice: FlaskClient) -> None:
    alice.post(f"{TAGS}/1/name", data={"name": "vip"}, headers=HTMX)
    assert list(worn()) == ["vip", "貴賓"]


def test_agents_use_tags_and_supervisors_manage_them(tagged: Channel, people: People, browser: Browser) -> None:
    carol = browser(people.carol)
    assert "Manage tags" in carol.get("/w/aurora/conversations").text
    assert carol.get(TAGS).status_code == 200
    bob = browser(people.bob)
    assert "Manage tags" not in bob.get("/w/aurora/conversations").text
    refused = bob.post(f"{TAGS}/1/removal")
    assert refused.status_code == 403
    assert "Carol" in refused.text
    assert list(worn()) == ["VIP", "貴賓"]
