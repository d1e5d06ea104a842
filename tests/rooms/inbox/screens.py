"""Reading pages of the room as a person does."""

import html
import re
from collections.abc import Callable
from typing import Any

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.rooms.inbox.happenings import talk
from webapp.accounts.models import Person
from webapp.channels.models import Channel
from webapp.core import db

HTMX = {"HX-Request": "true"}
Browser = Callable[[Person], FlaskClient]


def here(path: str = "") -> str:
    return f"/w/aurora/conversations/{talk().id}{path}"


def change(channel: Channel, **values: Any) -> None:
    with db.transaction() as session:
        found = session.get_one(Channel, channel.id, populate_existing=True)
        for name, value in values.items():
            setattr(found, name, value)


def poll_of(text: str, element: str) -> str:
    """The address that an element of the page polls."""
    found = re.search(rf'id="{element}"[^>]*?hx-get="([^"]+)"', text)
    assert found, f"{element} does not poll"
    return html.unescape(found.group(1))


def texts(answer: TestResponse) -> list[str]:
    """What the bubbles say, in order."""
    bubbles = re.findall(r'<div class="bubble"[^>]*>(.*?)</div>\s*<div class="message-meta">', answer.text, re.S)
    return [html.unescape(re.sub(r"<[^>]+>", "", one)).strip() for one in bubbles]


def send(client: FlaskClient, text: str, key: str = "key", **more: Any) -> TestResponse:
    return client.post(here("/messages"), data={"text": text, "form_key": key} | more.pop("data", {}), **more)


def older_address(answer: TestResponse) -> str:
    found = re.search(r'href="([^"]*before_message=[^"]*)"', answer.text)
    assert found
    return html.unescape(found.group(1))
