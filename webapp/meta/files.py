"""Files that Meta keeps for messages: fetched from Meta's own hosts alone, without any token, up to a size.

Source: Messenger Platform webhooks reference, attachments (v25.0): addresses are signed and expire.
"""

import time
from typing import BinaryIO
from urllib.parse import urljoin, urlsplit

from requests import RequestException, Response
from urllib3.exceptions import HTTPError

from webapp.core.db import assert_left
from webapp.meta.errors import FileForeign, FileGone, GraphError
from webapp.meta.transport import Transport

# Whoever writes an attachment's address into a payload must not send us anywhere else.
HOSTS = (".fbcdn.net", ".cdninstagram.com", ".fbsbx.com")
_MOST_REDIRECTS = 3
_PATIENCE = 6  # times the timeout, for a whole file
_CHUNK = 64 * 1024
_GONE = (400, 403, 404, 410)
_REDIRECTS = (301, 302, 303, 307, 308)


def fetch(transport: Transport, url: str, into: BinaryIO, *, most_bytes: int) -> None:
    """Write the file into `into`. Raises FileGone, FileForeign, or GraphError for what may pass."""
    assert_left()
    deadline = time.monotonic() + _PATIENCE * transport.settings.timeout
    for _ in range(_MOST_REDIRECTS + 1):
        response = _open(transport, url)
        try:
            if response.status_code not in _REDIRECTS:
                return _read(response, into, most_bytes, deadline)
            url = urljoin(url, response.headers.get("Location", ""))
        finally:
            response.close()
    raise FileForeign


def is_metas(url: str, graph_url: str) -> bool:
    """Whether an address is one of Meta's file hosts (over TLS), or of what plays Meta here."""
    try:
        parts = urlsplit(url)
        port, host = parts.port, parts.hostname or ""
    except ValueError:
        return False
    if parts.username is not None or parts.password is not None or "\\" in url:
        return False
    if (parts.scheme, parts.netloc) == tuple(urlsplit(graph_url)[:2]):
        return True
    return parts.scheme == "https" and port in (None, 443) and host.endswith(HOSTS)


def _open(transport: Transport, url: str) -> Response:
    if not is_metas(url, transport.settings.graph_url):
        raise FileForeign
    try:
        return transport.session().get(url, timeout=transport.timeout, allow_redirects=False, stream=True)
    except (RequestException, ValueError):
        pass  # its text quotes the signed address
    raise GraphError("no answer came")


def _read(response: Response, into: BinaryIO, most_bytes: int, deadline: float) -> None:
    if response.status_code in _GONE:
        raise FileGone
    if response.status_code != 200:
        raise GraphError("the file's host is in trouble", http_status=response.status_code)
    size = 0
    try:
        while chunk := response.raw.read1(_CHUNK, decode_content=True):
            size += len(chunk)
            if size > most_bytes:
                raise FileForeign
            if time.monotonic() > deadline:
                break
            into.write(chunk)
        else:
            return
    except (RequestException, HTTPError, OSError):
        pass
    raise GraphError("the file broke off")
