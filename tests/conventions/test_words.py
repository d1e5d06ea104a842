"""The sandbox is read by the same people as the console, so it speaks as the catalogue does."""

import json
import re
from collections.abc import Iterator

import pytest

from sandbox.stories import STORIES
from tools.translations import ROOT, doubts

WORDS: dict[str, list[str]] = json.loads((ROOT / "sandbox" / "words.json").read_text(encoding="utf-8"))
LANGUAGES = WORDS.pop("switch_language")  # each named in itself
# Shopkeepers' talk, and what Facebook's own windows say: fine there, not in the console.
OWN_WAYS = re.compile("客人|電子郵件")


def told() -> Iterator[tuple[str, str]]:
    yield from ((chinese, english) for chinese, english in WORDS.values())
    for story in STORIES.values():
        steps = [words for step in story.steps for words in (step.says, step.look) if any(words)]
        yield from (story.title, story.about, *steps)


def test_the_sandbox_says_everything_in_both_languages() -> None:
    pairs = list(told())
    assert len(pairs) > 300
    assert [pair for pair in pairs if not all(pair) or re.search(r"[\u3400-\u9fff]", pair[1])] == []
    assert [doubt for chinese, english in pairs for doubt in doubts(english, OWN_WAYS.sub("", chinese))] == []


@pytest.mark.parametrize("folder", ["webapp", "templates", "static", "sandbox"])
def test_nobody_is_addressed_formally(folder: str) -> None:
    sources = (one for one in (ROOT / folder).rglob("*") if one.suffix in {".py", ".html", ".txt", ".js", ".json"})
    assert [str(one.relative_to(ROOT)) for one in sources if "您" in one.read_text(encoding="utf-8")] == []
