"""The program itself: starting, stopping, refusing to start, remembering, keeping apart."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
import requests

from sandbox import Settings, create_app, storage
from sandbox.settings import BadSetting, from_environment
from tests.sandbox.stand import LIN, Stand, close, free_port, serve

ROOT = Path(__file__).parents[2]


def command(*options: str, **env: str) -> subprocess.Popen[str]:
    clean = {name: value for name, value in os.environ.items() if not name.startswith("SANDBOX_")}
    return subprocess.Popen(
        [sys.executable, "-m", "sandbox", *options],
        cwd=ROOT,
        env={**clean, **env},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_it_starts_answers_and_stops_cleanly(tmp_path: Path, how: signal.Signals) -> None:
    port, smtp_port = free_port(), free_port()
    state_file = tmp_path / "sandbox.json"
    options = ("--port", str(port), "--smtp-port", str(smtp_port))
    with command(*options, SANDBOX_STATE_FILE=str(state_file)) as process:
        try:
            assert process.stdout is not None
            assert str(port) in process.stdout.readline()
            assert requests.get(f"http://127.0.0.1:{port}/control/state", timeout=5).status_code == 200
            process.send_signal(how)
            assert process.wait(3) == 0
        finally:
            process.kill()
        assert process.stderr is not None
        assert process.stderr.read() == ""
    assert json.loads(state_file.read_text("utf-8"))["shape"] == 1


@pytest.mark.parametrize("option", ["--port", "--smtp-port"])
def test_a_port_in_use_is_one_sentence_and_exit_1(option: str) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        ports = {"--port": free_port(), "--smtp-port": free_port(), option: taken.getsockname()[1]}
        options = [text for name, port in ports.items() for text in (name, str(port))]
        with command(*options) as process:
            _, errors = process.communicate(timeout=10)
    assert process.returncode == 1
    assert errors.count("\n") == 1
    assert str(ports[option]) in errors
    assert option in errors


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SANDBOX_APP_ID", "abc"),
        ("SANDBOX_PORT", "99999"),
        ("SANDBOX_SMTP_PORT", "mail"),
        ("SANDBOX_WEBHOOK_URL", "127.0.0.1:8000"),
    ],
)
def test_a_setting_that_cannot_be_used_is_named(name: str, value: str) -> None:
    with pytest.raises(BadSetting, match=name):
        from_environment({name: value})


def test_the_environment_is_read_whole(tmp_path: Path) -> None:
    settings = from_environment(
        {
            "SANDBOX_APP_ID": "123",
            "SANDBOX_APP_SECRET": "s",
            "SANDBOX_WEBHOOK_URL": "http://127.0.0.1:1/w",
            "SANDBOX_VERIFY_TOKEN": "v",
            "SANDBOX_REDIRECT_URIS": "http://a/x, http://b/y",
            "SANDBOX_STATE_FILE": str(tmp_path / "s.json"),
        }
    )
    assert (settings.app_id, settings.app_secret, settings.verify_token) == ("123", "s", "v")
    assert settings.redirect_uris == ("http://a/x", "http://b/y")
    assert settings.state_file == tmp_path / "s.json"
    assert settings.port == Settings().port


def test_grants_tokens_and_causes_survive_a_restart(tmp_path: Path) -> None:
    settings = Settings(state_file=tmp_path / "state.json")
    before = create_app(settings)
    server, origin = serve(before)
    token = Stand(origin, before).log_in(LIN)
    Stand(origin, before).cause("message_access_off", page="晨光咖啡")
    close(server)
    after = create_app(settings)
    server, origin = serve(after)
    assert Stand(origin, after).get("me", token).json()["id"] == LIN
    assert "message_access_off" in Stand(origin, after).look("state")["pages"][0]["causes"]
    close(server)
    assert (tmp_path / "state.json").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("content", ["", "{", "[]", '{"shape": 0}', '{"shape": 1}'])
def test_a_damaged_state_file_falls_back_to_the_seed(tmp_path: Path, content: str) -> None:
    path = tmp_path / "state.json"
    path.write_text(content, "utf-8")
    assert storage.load(path) is None
    app = create_app(Settings(state_file=path))
    assert len(app.extensions["sandbox"].state.pages) == 6


def test_messages_reactions_and_switches_of_webhooks_survive_a_restart(tmp_path: Path) -> None:
    settings = Settings(state_file=tmp_path / "state.json")
    server, origin = serve(before := create_app(settings))
    stand = Stand(origin, before)
    whom = {"account": "@morninglight.coffee", "customer": "張雅婷"}
    mids = [stand.control("act", form="text", text=str(number), **whom)["mid"] for number in range(3)]
    stand.control("act", form="edit", mid=mids[0], text="改過了", **whom)
    stand.control("act", form="reaction", mid=mids[1], **whom)
    stand.control("act", form="unsend", mid=mids[2], **whom)
    stand.cause("webhook_delayed")
    whole = before.extensions["sandbox"].state.to_json()
    close(server)
    assert create_app(settings).extensions["sandbox"].state.to_json() == whole


def test_two_sandboxes_in_one_process_share_nothing() -> None:
    first, second = create_app(Settings()), create_app(Settings())
    with first.test_client() as client:
        client.post("/control/causes", json={"cause": "outage"})
        client.post("/control/causes", json={"cause": "password_changed", "person": LIN})
    with second.test_client() as client:
        state = client.get("/control/state").get_json()
    assert state["faults"] == []
    assert state["people"][0]["causes"] == []


def test_reset_brings_the_seed_back(stand: Stand) -> None:
    seeded = stand.look("state")
    token = stand.log_in(LIN)
    stand.cause("outage", endpoint="nowhere")
    stand.control("clock", advance=99)
    stand.control("dm", account="晨光咖啡", customer="吳美玲", text="hi")
    stand.control("reset")
    again = stand.look("state")
    assert again["faults"] == []
    assert again["people"] == seeded["people"]
    assert len(again["conversations"]) == len(seeded["conversations"])
    assert stand.get("me", token).json()["error"]["code"] == 190
    assert abs(again["now"] - int(time.time())) <= 2


def test_pages_of_other_sites_cannot_press_the_buttons(stand: Stand) -> None:
    url = f"{stand.origin}/control/reset"
    assert requests.post(url, headers={"Sec-Fetch-Site": "cross-site"}, timeout=5).status_code == 403
    assert requests.post(url, headers={"Sec-Fetch-Site": "same-origin"}, timeout=5).status_code == 200


def test_a_form_goes_back_to_its_own_page_only(stand: Stand) -> None:
    url = f"{stand.origin}/control/causes"
    form = {"cause": "outage", "on": "1"}
    home = requests.post(url, data={**form, "back": "/?x=1"}, allow_redirects=False, timeout=5)
    assert (home.status_code, home.headers["Location"]) == (303, "/?x=1")
    for elsewhere in ("//evil.example", "https://evil.example", "/\\evil.example"):
        answer = requests.post(url, data={**form, "back": elsewhere}, allow_redirects=False, timeout=5)
        assert answer.status_code == 200
