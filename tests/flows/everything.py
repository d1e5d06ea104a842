"""Keeps everything that a WSGI program answers."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from werkzeug.wsgi import ClosingIterator, get_current_url

Start = Callable[..., Any]
Wsgi = Callable[[dict[str, Any], Start], Iterable[bytes]]

# By Meta's design the way back holds code and state once; the answer leads on to an address without them.
CALLBACK = "/facebook/callback"


class Everything:
    """Stands before a program. `bodies` are its answers; `lines` the addresses asked for and the headers answered."""

    def __init__(self, inside: Wsgi) -> None:
        self.inside = inside
        self.bodies: list[str] = []
        self.lines: list[str] = []

    def __call__(self, environ: dict[str, Any], start_response: Start) -> Iterable[bytes]:
        if environ.get("PATH_INFO") != CALLBACK:
            self.lines.append(get_current_url(environ))

        def started(status: str, headers: list[tuple[str, str]], *more: Any) -> Any:
            self.lines += [status, *(f"{name}: {value}" for name, value in headers)]
            return start_response(status, headers, *more)

        answer = self.inside(environ, started)
        return ClosingIterator(self._kept(answer), getattr(answer, "close", lambda: None))

    def addresses(self, dialog: str) -> tuple[list[str], list[str]]:
        """The lines that lead to the dialog's site, and all others."""
        there = [line for line in self.lines if line.startswith(f"Location: {dialog}")]
        return there, [line for line in self.lines if line not in there]

    def _kept(self, answer: Iterable[bytes]) -> Iterator[bytes]:
        whole = []
        for part in answer:
            whole.append(part)
            yield part
        self.bodies.append(b"".join(whole).decode(errors="replace"))
