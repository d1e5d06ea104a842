"""Every story plays to its end, says what to look for, and leaves the stage as it should."""

import threading

import pytest
from flask import Flask

from sandbox import Settings, create_app
from sandbox.settings import DEFAULT_APP_ID
from sandbox.stories import STORIES
from tests.sandbox.stand import LIN, MORNING, MORNING_IG, SHANHAI, Stand

STAYS_BROKEN = {
    "two-factor-night",
    "password-changed-everyone",
    "page-unticked-by-second-login",
    "app-removed-by-mistake",
}
"""What a person at the console mends by reauthorising; everything else ends as it began."""


@pytest.fixture
def connected(stand: Stand) -> Stand:
    stand.subscribed(stand.log_in(LIN))
    return stand


def played(stand: Stand, name: str, speed: float = 1000) -> dict[str, object]:
    stand.control("stories", name=name, speed=speed)
    assert stand.app.extensions["stage"].show.over.wait(10)
    return dict(stand.look("stories")["show"])


@pytest.mark.parametrize("name", STORIES)
def test_a_story_plays_to_its_end(connected: Stand, name: str) -> None:
    before = connected.look("state")
    show = played(connected, name)
    assert (show["state"], len(show["lines"])) == ("finished", len(STORIES[name].steps) + 1)
    after = connected.look("state")
    assert after["faults"] == []
    broken = (
        set(after["causes"]) != set(before["causes"]) or after["people"][0]["grant"] != before["people"][0]["grant"]
    )
    assert broken == (name in STAYS_BROKEN)


def test_there_are_at_least_the_promised_ones_and_each_says_what_to_look_for() -> None:
    promised = {
        "two-factor-night", "password-changed-everyone", "page-unticked-by-second-login", "story-mention-rush",
        "meta-outage-at-noon", "slow-morning", "duplicated-and-shuffled", "unlinked-instagram", "security-check",
        "default-receiver-taken",
    }  # fmt: skip
    assert promised <= set(STORIES)
    for story in STORIES.values():
        assert any(all(step.look) for step in story.steps), story.name
        assert all(all(words) for words in (story.title, story.about, *(step.says for step in story.steps)))


def test_names_of_the_cast_are_filled_in_for_both_languages(connected: Stand) -> None:
    line = played(connected, "two-factor-night")["lines"][2]  # type: ignore[index]
    assert "林小姐" in line["zh"]["says"]
    assert "Ms Lin" in line["en"]["says"]
    assert "@morninglight.coffee" in line["zh"]["look"]


def test_a_story_needs_an_account_that_is_connected(stand: Stand) -> None:
    answer = stand.call("POST", "../control/stories", "", json={"name": "two-factor-night"})
    assert (answer.status_code, "Connect an Instagram account" in answer.text) == (400, True)
    unknown = stand.call("POST", "../control/stories", "", json={"name": "nonsense"})
    assert (unknown.status_code, "two-factor-night" in unknown.text) == (400, True)


def test_stopping_takes_back_what_was_switched_on(connected: Stand) -> None:
    connected.control("stories", name="meta-outage-at-noon", speed=30)
    stage = connected.app.extensions["stage"]
    assert connected.call("POST", "../control/stories", "", json={"name": "slow-morning"}).status_code == 400
    while len(stage.show.lines) < 2:
        threading.Event().wait(0.01)
    assert [fault["kind"] for fault in connected.look("state")["faults"]] == ["outage"]
    connected.control("stories/stop")
    assert stage.show.state == "stopped"
    assert connected.look("state")["faults"] == []


def test_a_story_by_hand_waits_for_each_step_and_can_be_left(connected: Stand) -> None:
    before = connected.look("state")["causes"]
    connected.control("stories", name="security-check", speed=0)
    assert connected.look("state")["causes"] == before
    connected.control("stories/next")
    assert connected.look("state")["causes"] != before
    connected.control("stories/stop")
    assert (connected.look("stories")["show"]["state"], connected.look("state")["causes"]) == ("stopped", before)
    connected.control("stories", name="security-check", speed=0)
    for _step in (*STORIES["security-check"].steps, "one too many"):
        connected.control("stories/next")
    assert connected.look("stories")["show"]["state"] == "finished"


def test_a_reset_stops_the_story(connected: Stand) -> None:
    connected.control("stories", name="security-check", speed=10)
    connected.control("reset")
    assert connected.app.extensions["stage"].show.over.is_set()
    assert connected.look("state")["people"][0]["causes"] == []


def test_the_second_login_takes_only_this_page_away(connected: Stand) -> None:
    played(connected, "page-unticked-by-second-login")
    grant = connected.look("state")["people"][0]["grant"]
    assert MORNING not in grant["page_ids"]
    assert MORNING_IG not in grant["instagram_ids"]
    assert SHANHAI in grant["page_ids"]


@pytest.fixture
def shell() -> Flask:
    return create_app(Settings(app_id=DEFAULT_APP_ID))


def test_the_shell_lists_the_stories(shell: Flask) -> None:
    said = shell.test_cli_runner().invoke(args=["play", "--list"])
    assert said.exit_code == 0
    assert all(name in said.output for name in STORIES)


def test_the_shell_plays_a_story_on_a_running_sandbox(shell: Flask, connected: Stand) -> None:
    args = ["play", "unlinked-instagram", "--speed", "1000", "--sandbox", connected.origin, "--language", "zh"]
    said = shell.test_cli_runner().invoke(args=args)
    assert said.exit_code == 0, said.output
    assert "@morninglight.coffee 和 晨光咖啡 解除連結。" in said.output
    assert "finished" in said.output
    by_hand = shell.test_cli_runner().invoke(args=[*args, "--by-hand"])
    assert by_hand.output.splitlines()[-1] == "finished"


def test_the_shell_says_what_is_missing(shell: Flask, stand: Stand) -> None:
    runner = shell.test_cli_runner()
    assert "No story is called 'nonsense'" in runner.invoke(args=["play", "nonsense"]).output
    nobody = runner.invoke(args=["play", "two-factor-night", "--sandbox", stand.origin])
    assert (nobody.exit_code, "Connect an Instagram account" in nobody.output) == (1, True)
    silent = runner.invoke(args=["play", "two-factor-night", "--sandbox", "http://127.0.0.1:9"])
    assert "No sandbox answers" in silent.output
