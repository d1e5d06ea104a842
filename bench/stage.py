"""Databases full of channels, for the benches."""

from datetime import timedelta

from sqlalchemy import insert, text

from config import Config
from tests.people import NOON
from webapp.accounts.models import Membership, Person, Workspace
from webapp.channels.models import Channel, Grant, Incident
from webapp.core import db
from webapp.core.crypto import Secret

AT_ONCE = 5000
DATA_ACCESS_ENDS = NOON + timedelta(days=60)
APP_SECRET = "a secret for the benches"


def settings_for(
    database_url: str, key: str, graph_url: str = "http://127.0.0.1:9", mail_port: int = 25, worker: str = "separate"
) -> dict[str, str]:
    """Of a console that only does what is measured, as environment variables."""
    return {
        "ENVIRONMENT": "test",
        "BASE_URL": "http://localhost",
        "SECRET_KEY": "a key for the benches, and only for them",
        "TOKEN_KEYS": key,
        "DATABASE_URL": database_url,
        "QUEUE_URL": "none",
        "WORKER": worker,
        "META_APP_ID": "100000000000001",
        "META_APP_SECRET": APP_SECRET,
        "META_VERIFY_TOKEN": "verify-bench",
        "META_GRAPH_URL": graph_url,
        "META_DIALOG_URL": graph_url,
        "MAIL_SERVER": "127.0.0.1",
        "MAIL_PORT": str(mail_port),
        "MAIL_SENDER": "Bench <bench@omnichat.example>",
        "LOG_LEVEL": "ERROR",
    }


def config_for(
    database_url: str, key: str, graph_url: str = "http://127.0.0.1:9", mail_port: int = 25, worker: str = "separate"
) -> Config:
    return Config.from_env(settings_for(database_url, key, graph_url, mail_port, worker))


def page_of(number: int, *, broken: bool) -> str:
    """The Page of a channel. Pages stand in another order than channels, so that broken ones are among the others."""
    return f"{number * 7919 % 1000:03d}{number:09d}{9 if broken else 1}"


def broken_page(page_id: str) -> bool:
    return page_id.endswith("9")


def account_of_page(page_id: str) -> str:
    return f"1784{page_id[3:12]}"


def account_of(page_token: str) -> str:
    """The Instagram id that a token of the stage begins with."""
    return page_token[:13]


def fill(channels: int, broken: int = 0, healed: int = 0, per_grant: int = 1) -> None:
    """So many due channels, `per_grant` of each login and workspace: the first `broken` ones break, the next `healed`
    ones were lost and are well again. One admin belongs everywhere."""
    with db.transaction() as session:
        person = Person(email="admin@example.com", name="Admin", password_hash="-", locale="en")
        session.add(person)
        session.flush()
        for start in range(0, -(-channels // per_grant), AT_ONCE):
            numbers = range(start + 1, min(start + AT_ONCE, -(-channels // per_grant)) + 1)
            session.execute(insert(Workspace), [{"id": n, "slug": f"w-{n}", "name": f"W {n}"} for n in numbers])
            session.execute(
                insert(Membership), [{"workspace_id": n, "person_id": person.id, "role": "admin"} for n in numbers]
            )
            session.execute(insert(Grant), [_grant(n) for n in numbers])
        for start in range(0, channels, AT_ONCE):
            numbers = range(start + 1, min(start + AT_ONCE, channels) + 1)
            session.execute(insert(Channel), [_channel(n, broken, healed, per_grant) for n in numbers])
        if healed:
            session.execute(insert(Incident), [_incident(n) for n in range(broken + 1, broken + healed + 1)])


def count_checks() -> None:
    """PostgreSQL itself writes a row for every check that is recorded."""
    with db.transaction() as session:
        for statement in (
            "CREATE TABLE counted (channel_id integer, at timestamptz)",
            """CREATE FUNCTION count_check() RETURNS trigger LANGUAGE plpgsql AS
                $$ BEGIN INSERT INTO counted VALUES (NEW.id, NEW.checked_at); RETURN NULL; END $$""",
            """CREATE TRIGGER count_checks AFTER UPDATE OF checked_at ON channel FOR EACH ROW
                WHEN (NEW.checked_at IS DISTINCT FROM OLD.checked_at) EXECUTE FUNCTION count_check()""",
        ):
            session.execute(text(statement))


def _grant(number: int) -> dict[str, object]:
    return {
        "id": number,
        "workspace_id": number,
        "facebook_user_id": f"7{number:08d}",
        "facebook_user_name": "林小姐",
        "user_token": Secret(f"user-{number}"),
        "data_access_expires_at": DATA_ACCESS_ENDS,
        "granted_at": NOON - timedelta(days=1),
    }


def _channel(number: int, broken: int, healed: int, per_grant: int) -> dict[str, object]:
    was_lost = broken < number <= broken + healed
    owner = (number - 1) // per_grant + 1
    return {
        "id": number,
        "workspace_id": owner,
        "grant_id": owner,
        "platform": "instagram",
        "external_id": f"1784{number:09d}",
        "name": f"Shop {number}",
        "page_id": page_of(number, broken=number <= broken),
        # As long as Meta's; the stand-in for Meta answers with the account that its beginning names.
        "page_token": Secret(f"1784{number:09d}" + "ZD" * 90),
        "status": "lost" if was_lost else "connected",
        "cause": "password_changed" if was_lost else None,
        "status_since": NOON - timedelta(days=1),
        "connected_at": NOON - timedelta(days=1),
        "authorized_at": NOON - timedelta(days=1),
        # Never all at the same moment.
        "next_check_at": NOON - timedelta(seconds=number * 7919 % 3600),
        "checked_at": NOON - timedelta(hours=1),
        "verdict_at": NOON - timedelta(hours=1),
    }


def _incident(channel_id: int) -> dict[str, object]:
    return {
        "channel_id": channel_id,
        "opened_at": NOON - timedelta(days=1),
        "noticed_by": "sweep",
        "cause": "password_changed",
    }
