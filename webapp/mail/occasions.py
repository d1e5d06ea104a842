"""What a mail tells of may be over before it leaves. Each room knows that of its own mails, by their keys."""

from collections.abc import Callable
from datetime import datetime

from flask import Flask

# From what stands after the first "/" of the key, and now.
IsOver = Callable[[str, datetime], bool]


class Occasions:
    """Who knows of which mails whether they still tell of something. One per app."""

    def __init__(self, app: Flask) -> None:
        self.known: dict[str, IsOver] = {}
        app.extensions["occasions"] = self

    def on(self, kind: str, is_over: IsOver) -> None:
        """`kind` is what the keys of these mails begin with."""
        self.known[kind] = is_over

    def is_over(self, key: str, now: datetime) -> bool:
        kind, _, which = key.partition("/")
        ask = self.known.get(kind)
        return ask is not None and ask(which, now)
