"""Whether the console is alive (/healthz) and can work (/readyz)."""

from flask import Blueprint, Flask
from flask.typing import ResponseReturnValue
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from webapp.core import db

bp = Blueprint("health", __name__)


def init_app(app: Flask) -> None:
    app.register_blueprint(bp)


@bp.get("/healthz")
def alive() -> ResponseReturnValue:
    return {"ok": True}


@bp.get("/readyz")
def ready() -> ResponseReturnValue:
    try:
        db.session().execute(text("SELECT 1"))
    except SQLAlchemyError:
        return {"ok": False, "database": "unreachable"}, 503
    return {"ok": True}


alive.access = ready.access = "public"  # type: ignore[attr-defined]
