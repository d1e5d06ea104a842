"""What console and sandbox are told: what the person set, else generated secrets and a laptop's defaults."""

import base64
import json
import os
import secrets
from dataclasses import dataclass
from pathlib import Path

from tools.launcher import sentences
from tools.launcher.options import ServeOptions
from tools.launcher.places import Places
from tools.launcher.preflight import HOST
from tools.launcher.sentences import Stop

APP = ("META_APP_ID", "META_APP_SECRET")
# A shell that still holds these from other work would change how the console runs.
FOREIGN = ("FLASK_APP", "FLASK_DEBUG", "FLASK_ENV", "FLASK_RUN_FROM_CLI")


@dataclass(frozen=True)
class Settings:
    """Environments of the two programs; `sandbox` is None when a real Meta app is configured."""

    console: dict[str, str]
    sandbox: dict[str, str] | None


def given_by_person(places: Places) -> dict[str, str]:
    """The environment, over the `.env` file beside run.py."""
    given = {**read_env_file(places.root / ".env"), **os.environ}
    return {name: value for name, value in given.items() if name not in FOREIGN}


def settle(places: Places, options: ServeOptions, given: dict[str, str]) -> Settings:
    real_app = has_real_app(given)
    generated = load_secrets(places.secrets)
    console = {**_defaults(places, options), **generated}
    if not real_app:
        console |= dict.fromkeys(("META_GRAPH_URL", "META_DIALOG_URL"), _url(options.sandbox_port))
    return Settings(
        console={**console, **given, "PYTHONUNBUFFERED": "1"},
        sandbox=None if real_app else _sandbox(places, options, generated, given),
    )


def has_real_app(given: dict[str, str]) -> bool:
    """True when a Meta app is named in full; half of one is a mistake that is said, not guessed about."""
    present = [name for name in APP if given.get(name)]
    if len(present) == 1:
        (missing,) = set(APP) - set(present)
        raise Stop(sentences.APP_HALF_GIVEN, given=present[0], missing=missing)
    return bool(present)


def _url(port: int) -> str:
    return f"http://{HOST}:{port}"


def _defaults(places: Places, options: ServeOptions) -> dict[str, str]:
    return {
        "ENVIRONMENT": "development",
        "BASE_URL": _url(options.port),
        "DATABASE_URL": places.database_url,
        "QUEUE_URL": f"sqlite:///{places.queue}",
        "MAIL_SERVER": HOST,
        "MAIL_PORT": str(options.smtp_port),
        "MAIL_SENDER": "Omnichat <noreply@omnichat.example>",
        "WORKER": "inline",
    }


def _sandbox(places: Places, options: ServeOptions, generated: dict[str, str], given: dict[str, str]) -> dict[str, str]:
    webhook = f"{_url(options.port)}/webhooks/meta"
    unseen = set(generated) | {"DATABASE_URL", "QUEUE_URL"}
    return {name: value for name, value in given.items() if name not in unseen} | {
        "SANDBOX_APP_ID": generated["META_APP_ID"],
        "SANDBOX_APP_SECRET": generated["META_APP_SECRET"],
        "SANDBOX_VERIFY_TOKEN": given.get("META_VERIFY_TOKEN") or generated["META_VERIFY_TOKEN"],
        "SANDBOX_WEBHOOK_URL": webhook,
        "SANDBOX_DEAUTHORIZE_URL": f"{webhook}/deauthorization",
        "SANDBOX_DATA_DELETION_URL": f"{webhook}/data-deletion",
        "SANDBOX_STATE_FILE": str(places.data / "sandbox.json"),
        "PYTHONUNBUFFERED": "1",
    }


def read_env_file(file: Path) -> dict[str, str]:
    """`NAME=value` lines, `#` comments, an optional `export`, values optionally quoted."""
    if not file.is_file():
        return {}
    found: dict[str, str] = {}
    for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), start=1):
        text = line.strip().removeprefix("export ").strip()
        if not text or text.startswith("#"):
            continue
        name, equals, value = text.partition("=")
        if not equals or not name.strip().isidentifier():
            raise Stop(sentences.ENV_FILE_BROKEN, file=file, line=number)
        found[name.strip()] = _unquoted(value.strip())
    return found


def _unquoted(value: str) -> str:
    quoted = len(value) >= 2 and value[0] == value[-1] and value[0] in "'\""
    return value[1:-1] if quoted else value


def load_secrets(file: Path) -> dict[str, str]:
    """The generated secrets, made on the first start and kept from then on (mode 600)."""
    kept = _read_secrets(file)
    wanted = _new_secrets() | kept
    if wanted != kept:
        _write_secrets(file, wanted)
    elif file.stat().st_mode & 0o077:
        file.chmod(0o600)
    return wanted


def _read_secrets(file: Path) -> dict[str, str]:
    if not file.exists():
        return {}
    try:
        kept = json.loads(file.read_text())
    except (OSError, ValueError) as error:
        raise Stop(sentences.SECRETS_BROKEN, file=file, reason=error) from error
    if not isinstance(kept, dict) or not all(isinstance(value, str) for value in kept.values()):
        raise Stop(sentences.SECRETS_BROKEN, file=file, reason="not an object of texts")
    return kept


def _write_secrets(file: Path, values: dict[str, str]) -> None:
    # Written beside and moved over: a crash in between leaves the old file, never half of a new one.
    beside = file.with_suffix(".new")
    beside.unlink(missing_ok=True)
    with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as handle:
        json.dump(values, handle, indent=1)
        handle.flush()
        os.fsync(handle.fileno())
    beside.replace(file)


def _new_secrets() -> dict[str, str]:
    return {
        "SECRET_KEY": secrets.token_urlsafe(48),
        "TOKEN_KEYS": base64.urlsafe_b64encode(os.urandom(32)).decode(),
        "META_APP_ID": str(10**15 + secrets.randbelow(9 * 10**15)),
        "META_APP_SECRET": secrets.token_hex(16),
        "META_VERIFY_TOKEN": secrets.token_urlsafe(24),
    }
