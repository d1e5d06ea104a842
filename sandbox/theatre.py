"""The control API of the stories: list them, play one, stop it."""

from typing import Any

from flask import Response, current_app, jsonify

from sandbox import asked
from sandbox.play import BadPlay
from sandbox.stage import Stage
from sandbox.stories import STORIES
from sandbox.stories.script import Story

blueprint = asked.control_blueprint("theatre", "/control/stories")


def this_stage() -> Stage:
    stage: Stage = current_app.extensions["stage"]
    return stage


@blueprint.get("")
def listing() -> Response:
    show = this_stage().show
    stories = [_row(story) for story in STORIES.values()]
    return jsonify({"stories": stories, "show": show.as_json() if show else None})


def _row(story: Story) -> dict[str, Any]:
    return {"name": story.name, "title": story.title, "about": story.about, "seconds": story.seconds}


@blueprint.post("")
def play() -> Response:
    """`{"name", "speed"}`: begin a story; what it says is in the listing. At speed 0 each step waits for `next`."""
    given = asked.values()
    story = STORIES.get(str(given.get("name")))
    if story is None:
        raise BadPlay(f"name must be one of {', '.join(STORIES)}.")
    show = this_stage().play(story, asked.decimal(given, "speed", 1.0))
    return asked.answered(given, show.as_json())


@blueprint.post("/next")
def next_step() -> Response:
    """Play the next step of a story that is played by hand."""
    stage = this_stage()
    stage.next()
    return asked.answered(asked.values(), stage.show.as_json() if stage.show else {})


@blueprint.post("/stop")
def stop() -> Response:
    this_stage().stop()
    return asked.answered(asked.values(), {"ok": True})
