"""`run.py` from the outside: what a person reads, and what is left when it ends."""

import json
import signal
import socket
import sqlite3
import subprocess
import time
from contextlib import closing
from pathlib import Path

import psutil
import pytest

from tests.launcher.conftest import Clone, gone


def stop(run: subprocess.Popen[str], number: signal.Signals) -> float:
    """Seconds from the signal to the end."""
    began = time.monotonic()
    run.send_signal(number)
    run.communicate(timeout=10)
    return time.monotonic() - began


@pytest.mark.parametrize(("number", "stays"), [(signal.SIGTERM, ""), (signal.SIGINT, "1")])
def test_a_stop_ends_everything_within_three_seconds_even_a_child_that_will_not_go(
    clone: Clone, number: signal.Signals, stays: str
) -> None:
    run, _ = clone.start_and_wait(SANDBOX_STAYS=stays)
    family = psutil.Process(run.pid).children(recursive=True)
    assert len(family) >= 3, "sandbox, console and the console's worker"
    seconds = stop(run, number)
    assert run.returncode == 0
    assert seconds < 3
    assert gone(family)


def test_the_addresses_and_the_demo_people_are_announced(clone: Clone) -> None:
    _, said = clone.start_and_wait()
    assert f"http://127.0.0.1:{clone.ports['--port']}" in said
    assert f"http://127.0.0.1:{clone.ports['--sandbox-port']}/mail" in said
    assert "lin@shop.example  open sesame" in said


def test_the_second_start_installs_nothing_and_keeps_the_secrets(clone: Clone) -> None:
    secrets = clone.root / "var" / "secrets.json"
    first, _ = clone.start_and_wait()
    assert secrets.stat().st_mode & 0o777 == 0o600
    kept = json.loads(secrets.read_text())
    stop(first, signal.SIGTERM)
    _, said = clone.start_and_wait()
    assert "Packages" not in said
    assert json.loads(secrets.read_text()) == kept


def test_the_database_is_prepared_once_and_again_when_a_migration_came(clone: Clone) -> None:
    assert _preparations(clone) == 1
    assert _preparations(clone) == 1
    (clone.root / "migrations").mkdir()
    (clone.root / "migrations" / "0002.py").touch()
    assert _preparations(clone) == 2


def test_the_sandbox_shares_the_app_secret_and_learns_no_key_of_the_console(clone: Clone) -> None:
    clone.start_and_wait(SECRET_KEY="a key that the person chose, long enough")
    told = json.loads((clone.root / "var" / "sandbox.json").read_text())
    secrets = json.loads((clone.root / "var" / "secrets.json").read_text())
    assert told["SANDBOX_APP_SECRET"] == secrets["META_APP_SECRET"]
    assert told["SANDBOX_WEBHOOK_URL"] == f"http://127.0.0.1:{clone.ports['--port']}/webhooks/meta"
    assert not {"SECRET_KEY", "TOKEN_KEYS", "DATABASE_URL"} & told.keys()


def test_a_real_app_is_used_without_the_sandbox_and_its_ports(clone: Clone) -> None:
    (clone.root / ".env").write_text("META_APP_ID=4242\nMETA_APP_SECRET='a real secret'\n")
    with socket.create_server(("127.0.0.1", clone.ports["--sandbox-port"])):
        _, said = clone.start_and_wait()
    assert "4242" in said
    assert "a real secret" not in said
    assert not (clone.root / "var" / "sandbox.json").exists()


def test_a_child_that_dies_is_named_with_its_last_words_and_takes_the_other_along(clone: Clone) -> None:
    run, _ = clone.start_and_wait()
    family = psutil.Process(run.pid).children(recursive=True)
    sandbox = next(process for process in family if "sandbox" in process.cmdline())
    sandbox.kill()
    said, _ = run.communicate(timeout=10)
    assert run.returncode == 1
    assert "sandbox stopped" in said
    assert gone(family)


def test_a_console_that_cannot_start_says_why_in_one_sentence(clone: Clone) -> None:
    sentence = clone.fail(CONSOLE_DIES="1")
    assert "RuntimeError: the console met its end" in sentence


@pytest.mark.parametrize("option", ["--port", "--sandbox-port", "--smtp-port"])
def test_a_port_in_use_is_named_with_the_option_that_chooses_another(clone: Clone, option: str) -> None:
    with socket.create_server(("127.0.0.1", clone.ports[option])):
        sentence = clone.fail()
    assert str(clone.ports[option]) in sentence
    assert option in sentence


def test_one_port_chosen_twice_is_refused(clone: Clone) -> None:
    clone.ports["--smtp-port"] = clone.ports["--port"]
    assert "twice" in clone.fail()


def test_a_broken_database_file_is_named_and_left_as_it_is(clone: Clone) -> None:
    file = _database(clone, b"this was a database once" * 100)
    assert f"{file} is broken" in clone.fail()
    assert file.read_bytes().startswith(b"this was a database once")


def test_a_database_with_a_damaged_page_is_called_broken(clone: Clone) -> None:
    file = _database(clone)
    with sqlite3.connect(file) as database:
        database.execute("CREATE TABLE messages (text)")
        database.executemany("INSERT INTO messages VALUES (?)", [("x" * 500,)] * 100)
    database.close()
    with file.open("r+b") as handle:
        handle.seek(8192)
        handle.write(b"\xff" * 4096)
    assert f"{file} is broken" in clone.fail()


def test_a_database_file_that_cannot_be_opened_is_a_matter_of_rights(clone: Clone) -> None:
    (clone.root / "var" / "console.sqlite3").mkdir(parents=True)
    assert "cannot be written" in clone.fail()


def test_a_database_that_another_program_holds_is_called_locked(clone: Clone) -> None:
    file = _database(clone)
    holder = sqlite3.connect(file, isolation_level=None)
    holder.execute("PRAGMA journal_mode = WAL")
    holder.execute("CREATE TABLE messages (text)")
    holder.execute("BEGIN IMMEDIATE")
    assert "locked by another program" in clone.fail()
    holder.close()


def test_a_broken_secrets_file_is_named_and_never_replaced(clone: Clone) -> None:
    secrets = clone.root / "var" / "secrets.json"
    secrets.parent.mkdir()
    secrets.write_text('{"SECRET_KEY": "half')
    assert str(secrets) in clone.fail()
    assert secrets.read_text() == '{"SECRET_KEY": "half'


def test_half_of_a_real_app_is_refused_by_name(clone: Clone) -> None:
    assert "without META_APP_SECRET" in clone.fail(META_APP_ID="4242")


def test_a_data_folder_that_cannot_be_made_is_named(clone: Clone) -> None:
    in_the_way = clone.root / "taken"
    in_the_way.write_text("a file")
    assert str(in_the_way) in clone.fail("--data", str(in_the_way))


def _database(clone: Clone, content: bytes = b"") -> Path:
    file = clone.root / "var" / "console.sqlite3"
    file.parent.mkdir()
    file.write_bytes(content)
    return file


def _preparations(clone: Clone) -> int:
    """Start, stop, and count how often the database was set up until now."""
    run, _ = clone.start_and_wait()
    stop(run, signal.SIGTERM)
    with closing(sqlite3.connect(clone.root / "var" / "console.sqlite3")) as database:
        (count,) = database.execute("SELECT count(*) FROM setup").fetchone()
    return int(count)
