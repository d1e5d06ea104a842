"""Settings, read once from the environment. A bad or missing value stops the start and is named."""

import math
import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, cast
from urllib.parse import urlsplit

from cryptography.fernet import Fernet

META_GRAPH_URL = "https://graph.facebook.com"
META_DIALOG_URL = "https://www.facebook.com"


class ConfigError(Exception):
    """A setting is missing or unusable; the text names it and says what would do."""


@dataclass(frozen=True, slots=True)
class Config:
    """All settings of the console. Addresses have no slash at the end; times are seconds."""

    environment: Literal["development", "test", "production"]
    base_url: str
    secret_key: str
    token_keys: tuple[str, ...]
    database_url: str
    queue_url: str
    worker: Literal["inline", "separate"]
    brand_name: str
    meta_app_id: str
    meta_app_secret: str
    meta_app_secret_previous: str
    meta_verify_token: str
    meta_graph_url: str
    meta_dialog_url: str
    meta_version: str
    meta_timeout: float
    mail_server: str
    mail_port: int
    mail_use_tls: bool
    mail_username: str
    mail_password: str
    mail_sender: str
    mail_timeout: float
    log_level: str
    metrics_token: str
    media_dir: str

    @property
    def meta_app_secrets(self) -> tuple[str, ...]:
        """The app secret, and the one before while Meta may still sign with it."""
        return tuple(filter(None, (self.meta_app_secret, self.meta_app_secret_previous)))

    @property
    def sandboxed(self) -> bool:
        """Whether Meta is played by the sandbox."""
        return self.meta_graph_url != META_GRAPH_URL

    @property
    def secure(self) -> bool:
        """Whether people reach the console over https."""
        return self.base_url.startswith("https://")

    @classmethod
    def from_env(cls, env: Mapping[str, str] = os.environ) -> "Config":
        """Read and check every setting; raises ConfigError."""
        read = _Reader(env)
        config = cls(
            environment=cast(
                Literal["development", "test", "production"],
                read.one_of("ENVIRONMENT", ("development", "test", "production"), "production"),
            ),
            base_url=read.url("BASE_URL"),
            secret_key=read.text("SECRET_KEY", at_least=32),
            token_keys=read.fernet_keys("TOKEN_KEYS"),
            database_url=read.database("DATABASE_URL"),
            queue_url=read.text("QUEUE_URL", "none"),
            worker=cast(Literal["inline", "separate"], read.one_of("WORKER", ("inline", "separate"), "separate")),
            brand_name=read.text("BRAND_NAME", "Omnichat"),
            meta_app_id=read.text("META_APP_ID"),
            meta_app_secret=read.text("META_APP_SECRET", at_least=16),
            # While the secret is being changed at Meta, deliveries may still be signed with the one before.
            meta_app_secret_previous=read.text("META_APP_SECRET_PREVIOUS", "", at_least=16),
            meta_verify_token=read.text("META_VERIFY_TOKEN", at_least=8),
            meta_graph_url=read.url("META_GRAPH_URL", META_GRAPH_URL),
            meta_dialog_url=read.url("META_DIALOG_URL", META_DIALOG_URL),
            meta_version=read.text("META_VERSION", "v25.0"),
            meta_timeout=read.number("META_TIMEOUT", 10),
            mail_server=read.text("MAIL_SERVER"),
            mail_port=int(read.number("MAIL_PORT", 25)),
            mail_use_tls=read.one_of("MAIL_USE_TLS", ("0", "1"), "0") == "1",
            mail_username=read.text("MAIL_USERNAME", ""),
            mail_password=read.text("MAIL_PASSWORD", ""),
            mail_sender=read.text("MAIL_SENDER"),
            mail_timeout=read.number("MAIL_TIMEOUT", 10),
            log_level=read.one_of("LOG_LEVEL", ("DEBUG", "INFO", "WARNING", "ERROR"), "INFO"),
            media_dir=os.path.abspath(read.text("MEDIA_DIR", os.path.join(os.path.dirname(__file__), "var", "media"))),
            metrics_token=read.text("METRICS_TOKEN", "", at_least=16),
        )
        config._check_production()
        return config

    def _check_production(self) -> None:
        if self.environment != "production":
            return
        if self.sandboxed or self.meta_dialog_url != META_DIALOG_URL:
            raise ConfigError("META_GRAPH_URL and META_DIALOG_URL: production never runs against the sandbox.")
        if not self.secure:
            raise ConfigError("BASE_URL: production needs an https:// address.")


class _Reader:
    def __init__(self, env: Mapping[str, str]) -> None:
        self.env = env

    def text(self, name: str, default: str | None = None, at_least: int = 0) -> str:
        value = self.env.get(name, "").strip()
        if not value:
            if default is None:
                raise ConfigError(f"{name} is missing.")
            return default
        if len(value) < at_least:
            raise ConfigError(f"{name} is too short: it needs {at_least} characters or more.")
        return value

    def one_of(self, name: str, choices: tuple[str, ...], default: str) -> str:
        value = self.text(name, default)
        if value not in choices:
            raise ConfigError(f"{name} must be one of {', '.join(choices)}.")
        return value

    def number(self, name: str, default: float) -> float:
        text = self.text(name, str(default))
        try:
            value = float(text)
        except ValueError:
            raise ConfigError(f"{name} must be a number.") from None
        if not 0 < value < math.inf:
            raise ConfigError(f"{name} must be more than 0.")
        return value

    def url(self, name: str, default: str | None = None) -> str:
        value = self.text(name, default).rstrip("/")
        parts = urlsplit(value)
        if parts.scheme not in ("http", "https") or not parts.netloc:
            raise ConfigError(f"{name} must be a whole address such as https://console.example.com.")
        return value

    def database(self, name: str) -> str:
        value = self.text(name)
        if not value.startswith(("sqlite:///", "postgresql://", "postgresql+psycopg://")):
            raise ConfigError(f"{name} must begin with sqlite:/// or postgresql://.")
        return value

    def fernet_keys(self, name: str) -> tuple[str, ...]:
        keys = tuple(key.strip() for key in self.text(name).split(",") if key.strip())
        for key in keys:
            try:
                Fernet(key)
            except ValueError:
                raise ConfigError(f"{name}: each key must be 32 bytes in base64url (a Fernet key).") from None
        if not keys:
            raise ConfigError(f"{name} is missing.")
        return keys
