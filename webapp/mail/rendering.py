"""A mail is a folder: templates/mail/<template>/{subject.txt,body.txt,body.html}, in the recipient's language."""

from dataclasses import dataclass
from typing import Any

from flask import current_app
from flask_babel import force_locale

from config import Config
from webapp.web.addresses import address_of
from webapp.web.i18n import DEFAULT, LOCALES


@dataclass(frozen=True, slots=True)
class Rendered:
    subject: str
    text: str
    html: str


def render(template: str, locale: str, context: dict[str, Any]) -> Rendered:
    """The three parts. An unknown locale gets the default one; templates get `address_of`, `brand_name`, `locale`."""
    config: Config = current_app.extensions["config"]
    spoken = locale if locale in LOCALES else DEFAULT
    words = {
        "address_of": address_of,
        "brand_name": config.brand_name,
        "language_tag": spoken.replace("_", "-"),
        **context,
    }
    with force_locale(spoken):
        subject, text, html = (
            # Not flask.render_template: its context is about a request, and mails are written without one.
            current_app.jinja_env.get_template(f"mail/{template}/{part}").render(words)
            for part in ("subject.txt", "body.txt", "body.html")
        )
    # A subject is one line; names come from outside and may hold anything.
    return Rendered(" ".join(subject.split()), text.strip() + "\n", html.lstrip())
