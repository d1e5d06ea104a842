"""What is ticked before connecting: what is known, and nothing else."""

from typing import Any

import pytest

from webapp.channels.prerequisites import Standing, prerequisites

GOOD = Standing("@good", "1", "connected", None)
ALL = ("business", "linked", "admin", "permissions", "access", "requests")


def told(
    *held: Standing, offers: list[dict[str, Any]] | None = None, missing: list[str] | None = None
) -> dict[str, Any]:
    items = prerequisites("instagram", held, offers or [], missing)
    return {one.name: one.failing or one.done for one in items}


def offer(**changes: Any) -> dict[str, Any]:
    account = {"id": "9", "username": "new", "name": "New", "picture_url": ""}
    page = {"page_id": "5", "page_name": "Page", "tasks": ["MANAGE"], "has_token": True, "half_linked": None}
    return page | {"instagram": account, "refusal": None} | changes


def test_without_accounts_and_logins_nothing_is_known() -> None:
    assert told() == dict.fromkeys(ALL)


def test_a_connected_account_proves_all_that_can_be_read() -> None:
    assert told(GOOD) == dict.fromkeys(ALL, True) | {"requests": None}


@pytest.mark.parametrize(
    ("cause", "name"),
    [
        ("not_business", "business"),
        ("instagram_unlinked", "linked"),
        ("role_lost", "admin"),
        ("page_unticked", "permissions"),
        ("access_off", "access"),
    ],
)
def test_an_account_that_needs_somebody_unticks_what_is_amiss_and_is_named(cause: str, name: str) -> None:
    assert told(GOOD, Standing("@bad", "2", "attention", cause))[name] == ("@bad",)


def test_a_changed_password_says_nothing_about_the_account() -> None:
    assert told(Standing("@bad", "2", "lost", "password_changed")) == dict.fromkeys(ALL)


def test_the_last_login_shows_what_stands_in_the_way_of_accounts_that_are_not_connected() -> None:
    refused = told(offers=[offer(refusal="not_business", tasks=["MESSAGING"])], missing=["instagram_basic"])
    assert refused == dict.fromkeys(ALL) | {
        "business": ("@new",),
        "linked": True,
        "admin": ("@new",),
        "permissions": ("instagram_basic",),
    }
    assert told(offers=[offer(instagram=None, half_linked="half")])["linked"] == ("@half",)
    assert told(offers=[offer(instagram=None)], missing=[]) == dict.fromkeys(ALL) | {"permissions": True}


def test_a_connected_account_speaks_for_itself() -> None:
    assert told(Standing("@new", "9", "connected", None), offers=[offer(refusal="access_off")])["access"] is True


def test_a_page_has_its_own_list() -> None:
    items = prerequisites("messenger", [Standing("Page", "5", "connected", None)], [offer(tasks=[])], [])
    assert {one.name: one.done for one in items} == {"admin": True, "permissions": True, "switched_on": None}
