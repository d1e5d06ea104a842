"""create_app: the one place that knows every part of the sandbox."""

from flask import Flask, Response, g

from sandbox import console, control, dialog, mailroom, pictures, texts
from sandbox.graph import views as graph
from sandbox.runtime import Sandbox, attach
from sandbox.settings import Settings


def create_app(settings: Settings | None = None) -> Flask:
    """A sandbox with a state of its own. Nothing listens yet: serve it, or use its test client."""
    app = Flask(__name__)
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.json.ensure_ascii = False  # type: ignore[attr-defined]
    attach(app, Sandbox(settings or Settings()))
    texts.install(app)
    for part in (pictures, dialog, control, console, mailroom):
        app.register_blueprint(part.blueprint)
    app.register_blueprint(graph.blueprint)
    app.after_request(_guard)
    return app


def _guard(response: Response) -> Response:
    """The pages' own policy. The dialog ends at the app, so forms may lead to where it was called from."""
    if response.mimetype != "text/html" or "Content-Security-Policy" in response.headers:
        return response
    allowed = g.get("form_target", "")
    response.headers["Content-Security-Policy"] = (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
        "frame-src 'self'; base-uri 'none'; frame-ancestors 'self'; "
        f"form-action 'self' {allowed}".rstrip()
    )
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Referrer-Policy"] = "no-referrer"
    return response
