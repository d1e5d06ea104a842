"""Logs as JSON lines, with everything that looks like a token struck out."""

import json
import logging
import re
import sys
import time
from datetime import UTC, datetime

from flask import Flask, g, request
from werkzeug.wrappers import Response

# Nothing that holds a token is ever handed to a logger; this is the net under that rope.
_SECRET = re.compile(
    r"EAA[A-Za-z0-9]{12,}|gAAAA[\w-]{20,}=*"
    # A one-time link that was pasted with something behind it has no view to say which part is the token.
    r"|(?P<link>/(?:repair|invitations|new-password)/)(?!authorizations/)[^/\s\"']{16,}"
    r"|(?P<name>(?:access_token|input_token|fb_exchange_token|client_secret|appsecret_proof|code_verifier|"
    r"code|state|password|signed_request|csrf_token)[\"']?\s*[=:]\s*[\"']?)[^&\s\"',}]+"
    # PostgreSQL quotes the row that it refuses.
    r"|(?P<row>DETAIL:\s*)(?:Failing row contains|Key) \([^\n]*"
)


def struck(text: str) -> str:
    """The text with every token replaced by «struck»."""
    return _SECRET.sub(lambda match: next(filter(None, match.group("name", "link", "row")), "") + "[struck]", text)


class JsonLines(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        line = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "text": struck(record.getMessage()),
        }
        if record.exc_info:
            line["error"] = struck(self.formatException(record.exc_info))
        return json.dumps(line, ensure_ascii=False)


def init_app(app: Flask, level: str) -> None:
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines())
    root = logging.getLogger()
    if not any(isinstance(known.formatter, JsonLines) for known in root.handlers):
        root.addHandler(handler)
    root.setLevel(level)
    # Not urllib3: the gate to Meta has silenced it for good, because it writes whole addresses.
    for noisy in ("apscheduler", "huey", "werkzeug"):
        logging.getLogger(noisy).setLevel("WARNING")
    app.before_request(_began)
    app.after_request(_ended)


def _began() -> None:
    g.began = time.perf_counter()


def _ended(response: Response) -> Response:
    # The path only: a query may hold a code or a state. A part of the path that is called a token is one.
    if request.endpoint != "static":
        token = (request.view_args or {}).get("token")
        path = request.path.replace(token, "[struck]") if token else request.path
        spent = (time.perf_counter() - g.began) * 1000 if "began" in g else 0.0
        logging.getLogger("webapp.request").info("%s %s %s %.0f ms", request.method, path, response.status_code, spent)
    return response
