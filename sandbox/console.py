"""The control page at `/`."""

from flask import Blueprint

blueprint = Blueprint("console", __name__)


@blueprint.get("/")
def index() -> str:
    return "sandbox"
