"""Several workers share the tests: each test once, a module's console not started twice, nothing long at the end."""

from dataclasses import dataclass

from tests.turns import in_turns, share_of


@dataclass(frozen=True)
class Test:
    nodeid: str

    __test__ = False


STORY = "tests/flows/test_story.py::test_from_sign_in_to_repaired_channel"
PAGES = [f"tests/browser/test_pages.py::test_{number}[chromium]" for number in range(8)]
ROOMS = [
    f"tests/rooms/mail/test_actions.py::test_{number}[{engine}-text]"
    for engine in ("sqlite", "postgresql")
    for number in range(40)
]


def test_a_story_goes_to_whoever_is_free_and_what_shares_a_console_stays_together() -> None:
    engines = [f"{STORY}[{engine}-chromium]" for engine in ("sqlite", "postgresql")]
    assert [share_of(one) for one in engines] == engines
    assert len({share_of(one) for one in PAGES}) == 1
    forking = (
        "tests/flows/test_durable.py::test_kill[sqlite]",
        "tests/rooms/mail/test_processes.py::test_two[postgresql]",
    )
    assert len({share_of(one) for one in forking}) == 1
    # A worker that goes back to the other engine would begin with an empty database again.
    assert len({share_of(one) for one in ROOMS}) == 2


def test_the_long_ones_are_spread_among_the_others_and_none_is_left_for_the_end() -> None:
    tests = [Test(one) for one in (*PAGES, STORY, *ROOMS)]
    found = in_turns(tests)
    assert sorted(one.nodeid for one in found) == sorted(one.nodeid for one in tests)
    assert [one.nodeid for one in found if one.nodeid in ROOMS] == ROOMS
    places = [place for place, one in enumerate(found) if one.nodeid not in ROOMS]
    assert places[0] == 0
    between = [later - earlier for earlier, later in zip(places, places[1:], strict=False)]
    assert 5 < min(between) <= max(between) < 10
    assert len(found) - places[-1] > 15


def test_any_selection_of_tests_can_be_run() -> None:
    for chosen in ([], [Test(STORY)], [Test(ROOMS[0])]):
        assert in_turns(chosen) == chosen
