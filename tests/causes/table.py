"""The table: each cause played, noticed in every way, and mended."""

from dataclasses import dataclass, field
from pathlib import Path

from tests.causes import noticing
from tests.causes.noticing import DECLINED, UNTICKED, WAYS, Found, notice, outcome, words
from tests.causes.world import PAGE, PERSON, World

# The words around the table.
FRAME = Path(__file__).with_name("frame.md")
DOCUMENT = Path(__file__).parents[2] / "docs" / "causes.md"

SUBJECTS: dict[str, dict[str, str]] = {
    "password_changed": {"person": PERSON},
    "two_factor": {"person": PERSON},
    "security_check": {"person": PERSON},
    "unconfirmed": {"person": PERSON},
    "app_removed": {"person": PERSON},
    "expired": {"person": PERSON},
    "signed_out": {"person": PERSON},
    "permission_cancelled": {"person": PERSON, "permission": "instagram_manage_messages"},
    "page_unticked": {"person": PERSON, "page": PAGE},
    "role_lost": {"person": PERSON, "page": PAGE},
    "two_factor_required": {"page": PAGE},
    "page_deleted": {"page": PAGE},
    "instagram_unlinked": {"page": PAGE},
    "not_business": {"account": "@morninglight.coffee"},
    "message_access_off": {"page": PAGE},
    "connection_unverified": {"page": PAGE},
    "other_app_default": {"page": PAGE},
    "subscription_removed": {"page": PAGE},
    "app_not_live": {},
    "outage": {},
    "rate_limited": {},
}
# What a login itself mends; for the others somebody has to do something elsewhere first.
BY_LOGIN = ("password_changed", "two_factor", "app_removed", "expired", "signed_out")
TICKED_AGAIN = ("permission_cancelled", "page_unticked")
# The cancelled tick is made in the dialog itself, where a login is what notices.
CHOICES: dict[str, dict[str, object]] = {"permission_cancelled": DECLINED, "page_unticked": UNTICKED}


@dataclass
class Row:
    """One cause. `found` has a place for every way of noticing, None where it cannot happen there; `first` is the way
    in which the words, the cause and the way back were read, empty where nothing was noticed."""

    name: str
    first: str = ""
    cause: str = ""
    found: dict[str, Found | None] = field(default_factory=dict)
    words: tuple[str, str] = ("", "")
    way_back: str = ""


def rows(world: World) -> list[Row]:
    return [_row(world, name, subject) for name, subject in SUBJECTS.items()]


def _row(world: World, name: str, subject: dict[str, str]) -> Row:
    """The login comes last: it replaces the grant, so what is read after it is about another one."""
    row = Row(name)
    for way in WAYS:
        if way == "login":
            row.way_back = _mended(world, row, subject)
        _play(world, name, subject, on=True)
        row.found[way] = found = _noticed(world, name, way)
        if found is not None and found.is_noticed and not row.first:
            row.first, row.cause, row.words = way, found.cause, words(world)
    _play(world, name, subject, on=False)
    if row.found["login"] is None or row.found["login"].is_noticed:
        noticing.log_in(world)
    return row


def _noticed(world: World, name: str, way: str) -> Found | None:
    if way == "webhook" and name != "app_removed":
        return None
    if way == "login" and name in CHOICES:
        world.all_well()
        noticing.log_in(world, **CHOICES[name])
        return outcome(world)
    try:
        return notice(world, way)
    except (AssertionError, KeyError):
        # The dialog lets this person through to nowhere: there is no way back to us.
        if way != "login":
            raise
        return None


def _mended(world: World, row: Row, subject: dict[str, str]) -> str:
    """From the state that was noticed first: what brings the channel back."""
    if not row.first:
        return ""
    _play(world, row.name, subject, on=True)
    notice(world, row.first)
    if row.name not in BY_LOGIN and row.name not in TICKED_AGAIN:
        _play(world, row.name, subject, on=False)
        noticing.an_hour_passes(world)
        WAYS["sweep"](world)
        if not outcome(world).is_noticed:
            return "Mended at Meta: by itself, at the next check"
    noticing.reauthorise(world)
    return "Reauthorise: one login" if not outcome(world).is_noticed else "None"


def _play(world: World, name: str, subject: dict[str, str], *, on: bool) -> None:
    world.sandbox.control("causes", cause=name, on=on, **subject)
    if name == "other_app_default":
        # What Meta tells meanwhile: the customer writes on, and it comes for listeners only.
        world.customer_writes("standby" if on else "messaging")


_NO_VERDICT = ("app_not_live", "outage", "rate_limited")
_MARKS = {"lost": "✕ lost", "attention": "▲ attention"}


def render(found: list[Row]) -> str:
    """The whole document."""
    columns = ["cause", *WAYS, "words on the row", "banner in the conversation", "mail", "way back"]
    lines = [_line(columns), _line(["---"] * len(columns))]
    lines += [_line(_cells(row)) for row in found]
    return FRAME.read_text().replace("{table}", "\n".join(lines))


def _cells(row: Row) -> list[str]:
    noticed = [one for one in row.found.values() if one and one.is_noticed]
    subjects = {one.subject for one in noticed if one.cause == row.cause} - {""}
    mail = " / ".join(sorted(subjects)) or ("none" if noticed else "–")
    told = [_cell(row.name, way, one, row.cause) for way, one in row.found.items()]
    return [f"`{row.name}`", *told, *(one or "–" for one in row.words), mail, row.way_back or "–"]


def _cell(name: str, way: str, one: Found | None, cause: str) -> str:
    if one is not None and one.is_noticed:
        return _MARKS[one.status] + (f": `{one.cause}`" if one.cause != cause else "")
    if way == "webhook":
        return "not told"
    if one is None:
        return "no way through"
    if way == "diagnosis" and one.said and name not in _NO_VERDICT:
        return f"named: `{one.said}`"
    if way == "login" and name in BY_LOGIN:
        return "mends it"
    return {"subscription_removed": "repaired", "other_app_default": "hidden"}.get(name, "no verdict")


def _line(cells: list[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"
