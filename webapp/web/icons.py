"""Icons: vendored drawings, kept in one file that a browser reads once."""

import hashlib
from pathlib import Path

from flask import Flask
from markupsafe import Markup

SPRITE = Path(__file__).parent.parent.parent / "static" / "icons.svg"


def init_app(app: Flask) -> None:
    text = SPRITE.read_text()
    version = hashlib.sha256(text.encode()).hexdigest()[:8]
    names = (part.split('"', 1)[0] for part in text.split('<symbol id="')[1:])
    drawn = {name: _use(f"{app.static_url_path}/{SPRITE.name}?v={version}#{name}") for name in names}
    # An unknown name is a KeyError: better than an empty place.
    app.jinja_env.globals["icon_svg"] = drawn.__getitem__


def _use(address: str) -> Markup:
    """Takes the colour of the text."""
    return Markup(f'<svg><use href="{address}"/></svg>')
