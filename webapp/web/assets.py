"""Stylesheets, scripts and pictures: a browser asks for each once, and again when the console was renewed."""

import hashlib
from collections.abc import Mapping
from io import BytesIO
from pathlib import Path

from flask import Flask, Response, request, send_file, session, url_for
from werkzeug.exceptions import NotFound

FOLDER = Path(__file__).parent.parent.parent / "static"
# A browser gets them as one, in this order: the reset first, tokens next, print last.
_OURS = "tokens base layout controls status lists dialog inbox card strip checks print"
SHEETS = ("vendor/bootstrap/bootstrap-reboot.min.css", *(f"css/{name}.css" for name in _OURS.split()))
ALL_SHEETS = "console.css"
A_YEAR = 365 * 24 * 3600  # seconds


def init_app(app: Flask) -> None:
    """Adds the endpoint `static`. The version stands in the path and not behind it, so that the modules that a script
    imports by their relative names have it too. What is given out is what the version was made of: a file that
    changes while the console runs is there after the next start, under an address of its own."""
    files = {path.relative_to(FOLDER).as_posix(): path.read_bytes() for path in FOLDER.rglob("*") if path.is_file()}
    current = _version(files)
    files[ALL_SHEETS] = b"\n".join(files[name] for name in SHEETS)

    def static(version: str, filename: str) -> Response:
        if filename not in files:
            raise NotFound
        # A page of another version, while consoles are being renewed, gets what is here now, but not to keep.
        max_age = A_YEAR if version == current else None
        answer = send_file(BytesIO(files[filename]), download_name=filename, max_age=max_age)
        answer.cache_control.immutable = version == current
        return answer

    @app.url_defaults
    def with_version(endpoint: str, values: dict[str, object]) -> None:
        if endpoint == "static":
            values.setdefault("version", current)

    @app.after_request
    def same_for_everybody(answer: Response) -> Response:
        # Flask-Login looks for a sign-in at every answer; one that changes with the cookie would not be kept.
        if request.endpoint == "static":
            session.accessed = False
        return answer

    app.add_url_rule("/static/<version>/<path:filename>", "static", static)


def address(app: Flask, filename: str) -> str:
    """For what is written down before anybody asks."""
    with app.test_request_context():
        return url_for("static", filename=filename)


def _version(files: Mapping[str, bytes]) -> str:
    """Of all files together: another one as soon as one of them is."""
    digest = hashlib.sha256()
    for name, content in sorted(files.items()):
        digest.update(f"{name} {len(content)}\n".encode() + content)
    return digest.hexdigest()[:10]
