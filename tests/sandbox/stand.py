"""A sandbox seen over HTTP, what its webhooks reach, and a person at its dialog."""

import html
import json
import re
import socket
import threading
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urljoin, urlsplit

import requests
from flask import Flask
from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

from sandbox.settings import DEFAULT_APP_ID, DEFAULT_APP_SECRET
from tests.sandbox.shapes import answers

REDIRECT_URI = "http://127.0.0.1:9/callback"
APP_TOKEN = f"{DEFAULT_APP_ID}|{DEFAULT_APP_SECRET}"
SCOPES = (
    "pages_show_list",
    "pages_messaging",
    "pages_manage_metadata",
    "pages_read_engagement",
    "instagram_basic",
    "instagram_manage_messages",
    "business_management",
)
LIN, CHEN, WANG = "10158249017483553", "10160044556677881", "10159933221144770"
MORNING, SHANHAI, AMING = "102938475610293", "104756382910475", "107364528190736"
BOOKSHOP, FLOWERS, TEA = "109182736450918", "111847362950184", "113765849201376"
MORNING_IG, SHANHAI_IG, AMING_IG = "17841405822301001", "17841408833402002", "17841411844503003"
FLOWERS_IG, TEA_IG = "17841414855604004", "17841417866705005"
YATING, KEVIN, ZHIHAO = "5614879045272581", "5614879045272599", "5614879045272613"
PAGE_CUSTOMER = "6110298374655001"


class Quiet(WSGIRequestHandler):
    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        return


def serve(app: Flask) -> tuple[BaseWSGIServer, str]:
    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=Quiet)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    return server, f"http://127.0.0.1:{server.server_port}"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def close(server: BaseWSGIServer) -> None:
    server.shutdown()
    server.server_close()


@dataclass
class Receiver:
    """What a callback address received; `status` is what it answers to posts, `verify_token` what it accepts."""

    url: str = ""
    status: int = 200
    verify_token: str = "sandbox-verify-token"
    posts: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    forms: list[dict[str, str]] = field(default_factory=list)
    arrived: threading.Condition = field(default_factory=threading.Condition)

    def bodies(self, kind: str = "") -> list[dict[str, Any]]:
        """The JSON bodies so far, of one object kind when named."""
        found = [json.loads(body) for _, body in self.posts]
        return [body for body in found if kind in ("", body["object"])]

    def wait_for(self, count: int) -> None:
        with self.arrived:
            assert self.arrived.wait_for(lambda: len(self.posts) + len(self.forms) >= count, timeout=5)


@dataclass
class Stand:
    """A running sandbox seen from outside. Every Graph answer that it gives is held against Meta's reference."""

    origin: str
    app: Flask

    def get(self, path: str, token: str = "", **params: Any) -> requests.Response:
        return self.call("GET", path, token, params=params)

    def post(self, path: str, token: str = "", **json: Any) -> requests.Response:
        return self.call("POST", path, token, json=json)

    def delete(self, path: str, token: str = "", **params: Any) -> requests.Response:
        return self.call("DELETE", path, token, params=params)

    def call(self, method: str, path: str, token: str, **more: Any) -> requests.Response:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        answer = requests.request(method, f"{self.origin}/v25.0/{path}", headers=headers, timeout=10, **more)
        if not path.startswith("../") and is_json(answer):
            answers.check(method, path, answer)
        return answer

    def control(self, path: str, /, **given: Any) -> dict[str, Any]:
        answer = requests.post(f"{self.origin}/control/{path}", json=given, timeout=10)
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    def look(self, name: str) -> Any:
        return requests.get(f"{self.origin}/control/{name}", timeout=10).json()

    def cause(self, cause: str, on: bool = True, **subject: Any) -> None:
        self.control("causes", cause=cause, on=on, **subject)

    def dialog_url(self, **params: str) -> str:
        query = {
            "client_id": DEFAULT_APP_ID,
            "redirect_uri": REDIRECT_URI,
            "state": "a state / 好",
            "scope": ",".join(SCOPES),
            **params,
        }
        prepared = requests.Request("GET", f"{self.origin}/v25.0/dialog/oauth", params=query).prepare()
        return str(prepared.url)

    def log_in(self, person: str = LIN, **given: Any) -> str:
        """Through the control API's short cut to a long-lived user token."""
        answer = self.control("login", url=self.dialog_url(), person=person, **given)
        return self.long_lived(self.exchange(code_in(answer["location"])).json()["access_token"])

    def exchange(self, code: str, **more: str) -> requests.Response:
        params = {
            "client_id": DEFAULT_APP_ID,
            "client_secret": DEFAULT_APP_SECRET,
            "redirect_uri": REDIRECT_URI,
            "code": code,
            **more,
        }
        return self.get("oauth/access_token", **params)

    def long_lived(self, token: str) -> str:
        answer = self.get(
            "oauth/access_token",
            grant_type="fb_exchange_token",
            client_id=DEFAULT_APP_ID,
            client_secret=DEFAULT_APP_SECRET,
            fb_exchange_token=token,
        )
        return str(answer.json()["access_token"])

    def page_token(self, user_token: str, page: str = MORNING) -> str:
        return str(self.get(page, user_token, fields="access_token").json()["access_token"])

    def subscribed(self, user_token: str, page: str = MORNING) -> str:
        """The Page's token after subscribing it to every field the console would ask for."""
        token = self.page_token(user_token, page)
        fields = "messages,message_echoes,message_reads,messaging_handovers,standby"
        assert self.post(f"{page}/subscribed_apps", token, subscribed_fields=fields).json() == {"success": True}
        return token

    def debug(self, token: str) -> dict[str, Any]:
        answer = self.get("debug_token", APP_TOKEN, input_token=token)
        assert answer.status_code == 200
        return dict(answer.json()["data"])


def is_json(answer: requests.Response) -> bool:
    """False for what a fault has spoiled."""
    try:
        answer.json()
    except ValueError:
        return False
    return True


def code_in(location: str) -> str:
    return parse_qs(urlsplit(location).query)["code"][0]


def error_of(answer: requests.Response) -> tuple[int, int | None]:
    """Code and subcode of an error envelope."""
    error = answer.json()["error"]
    return error["code"], error.get("error_subcode")


class Visitor:
    """Someone in a browser without scripts: follows redirects inside the sandbox, stops where it leaves it."""

    def __init__(self, stand: Stand) -> None:
        self.origin = stand.origin
        self.http = requests.Session()
        self.page = ""
        self.left_to = ""
        self.status = 0
        self.at = ""

    def open(self, url: str) -> "Visitor":
        return self._follow(self.http.get(urljoin(self.origin, url), allow_redirects=False, timeout=10))

    def press(self, action: str, **fields: Any) -> "Visitor":
        """Submit the form whose action ends so, with these fields."""
        found = [html.unescape(one) for one in re.findall(r'<form method="post" action="([^"]+)"', self.page)]
        target = next(one for one in found if one.endswith(action))
        url = urljoin(self.origin, target)
        return self._follow(self.http.post(url, data=fields, allow_redirects=False, timeout=10))

    def _follow(self, answer: requests.Response) -> "Visitor":
        while answer.is_redirect:
            target = urljoin(answer.url, answer.headers["Location"])
            if not target.startswith(self.origin):
                self.left_to, self.page = target, ""
                return self
            answer = self.http.get(target, allow_redirects=False, timeout=10)
        self.page, self.status, self.at = answer.text, answer.status_code, urlsplit(answer.url).path
        return self

    def ticked(self, name: str) -> list[str]:
        found = re.findall(rf'name="{name}" value="([^"]+)"\s*(checked)?', self.page)
        return [value for value, checked in found if checked]
