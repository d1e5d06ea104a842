"""A strip of days as SVG paths small enough to stand in every row of a list. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from webapp.channels.strip import Cell, Shown

STEP, HEIGHT = 4, 14
# Strips that look alike are drawn once; most accounts of most workspaces look alike.
_KEPT = 512


@dataclass(frozen=True, slots=True)
class Small:
    """A strip for a row: one path a kind, a vertical stroke a day, in a box of 4 by 14 units a day; how many days
    had trouble, and whether the account was connected on any of them."""

    paths: tuple[tuple[Shown, str], ...]
    trouble: int
    was_connected: bool


def small(drawn: Mapping[int, Sequence[Cell]]) -> dict[int, Small]:
    """Of many channels, by their ids; cells that several channels share are looked at once."""
    known: dict[int, Small] = {}
    for cells in drawn.values():
        if id(cells) not in known:
            shown = [cell.shown for cell in cells]
            strokes = _paths(
                tuple((one, round(cell.level * HEIGHT, 1)) for one, cell in zip(shown, cells, strict=True))
            )
            trouble = sum(cell.has_story for cell in cells)
            known[id(cells)] = Small(strokes, trouble, any(one is not Shown.NONE for one in shown))
    return {channel_id: known[id(cells)] for channel_id, cells in drawn.items()}


@lru_cache(_KEPT)
def _paths(days: tuple[tuple[Shown, float], ...]) -> tuple[tuple[Shown, str], ...]:
    strokes: dict[Shown, list[str]] = {}
    for number, (shown, good) in enumerate(days):
        x = number * STEP + STEP // 2
        if good:
            strokes.setdefault(Shown.CONNECTED, []).append(f"M{x} {HEIGHT}V{HEIGHT - good:g}")
        if shown is Shown.NONE:
            strokes.setdefault(shown, []).append(f"M{x} {HEIGHT}v-2")
        elif shown is not Shown.CONNECTED:
            strokes.setdefault(shown, []).append(f"M{x} {HEIGHT - 1 - good:g}V0")
    return tuple((shown, "".join(parts)) for shown, parts in strokes.items())
