"""Text as the search sees it: one rule for both databases, for Chinese without spaces as for Latin words. Pure.

A text is cut into grams, a gram into a number; the index knows which entries hold which numbers. It only proposes:
whether an entry really says what was asked for, `Wanted.finds` decides on the text itself.
"""

import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain, groupby, repeat
from operator import add
from typing import Literal
from zlib import crc32

MOST_TERMS = 8
LONGEST_QUERY = 100
# Platforms take 2000 characters; whatever is longer is found by its beginning.
LONGEST_TEXT = 4000

Kind = Literal["wide", "word", "gap"]


@lru_cache(maxsize=65536)
def _folded(char: str) -> str:
    """One character without case and width; the invisible parts of an emoji go."""
    folded = unicodedata.normalize("NFKC", char.casefold())
    return "".join(one for one in folded if one not in "\ufe0e\ufe0f\u200d")


@lru_cache(maxsize=65536)
def _kind(char: str) -> Kind:
    """Whether a character stands for itself (Chinese, kana, emoji), builds a word, or parts words."""
    category = unicodedata.category(char)
    if category[0] in "ZPC" or (char < "\x80" and not char.isalnum()):
        return "gap"
    return "wide" if category[0] == "S" or unicodedata.east_asian_width(char) in "WF" else "word"


def fold(text: str) -> str:
    return "".join(map(_folded, unicodedata.normalize("NFC", text)))


def numbers(space: str, text: str) -> frozenset[int]:
    """The grams of a text as 32-bit signed numbers. Numbers of different spaces (workspaces) have nothing in common."""
    return _numbered(space, (_grams(*run) for run in _runs(fold(text[:LONGEST_TEXT]))))


@dataclass(frozen=True, slots=True)
class Wanted:
    """What somebody looks for: every one of these, folded, in any order."""

    terms: tuple[str, ...]

    @classmethod
    def parse(cls, query: str) -> "Wanted":
        """Words between spaces. A word of signs only says nothing and is left out."""
        words = fold(query[:LONGEST_QUERY]).split()
        return cls(tuple(word for word in words if any(_kind(char) != "gap" for char in word))[:MOST_TERMS])

    def numbers(self, space: str) -> frozenset[int]:
        """What an entry must hold to come into question."""
        return _numbered(space, (_asked(*run) for term in self.terms for run in _runs(term)))

    def finds(self, text: str) -> bool:
        """Whether a text holds every term."""
        folded = fold(text)
        return all(next(_places(folded, term), None) is not None for term in self.terms)

    def holds(self, text: str) -> bool:
        """Whether a text holds any term."""
        folded = fold(text)
        return any(next(_places(folded, term), None) is not None for term in self.terms)

    def pieces(self, text: str, around: int = 0) -> list[tuple[str, bool]]:
        """The text in pieces, each with whether it is what was looked for. `around`: begin so many characters before
        the first find."""
        plain = unicodedata.normalize("NFC", text)
        marks = self._marks(plain)
        start = max(marks.index(True) - around, 0) if around and True in marks else 0
        cut = list(zip(plain, marks, strict=True))[start:]
        found = [("".join(char for char, _ in group), mark) for mark, group in groupby(cut, key=lambda one: one[1])]
        return [("…", False), *found] if start else found

    def _marks(self, plain: str) -> list[bool]:
        """For each character whether it belongs to a find."""
        origin = [index for index, char in enumerate(plain) for _ in _folded(char)]
        folded = "".join(map(_folded, plain))
        marks = [False] * len(plain)
        for term in self.terms:
            for place in _places(folded, term):
                for index in origin[place : place + len(term)]:
                    marks[index] = True
        return marks


def _places(folded: str, term: str) -> Iterator[int]:
    """Where a folded text holds a term. One or two letters count only where a word begins."""
    is_short = _is_short(term)
    place = folded.find(term)
    while place >= 0:
        if not (is_short and place and _kind(folded[place - 1]) == "word"):
            yield place
        place = folded.find(term, place + 1)


def _is_short(term: str) -> bool:
    kind, run = next(_runs(term))
    return kind == "word" and len(run) < 3 and term.startswith(run)


def _runs(folded: str) -> Iterator[tuple[Kind, str]]:
    for kind, chars in groupby(folded, key=_kind):
        if kind != "gap":
            yield kind, "".join(chars)


def _grams(kind: Kind, run: str) -> Iterable[str]:
    """What a run is found by: each character and each pair; of a word its beginning and each three letters."""
    return chain(run, _pairs(run)) if kind == "wide" else ("^" + run[:1], "^" + run[:2], *_triples(run))


def _asked(kind: Kind, run: str) -> Iterable[str]:
    """The fewest grams that a run can be asked for by."""
    if kind == "wide":
        return _pairs(run) if len(run) > 1 else run
    return ("^" + run,) if len(run) < 3 else _triples(run)


def _pairs(run: str) -> Iterator[str]:
    return map(add, run, run[1:])


def _triples(run: str) -> Iterator[str]:
    return map(add, _pairs(run), run[2:])


def _numbered(space: str, grams: Iterable[Iterable[str]]) -> frozenset[int]:
    return frozenset(map(_number, chain.from_iterable(grams), repeat(crc32(space.encode()))))


# Most of what people write, they and others have written before.
@lru_cache(maxsize=65536)
def _number(gram: str, seed: int) -> int:
    number = crc32(gram.encode("utf-8", "surrogatepass"), seed)
    return number - 2**32 if number >= 2**31 else number
