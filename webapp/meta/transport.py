"""Requests to the Graph API: signed, bounded, logged without a query, one kept-alive session per thread.

Sources: Graph API overview, "Securing Graph API calls", rate limiting (v25.0).
"""

import json
import logging
import threading
import time
from collections.abc import Callable, Mapping
from http.cookiejar import DefaultCookiePolicy
from ssl import SSLCertVerificationError
from typing import Literal

from requests import RequestException, Response, Session
from requests.adapters import HTTPAdapter
from urllib3.exceptions import ConnectTimeoutError, NewConnectionError

from webapp.core.crypto import Secret, SecretUnreadable
from webapp.core.db import assert_left
from webapp.meta.answers import AnswerBroken, Json, as_object, read_answer, read_body
from webapp.meta.errors import AppRefused, GraphError, NotSent
from webapp.meta.gateway import MetaSettings
from webapp.meta.signature import appsecret_proof

Method = Literal["GET", "POST", "DELETE"]

log = logging.getLogger("webapp.meta")
# It writes whole addresses, and those of a GET carry the token.
logging.getLogger("urllib3.connectionpool").setLevel(logging.CRITICAL)

_LONGEST_CONNECT = 5.0  # seconds
_NEVER_CONNECTED = (NewConnectionError, ConnectTimeoutError, SSLCertVerificationError)


class Transport:
    """The only place that speaks HTTP to Meta. Every method may raise GraphError."""

    def __init__(self, settings: MetaSettings) -> None:
        self.settings = settings
        # Percent of the app's limits used, as the last answer told it: call_count, total_time, total_cputime.
        self.app_usage: Mapping[str, int] = {}
        self._threads = threading.local()

    @property
    def root(self) -> str:
        return f"{self.settings.graph_url}/{self.settings.version}"

    @property
    def timeout(self) -> tuple[float, float]:
        """Seconds to connect, seconds to wait for bytes."""
        return min(_LONGEST_CONNECT, self.settings.timeout), self.settings.timeout

    def get(self, path: str, token: Secret, **params: str) -> Json:
        return as_object(self._ask("GET", path, self.signed(token, params)))

    def post(self, path: str, token: Secret, **params: str) -> Json:
        return as_object(self._ask("POST", path, self.signed(token, params)))

    def delete(self, path: str, token: Secret) -> Json:
        return as_object(self._ask("DELETE", path, self.signed(token, {})))

    def get_as_app(self, path: str, **params: str) -> Json:
        """Ask with the app's own token; a refusal of it is AppRefused."""
        try:
            return self.get(path, self.settings.app_token, **params)
        except GraphError as error:
            refusal = error.recast(AppRefused)
        raise refusal

    def post_batch(self, calls: list[dict[str, str]]) -> object:
        """One batch request in the app's own name: calls without a token of their own use the app's."""
        params = self.signed(
            self.settings.app_token, {"batch": json.dumps(calls), "include_headers": "false"}
        )
        try:
            return self._ask("POST", "", params)
        except GraphError as error:
            refusal = error.recast(AppRefused)
        raise refusal

    def signed(self, token: Secret, params: Mapping[str, str]) -> dict[str, str]:
        """The parameters with the token and its proof."""
        try:
            proof = appsecret_proof(token, self.settings.app_secret)
            return {**params, "access_token": token.reveal(), "appsecret_proof": proof}
        except SecretUnreadable:
            pass
        raise NotSent("a stored token cannot be opened: a key is missing from TOKEN_KEYS")

    def _ask(self, method: Method, path: str, params: Mapping[str, str]) -> object:
        where = {"data": params} if method == "POST" else {"params": params}
        url = f"{self.root}/{path}"
        return self.exchange(
            method,
            path,
            lambda: self._session().request(
                method, url, timeout=self.timeout, allow_redirects=False, stream=True, **where
            ),
        )

    def exchange(self, method: Method, path: str, send: Callable[[], Response]) -> object:
        """Send, read and log one request; `send` must ask for a stream, no redirects and our timeout."""
        assert_left()
        began = time.monotonic()
        try:
            answer = self._receive(send, deadline=began + self.settings.timeout)
        except GraphError as error:
            _log(method, path, began, error.http_status, error)
            raise
        _log(method, path, began, 200, None)
        return answer

    def _receive(self, send: Callable[[], Response], *, deadline: float) -> object:
        # The failures of the network quote the address, token included: none of them may become
        # the context of ours, so ours are raised outside.
        failure: GraphError
        try:
            with send() as response:
                body = read_body(response, deadline=deadline)
                self._remember_usage(response.headers.get("X-App-Usage", ""))
                status, headers = response.status_code, response.headers
        except AnswerBroken:
            failure = GraphError("the answer broke off")
        except RequestException as error:
            failure = NotSent("no connection") if _never_connected(error) else GraphError("no answer came")
        else:
            return read_answer(status, body, headers)
        raise failure

    def _session(self) -> Session:
        if not hasattr(self._threads, "session"):
            session = Session()
            session.mount("https://", HTTPAdapter(pool_connections=1, pool_maxsize=1, max_retries=0))
            session.mount("http://", HTTPAdapter(pool_connections=1, pool_maxsize=1, max_retries=0))
            # A cookie set while one person's token was used must not travel with another's.
            session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
            self._threads.session = session
        current: Session = self._threads.session
        return current

    def _remember_usage(self, header: str) -> None:
        try:
            usage = json.loads(header) if header else None
        except (ValueError, RecursionError):
            return
        if isinstance(usage, dict):
            self.app_usage = {name: part for name, part in usage.items() if isinstance(part, int)}


def _never_connected(error: RequestException) -> bool:
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
