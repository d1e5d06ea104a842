"""Where stories are played: one at a time, in a thread of its own, with everything said kept to be read."""

import logging
import threading
import time
from dataclasses import dataclass, field
from typing import Any

from sandbox.acts import BadAct
from sandbox.causes import BadSubject
from sandbox.runtime import Sandbox
from sandbox.stories.script import Cast, NobodyConnected, Step, Story, Words

log = logging.getLogger("sandbox")
LANGUAGES = ("zh", "en")
FASTEST = 1000.0


class Busy(ValueError):
    """Another story is on stage."""


@dataclass
class Show:
    """One story being played or played. `state` is playing, finished, stopped or failed."""

    story: Story
    speed: float
    state: str = "playing"
    lines: list[dict[str, Any]] = field(default_factory=list)
    over: threading.Event = field(default_factory=threading.Event)

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
            show = self.show = Show(story, max(0.01, min(speed, FASTEST)))
            self._stopping.clear()
        threading.Thread(target=self._run, args=(show, cast), name=f"story-{story.name}", daemon=True).start()
        return show

    def stop(self) -> None:
        """End early and take back what is still switched on. Does nothing when nothing plays."""
        show = self.show
        if show and not show.over.is_set():
            self._stopping.set()
            show.over.wait(5)

    def _run(self, show: Show, cast: Cast) -> None:
        try:
            self._say(show, cast, show.story.about, ("", ""))
            for step in show.story.steps:
                if self._stopping.wait(step.wait / show.speed):
                    self._leave(show, cast, "stopped")
                    return
                self._do(show, cast, step)
            show.state = "finished"
        except (BadSubject, BadAct, NobodyConnected, KeyError) as error:
            log.warning("The story %s could not go on: %s", show.story.name, error)
            self._leave(show, cast, "failed")
        finally:
            self._sandbox.changed()
            show.over.set()

    def _do(self, show: Show, cast: Cast, step: Step) -> None:
        with self._sandbox.lock:
            step.act(cast)
            self._say(show, cast, step.says, step.look)
            self._sandbox.changed()

    def _leave(self, show: Show, cast: Cast, state: str) -> None:
        with self._sandbox.lock:
            cast.tidy()
            show.state = state

    def _say(self, show: Show, cast: Cast, says: Words, look: Words) -> None:
        line: dict[str, Any] = {"at": time.time()}
        for position, language in enumerate(LANGUAGES):
            names = cast.names(language)
            line[language] = {"says": says[position].format(**names), "look": look[position].format(**names)}
        show.lines.append(line)
