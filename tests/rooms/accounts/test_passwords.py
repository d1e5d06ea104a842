"""Passwords at rest."""

import pytest
from argon2 import PasswordHasher

from webapp.accounts import passwords


def test_a_password_is_kept_as_an_expensive_hash_that_only_it_opens(
    real_hasher: PasswordHasher, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(passwords, "hasher", real_hasher)
    kept = passwords.hashed("correct horse")
    assert kept.startswith("$argon2id$")
    assert "m=65536" in kept, "64 MiB a guess"
    assert passwords.matches("correct horse", kept)
    assert not passwords.matches("correct horsf", kept)


@pytest.mark.parametrize("stored", [None, "", "not a hash"])
def test_nothing_matches_a_hash_that_is_none(stored: str | None) -> None:
    assert not passwords.matches("nobody has this password", stored)
