"""The two steps of a login: the dialog's address, and the code that becomes a long-lived user token.

Sources: Facebook Login manual flow, long-lived tokens (v25.0), RFC 7636 for PKCE.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from authlib.integrations.requests_client import OAuth2Session

from webapp.core.crypto import Secret
from webapp.meta.answers import Json, as_object
from webapp.meta.errors import GraphError
from webapp.meta.gateway import SCOPES, UserToken
from webapp.meta.transport import Transport, opened

_TOKEN_PATH = "oauth/access_token"


@dataclass(frozen=True, slots=True)
class _Answer:
    """What Authlib needs of an answer that our transport has already read and found good."""

    payload: Json
    status_code: int = 200

    def json(self) -> Json:
        return self.payload


class _Session(OAuth2Session):  # type: ignore[misc]
    """Authlib's OAuth, with every request through our transport.

    Authlib itself sets no timeout, puts no bound on the answer and expects `error` to be a text,
    where Facebook sends an object.
    """

    def __init__(self, transport: Transport, redirect_uri: str) -> None:
        settings = transport.settings
        super().__init__(
            settings.app_id,
            settings.app_secret.reveal(),
            token_endpoint_auth_method="client_secret_post",
            redirect_uri=redirect_uri,
            code_challenge_method="S256",
        )
        self.transport = transport

    def request(self, method: Any, url: str, **options: Any) -> _Answer:
        options |= {"timeout": self.transport.timeout, "allow_redirects": False, "stream": True}
        send = super().request
        payload = self.transport.exchange(method, _TOKEN_PATH, lambda: send(method, url, **options).raw)
        return _Answer(_token_fields(as_object(payload)))


def authorization_url(transport: Transport, *, state: str, verifier: str, redirect_uri: str, rerequest: bool) -> str:
    """The dialog's address. `rerequest` asks again for declined permissions and reopens the Page picker."""
    settings = transport.settings
    url, _ = _Session(transport, redirect_uri).create_authorization_url(
        f"{settings.dialog_url}/{settings.version}/dialog/oauth",
        scope=",".join(SCOPES),
        state=state,
        code_verifier=verifier,
        auth_type="rerequest" if rerequest else None,
    )
    return str(url)


def exchange_code(transport: Transport, code: str, *, verifier: str, redirect_uri: str, now: datetime) -> UserToken:
    """Code → short token → long-lived token. A Page token is only lasting when it comes of the latter."""
    url = f"{transport.root}/{_TOKEN_PATH}"
    with _Session(transport, redirect_uri) as session:
        short = session.fetch_token(url, grant_type="authorization_code", code=code, code_verifier=verifier)
        long = session.fetch_token(url, grant_type="fb_exchange_token", fb_exchange_token=short["access_token"])
    return _user_token(long, now)


def renew_token(transport: Transport, user_token: Secret, *, now: datetime) -> UserToken:
    """A long-lived token → the next one. Only a living one can be exchanged."""
    with _Session(transport, "") as session:
        fresh = session.fetch_token(
            f"{transport.root}/{_TOKEN_PATH}", grant_type="fb_exchange_token", fb_exchange_token=opened(user_token)
        )
    return _user_token(fresh, now)


def _user_token(answer: Json, now: datetime) -> UserToken:
    seconds = answer.get("expires_in")
    return UserToken(Secret(answer["access_token"]), now + timedelta(seconds=seconds) if seconds else None)


def _token_fields(payload: Json) -> Json:
    token, seconds = payload.get("access_token"), payload.get("expires_in")
    if not isinstance(token, str) or not token:
        raise GraphError("the answer holds no token")
    if isinstance(seconds, int) and not isinstance(seconds, bool) and 0 < seconds < 10**9:
        return {"access_token": token, "expires_in": seconds}
    return {"access_token": token}
