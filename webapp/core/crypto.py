"""Secrets: sealed at rest with a ring of keys, and never printed."""

import hashlib
import logging
from collections.abc import Sequence

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from flask import current_app
from sqlalchemy import Dialect, Text
from sqlalchemy.types import TypeDecorator

log = logging.getLogger("webapp.core")


class SecretUnreadable(Exception):
    """No key of the ring opens this secret: the key that sealed it is missing from TOKEN_KEYS."""


class Secret:
    """A token that can be used but not shown: `reveal()` is the only way to its text."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        return self._text

    def __repr__(self) -> str:
        return "<secret>"

    __str__ = __repr__

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other.reveal() == self.reveal()

    def __hash__(self) -> int:
        return hash(self._text)

    def __bool__(self) -> bool:
        return bool(self._text)


class SealedSecret(Secret):
    """A secret as the database holds it; opened on use, so that a lost key breaks one channel, not the list."""

    __slots__ = ("_ring",)

    def __init__(self, sealed: str, ring: MultiFernet) -> None:
        self._text, self._ring = sealed, ring

    def reveal(self) -> str:
        try:
            return self._ring.decrypt(self._text.encode()).decode()
        except InvalidToken:
            raise SecretUnreadable from None


def opened(sealed: Secret | None) -> Secret | None:
    """The secret, ready for use; None where there is none, or no key opens it."""
    try:
        return Secret(sealed.reveal()) if sealed is not None else None
    except SecretUnreadable:
        log.error("no key of TOKEN_KEYS opens a secret")
        return None


def key_ring(keys: Sequence[str]) -> MultiFernet:
    """Seal with the first key, open with any. Keys are Fernet keys (32 bytes, base64url)."""
    return MultiFernet([Fernet(key) for key in keys])


def fingerprint(text: str) -> str:
    """A one-way name for a random token, so that the database never holds the token itself."""
    return hashlib.sha256(text.encode()).hexdigest()


class Sealed(TypeDecorator[Secret]):
    """A column of secrets, encrypted with the app's key ring."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Secret | None, dialect: Dialect) -> str | None:
        if value is None:
            return None
        ring: MultiFernet = current_app.extensions["key_ring"]
        return ring.encrypt(value.reveal().encode()).decode()

    def process_result_value(self, value: str | None, dialect: Dialect) -> Secret | None:
        return None if value is None else SealedSecret(value, current_app.extensions["key_ring"])
