"""Where stories are played: one at a time, by the clock in a thread of its own or step by step by hand, with
everything said kept to be read."""

import logging
import threading
import time
from dataclasses import dataclass, field
from typing import Any

from sandbox.acts import BadAct
from sandbox.causes import BadSubject
from sandbox.runtime import Sandbox
from sandbox.stories.script import Cast, NobodyConnected, Story, Words

log = logging.getLogger("sandbox")
LANGUAGES = ("zh", "en")
FASTEST = 1000.0
BY_HAND = 0.0


class Busy(ValueError):
    """Another story is on stage."""


@dataclass
class Show:
    """One story being played or played. `state` is playing, finished, stopped or failed; at speed BY_HAND every step
    waits for somebody to say "next"."""

    story: Story
    speed: float
    cast: Cast
    state: str = "playing"
    lines: list[dict[str, Any]] = field(default_factory=list)
    over: threading.Event = field(default_factory=threading.Event)

    @property
    def is_by_hand(self) -> bool:
        return self.speed == BY_HAND

    @property
    def done(self) -> int:
        """How many steps have been played; the first line is about the whole story."""
        return max(len(self.lines) - 1, 0)

    def as_json(self) -> dict[str, Any]:
        return {
            "name": self.story.name,
            "speed": self.speed,
            "state": self.state,
            "steps": len(self.story.steps),
            "lines": list(self.lines),
        }


class Stage:
    """Plays stories on one sandbox. Safe to use from any thread."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        self.show: Show | None = None

    def play(self, story: Story, speed: float = 1.0) -> Show:
        """Begin. Raises Busy while another one plays, NobodyConnected when there is no audience."""
        with self._lock:
            if self.show and not self.show.over.is_set():
                raise Busy(f"{self.show.story.name} is still playing; stop it first.")
            with self._sandbox.lock:
                cast = Cast(self._sandbox)
                speed = speed if speed == BY_HAND else max(0.01, min(speed, FASTEST))
                show = self.show = Show(story, speed, cast)
                self._say(show, story.about, ("", ""))
                self._sandbox.changed()
            self._stopping.clear()
        if not show.is_by_hand:
            threading.Thread(target=self._run, args=(show,), name=f"story-{story.name}", daemon=True).start()
        return show

    def next(self) -> None:
        """The next step of a story that is played by hand; nothing where none is."""
        with self._lock:
            show = self.show
            if show and show.is_by_hand and not show.over.is_set():
                self._do(show)

    def stop(self) -> None:
        """End early and take back what is still switched on. Does nothing when nothing plays."""
        show = self.show
        if show is None or show.over.is_set():
            return
        self._stopping.set()
        if show.is_by_hand:
            self._end(show, "stopped")
        show.over.wait(5)

    def _run(self, show: Show) -> None:
        while not show.over.is_set():
            if self._stopping.wait(show.story.steps[show.done].wait / show.speed):
                self._end(show, "stopped")
            else:
                self._do(show)

    def _do(self, show: Show) -> None:
        """One step more. The last one ends the show, and so does one that cannot be done."""
        step = show.story.steps[show.done]
        try:
            with self._sandbox.lock:
                step.act(show.cast)
                self._say(show, step.says, step.look)
                self._sandbox.changed()
        except (BadSubject, BadAct, NobodyConnected, KeyError) as error:
            log.warning("The story %s could not go on: %s", show.story.name, error)
            self._end(show, "failed")
        else:
            if show.done == len(show.story.steps):
                self._end(show, "finished")

    def _end(self, show: Show, state: str) -> None:
        """A story that was played to its end leaves things as it tells them; any other one tidies up."""
        with self._sandbox.lock:
            if state != "finished":
                show.cast.tidy()
            show.state = state
            self._sandbox.changed()
        show.over.set()

    def _say(self, show: Show, says: Words, look: Words) -> None:
        line: dict[str, Any] = {"at": time.time()}
        for position, language in enumerate(LANGUAGES):
            names = show.cast.names(language)
            line[language] = {"says": says[position].format(**names), "look": look[position].format(**names)}
        show.lines.append(line)
