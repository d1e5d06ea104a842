"""Stylesheets, scripts and pictures: a browser asks for each once, and again when the console was renewed."""

import hashlib
from io import BytesIO
from pathlib import Path

from flask import Flask, Response, request, send_file, send_from_directory, session, url_for

FOLDER = Path(__file__).parent.parent.parent / "static"
# A browser gets them as one, in this order: the reset first, tokens next, print last.
_OURS = "tokens base layout controls status lists dialog inbox card strip checks print"
SHEETS = ("vendor/bootstrap/bootstrap-reboot.min.css", *(f"css/{name}.css" for name in _OURS.split()))
ALL_SHEETS = "console.css"
A_YEAR = 365 * 24 * 3600  # seconds


def init_app(app: Flask) -> None:
    """Adds the endpoint `static`. The version stands in the path and not behind it, so that the modules that a script
    imports by their relative names have it too."""
    sheets = b"\n".join((FOLDER / name).read_bytes() for name in SHEETS)
    current = _version()

    def static(version: str, filename: str) -> Response:
        # A page of another version, while consoles are being renewed, gets what is here now, but not to keep.
        max_age = A_YEAR if version == current else None
        if filename == ALL_SHEETS:
            answer = send_file(BytesIO(sheets), "text/css", max_age=max_age)
        else:
            answer = send_from_directory(FOLDER, filename, max_age=max_age)
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


def _version() -> str:
    """Of all files together: another one as soon as one of them is."""
    digest = hashlib.sha256()
    for path in sorted(FOLDER.rglob("*.*")):
        digest.update(f"{path.relative_to(FOLDER)}\n".encode() + path.read_bytes())
    return digest.hexdigest()[:10]
