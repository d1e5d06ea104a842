"""Every mail is whole with pictures off and readable in the dark."""

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from flask import Flask

from tests.people import NOON
from tests.rooms.mail.conftest import ScriptedMailer
from tests.rooms.mail.test_actions import row, write

MAILS = sorted(path.parent.name for path in Path("templates/mail").glob("*/body.html"))


class Painted(HTMLParser):
    """Every element with a colour of its own: its classes and its style."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[tuple[set[str], dict[str, str]]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        pairs = [one.split(":", 1) for one in (given.get("style") or "").split(";") if ":" in one]
        style = {name.strip(): value.strip() for name, value in pairs}
        if style.keys() & {"color", "background"}:
            self.found.append((set((given.get("class") or "").split()), style))


# One that is lost and one that only needs attention: together they show every part of the mail.
ACCOUNTS = [
    {
        "channel_id": number,
        "label": "@tea",
        "platform": "instagram",
        "page_name": "Tea",
        "cause": cause,
        "since": NOON,
        "facebook_user": "林小姐",
        "lost": lost,
        "reauthorise": lost,
    }
    for number, cause, lost in ((1, "password_changed", True), (2, "access_off", False))
]


def dark_colours(html: str) -> dict[str, str]:
    """Class → what it is painted with in the dark."""
    block = html[html.index("prefers-color-scheme: dark") : html.index("</style>")]
    found: dict[str, str] = {}
    for names, style in re.findall(r"(\.[^{]+?) \{ ([^}]*)\}", block):
        found |= {name.strip(" ."): style for name in names.split(",")}
    return found


def light(colour: str) -> float:
    """Relative luminance (WCAG 2) of #rrggbb."""
    parts = [int(colour[index : index + 2], 16) / 255 for index in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    high, low = sorted((light(one), light(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("mail", MAILS)
def test_no_mail_has_a_picture_or_fetches_anything(mail: str) -> None:
    text = Path(f"templates/mail/{mail}/body.html").read_text() + Path("templates/mail/layout.html").read_text()
    assert not re.search(r"<(img|link|script|iframe|video|object)\b|url\(|@import|\bsrc=", text)


def test_what_is_painted_by_day_is_painted_anew_by_night_and_can_be_read(house: Flask, mailer: ScriptedMailer) -> None:
    write(accounts=ACCOUNTS)
    html = row().html
    dark = dark_colours(html)
    ground = re.search(r"background: (#\w{6})", dark["card"])
    assert ground is not None
    for classes, style in Painted(html).found:
        on_press = style.get("color") == "#ffffff"
        assert on_press or classes & dark.keys(), f"{style} stays as it is in the dark"
        for name in classes & dark.keys():
            ink = re.search(r"(?<!-)color: (#\w{6})", dark[name])
            assert ink is None or contrast(ink[1], ground[1]) >= 4.5, name


def test_the_button_can_be_read_by_day_and_by_night(house: Flask, mailer: ScriptedMailer) -> None:
    write(accounts=ACCOUNTS)
    html = row().html
    by_day = re.search(r'class="press" style="[^"]*background:(#\w{6})', html)
    by_night = re.search(r"background: (#\w{6})", dark_colours(html)["press"])
    assert by_day is not None
    assert by_night is not None
    assert contrast("#ffffff", by_day[1]) >= 4.5
    assert contrast("#ffffff", by_night[1]) >= 4.5
