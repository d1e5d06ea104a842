"""Compiled templates are kept, and a disk that keeps nothing breaks no page."""

import shutil
from pathlib import Path

import pytest
from flask import Flask

from webapp.web import compiled
from webapp.web.compiled import Kept

PAGE = "accounts/sign_in.html"


@pytest.fixture
def keeping(app: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Kept:
    """The console as just started, with nothing kept yet."""
    kept = Kept(str(tmp_path))
    monkeypatch.setattr(app.jinja_env, "bytecode_cache", kept)
    app.jinja_env.cache.clear()
    return kept


def test_after_a_start_nothing_is_compiled_again(app: Flask, keeping: Kept, monkeypatch: pytest.MonkeyPatch) -> None:
    app.jinja_env.get_template(PAGE)
    app.jinja_env.cache.clear()
    monkeypatch.setattr(app.jinja_env, "compile", lambda *rest, **named: pytest.fail("compiled again"))
    app.jinja_env.get_template(PAGE)


def test_a_disk_that_keeps_nothing_breaks_no_page(app: Flask, keeping: Kept) -> None:
    shutil.rmtree(keeping.directory)
    assert app.test_client().get("/sign-in").status_code == 200


def test_without_a_safe_folder_pages_are_compiled_as_before(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    def unsafe() -> None:
        raise RuntimeError("Cannot determine safe temp directory")

    monkeypatch.setattr(compiled, "Kept", unsafe)
    monkeypatch.setattr(app.jinja_env, "bytecode_cache", None)
    compiled.init_app(app)
    assert app.jinja_env.bytecode_cache is None
