"""Which channels a login covers, as a table."""

from dataclasses import replace
from typing import Any

import pytest

from webapp.channels.coverage import cover, cut_off_cause
from webapp.channels.offers import Reason
from webapp.channels.rules import Subject
from webapp.meta.errors import Cause
from webapp.meta.gateway import SCOPES, TokenState

INSTAGRAM = Subject("instagram", "1784", "10")
MESSENGER = Subject("messenger", "10", "10")
EVERYTHING = TokenState(True, type="USER", scopes=frozenset(SCOPES))
OFFER: dict[str, Any] = {
    "page_id": "10",
    "page_name": "晨光",
    "picture_url": "",
    "tasks": ["MANAGE"],
    "has_token": True,
    "instagram": {"id": "1784", "username": "morning", "name": "", "picture_url": ""},
    "half_linked": None,
    "refusal": None,
}


def ticked(**targets: str) -> TokenState:
    return replace(EVERYTHING, granular={scope: frozenset({target}) for scope, target in targets.items()})


@pytest.mark.parametrize(
    ("subject", "state", "missing", "expected"),
    [
        (INSTAGRAM, EVERYTHING, [], None),
        (INSTAGRAM, ticked(pages_manage_metadata="11"), [], Cause.PAGE_UNTICKED),
        (INSTAGRAM, ticked(instagram_basic="1785"), [], Cause.PAGE_UNTICKED),
        (MESSENGER, ticked(instagram_basic="1785"), [], None),
        (INSTAGRAM, EVERYTHING, ["instagram_manage_messages"], Cause.PERMISSION_CANCELLED),
        (MESSENGER, EVERYTHING, ["instagram_manage_messages"], None),
        (MESSENGER, replace(EVERYTHING, scopes=frozenset()), list(SCOPES), Cause.PERMISSION_CANCELLED),
        (INSTAGRAM, replace(EVERYTHING, is_valid=False), [], None),
    ],
)
def test_what_a_login_cuts_off(subject: Subject, state: TokenState, missing: list[str], expected: Cause | None) -> None:
    assert cut_off_cause(subject, state, missing) is expected


@pytest.mark.parametrize(
    ("subject", "changes", "missing", "expected"),
    [
        (INSTAGRAM, {}, [], None),
        (MESSENGER, {"instagram": None}, [], None),
        (INSTAGRAM, {"page_id": "12"}, [], None),
        (INSTAGRAM, {"page_id": "12", "instagram": None}, [], Reason.NOT_SHARED),
        (INSTAGRAM, {"instagram": None}, [], Reason.NO_INSTAGRAM),
        (INSTAGRAM, {"tasks": ["MODERATE"]}, [], Reason.NOT_ADMIN),
        (MESSENGER, {"has_token": False}, [], Reason.NO_PAGE_TOKEN),
        (MESSENGER, {}, ["pages_messaging"], Reason.PERMISSION_DECLINED),
    ],
)
def test_what_another_users_login_could_carry(
    subject: Subject, changes: dict[str, Any], missing: list[str], expected: Reason | None
) -> None:
    assert cover(subject, [OFFER | changes], missing).reason is expected


def test_an_account_that_moved_to_another_page_is_carried_there() -> None:
    assert cover(INSTAGRAM, [OFFER | {"page_id": "12"}], []).page_id == "12"
