"""The message catalogues: `python -m tools.translations update | check | compile`.

The English sentences in code and templates are the message ids; every other language has a `.po` file.
`check` fails on a sentence without translation, a doubtful one, one that nobody says any more,
one whose placeholders differ from the English, one left in English,
or one that says a thing in other words than the rest.
"""

import re
import sys
from collections.abc import Iterator
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).resolve().parents[1]
CATALOGUES = "webapp/translations/*/LC_MESSAGES/*.po"
SOURCES = {
    "webapp": [("**.py", "python")],
    "templates": [("**.html", "jinja2"), ("**.txt", "jinja2")],
}
OPTIONS = {"**.html": {"silent": "false"}, "**.txt": {"silent": "false"}}
KEYWORDS = DEFAULT_KEYWORDS | {
    "_l": None,
    "lazy_gettext": None,
    "lazy_ngettext": (1, 2),
    "lazy_pgettext": ((1, "c"), 2),
}

# What is said one way only, by the word that readers met beside it.
ONE_WORD = {"您": "你", "電子郵件": "Email", "客服支援": "技術支援", "維修": "恢復", "客人": "顧客"}
_PLACEHOLDER = re.compile(r"%\(\w+\)[sd]")
_HAN = re.compile(r"[\u3400-\u9fff]")


def said() -> Catalog:
    """Every message of code and templates, with the files that say it."""
    catalogue = Catalog(project="console", charset="utf-8")
    for folder, methods in SOURCES.items():
        found = extract_from_dir(ROOT / folder, methods, OPTIONS, KEYWORDS, ("NOTE:",))
        for file, _line, message, comments, context in found:
            # Files without line numbers: a moved line is no reason to touch the catalogue.
            place = [(f"{folder}/{file}", None)]
            catalogue.add(message, locations=place, auto_comments=comments, context=context)  # type: ignore[arg-type]
    return catalogue


def update() -> int:
    template = said()
    for file in sorted(ROOT.glob(CATALOGUES)):
        catalogue = _read(file)
        catalogue.update(template, no_fuzzy_matching=True, update_creation_date=False)
        catalogue.obsolete.clear()
        with file.open("wb") as handle:
            write_po(handle, catalogue, width=100, sort_by_file=True, include_lineno=False)
    return 0


def check() -> int:
    template = said()
    complaints = [line for file in sorted(ROOT.glob(CATALOGUES)) for line in _complaints(file, template)]
    if not any(ROOT.glob(CATALOGUES)):
        complaints = [f"no catalogue matches {CATALOGUES}"]
    print("\n".join(complaints) or "translations complete")
    return 1 if complaints else 0


def _complaints(file: Path, template: Catalog) -> Iterator[str]:
    catalogue = _read(file)
    wanted = {_key(message) for message in template if message.id}
    held = {_key(message): message for message in catalogue if message.id}
    name = file.relative_to(ROOT)
    for key in sorted(wanted - held.keys(), key=str):
        yield f"{name}: missing: {key[0]!r} (make translations)"
    for key in sorted(held.keys() - wanted, key=str):
        yield f"{name}: nobody says this any more: {key[0]!r} (make translations)"
    for message in (held[key] for key in wanted & held.keys()):
        if message.fuzzy or not all(_translations(message)):
            yield f"{name}: not translated: {message.id!r}"
        else:
            yield from (f"{name}: {error}: {message.id!r}" for error in message.check(catalogue))
            doubtful = doubts(_key(message)[0], *_translations(message))
            yield from (f"{name}: {doubt}: {message.id!r}" for doubt in doubtful)


def doubts(english: str, *chinese: str) -> Iterator[str]:
    """What a reader of Chinese would stumble over: a sentence left in English, or two words for one thing."""
    is_sentence = len(re.findall(r"[A-Za-z]{2,}", _PLACEHOLDER.sub("", english))) > 1
    for one in chinese:
        if is_sentence and not _HAN.search(_PLACEHOLDER.sub("", one)):
            yield f"left in English: {one!r}"
        yield from (f"say {right}, not {wrong}" for wrong, right in ONE_WORD.items() if wrong in one)


def _key(message: Message) -> tuple[str, str | None]:
    return (message.id if isinstance(message.id, str) else message.id[0], message.context)


def _translations(message: Message) -> tuple[str, ...]:
    return (message.string,) if isinstance(message.string, str) else tuple(message.string or ("",))


def compile_all() -> int:
    for file in sorted(ROOT.glob(CATALOGUES)):
        beside = file.with_suffix(".mo.new")
        with beside.open("wb") as handle:
            write_mo(handle, _read(file))
        # Moved into place: a console that starts meanwhile never reads half a catalogue.
        beside.replace(file.with_suffix(".mo"))
    return 0


def _read(file: Path) -> Catalog:
    with file.open("rb") as handle:
        return read_po(handle, locale=file.parts[-3], domain=file.stem, abort_invalid=True)


COMMANDS = {"update": update, "check": check, "compile": compile_all}

if __name__ == "__main__":
    if len(sys.argv) != 2 or sys.argv[1] not in COMMANDS:
        sys.exit(f"usage: python -m tools.translations {' | '.join(COMMANDS)}")
    sys.exit(COMMANDS[sys.argv[1]]())
