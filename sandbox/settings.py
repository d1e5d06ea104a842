"""What the sandbox can be told from outside: environment first, options over it."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

DEFAULT_APP_ID = "684477648739411"
DEFAULT_APP_SECRET = "sandbox-app-secret-for-local-use-only"


class BadSetting(ValueError):
    """A setting that cannot be used; the message names it and says what would do."""


@dataclass(frozen=True)
class Settings:
    """Everything that differs between two sandboxes. Durations are seconds."""

    app_id: str = DEFAULT_APP_ID
    app_secret: str = DEFAULT_APP_SECRET
    app_name: str = "Omnichat"
    host: str = "127.0.0.1"
    port: int = 8001
    smtp_port: int = 8025
    webhook_url: str = ""
    verify_token: str = "sandbox-verify-token"
    redirect_uris: tuple[str, ...] = ()
    deauthorize_url: str = ""
    data_deletion_url: str = ""
    state_file: Path | None = None
    retry_pauses: tuple[float, ...] = field(default=(1.0, 3.0, 10.0, 30.0, 60.0))
    delivery_timeout: float = 5.0
    code_lifetime: int = 600
    short_token_lifetime: int = 5400
    long_token_lifetime: int = 5183944
    page_token_lifetime: int = 3600
    # How long a second of a slow answer really takes: tests have no time.
    pace: float = 1.0


def from_environment(environ: Mapping[str, str] | None = None) -> Settings:
    """Read SANDBOX_* once. Raises BadSetting, naming the variable, when a value cannot be used."""
    env = os.environ if environ is None else environ
    defaults = Settings()
    state_file = env.get("SANDBOX_STATE_FILE", "")
    return Settings(
        app_id=_digits(env, "SANDBOX_APP_ID", defaults.app_id),
        app_secret=env.get("SANDBOX_APP_SECRET") or defaults.app_secret,
        app_name=env.get("SANDBOX_APP_NAME") or defaults.app_name,
        host=env.get("SANDBOX_HOST") or defaults.host,
        port=_port(env, "SANDBOX_PORT", defaults.port),
        smtp_port=_port(env, "SANDBOX_SMTP_PORT", defaults.smtp_port),
        webhook_url=_address(env, "SANDBOX_WEBHOOK_URL"),
        verify_token=env.get("SANDBOX_VERIFY_TOKEN") or defaults.verify_token,
        redirect_uris=tuple(env.get("SANDBOX_REDIRECT_URIS", "").replace(",", " ").split()),
        deauthorize_url=_address(env, "SANDBOX_DEAUTHORIZE_URL"),
        data_deletion_url=_address(env, "SANDBOX_DATA_DELETION_URL"),
        state_file=Path(state_file) if state_file else None,
    )


def _digits(env: Mapping[str, str], name: str, default: str) -> str:
    value = env.get(name) or default
    if not value.isdigit():
        raise BadSetting(f"{name} must be digits like {DEFAULT_APP_ID}, not {value!r}.")
    return value


def _port(env: Mapping[str, str], name: str, default: int) -> int:
    value = env.get(name) or str(default)
    if not value.isdigit() or not 1 <= int(value) <= 65535:
        raise BadSetting(f"{name} must be a port number between 1 and 65535, not {value!r}.")
    return int(value)


def _address(env: Mapping[str, str], name: str) -> str:
    value = env.get(name, "")
    if value and not value.startswith(("http://", "https://")):
        raise BadSetting(f"{name} must be an http:// or https:// address, not {value!r}.")
    return value
