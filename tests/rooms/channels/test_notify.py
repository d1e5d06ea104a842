"""Who is told of an incident, when, and how often."""

from datetime import datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from tests.people import NOON, People, make_channel
from webapp.accounts.models import Membership, Person, Workspace
from webapp.channels.actions import notify
from webapp.channels.actions.notify import LEASE, LOOK_AGAIN, notify_due
from webapp.channels.models import Channel, Incident, Notice
from webapp.channels.rules import HEALTHY, Verdict
from webapp.channels.status import Status
from webapp.core import db
from webapp.mail.models import OutgoingMail
from webapp.meta.errors import Cause

LATER = NOON + timedelta(minutes=5)
PASSWORD_CHANGED = Verdict(Status.LOST, Cause.PASSWORD_CHANGED)


def become(channel: Channel, verdict: Verdict, now: datetime = NOON) -> None:
    with db.transaction() as session:
        session.get_one(Channel, channel.id, populate_existing=True).become(verdict, noticed_by="sweep", now=now)


def lose(people: People, number: int = 1, verdict: Verdict = PASSWORD_CHANGED) -> Channel:
    channel = make_channel(people.aurora, people.alice, number=number)
    become(channel, verdict)
    return channel


def mails() -> list[OutgoingMail]:
    with db.transaction() as session:
        return list(session.scalars(select(OutgoingMail).order_by(OutgoingMail.id)))


def addresses() -> list[str]:
    return sorted(mail.address for mail in mails())


def change(model: type[Membership] | type[Workspace] | type[Person], row_id: int, **values: object) -> None:
    with db.transaction() as session:
        row = session.get_one(model, row_id, populate_existing=True)
        for name, value in values.items():
            setattr(row, name, value)


def test_everybody_who_can_repair_it_is_told_and_nobody_else(house: Flask, people: People) -> None:
    lose(people)
    assert notify_due(LATER) == 2
    assert addresses() == ["alice@example.com", "carol@example.com"]


def test_each_in_their_own_language(house: Flask, people: People) -> None:
    lose(people)
    notify_due(LATER)
    subjects = {mail.address: mail.subject for mail in mails()}
    assert subjects == {
        "alice@example.com": "@shop.1 串接失效，請重新授權",
        "carol@example.com": "@shop.1 lost its connection: please reauthorise",
    }


def test_once_told_nobody_is_told_again(house: Flask, people: People) -> None:
    lose(people)
    notify_due(LATER)
    for hours in (0, 1, 24, 24 * 30):
        assert notify_due(LATER + timedelta(hours=hours)) == 0
    assert len(mails()) == 2


def test_accounts_lost_together_share_one_mail(house: Flask, people: People) -> None:
    channels = [lose(people, number) for number in (1, 2, 3, 4)]
    assert notify_due(LATER) == 2
    english = next(mail for mail in mails() if mail.address == "carol@example.com")
    assert english.subject == ("4 accounts lost their connection, please reauthorise: @shop.1, @shop.2, @shop.3 …")
    # One login holds them all: nobody has to press four buttons.
    assert all("林小姐 authorised 4 of them: reauthorise one" in body for body in (english.text, english.html))
    for channel in channels:
        assert f"http://localhost/w/aurora/channels/{channel.id}\n" in english.text
        assert f'href="http://localhost/w/aurora/channels/{channel.id}"' in english.html


def test_another_workspaces_failure_is_another_mail(house: Flask, people: People) -> None:
    lose(people)
    become(make_channel(people.borealis, people.dave, number=9), PASSWORD_CHANGED)
    notify_due(LATER)
    assert addresses() == ["alice@example.com", "carol@example.com", "dave@example.com"]
    to_dave = next(mail for mail in mails() if mail.address == "dave@example.com")
    assert "shop.1" not in to_dave.text + to_dave.html


def test_the_same_episode_known_better_is_not_told_again(house: Flask, people: People) -> None:
    channel = lose(people, verdict=Verdict(Status.LOST, Cause.UNKNOWN))
    notify_due(LATER)
    become(channel, Verdict(Status.LOST, Cause.SECURITY_CHECK), LATER)
    assert notify_due(LATER + timedelta(hours=1)) == 0


def test_a_new_failure_after_a_recovery_is_told(house: Flask, people: People) -> None:
    channel = lose(people)
    notify_due(LATER)
    become(channel, HEALTHY, LATER)
    become(channel, PASSWORD_CHANGED, LATER + timedelta(hours=1))
    assert notify_due(LATER + timedelta(hours=2)) == 2


def test_a_channel_that_healed_before_anybody_was_told_causes_no_mail(house: Flask, people: People) -> None:
    become(lose(people), HEALTHY, NOON + timedelta(seconds=1))
    assert notify_due(LATER) == 0


def test_a_fault_of_ours_is_not_mailed_to_customers(house: Flask, people: People) -> None:
    lose(people, verdict=Verdict(Status.ATTENTION, Cause.APP_FAULT))
    assert notify_due(LATER) == 0


def test_an_incident_that_turned_into_a_fault_of_ours_while_it_waited_is_not_mailed(
    house: Flask, people: People
) -> None:
    channel = lose(people)
    become(channel, Verdict(Status.ATTENTION, Cause.APP_FAULT), NOON + timedelta(seconds=1))
    assert notify_due(LATER) == 0
    become(channel, PASSWORD_CHANGED, LATER)
    assert notify_due(LATER + timedelta(minutes=1)) == 2


def test_an_ended_plan_gets_no_mail_until_it_is_renewed_while_still_lost(house: Flask, people: People) -> None:
    change(Workspace, people.aurora.id, plan_ends_at=NOON)
    lose(people)
    assert notify_due(LATER) == 0
    assert notify_due(LATER + timedelta(minutes=59)) == 0
    change(Workspace, people.aurora.id, plan_ends_at=NOON + timedelta(days=30))
    assert notify_due(LATER + LOOK_AGAIN) == 2
    assert notify_due(LATER + 2 * LOOK_AGAIN) == 0


def test_an_ended_plan_renewed_after_the_repair_causes_no_mail(house: Flask, people: People) -> None:
    change(Workspace, people.aurora.id, plan_ends_at=NOON)
    channel = lose(people)
    notify_due(LATER)
    become(channel, HEALTHY, LATER)
    change(Workspace, people.aurora.id, plan_ends_at=None)
    assert notify_due(LATER + LOOK_AGAIN) == 0


def test_where_nobody_can_repair_it_the_first_who_can_is_told(house: Flask, people: People) -> None:
    places = {place.person_id: place for place in people.aurora.memberships}
    for person in (people.alice, people.carol):
        change(Membership, places[person.id].id, disabled_at=NOON)
    lose(people)
    assert notify_due(LATER) == 0
    change(Membership, places[people.bob.id].id, role="admin")
    assert notify_due(LATER + LOOK_AGAIN) == 1
    assert addresses() == ["bob@example.com"]


def test_an_admin_who_came_later_is_not_told_of_an_old_failure(house: Flask, people: People) -> None:
    lose(people)
    notify_due(LATER)
    places = {place.person_id: place for place in people.aurora.memberships}
    change(Membership, places[people.bob.id].id, role="admin")
    assert notify_due(LATER + timedelta(days=1)) == 0


def test_the_ledger_says_who_was_told_when_and_by_which_mail(house: Flask, people: People) -> None:
    lose(people)
    notify_due(LATER)
    with db.transaction() as session:
        told = session.execute(select(Notice.person_id, Notice.mail_id, Notice.at)).all()
    by_address = {mail.address: mail.id for mail in mails()}
    assert {tuple(row) for row in told} == {
        (people.alice.id, by_address["alice@example.com"], LATER),
        (people.carol.id, by_address["carol@example.com"], LATER),
    }


def test_a_workspace_that_cannot_be_told_holds_nobody_up_and_is_tried_again(
    house: Flask, people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    lose(people)
    become(make_channel(people.borealis, people.dave, number=9), PASSWORD_CHANGED)
    whole = notify._context

    def broken(session: object, workspace: Workspace, *rest: object) -> dict[str, object]:
        if workspace.slug == "aurora":
            raise LookupError
        return whole(session, workspace, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(notify, "_context", broken)
    assert notify_due(LATER) == 1
    assert addresses() == ["dave@example.com"]
    monkeypatch.undo()
    assert notify_due(LATER + LEASE) == 2
    assert addresses() == ["alice@example.com", "carol@example.com", "dave@example.com"]


def test_a_killed_process_leaves_nobody_half_told(
    house: Flask, people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Killed after the first of two people's mails was written: neither that mail nor its notice exists."""
    lose(people)
    told = []
    whole = notify._tell

    def killed_at_the_second(*args: object) -> int:
        told.append(1)
        if len(told) == 2:
            raise KeyboardInterrupt
        return whole(*args)  # type: ignore[arg-type]

    monkeypatch.setattr(notify, "_tell", killed_at_the_second)
    with pytest.raises(KeyboardInterrupt):
        notify_due(LATER)
    monkeypatch.undo()
    assert mails() == []
    assert notify_due(LATER + LEASE) == 2


@pytest.mark.parametrize("cause", [Cause.SECURITY_CHECK, Cause.ROLE_LOST, Cause.PAGE_DELETED])
def test_the_button_promises_no_reauthorising_where_it_does_not_help_yet(
    house: Flask, people: People, cause: Cause
) -> None:
    lose(people, verdict=Verdict(Status.LOST, cause))
    notify_due(LATER)
    english = next(mail for mail in mails() if mail.address == "carol@example.com")
    assert "See what to do for @shop.1" in english.text
    assert "Reauthorise @shop.1" not in english.text + english.html


def test_an_account_that_is_connected_but_hears_nothing_is_not_called_lost(house: Flask, people: People) -> None:
    lose(people, verdict=Verdict(Status.ATTENTION, Cause.ACCESS_OFF))
    notify_due(LATER)
    english = next(mail for mail in mails() if mail.address == "carol@example.com")
    assert english.subject == "@shop.1 may be missing messages: please have a look"
    assert "Connection lost" not in english.text


@pytest.mark.parametrize("cause", list(Cause))
def test_every_cause_has_words_in_the_mail_in_both_languages(house: Flask, people: People, cause: Cause) -> None:
    lose(people)
    with db.transaction() as session:
        session.scalars(select(Incident)).one().cause = cause
    written = notify_due(LATER)
    assert written == (2 if cause in notify.MAILED else 0)
    for mail in mails():
        why = next(line for line in mail.text.splitlines() if line.startswith(("Why: ", "原因：")))
        assert len(why) > 6
        assert "{" not in mail.text
