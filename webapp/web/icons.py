"""Icons: vendored drawings, kept in one file that a browser reads once."""

from flask import Flask
from markupsafe import Markup

from webapp.web import assets

SPRITE = "icons.svg"


def init_app(app: Flask) -> None:
    address = assets.address(app, SPRITE)
    names = (part.split('"', 1)[0] for part in (assets.FOLDER / SPRITE).read_text().split('<symbol id="')[1:])
    drawn = {name: _use(f"{address}#{name}") for name in names}
    # An unknown name is a KeyError: better than an empty place.
    app.jinja_env.globals["icon_svg"] = drawn.__getitem__


def _use(address: str) -> Markup:
    """Takes the colour of the text."""
    return Markup(f'<svg><use href="{address}"/></svg>')
