"""Every cause that the sandbox can play, and what the diagnosis says of it first."""

import pytest
from flask import current_app
from sqlalchemy import select

from tests.rooms.channels.story import Story
from webapp.accounts.models import Person
from webapp.channels.models import Channel
from webapp.core import clock, db
from webapp.diagnosis import actions
from webapp.diagnosis.rules import Result, Summary, summarise

PAGE = "102938475610293"
LIN = "林小姐"


def diagnosed(channel: Channel) -> list[Result]:
    meta, app_id = current_app.extensions["meta"], current_app.extensions["config"].meta_app_id
    alice = db.session().scalars(select(Person).where(Person.name == "Alice")).one()
    begun = actions.begin(channel, alice, now=clock.now())
    actions.finish_all(begun, channel, meta=meta, app_id=app_id, clock=clock.now)
    return begun.found


def said(results: list[Result]) -> tuple[str, str, str]:
    summary: Summary = summarise(results)
    return (summary.first.check, summary.first.word, summary.certainty) if summary.first else ("", "", "none")


MATRIX = [
    ("password_changed", {"person": LIN}, ("token", "password_changed", "sure")),
    ("two_factor", {"person": LIN}, ("token", "password_changed", "sure")),
    ("security_check", {"person": LIN}, ("token", "security_check", "sure")),
    ("blocking_checkpoint", {"person": LIN}, ("token", "security_check", "sure")),
    ("unconfirmed", {"person": LIN}, ("token", "security_check", "sure")),
    ("app_removed", {"person": LIN}, ("token", "app_removed", "sure")),
    ("expired", {"person": LIN}, ("token", "expired", "sure")),
    ("signed_out", {"person": LIN}, ("token", "signed_out", "sure")),
    (
        "permission_cancelled",
        {"person": LIN, "permission": "instagram_manage_messages"},
        ("permissions", "permission_cancelled", "sure"),
    ),
    ("page_unticked", {"person": LIN, "page": PAGE}, ("token", "page_unticked", "sure")),
    ("role_lost", {"person": LIN, "page": PAGE}, ("token", "role_lost", "sure")),
    ("two_factor_required", {"page": PAGE}, ("token", "role_lost", "sure")),
    ("page_deleted", {"page": PAGE}, ("token", "page_deleted", "sure")),
    ("instagram_unlinked", {"page": PAGE}, ("link", "instagram_unlinked", "sure")),
    ("not_business", {"account": "@morninglight.coffee"}, ("business", "not_business", "sure")),
    ("message_access_off", {"page": PAGE}, ("access", "access_off", "sure")),
    ("connection_unverified", {"page": PAGE}, ("access", "unverified", "sure")),
    ("other_app_default", {"page": PAGE}, ("receiver", "routed", "likely")),
    ("subscription_removed", {"page": PAGE}, ("subscription", "repaired", "likely")),
    ("app_not_live", {}, ("", "", "none")),
    ("outage", {}, ("token", "no_answer", "unanswered")),
    ("garbage", {}, ("token", "no_answer", "unanswered")),
    ("drop", {}, ("token", "no_answer", "unanswered")),
    ("rate_limited", {}, ("token", "no_answer", "unanswered")),
]


@pytest.mark.parametrize(("cause", "subject", "expected"), MATRIX, ids=[row[0] for row in MATRIX])
def test_each_cause_is_found_and_named(
    story: Story, connected: Channel, cause: str, subject: dict[str, str], expected: tuple[str, str, str]
) -> None:
    story.sandbox.control("causes", cause=cause, on=True, **subject)
    assert said(diagnosed(connected)) == expected


def test_a_healthy_account_has_nothing_to_mend(connected: Channel) -> None:
    results = diagnosed(connected)
    assert said(results) == ("", "", "none")
    assert {one.check: one.word for one in results} == {
        "token": "valid",
        "permissions": "all_given",
        "role": "full_control",
        "link": "linked",
        "business": "eligible",
        "access": "open",
        "subscription": "subscribed",
        "receiver": "not_routed",
        "webhook": "never",
        "silence": "too_little",
        "newest": "before_connecting",
    }
