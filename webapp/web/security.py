"""What every answer carries to keep the browser on our side."""

from urllib.parse import urlsplit

from flask import Flask, request
from flask_wtf.csrf import CSRFProtect
from werkzeug.wrappers import Response

from config import Config

csrf = CSRFProtect()


def init_app(app: Flask, config: Config) -> None:
    csrf.init_app(app)
    policy = content_security_policy(config)

    @app.after_request
    def harden(response: Response) -> Response:
        response.headers.setdefault("Content-Security-Policy", policy)
        response.headers["X-Content-Type-Options"] = "nosniff"
        response.headers["X-Frame-Options"] = "DENY"
        # same-origin: CSRF checks need the referrer here, and no address of ours leaves the house.
        response.headers["Referrer-Policy"] = "same-origin"
        response.headers["Permissions-Policy"] = "camera=(), geolocation=(), microphone=()"
        if config.secure:
            response.headers["Strict-Transport-Security"] = "max-age=31536000; includeSubDomains"
        if request.endpoint != "static":
            response.headers.setdefault("Cache-Control", "no-store")
            response.vary.add("HX-Request")
        return response


def content_security_policy(config: Config) -> str:
    """Nothing inline, nothing evaluated. The login dialog is a form's target: Chromium holds redirects to it too."""
    dialog = _origin(config.meta_dialog_url)
    pictures = [_origin(config.meta_graph_url)] if config.sandboxed else []
    pictures += ["https://*.fbcdn.net", "https://*.cdninstagram.com", "https://*.fbsbx.com"]
    return "; ".join(
        (
            "default-src 'none'",
            "script-src 'self'",
            "style-src 'self'",
            f"img-src 'self' data: {' '.join(pictures)}",
            f"media-src 'self' {' '.join(pictures)}",
            "font-src 'self'",
            "connect-src 'self'",
            f"form-action 'self' {dialog}",
            "base-uri 'none'",
            "frame-ancestors 'none'",
        )
    )


def local_path(target: str | None) -> str | None:
    """The target if it is a path of ours, otherwise None: nobody is sent to a stranger's site after signing in."""
    if not target or not target.startswith("/") or target.startswith(("//", "/\\")):
        return None
    if any(ord(char) < 0x20 or char == "\\" for char in target):
        return None
    parts = urlsplit(target)
    return None if parts.scheme or parts.netloc else target


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"
