"""create_app: the one place that knows every part of the sandbox."""

from flask import Flask, Response, g, request

from sandbox import commands, console, control, dialog, files, mailroom, media, pictures, texts, theatre
from sandbox.graph import views as graph
from sandbox.runtime import Sandbox, attach, this_sandbox
from sandbox.settings import Settings
from sandbox.stage import Stage


def create_app(settings: Settings | None = None) -> Flask:
    """A sandbox with a state of its own. Nothing listens yet: serve it, or use its test client."""
    app = Flask(__name__)
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.json.ensure_ascii = False  # type: ignore[attr-defined]
    sandbox = Sandbox(settings or Settings())
    attach(app, sandbox)
    app.extensions["stage"] = Stage(sandbox)
    texts.install(app)
    for part in (pictures, media, files, dialog, control, theatre, console, mailroom, commands):
        app.register_blueprint(part.blueprint)
    app.register_blueprint(graph.blueprint)
    app.before_request(_remember_origin)
    app.after_request(_guard)
    return app


def _remember_origin() -> None:
    """Addresses in webhooks lead to where the sandbox was last called: it may listen on any port."""
    this_sandbox().origin = request.host_url.rstrip("/")


def _guard(response: Response) -> Response:
    """The pages' own policy. The dialog ends at the app, so forms may lead to where it was called from."""
    if response.mimetype != "text/html" or "Content-Security-Policy" in response.headers:
        return response
    allowed = g.get("form_target", "")
    response.headers["Content-Security-Policy"] = (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: http: https:; "
        "media-src 'self' http: https:; connect-src 'self'; "
        "frame-src 'self'; base-uri 'none'; frame-ancestors 'self'; "
        f"form-action 'self' {allowed}".rstrip()
    )
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Referrer-Policy"] = "no-referrer"
    return response
