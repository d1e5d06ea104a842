"""Requests to the Graph API: signed, bounded, logged without a query, one kept-alive session per thread.

Sources: Graph API overview, "Securing Graph API calls", rate limiting (v25.0).
"""

import json
import logging
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http.cookiejar import DefaultCookiePolicy
from ssl import SSLCertVerificationError
from typing import Any, BinaryIO, Literal

from requests import ConnectTimeout, RequestException, Session
from urllib3.exceptions import ConnectTimeoutError, HTTPError, NewConnectionError
from urllib3.response import BaseHTTPResponse

from webapp.core import crypto
from webapp.core.crypto import Secret
from webapp.core.db import assert_left
from webapp.meta.answers import AnswerBroken, Json, as_object, read_answer, read_body
from webapp.meta.connections import Connections, ShortWay
from webapp.meta.errors import AppRefused, GraphError, Kind, NotSent
from webapp.meta.gateway import MetaSettings
from webapp.meta.signature import appsecret_proof

Method = Literal["GET", "POST", "DELETE"]
Headers = Mapping[str, str]

log = logging.getLogger("webapp.meta")
# It writes whole addresses, and those of a GET carry the token; when headers are broken even as a warning.
logging.getLogger("urllib3").setLevel(logging.CRITICAL)

SEALED = "the stored token is empty or no key of TOKEN_KEYS opens it"
_LONGEST_CONNECT = 5.0  # seconds
_FILE_PATIENCE = 8  # times the timeout: Meta gives up on a film after 75 seconds
_BATCH_PATIENCE = 3  # times the timeout
_NEVER_CONNECTED = (ConnectTimeout, NewConnectionError, ConnectTimeoutError, SSLCertVerificationError)


class Transport:
    """The only place that speaks HTTP to Meta. Every method may raise GraphError."""

    def __init__(self, settings: MetaSettings) -> None:
        self.settings = settings
        # Percent, as the last answer told it: call_count, total_time, total_cputime.
        self.app_usage: Mapping[str, int] = {}
        self._threads = threading.local()
        self._connections = Connections()
        self._batches = ShortWay(self.session(), f"{self.root}/")

    @property
    def requests_sent(self) -> int:
        """HTTP requests that this thread has sent so far."""
        return getattr(self._threads, "sent", 0)

    @property
    def root(self) -> str:
        return f"{self.settings.graph_url}/{self.settings.version}"

    @property
    def timeout(self) -> tuple[float, float]:
        """Seconds to connect, seconds to wait for an answer."""
        return min(_LONGEST_CONNECT, self.settings.timeout), self.settings.timeout

    def get(self, path: str, token: Secret, **params: str) -> Json:
        return as_object(self._ask("GET", path, self.signed(token, params)))

    def post(self, path: str, token: Secret, **params: str) -> Json:
        return as_object(self._ask("POST", path, self.signed(token, params)))

    def post_file(self, path: str, token: Secret, file: tuple[str, BinaryIO, str], **params: str) -> Json:
        """`file`: its name, the open file, its media type. Meta takes it in before it answers, so it may take long."""
        data = self.signed(token, params)
        return as_object(self._send("POST", path, _FILE_PATIENCE, data=data, files={"filedata": file}))

    def delete(self, path: str, token: Secret) -> Json:
        return as_object(self._ask("DELETE", path, self.signed(token, {})))

    def get_as_app(self, path: str, **params: str) -> Json:
        """Ask with the app's own token; a refusal of that is AppRefused."""
        with _asking_as_app():
            return self.get(path, self.settings.app_token, **params)

    def post_batch(self, calls: str) -> object:
        """One batch request in the app's own name: calls (JSON) without a token of their own use the app's.

        It does the work of up to 50 requests, so it may take three times the timeout. It goes as multipart, as in
        Meta's examples: a form would quote every letter of the calls a second time.
        """
        connect, read = self.timeout
        fields = self.signed(self.settings.app_token, {"batch": calls})
        with _asking_as_app():
            return self.exchange(
                "POST", "", lambda: self._batches.post(fields, connect=connect, read=read * _BATCH_PATIENCE)
            )

    def signed(self, token: Secret, params: Mapping[str, str]) -> dict[str, str]:
        """The parameters with the token and its proof."""
        text = opened(token)
        proof = appsecret_proof(Secret(text), self.settings.app_secret)
        return {**params, "access_token": text, "appsecret_proof": proof}

    def _ask(self, method: Method, path: str, params: Mapping[str, str]) -> object:
        return self._send(method, path, data=params) if method == "POST" else self._send(method, path, params=params)

    def _send(self, method: Method, path: str, patience: int = 1, **body: Any) -> object:
        connect, read = self.timeout
        return self.exchange(
            method,
            path,
            lambda: (
                self.session()
                .request(
                    method,
                    f"{self.root}/{path}",
                    timeout=(connect, read * patience),
                    allow_redirects=False,
                    stream=True,
                    **body,
                )
                .raw
            ),
        )

    def exchange(self, method: Method, path: str, send: Callable[[], BaseHTTPResponse]) -> object:
        """Send, read and log one request; `send` leaves the body unread, follows no redirects, keeps to our timeout."""
        assert_left()
        self._threads.sent = self.requests_sent + 1
        began = time.monotonic()
        try:
            status, headers, body = self._receive(send)
            answer = read_answer(status, body, headers)
        except GraphError as error:
            _log(method, path, began, error.http_status, error)
            raise
        _log(method, path, began, status, None)
        return answer

    def _receive(self, send: Callable[[], BaseHTTPResponse]) -> tuple[int, Headers, bytes]:
        # The failures of the network quote the address, token included: none of them may become
        # the context of ours, so ours is raised outside.
        try:
            response = send()
            try:
                self._remember_usage(response.headers.get("X-App-Usage", ""))
                deadline = time.monotonic() + self.settings.timeout
                return response.status, response.headers, read_body(response, deadline=deadline)
            finally:
                response.close()
                response.release_conn()
        except AnswerBroken:
            failure = GraphError("the answer broke off")
        except (RequestException, HTTPError) as error:
            failure = NotSent("no connection") if _never_connected(error) else GraphError("no answer came")
        raise failure

    def session(self) -> Session:
        """This thread's session; the connections behind it are shared, so that a new thread need not greet anew."""
        if not hasattr(self._threads, "session"):
            self._threads.session = self._new_session()
        current: Session = self._threads.session
        return current

    def _new_session(self) -> Session:
        session = Session()
        for scheme in ("https://", "http://"):
            session.mount(scheme, self._connections)
        # What the environment says of proxies and certificates is read once: for each request it would cost more
        # than Meta's answer, and a .netrc could add a login of its own.
        found = session.merge_environment_settings(self.root, {}, None, None, None)
        session.proxies, session.verify, session.trust_env = found["proxies"], found["verify"], False
        # A cookie set while one person's token was used must not travel with another's.
        session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        return session

    def _remember_usage(self, header: str) -> None:
        try:
            usage = json.loads(header) if header else None
        except (ValueError, RecursionError):
            return
        if isinstance(usage, dict):
            self.app_usage = {name: part for name, part in usage.items() if isinstance(part, int)}


@contextmanager
def _asking_as_app() -> Iterator[None]:
    try:
        yield
    except GraphError as error:
        raise in_the_apps_name(error) from None


def in_the_apps_name(error: GraphError) -> GraphError:
    """A refusal that met the app's own token, so that nobody takes it for a channel's."""
    return error if error.meaning.kind is Kind.TRANSIENT else error.recast(AppRefused)


def opened(token: Secret) -> str:
    """The token's text; NotSent when no key opens it, which is our fault and never the channel's."""
    secret = crypto.opened(token)
    if not secret:
        # Inside a batch an empty token would be answered in the app's name.
        raise NotSent(SEALED)
    return secret.reveal()


def _never_connected(error: Exception) -> bool:
    """Whether the request failed before a byte of it was sent, so that repeating it is safe."""
    seen: list[BaseException] = [error]
    for current in seen:
        inner = [current.__cause__, current.__context__, getattr(current, "reason", None), *current.args]
        seen += [one for one in inner if isinstance(one, BaseException) and one not in seen]
    return any(isinstance(one, _NEVER_CONNECTED) for one in seen)


def _log(method: str, path: str, began: float, status: int | None, error: GraphError | None) -> None:
    spent = (time.monotonic() - began) * 1000
    told = f"{error.code}/{error.subcode} {error.trace_id or '-'}" if error else "ok"
    log.info("%s /%s %s %.0f ms %s", method, path, status or "-", spent, told)
