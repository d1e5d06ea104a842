"""House rules of the templates."""

import re
from collections.abc import Callable, Iterable
from html.parser import HTMLParser
from pathlib import Path

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


def offenders(paths: Iterable[Path], found: Callable[[str], object]) -> list[tuple[str, object]]:
    """Names of those in whose text something is found, and what."""
    looked_at = [(name(path), found(path.read_text())) for path in paths]
    assert len(looked_at) > 10, "there is something to look at"
    return [(path, what) for path, what in looked_at if what]


def test_a_fragment_has_one_root_element() -> None:
    def too_many_or_none(text: str) -> bool:
        roots = Roots()
        roots.feed(without_jinja(text))
        return roots.roots != 1

    assert offenders(FRAGMENTS, too_many_or_none) == []


def test_buttons_and_inputs_are_written_in_the_macros_only() -> None:
    written = re.compile(r"<(button|input|select|textarea)\b")
    assert offenders((path for path in PAGES if "ui" not in path.parts), written.findall) == []


def test_nothing_is_inline() -> None:
    inline = re.compile(r"\sstyle=|<style|<script(?![^>]*\bsrc=)|\son[a-z]+=|hx-on|javascript:|['\"]js:")
    assert offenders(PAGES, inline.findall) == []


def test_htmx_names_its_target_where_it_asks() -> None:
    """Nothing is inherited from an element elsewhere, so a fragment reads the same wherever it stands."""
    asking = re.compile(r"<[a-z]+[^<>]*hx-(?:get|post)=[^<>]*>")

    def unnamed(text: str) -> list[str]:
        return [tag for tag in asking.findall(text) if "hx-target=" not in tag or "hx-swap=" not in tag]

    assert offenders(PAGES, unnamed) == []


def test_a_file_can_be_read_in_one_sitting() -> None:
    folders = ("webapp", "sandbox", "tools", "bench", "tests")
    code = [path for folder in folders for path in (ROOT / folder).rglob("*.py")]
    assert offenders(code, lambda text: text.count("\n") > 300) == []
