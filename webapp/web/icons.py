"""Icons: single vendored SVGs, written into the page."""

from functools import cache
from pathlib import Path

from flask import Flask
from markupsafe import Markup

FOLDER = Path(__file__).parent.parent.parent / "static" / "vendor" / "icons"


def init_app(app: Flask) -> None:
    app.jinja_env.globals["icon_svg"] = icon_svg


@cache
def icon_svg(name: str) -> Markup:
    """The SVG of an icon, hidden from screen readers: the word beside it says the same."""
    text = (FOLDER / f"{name}.svg").read_text()
    return Markup(text.replace("<svg ", '<svg aria-hidden="true" focusable="false" ', 1))
