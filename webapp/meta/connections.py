"""Kept-alive connections to Meta, and the short way over them for what is sent by the thousand.

`requests` decides about proxies and certificates, once; what it does anew for each request costs more than Meta's
answer to fifty questions does. The short way writes the same bytes over the same kind of connection.
"""

import secrets
from collections.abc import Mapping
from typing import Any

from requests import Request, Session
from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, Timeout
from urllib3.response import BaseHTTPResponse

KEPT = 32


class Connections(HTTPAdapter):
    def __init__(self) -> None:
        super().__init__(pool_connections=2, pool_maxsize=KEPT, max_retries=0)

    def pool(self, session: Session, url: str) -> tuple[HTTPConnectionPool, str]:
        """The connections that a session would use for an address, and what to call it on them."""
        request = Request("POST", url).prepare()
        pool: Any = self.get_connection_with_tls_context(request, session.verify, session.proxies)
        self.cert_verify(pool, url, session.verify, None)  # type: ignore[no-untyped-call]
        return pool, self.request_url(request, session.proxies)


class ShortWay:
    """Posts forms to one address. Safe to share among threads."""

    def __init__(self, session: Session, url: str) -> None:
        # Of its own: among others its connections would be closed to make room.
        self._pool, self._target = Connections().pool(session, url)

    def post(self, fields: Mapping[str, str], *, connect: float, read: float) -> BaseHTTPResponse:
        """Seconds for connecting and for waiting. The body is still to be read, and the connection to be released."""
        boundary = secrets.token_hex(16)
        part = f'--{boundary}\r\nContent-Disposition: form-data; name="%s"\r\n\r\n%s\r\n'
        body = "".join([part % pair for pair in fields.items()]) + f"--{boundary}--\r\n"
        return self._pool.urlopen(
            "POST",
            self._target,
            body=body.encode(),
            headers={
                "Content-Type": f"multipart/form-data; boundary={boundary}",
                "Accept-Encoding": "gzip, deflate",
            },
            timeout=Timeout(connect=connect, read=read),
            retries=False,
            redirect=False,
            # A proxy is told the whole address.
            assert_same_host=False,
            preload_content=False,
        )
