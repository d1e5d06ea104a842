"""The gate to Meta over HTTP: what the gateway promises, one Graph request after the other.

Source: Graph API and Messenger Platform reference (v25.0).
"""

import json
from collections.abc import Mapping, Sequence
from typing import BinaryIO
from urllib.parse import parse_qs, quote, urlsplit

from webapp.core import clock
from webapp.core.crypto import Secret
from webapp.meta import checks, files, many, oauth, remote, sending, shapes, threads
from webapp.meta.answers import Json, rows
from webapp.meta.errors import GraphError
from webapp.meta.gateway import (
    PAGE_FIELDS,
    FacebookUser,
    Findings,
    Meta,
    MetaSettings,
    Page,
    Platform,
    Probe,
    Profile,
    RemoteMessage,
    RemotePage,
    Routing,
    ThreadOwner,
    TokenState,
    Upload,
    UserToken,
)
from webapp.meta.transport import Transport, opened

MOST_PAGES = 200  # of one listing
_PER_PAGE = "100"


class GraphClient(Meta):
    """Talks to Meta, or to whatever answers at the addresses of the settings. Safe to share among threads."""

    def __init__(self, settings: MetaSettings) -> None:
        self.transport = Transport(settings)

    @property
    def app_usage(self) -> Mapping[str, int]:
        return self.transport.app_usage

    @property
    def requests_sent(self) -> int:
        return self.transport.requests_sent

    def authorization_url(self, *, state: str, verifier: str, redirect_uri: str, rerequest: bool) -> str:
        return oauth.authorization_url(
            self.transport, state=state, verifier=verifier, redirect_uri=redirect_uri, rerequest=rerequest
        )

    def exchange_code(self, code: str, *, verifier: str, redirect_uri: str) -> UserToken:
        return oauth.exchange_code(self.transport, code, verifier=verifier, redirect_uri=redirect_uri, now=clock.now())

    def renew_token(self, user_token: Secret) -> UserToken:
        return oauth.renew_token(self.transport, user_token, now=clock.now())

    def whoami(self, user_token: Secret) -> FacebookUser:
        return shapes.read_user(self.transport.get("me", user_token, fields="id,name"))

    def permissions(self, user_token: Secret) -> dict[str, str]:
        return shapes.read_permissions(self._listing("me/permissions", user_token))

    def inspect_token(self, token: Secret) -> TokenState:
        return shapes.read_token_state(self.transport.get_as_app("debug_token", input_token=opened(token)))

    def pages(self, user_token: Secret) -> list[Page]:
        listing = self._listing("me/accounts", user_token, fields=shapes.WHOLE_PAGE)
        return [shapes.read_page(row) for row in listing]

    def portfolio_pages(self, user_token: Secret) -> list[Page]:
        portfolios = [shapes.read_id(row) for row in self._listing("me/businesses", user_token, fields="id")]
        paths = [_path(one, edge) for one in portfolios for edge in ("owned_pages", "client_pages")]
        found: list[Page] = []
        for path, answer in zip(paths, many.begun(self.transport, paths, user_token), strict=True):
            if isinstance(answer, GraphError):
                raise answer
            goes_on = _next_cursor(answer) is not None
            listing = self._listing(path, user_token, fields=many.NAMED) if goes_on else rows(answer)
            found += [shapes.read_page(row) for row in listing]
        return found

    def page(self, page_id: str, token: Secret) -> Page:
        return shapes.read_page(self.transport.get(_path(page_id), token, fields=shapes.WHOLE_PAGE))

    def page_each(self, page_ids: Sequence[str], token: Secret) -> list[Page | GraphError]:
        return many.pages(self.transport, page_ids, token)

    def subscribe_each(self, wanted: Sequence[tuple[str, Secret]]) -> list[GraphError | None]:
        return many.subscriptions(self.transport, wanted)

    def probe_each(self, probes: Sequence[Probe]) -> list[GraphError | None]:
        return many.accesses(self.transport, probes)

    def subscribe(self, page_id: str, page_token: Secret) -> None:
        path = _path(page_id, "subscribed_apps")
        shapes.read_done(self.transport.post(path, page_token, subscribed_fields=",".join(PAGE_FIELDS)))

    def subscribed_fields(self, page_id: str, page_token: Secret) -> frozenset[str]:
        listing = self._listing(_path(page_id, "subscribed_apps"), page_token)
        return shapes.read_subscribed(listing, self.transport.settings.app_id)

    def unsubscribe(self, page_id: str, page_token: Secret) -> None:
        shapes.read_done(self.transport.delete(_path(page_id, "subscribed_apps"), page_token))

    def probe_access(self, platform: Platform, page_id: str, page_token: Secret) -> None:
        path = _path(page_id, "conversations")
        rows(self.transport.get(path, page_token, **checks.first_conversation(platform)))

    def check(self, probes: Sequence[Probe]) -> list[Findings]:
        return checks.check(self.transport, probes)

    def send_text(self, page_id: str, page_token: Secret, recipient_id: str, text: str, *, human_agent: bool) -> str:
        path = _path(page_id, "messages")
        return sending.send(self.transport, path, page_token, recipient_id, {"text": text}, human_agent=human_agent)

    def upload(self, page_id: str, page_token: Secret, platform: Platform, upload: Upload) -> str:
        return sending.upload(self.transport, _path(page_id, "message_attachments"), page_token, platform, upload)

    def send_file(
        self, page_id: str, page_token: Secret, recipient_id: str, kind: str, attachment_id: str, *, human_agent: bool
    ) -> str:
        message = {"attachment": {"type": kind, "payload": {"attachment_id": attachment_id}}}
        path = _path(page_id, "messages")
        return sending.send(self.transport, path, page_token, recipient_id, message, human_agent=human_agent)

    def fetch_file(self, url: str, into: BinaryIO, *, most_bytes: int) -> None:
        files.fetch(self.transport, url, into, most_bytes=most_bytes)

    def profile(self, contact_id: str, page_token: Secret, platform: Platform) -> Profile:
        answer = self.transport.get(_path(contact_id), page_token, fields=shapes.PROFILE[platform])
        return shapes.read_profile(answer, contact_id)

    def newest_messages(self, platform: Platform, page_id: str, page_token: Secret) -> list[RemoteMessage]:
        path = _path(page_id, "conversations")
        answer = self.transport.get(path, page_token, platform=platform, limit="3", fields=threads.NEWEST)
        return threads.read_newest(answer)

    def conversations(
        self, platform: Platform, page_id: str, page_token: Secret, *, after: str | None = None, limit: int
    ) -> RemotePage:
        place = {"after": after} if after else {}
        answer = self.transport.get(
            _path(page_id, "conversations"),
            page_token,
            platform=platform,
            limit=str(limit),
            fields=threads.WHOLE[platform],
            **place,
        )
        return threads.read_page(answer, _next_cursor(answer))

    def routing(self, page_id: str, page_token: Secret) -> Routing:
        return remote.read_routing(self.transport.get(_path(page_id), page_token, fields="messaging_feature_status"))

    def take_thread(self, page_id: str, page_token: Secret, contact_id: str) -> None:
        path = _path(page_id, "take_thread_control")
        shapes.read_done(self.transport.post(path, page_token, recipient=json.dumps({"id": contact_id})))

    def thread_owner(self, page_id: str, page_token: Secret, contact_id: str) -> ThreadOwner | None:
        answer = self.transport.get(_path(page_id, "thread_owner"), page_token, recipient=contact_id)
        return remote.read_owner(answer)

    def _listing(self, path: str, token: Secret, **params: str) -> list[Json]:
        """Every row of a listing. One that cannot be read to its end is an error: a short list would pass
        for lost Pages. Only the cursor of `next` is taken, so that no token follows a foreign address."""
        found: list[Json] = []
        after: dict[str, str] = {}
        for _ in range(MOST_PAGES):
            answer = self.transport.get(path, token, limit=_PER_PAGE, **params, **after)
            found += rows(answer)
            cursor = _next_cursor(answer)
            if cursor is None:
                return found
            after = {"after": cursor}
        raise GraphError("the listing does not end")


def _next_cursor(answer: Json) -> str | None:
    """Where the next page of a listing begins; None after the last, which has no `next`."""
    paging = answer.get("paging")
    following = paging.get("next") if isinstance(paging, dict) else None
    if not isinstance(following, str):
        return None
    try:
        cursors = parse_qs(urlsplit(following).query).get("after")
    except ValueError:
        cursors = None
    if not cursors:
        raise GraphError("the listing goes on without a cursor")
    return cursors[0]


def _path(*parts: str) -> str:
    return "/".join(quote(part, safe="") for part in parts)
