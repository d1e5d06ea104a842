"""Migrations and demo data, through the console's own command; skipped while nothing they read changed."""

import hashlib
import subprocess
from pathlib import Path

from tools.launcher import sentences
from tools.launcher.children import last_words
from tools.launcher.places import Places
from tools.launcher.preflight import check_database
from tools.launcher.sentences import Stop
from tools.launcher.settings import Settings

SOURCES = ("webapp/**/*.py", "webapp/**/*.json", "migrations/**/*.py", "*.py", "requirements.txt")


def prepare_database(places: Places, settings: Settings) -> None:
    """Bring the database to the newest migration, with the demo workspaces in it."""
    embedded = settings.console["DATABASE_URL"] == places.database_url
    stamp = places.data / "database.stamp"
    if embedded and stamp.is_file() and stamp.read_text() == _state(places):
        return
    _run_setup(places, settings)
    if embedded:
        stamp.write_text(_state(places))


def _run_setup(places: Places, settings: Settings) -> None:
    command = [str(places.python), "-m", "flask", "--app", "wsgi", "setup-demo"]
    log = places.log("setup")
    with log.open("wb") as output:
        done = subprocess.run(command, cwd=places.root, env=settings.console, stdout=output, stderr=output, umask=0o077)
    if done.returncode:
        check_database(places.database)
        raise Stop(sentences.DATABASE_SETUP_FAILED, reason=last_words(log, done.returncode), log=log)


def _state(places: Places) -> str:
    """Which file the database is, and a digest of everything that decides what belongs in it."""
    digest = hashlib.sha256()
    for pattern in SOURCES:
        for file in sorted(places.root.glob(pattern)):
            digest.update(f"{file.relative_to(places.root)}\n".encode() + file.read_bytes())
    return f"{_identity(places.database)} {digest.hexdigest()}"


def _identity(file: Path) -> int:
    return file.stat().st_ino if file.exists() else 0
