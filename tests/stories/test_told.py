"""The console shows what each story says, step by step."""

from collections.abc import Iterator

import pytest

from sandbox.stories import STORIES
from tests.stories.claims import CLAIMS
from tests.stories.house import House, house


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with house(tmp_path_factory.mktemp("stories")) as played:
        yield played


@pytest.mark.parametrize("name", STORIES)
def test_the_console_shows_what_the_story_says(shop: House, name: str) -> None:
    shop.fresh()
    sandbox, steps = shop.world.sandbox, STORIES[name].steps
    sandbox.control("stories", name=name, speed=0)
    for step, claim in zip(steps, CLAIMS[name], strict=True):
        sandbox.control("stories/next")
        shop.arrive()
        claim(shop)
        assert claim.__name__ != "nothing" or not any(step.look), "what the story says to look for is not held to it"
    assert sandbox.look("stories")["show"]["state"] == "finished"
