"""The threads beside the requests: they work, and they end when they are told to."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select

from config import Config
from webapp import background
from webapp.app import create_app
from webapp.core import clock, db
from webapp.mail.models import OutgoingMail
from webapp.scheduler.models import Round

ROOT = Path(__file__).parents[3]
STOPS_WITHIN = 2.0  # seconds


@pytest.fixture
def silent_port() -> Iterator[int]:
    """A mail server that answers the call and then says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener.getsockname()[1]


def environment(config: Config, mail_port: int) -> dict[str, str]:
    return os.environ | {
        "ENVIRONMENT": "test",
        "BASE_URL": config.base_url,
        "SECRET_KEY": config.secret_key,
        "TOKEN_KEYS": ",".join(config.token_keys),
        "DATABASE_URL": config.database_url,
        "META_APP_ID": config.meta_app_id,
        "META_APP_SECRET": config.meta_app_secret,
        "META_VERIFY_TOKEN": config.meta_verify_token,
        "META_GRAPH_URL": config.meta_graph_url,
        "META_DIALOG_URL": config.meta_dialog_url,
        "MAIL_SERVER": "127.0.0.1",
        "MAIL_PORT": str(mail_port),
        "MAIL_SENDER": config.mail_sender,
        "LOG_LEVEL": "ERROR",
    }


def a_mail_waits() -> None:
    with db.transaction() as session:
        session.add(
            OutgoingMail(
                key="occasion/1",
                message_id="<1@omnichat.example>",
                address="alice@example.com",
                subject="subject",
                text="text",
                html="html",
                written_at=clock.now(),
                next_try_at=clock.now(),
            )
        )


def wait_until(true: Callable[[], object], seconds: float = 20) -> bool:
    ends = time.monotonic() + seconds
    while time.monotonic() < ends:
        if true():
            return True
        time.sleep(0.05)
    return False


def is_swept_and_sending() -> bool:
    with db.transaction() as session:
        swept = session.scalar(select(Round.id).where(Round.finished_at.is_not(None)))
        return swept is not None and session.scalar(select(OutgoingMail.tries)) == 1


def of_threads(pid: int) -> Iterator[int]:
    """How nice the threads of a process are. Where the machine does not tell of each, the process as a whole."""
    for thread in [*Path(f"/proc/{pid}/task").glob("*"), Path(str(pid))]:
        with suppress(ProcessLookupError):
            yield os.getpriority(os.PRIO_PROCESS, int(thread.name))


def of_session(pid: int) -> list[str]:
    """How nice a session is, where Linux has it so."""
    told = Path(f"/proc/{pid}/autogroup")
    return told.read_text().split()[-1:] if told.exists() else []


def test_a_worker_stands_back_and_ends_when_told_though_a_mail_server_hangs(
    house: Flask, config: Config, silent_port: int
) -> None:
    a_mail_waits()
    command = [sys.executable, "-m", "flask", "--app", "wsgi", "worker"]
    worker = subprocess.Popen(command, cwd=ROOT, env=environment(config, silent_port), start_new_session=True)
    try:
        assert wait_until(is_swept_and_sending), "the worker began to sweep and to send"
        assert set(of_threads(worker.pid)) == {os.getpriority(os.PRIO_PROCESS, 0) + background.NICENESS}
        assert of_session(worker.pid) in ([], [str(background.NICENESS)])
        told = time.monotonic()
        worker.send_signal(signal.SIGTERM)
        assert worker.wait(10) == 0
        assert time.monotonic() - told < STOPS_WITHIN
    finally:
        worker.kill()
        worker.wait()


def test_the_web_process_keeps_its_own_signal_handlers(config_with: Callable[..., Config], tmp_path: Path) -> None:
    handlers = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)]
    app = create_app(config_with(queue_url=f"sqlite:///{tmp_path}/queue.sqlite3"))
    app.extensions["ticks"] = {}
    running = background.start(app)
    try:
        assert running.consumer is not None
        now = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)]
        assert now == handlers
    finally:
        running.stop()
        app.extensions["engine"].dispose()


def test_a_bell_is_answered_in_the_background_until_it_is_stopped(
    config_with: Callable[..., Config], tmp_path: Path
) -> None:
    app = create_app(config_with(queue_url=f"sqlite:///{tmp_path}/queue.sqlite3"))
    app.extensions["ticks"] = {}
    answered: list[int] = []
    bells = app.extensions["bells"]
    bells.on("test", answered.append)
    running = background.start(app)
    bells.task("test", 7)
    assert wait_until(lambda: answered == [7], 5)
    running.stop()
    running.stop()
    assert running.consumer is not None
    assert not any(thread.is_alive() for _worker, thread in running.consumer.worker_threads)
    app.extensions["engine"].dispose()
