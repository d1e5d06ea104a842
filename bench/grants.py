"""What a crowded login costs: `python -m bench.grants --pages 500 --tick 50`.

Against the sandbox in a process of its own: HTTP requests made against the fewest possible (listings hold 100 Pages,
batches 50 questions), and real time against the time spent waiting for the sandbox's answers. Then the whole way of a
person: from Facebook's answer to the modal that lists every account, through the console with a database of its own.
"""

import argparse
import math
import os
import secrets
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from urllib.parse import parse_qs, urlsplit

import requests
from cryptography.fernet import Fernet
from flask.testing import FlaskClient

from bench.pages import furnish
from bench.stage import config_for
from sandbox.settings import Settings
from tests.running import free_ports
from webapp.app import create_app
from webapp.channels.actions.learn import Learned, learn
from webapp.channels.actions.prepare import Ready, prepare
from webapp.channels.rules import Subject
from webapp.commands import upgrade
from webapp.core.crypto import Secret
from webapp.meta.client import GraphClient
from webapp.meta.gateway import MetaSettings, Page
from webapp.meta.transport import Headers

CALLBACK = "http://localhost/facebook/callback"
LISTED, BATCHED = 100, 50
# Code, long-lived token, me, debug_token, permissions; portfolios, and their Pages.
STEADY = 7


class Timed(GraphClient):
    """The gate, with a clock on its waiting."""

    waited = 0.0

    def watch(self) -> None:
        receive = self.transport._receive

        def timed(send: Callable[[], requests.Response]) -> tuple[int, Headers, bytes]:
            began = time.perf_counter()
            try:
                return receive(send)
            finally:
                self.waited += time.perf_counter() - began

        self.transport._receive = timed  # type: ignore[method-assign]


@contextmanager
def sandbox() -> Iterator[str]:
    port, smtp_port = free_ports(2)
    environment = os.environ | {"SANDBOX_PORT": str(port), "SANDBOX_SMTP_PORT": str(smtp_port)}
    process = subprocess.Popen([sys.executable, "-m", "sandbox"], env=environment, stdout=subprocess.DEVNULL)
    try:
        yield wait_for(f"http://127.0.0.1:{port}")
    finally:
        process.terminate()
        process.wait(10)


def wait_for(url: str) -> str:
    for _ in range(100):
        try:
            requests.get(f"{url}/control/revision", timeout=1)
            return url
        except requests.ConnectionError:
            time.sleep(0.1)
    raise SystemExit("the sandbox does not start")


def measured(gate: Timed, label: str, fewest: int, began: tuple[float, float, int]) -> None:
    started, waited, sent = began
    wall, waiting = time.perf_counter() - started, gate.waited - waited
    print(
        f"{label}: {gate.requests_sent - sent} requests, fewest possible {fewest}; "
        f"{wall:.2f} s, of which waiting {waiting:.2f} s: ratio {wall / waiting:.2f}"
    )


def login(gate: Timed, url: str) -> Learned:
    verifier = secrets.token_urlsafe(48)
    dialog = gate.authorization_url(state="bench", verifier=verifier, redirect_uri=CALLBACK, rerequest=True)
    code = parse_qs(in_dialog(url, dialog))["code"][0]
    return learn(gate, code, verifier=verifier, redirect_uri=CALLBACK)


def in_dialog(url: str, dialog: str) -> str:
    """Go through the dialog with every Page ticked; returns the query of the callback."""
    given = {"url": dialog, "person": "林小姐"}
    return urlsplit(requests.post(f"{url}/control/login", json=given, timeout=60).json()["location"]).query


def modal(gate: Timed, url: str, count: int, fewest: int) -> None:
    """A member presses the button, says yes at Facebook, and looks at the modal in the page that asked."""
    with tempfile.TemporaryDirectory() as folder:
        key = Fernet.generate_key().decode()
        app = create_app(config_for(f"sqlite:///{folder}/bench.sqlite3", key, url))
        app.config["WTF_CSRF_ENABLED"] = False
        app.extensions["meta"] = gate
        upgrade(app.extensions["engine"])
        with app.app_context():
            furnish()
        client = app.test_client()
        client.post("/sign-in", data={"email": "bench@example.com", "password": "bench"})
        # The first trip of a process compiles the templates; every later one finds them ready.
        for state in ("just started", "running"):
            began, shown = trip(client, gate, url)
            rows = shown.count("<li data-filter-text=")
            assert rows == count, f"{rows} of {count} accounts"
            measured(
                gate, f"callback to modal, {state} console, {rows} accounts, {len(shown) // 1024} K", fewest, began
            )


def trip(client: FlaskClient, gate: Timed, url: str) -> tuple[tuple[float, float, int], str]:
    """To Facebook and back; when the way back began, and the modal's fragment."""
    dialog = client.post("/w/bench/authorizations", data={"platform": "instagram"}).headers["Location"]
    callback = f"/facebook/callback?{in_dialog(url, dialog)}"
    began = (time.perf_counter(), gate.waited, gate.requests_sent)
    client.get(callback)
    return began, client.get("/w/bench/authorizations/watch?since=0", headers={"HX-Request": "true"}).text


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--pages", type=int, default=500)
    parser.add_argument("--tick", type=int, default=50)
    given = parser.parse_args()
    with sandbox() as url:
        requests.post(f"{url}/control/pages", json={"person": "林小姐", "count": given.pages}, timeout=60)
        defaults = Settings()
        gate = Timed(MetaSettings(defaults.app_id, Secret(defaults.app_secret), url, url))
        gate.watch()
        began = (time.perf_counter(), gate.waited, gate.requests_sent)
        learned = login(gate, url)
        linked = [page for page in learned.pages if page.instagram and page.token]
        listed = math.ceil(len(learned.pages) / LISTED)
        # One request more for the Page that the listing leaves out.
        fewest = STEADY + listed + 1 + math.ceil(len(linked) / BATCHED)
        measured(gate, f"login with {len(learned.pages)} Pages", fewest, began)
        modal(gate, url, len(learned.pages), fewest)
        connect(gate, learned, linked[-given.tick :])


def connect(gate: Timed, learned: Learned, linked: list[Page]) -> None:
    subjects = [Subject("instagram", page.instagram.id, page.id) for page in linked if page.instagram]
    began = (time.perf_counter(), gate.waited, gate.requests_sent)
    ready = [one for one in prepare(subjects, learned.facts.user_token, meta=gate) if isinstance(one, Ready)]
    # Page, subscription and the four questions of a check.
    fewest = 2 * math.ceil(len(subjects) / BATCHED) + math.ceil(4 * len(subjects) / BATCHED)
    measured(gate, f"making {len(ready)} of {len(subjects)} accounts ready", fewest, began)


if __name__ == "__main__":
    main()
