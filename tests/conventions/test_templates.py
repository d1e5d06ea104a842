"""House rules of the templates."""

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
PAGES = [path for path in TEMPLATES if "mail" not in path.parts]
FRAGMENTS = [path for path in PAGES if path.name.startswith("_")]
VOID = {"input", "img", "br", "hr", "meta", "link", "source", "wbr"}


def name(path: Path) -> str:
    return str(path.relative_to(ROOT))


class Roots(HTMLParser):
    """Counts elements that stand at the outermost level."""

    def __init__(self) -> None:
        super().__init__()
        self.depth = 0
        self.roots = 0

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.roots += self.depth == 0
        self.depth += tag not in VOID

    def handle_startendtag(self, tag: str, attrs: object) -> None:
        self.roots += self.depth == 0

    def handle_endtag(self, tag: str) -> None:
        self.depth -= tag not in VOID


def without_jinja(text: str) -> str:
    """The markup alone. Of an {% if %} … {% else %} around the whole fragment only the first branch is kept."""
    text = re.sub(r"\{#.*?#\}", "", text, flags=re.S)
    text = re.sub(r"\{%-? macro .*?endmacro -?%\}", "", text, flags=re.S)
    text = re.sub(r"^\{% else %\}.*?^\{% endif %\}", "", text, flags=re.S | re.M)
    # A macro that stands alone in its line writes an element.
    text = re.sub(r"^\{\{ [\w.]+\(.*\) \}\}$", "<br>", text, flags=re.M)
    # A dialog macro writes the root element around what it is given.
    text = re.sub(r"\{%-? call .*?%\}", "<div>", text, flags=re.S)
    text = re.sub(r"\{%-? endcall -?%\}", "</div>", text)
    return re.sub(r"\{[{%].*?[%}]\}", "", text, flags=re.S)


@pytest.mark.parametrize("path", FRAGMENTS, ids=name)
def test_a_fragment_has_one_root_element(path: Path) -> None:
    roots = Roots()
    roots.feed(without_jinja(path.read_text()))
    assert roots.roots == 1


@pytest.mark.parametrize("path", [path for path in PAGES if "ui" not in path.parts], ids=name)
def test_buttons_and_inputs_are_written_in_the_macros_only(path: Path) -> None:
    assert re.findall(r"<(button|input|select|textarea)\b", path.read_text()) == []


@pytest.mark.parametrize("path", PAGES, ids=name)
def test_nothing_is_inline(path: Path) -> None:
    text = path.read_text()
    assert re.findall(r"\sstyle=|<style|<script(?![^>]*\bsrc=)|\son[a-z]+=|hx-on|javascript:|['\"]js:", text) == []


@pytest.mark.parametrize("path", PAGES, ids=name)
def test_htmx_names_its_target_where_it_asks(path: Path) -> None:
    """Nothing is inherited from an element elsewhere, so a fragment reads the same wherever it stands."""
    for tag in re.findall(r"<[a-z]+[^<>]*hx-(?:get|post)=[^<>]*>", path.read_text()):
        assert "hx-target=" in tag, tag
        assert "hx-swap=" in tag, tag


@pytest.mark.parametrize(
    "path", sorted([*(ROOT / "webapp").rglob("*.py"), *(ROOT / "sandbox").rglob("*.py")]), ids=name
)
def test_a_file_can_be_read_in_one_sitting(path: Path) -> None:
    assert len(path.read_text().splitlines()) <= 300
