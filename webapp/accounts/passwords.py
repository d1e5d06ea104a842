"""Passwords: argon2id with the library's own parameters."""

from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

hasher = PasswordHasher()


def hashed(password: str) -> str:
    return hasher.hash(password)


def matches(password: str, password_hash: str | None) -> bool:
    try:
        hasher.verify(password_hash or _nobody(), password)
    except (VerificationError, InvalidHashError):
        return False
    return bool(password_hash)


@cache
def _nobody() -> str:
    """Somebody unknown costs as much time as somebody known, so that nobody learns who has an account."""
    return hasher.hash("nobody has this password")
