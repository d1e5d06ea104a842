"""Why an account of the selection cannot be connected: every reason, from the sandbox's switches to its words."""

from collections.abc import Callable
from html import unescape

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.people import People, english_browser
from tests.rooms.channels.story import Story
from webapp.accounts.models import Person
from webapp.channels.offers import Held, choices
from webapp.core import db

Switch = dict[str, str]
SignIn = Callable[[FlaskClient, Person], FlaskClient]

MORNING, SHANHAI, AMING = "102938475610293", "104756382910475", "107364528190736"
BOOKSHOP, FLOWERS, TEA = "109182736450918", "111847362950184", "113765849201376"
MORNING_INSTAGRAM = "17841405822301001"
# The most accounts that need no search.
FEW = 8


def row_of(text: str, page_name: str) -> str:
    """The one row of the selection that is about this Page, as a person reads it."""
    rows = [row for row in unescape(text).split("<li data-filter-text=")[1:] if page_name in row]
    assert len(rows) == 1, text
    return rows[0].split("</li>")[0]


@pytest.mark.parametrize(
    ("page", "page_name", "switch", "dialog", "title", "remedy"),
    [
        (AMING, "阿明攝影", None, {}, "Not a business account", "switch the account type to business"),
        (MORNING, "晨光咖啡", "not_business", {}, "Not a business account", "Creator and personal accounts cannot be"),
        (BOOKSHOP, "巷口書店", None, {}, "No Instagram linked", "Linked accounts, Instagram"),
        (MORNING, "晨光咖啡", "instagram_unlinked", {}, "No Instagram linked", "Linked accounts, Instagram"),
        (FLOWERS, "花見花店", None, {}, "Link not finished", "Unlink it there and link it again"),
        (MORNING, "晨光咖啡", "link_incomplete", {}, "Link not finished", "Unlink it there and link it again"),
        (SHANHAI, "山海選物", None, {"person": "王編輯"}, "Not an admin of the Page", "give you full control"),
        (
            MORNING,
            "晨光咖啡",
            None,
            {"declined": ["instagram_manage_messages"]},
            "Permission declined",
            "leave these ticked: instagram_manage_messages<",
        ),
    ],
)  # fmt: skip
def test_what_meta_says_of_an_account_is_told_with_its_remedy(
    story: Story, page: str, page_name: str, switch: str | None, dialog: dict[str, object], title: str, remedy: str
) -> None:
    if switch:
        story.sandbox.control("causes", cause=switch, page=page)
    row = row_of(shown(story, page, **dialog), page_name)
    assert title in row
    assert remedy in row
    assert "checkbox" not in row


def test_an_account_with_message_access_off_may_be_connected_and_says_what_to_switch_on(story: Story) -> None:
    story.sandbox.control("causes", cause="message_access_off", page=MORNING)
    row = row_of(shown(story, MORNING), "晨光咖啡")
    assert 'type="checkbox"' in row
    assert "“Allow access to messages” is switched off" in row


def test_what_the_workspace_has_does_not_have_any_more_or_may_not_have_is_told(
    app: Flask, story: Story, people: People, sign_in: SignIn
) -> None:
    story.connect(MORNING_INSTAGRAM)
    here = row_of(shown(story, MORNING), "晨光咖啡")
    assert "Already connected" in here
    assert "This account is in your list." in here

    elsewhere = row_of(shown(dave(app, story, people, sign_in), MORNING), "晨光咖啡")
    assert "Connected in another workspace" in elsewhere
    assert "Disconnect it there first" in elsewhere
    assert "Aurora" not in elsewhere

    with app.app_context(), db.transaction() as session:
        session.merge(people.aurora).channel_limit = 1
    full = row_of(shown(story, MORNING, SHANHAI), "山海選物")
    assert "Plan limit reached" in full
    assert "ask for a larger plan" in full

    story.client.post("/w/aurora/channels/1/disconnection")
    unticked = shown(story, SHANHAI)
    left_out = row_of(unticked, "晨光咖啡")
    assert "Not shared in this login" in left_out
    assert "must be ticked in the Facebook window" in left_out
    assert all("checkbox" not in row for row in (here, elsewhere, full, left_out))
    assert "林小姐 shared 1 accounts; 1 can be connected" in unticked


def test_a_page_held_through_a_business_portfolio_alone_can_be_connected(story: Story) -> None:
    """The listing of the person's Pages leaves it out; the ids in the token's own description name it."""
    assert 'type="checkbox"' in row_of(shown(story, TEA), "島嶼茶行")
    assert "@island.teahouse" in story.connect("17841417866705005", pages=[TEA])


def test_a_portfolio_page_is_found_where_all_pages_of_today_and_tomorrow_are_allowed(story: Story) -> None:
    """The token names no ids then: the portfolio itself does."""
    assert 'type="checkbox"' in row_of(shown(story, "all"), "島嶼茶行")


@pytest.mark.parametrize(
    ("switch", "title", "remedy"),
    [
        (None, "Page not shared", "Press “Edit settings” and tick this Page."),
        ("role_lost", "Not an admin of the Page", "give you full control"),
    ],
)
def test_a_portfolio_page_that_does_not_open_is_named_with_the_reason(
    story: Story, switch: str | None, title: str, remedy: str
) -> None:
    if switch:
        story.sandbox.control("causes", cause=switch, page=TEA, person="林小姐")
    page = shown(story, MORNING)
    row = row_of(page, "島嶼茶行")
    assert title in row
    assert remedy in row
    assert "checkbox" not in row
    assert "1 can be connected" in page
    assert "島嶼茶行" not in shown(story, MORNING, declined=["business_management"])


def test_more_accounts_than_fit_are_searched_and_ticked_at_once(story: Story) -> None:
    tools = ('data-filter-list="selection-list"', 'data-select-all="selection-list"')
    seeded = story.client.get(story.land(story.in_dialog(story.press_connect()))).text
    missing = FEW - len(seeded.split("<li data-filter-text=")[1:])
    story.sandbox.control("pages", person="林小姐", count=missing)
    few = story.client.get(story.land(story.in_dialog(story.press_connect(rerequest="1")))).text
    assert not any(tool in few for tool in tools)
    story.sandbox.control("pages", person="林小姐", count=1)
    many = story.client.get(story.land(story.in_dialog(story.press_connect(rerequest="1")))).text
    assert all(tool in many for tool in tools)


def test_accounts_stand_in_the_order_in_which_people_count() -> None:
    offers = [
        {
            "page_id": f"{number}",
            "page_name": "",
            "picture_url": "",
            "tasks": ["MANAGE"],
            "has_token": True,
            "instagram": {"id": f"9{number}", "username": f"branch.{number}", "name": "", "picture_url": ""},
            "half_linked": None,
            "refusal": None,
        }
        for number in (10, 9, 100, 1)
    ]
    free = Held(frozenset(), frozenset(), room_left=9)
    labels = [one.label for one in choices("instagram", offers, [], free)]
    assert labels == ["@branch.1", "@branch.9", "@branch.10", "@branch.100"]


def shown(story: Story, *pages: str, **dialog: object) -> str:
    """The selection after a login that ticks these Pages."""
    url = story.press_connect(rerequest="1")
    ticked = "all" if pages == ("all",) else list(pages)
    return story.client.get(story.land(story.in_dialog(url, pages=ticked, **dialog))).text


def dave(app: Flask, story: Story, people: People, sign_in: SignIn) -> Story:
    browser = english_browser(app)
    return Story(sign_in(browser, people.dave), story.sandbox, "borealis")
