"""Profile pictures, drawn: a coloured disc with the name's first character."""

import hashlib

from flask import Blueprint, Response, abort
from markupsafe import escape

from sandbox.runtime import this_sandbox
from sandbox.state import State

blueprint = Blueprint("pictures", __name__)
COLOURS = ("#8a5a44", "#2f6f5e", "#4b5d8f", "#8c3f5d", "#6b6a2f", "#35698a", "#7a4b8c", "#a0522d")


@blueprint.get("/pictures/<node_id>.svg")
def picture(node_id: str) -> Response:
    name = name_of(this_sandbox().state, node_id)
    if name is None:
        abort(404)
    response = Response(drawn(node_id, name), mimetype="image/svg+xml")
    response.headers["Cache-Control"] = "public, max-age=86400"
    response.headers["Content-Security-Policy"] = "default-src 'none'"
    return response


def name_of(state: State, node_id: str) -> str | None:
    for table in (state.people, state.pages, state.instagram, state.customers):
        if node_id in table:
            return str(table[node_id].name)
    return None


def drawn(node_id: str, name: str) -> str:
    colour = COLOURS[hashlib.sha256(node_id.encode()).digest()[0] % len(COLOURS)]
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 96 96" width="96" height="96">'
        f'<rect width="96" height="96" fill="{colour}"/>'
        '<text x="48" y="51" fill="#fff" font-family="system-ui, \'Noto Sans CJK TC\', sans-serif" '
        f'font-size="44" text-anchor="middle" dominant-baseline="middle">{escape(name[:1])}</text></svg>'
    )
