"""A strip of days as SVG paths small enough to stand in every row of a list. Pure."""

from collections.abc import Sequence
from functools import lru_cache

from webapp.channels.strip import Cell, Shown

STEP, HEIGHT = 4, 14
# Strips that look alike are drawn once; most accounts of most workspaces look alike.
_KEPT = 512


def paths(drawn: Sequence[Cell]) -> tuple[tuple[Shown, str], ...]:
    """One path a kind, a vertical stroke a day: (kind, path), in a box of 4 by 14 units a day."""
    return _paths(tuple((cell.shown, round(cell.level * HEIGHT, 1)) for cell in drawn))


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
