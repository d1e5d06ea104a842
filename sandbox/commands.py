"""`flask --app sandbox play <story>`: ask a running sandbox to play a story, and print what it says."""

import json
import time
import urllib.error
import urllib.request
from typing import Any

import click
from flask import Blueprint

from sandbox.settings import Settings
from sandbox.stage import BY_HAND
from sandbox.stories import STORIES

blueprint = Blueprint("commands", __name__, cli_group=None)
PAUSE = 0.3
DEFAULT_SANDBOX = f"http://{Settings().host}:{Settings().port}"


@blueprint.cli.command("play")
@click.argument("name", required=False)
@click.option("--list", "listed", is_flag=True, help="Show every story.")
@click.option("--speed", default=1.0, show_default=True, help="2 plays twice as fast.")
@click.option("--by-hand", is_flag=True, help="Wait for a key before each step.")
@click.option("--language", type=click.Choice(["zh", "en"]), default="en", show_default=True)
@click.option("--sandbox", "origin", envvar="SANDBOX_URL", default=DEFAULT_SANDBOX, show_default=True)
def play(name: str | None, listed: bool, speed: float, by_hand: bool, language: str, origin: str) -> None:
    """Play a story against the running console, over time, and say what to look for."""
    if listed or name is None:
        _list(language)
        return
    if name not in STORIES:
        raise click.ClickException(f"No story is called {name!r}. These are: {', '.join(STORIES)}.")
    _post(origin, "stories", {"name": name, "speed": BY_HAND if by_hand else speed})
    try:
        _follow(origin, language, by_hand)
    except KeyboardInterrupt:
        _post(origin, "stories/stop", {})
        click.echo("stopped; what was still switched on is off again")


def _list(language: str) -> None:
    position = 0 if language == "zh" else 1
    for story in STORIES.values():
        click.echo(f"{story.name:<32} {story.seconds:>4.0f} s  {story.title[position]}")


def _follow(origin: str, language: str, by_hand: bool) -> None:
    told = 0
    while True:
        show = _get(origin, "stories")["show"] or {"lines": [], "state": "stopped"}
        for line in show["lines"][told:]:
            clock = time.strftime("%H:%M:%S", time.localtime(line["at"]))
            click.echo(f"{clock}  {line[language]['says']}")
            if line[language]["look"]:
                click.echo(f"          → {line[language]['look']}")
        told = len(show["lines"])
        if show["state"] != "playing":
            click.echo(show["state"])
            return
        if by_hand:
            click.pause("          … press a key for the next step")
            _post(origin, "stories/next", {})
        else:
            time.sleep(PAUSE)


def _get(origin: str, path: str) -> Any:
    return _call(urllib.request.Request(f"{origin}/control/{path}"))


def _post(origin: str, path: str, given: dict[str, Any]) -> Any:
    headers = {"Content-Type": "application/json"}
    return _call(urllib.request.Request(f"{origin}/control/{path}", json.dumps(given).encode(), headers))


def _call(request: urllib.request.Request) -> Any:
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return json.load(answer)
    except urllib.error.HTTPError as error:
        raise click.ClickException(json.load(error)["error"]) from error
    except OSError as error:
        text = (
            f"No sandbox answers at {request.host} ({error}). Start it with python3 run.py, or name it with --sandbox."
        )
        raise click.ClickException(text) from error
