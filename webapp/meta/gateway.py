"""What the rest of the house asks of Meta, and the shapes it gets back.

Rooms speak only these names. `client.py` answers them over HTTP; nothing else does.
Sources: Graph API and Messenger Platform reference, as of v25.0.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import BinaryIO, Literal, Protocol

from webapp.core.crypto import Secret
from webapp.meta.errors import GraphError
from webapp.meta.letters import RemoteAttachment as RemoteAttachment
from webapp.meta.letters import RemoteConversation as RemoteConversation
from webapp.meta.letters import RemoteMessage as RemoteMessage
from webapp.meta.letters import RemotePage as RemotePage
from webapp.meta.letters import Upload as Upload

Platform = Literal["instagram", "messenger"]

# Everything a connection needs (Graph API permissions reference).
SCOPES = (
    "pages_show_list",
    "pages_messaging",
    "pages_manage_metadata",
    "pages_read_engagement",
    "instagram_basic",
    "instagram_manage_messages",
    "business_management",
)

# One list for both platforms: a Page has one subscription per app, shared by its two channels.
PAGE_FIELDS = (
    "messages",
    "message_echoes",
    "message_reads",
    "message_deliveries",
    "message_reactions",
    "message_edits",
    "messaging_postbacks",
    "messaging_referrals",
    "messaging_optins",
    "messaging_handovers",
    "standby",
    "messaging_policy_enforcement",
)


@dataclass(frozen=True, slots=True)
class MetaSettings:
    """Which app we are and where Meta is. Addresses have no slash at the end; `timeout` is in seconds."""

    app_id: str
    app_secret: Secret
    graph_url: str
    dialog_url: str
    version: str = "v25.0"
    timeout: float = 10.0

    @property
    def app_token(self) -> Secret:
        """The app's own access token."""
        return Secret(f"{self.app_id}|{self.app_secret.reveal()}")


@dataclass(frozen=True, slots=True)
class UserToken:
    """A user access token. `expires_at` is UTC, or None when Meta names no end."""

    secret: Secret
    expires_at: datetime | None


@dataclass(frozen=True, slots=True)
class FacebookUser:
    """The person behind a user token; `id` is scoped to our app."""

    id: str
    name: str


@dataclass(frozen=True, slots=True)
class InstagramAccount:
    """An Instagram professional account as its Page shows it. `id` is also the webhook's entry id."""

    id: str
    username: str
    name: str = ""
    picture_url: str = ""


@dataclass(frozen=True, slots=True)
class Page:
    """A Facebook Page. `token` is None when the answer carried none.

    `instagram` is the linked account; `half_linked` one that is connected in the Page's settings only,
    which cannot be used for messages until it is linked again.
    """

    id: str
    name: str
    token: Secret | None = None
    tasks: frozenset[str] = frozenset()
    picture_url: str = ""
    instagram: InstagramAccount | None = None
    half_linked: InstagramAccount | None = None


@dataclass(frozen=True, slots=True)
class TokenState:
    """debug_token's answer. `granular` maps a scope to the ids it covers, None meaning all of them."""

    is_valid: bool
    type: str = ""
    app_id: str = ""
    user_id: str = ""
    profile_id: str = ""
    expires_at: datetime | None = None
    data_access_expires_at: datetime | None = None
    scopes: frozenset[str] = frozenset()
    granular: Mapping[str, frozenset[str] | None] = field(default_factory=dict)
    error: GraphError | None = None

    def covers(self, scope: str, target_id: str) -> bool:
        """Whether the permission `scope` was given for this Page or Instagram account."""
        if scope not in self.scopes:
            return False
        targets = self.granular.get(scope)
        return targets is None or target_id in targets


@dataclass(frozen=True, slots=True)
class Probe:
    """One channel to look at: all that a check needs to know of it.

    `listened_to`: a customer whose messages came for listeners only. Who answers them is asked too, in two questions
    more; empty where nothing speaks for another app.
    """

    platform: Platform
    page_id: str
    page_token: Secret
    listened_to: str = ""


@dataclass(frozen=True, slots=True)
class Routing:
    """Whether conversations of the Page are routed among several apps, for each platform."""

    messenger: bool
    instagram: bool


@dataclass(frozen=True, slots=True)
class ThreadOwner:
    """Who holds one conversation now. `app_id` is empty when Meta does not tell us, which it tells the owner only."""

    app_id: str
    expires_at: datetime | None


@dataclass(frozen=True, slots=True)
class Findings:
    """What the four questions of a check brought; each is an answer or the error that came instead.

    `subscribed` holds the Page fields our app is subscribed to (empty when it is not installed),
    `access` is True when the platform's conversations could be read. `routing` and `owner` were asked for a customer
    who was only listened to; an error there says nothing of the channel, and neither does an idle conversation (None).
    """

    token: TokenState | GraphError
    page: Page | GraphError
    subscribed: frozenset[str] | GraphError
    access: bool | GraphError
    routing: Routing | GraphError | None = None
    owner: ThreadOwner | GraphError | None = None

    @property
    def errors(self) -> "list[GraphError]":
        answers = (self.token, self.page, self.subscribed, self.access)
        return [answer for answer in answers if isinstance(answer, GraphError)]


@dataclass(frozen=True, slots=True)
class Profile:
    """A customer as Meta shows them to us; every text may be empty."""

    id: str
    name: str = ""
    username: str = ""
    picture_url: str = ""


class Meta(Protocol):
    """The gate to Meta. Every call may raise GraphError; each request keeps to the set timeout."""

    @property
    def app_usage(self) -> Mapping[str, int]:
        """Percent of the app's limits used, as the last answer told it (X-App-Usage)."""

    @property
    def requests_sent(self) -> int:
        """HTTP requests that the calling thread has sent so far."""

    def authorization_url(self, *, state: str, verifier: str, redirect_uri: str, rerequest: bool) -> str:
        """Address of the login dialog."""

    def exchange_code(self, code: str, *, verifier: str, redirect_uri: str) -> UserToken:
        """Turn a dialog's code into a long-lived user token (two requests)."""

    def renew_token(self, user_token: Secret) -> UserToken:
        """A fresh long-lived user token for one that still lives. It prolongs the token, not the access to data."""

    def whoami(self, user_token: Secret) -> FacebookUser:
        """Who gave this token."""

    def permissions(self, user_token: Secret) -> dict[str, str]:
        """Permission → granted, declined or expired."""

    def inspect_token(self, token: Secret) -> TokenState:
        """debug_token, asked with the app's own token: it answers for dead tokens too."""

    def pages(self, user_token: Secret) -> list[Page]:
        """Every Page of /me/accounts, all pages of the listing."""

    def portfolio_pages(self, user_token: Secret) -> list[Page]:
        """Pages of the person's business portfolios, allowed to us or not, by id and name alone. Needs
        business_management.
        """

    def page(self, page_id: str, token: Secret) -> Page:
        """One Page by its node; with a user token the answer carries the Page token."""

    def page_each(self, page_ids: Sequence[str], token: Secret) -> list[Page | GraphError]:
        """Many Pages by their nodes, in batches; never raises."""

    def subscribe_each(self, wanted: Sequence[tuple[str, Secret]]) -> list[GraphError | None]:
        """Install the app on many Pages, given with their tokens, in batches; never raises. None: it is installed."""

    def probe_each(self, probes: Sequence[Probe]) -> list[GraphError | None]:
        """`probe_access` for many, in batches; never raises. None: messages may be read."""

    def subscribe(self, page_id: str, page_token: Secret) -> None:
        """Install the app on the Page with PAGE_FIELDS (idempotent)."""

    def subscribed_fields(self, page_id: str, page_token: Secret) -> frozenset[str]:
        """Fields our app is subscribed to on the Page, empty when it is not installed."""

    def unsubscribe(self, page_id: str, page_token: Secret) -> None:
        """Take the app off the Page."""

    def probe_access(self, platform: Platform, page_id: str, page_token: Secret) -> None:
        """Read one conversation of the platform; raises when message access is not given."""

    def check(self, probes: Sequence[Probe]) -> list[Findings]:
        """Ask the four questions for each probe in as few batch requests as Meta allows; never raises."""

    def send_text(self, page_id: str, page_token: Secret, recipient_id: str, text: str, *, human_agent: bool) -> str:
        """Send a text; returns Meta's message id. OutcomeUnknown when no answer came after sending."""

    def upload(self, page_id: str, page_token: Secret, platform: Platform, upload: Upload) -> str:
        """Give Meta a file that a message is to carry; returns its attachment id. Nobody sees it before it is sent,
        so repeating this is safe."""

    def send_file(
        self, page_id: str, page_token: Secret, recipient_id: str, kind: str, attachment_id: str, *, human_agent: bool
    ) -> str:
        """Send an uploaded file (image, video, audio or file); like `send_text`."""

    def fetch_file(self, url: str, into: BinaryIO, *, most_bytes: int) -> None:
        """Write a message's file into `into`, without any token and from Meta's hosts only.

        Raises FileGone, FileForeign (also when it is larger than `most_bytes`), or a transient GraphError.
        """

    def profile(self, contact_id: str, page_token: Secret, platform: Platform) -> Profile:
        """Name and picture of a customer."""

    def newest_messages(self, platform: Platform, page_id: str, page_token: Secret) -> list[RemoteMessage]:
        """The last messages of the conversations that moved last, of both sides, newest first."""

    def conversations(
        self, platform: Platform, page_id: str, page_token: Secret, *, after: str | None = None, limit: int
    ) -> RemotePage:
        """Conversations with their newest messages, latest activity first, `limit` of them from `after` on."""

    def routing(self, page_id: str, page_token: Secret) -> Routing:
        """Whether another app than ours may be the default receiver."""

    def take_thread(self, page_id: str, page_token: Secret, contact_id: str) -> None:
        """Make our app the one that answers this customer; refused while nobody routes, or another app holds on."""

    def thread_owner(self, page_id: str, page_token: Secret, contact_id: str) -> ThreadOwner | None:
        """Which app holds the conversation with this customer; None when nobody does."""
