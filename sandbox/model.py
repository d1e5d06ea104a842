"""The things Meta knows about, as plain rows. Instants are Unix seconds unless a name ends in _ms."""

from dataclasses import dataclass, field
from typing import Any

INSTAGRAM = "instagram"
MESSENGER = "messenger"

FULL_ROLE = ["ADVERTISE", "ANALYZE", "CREATE_CONTENT", "MESSAGING", "MODERATE", "MANAGE"]
EDITOR_ROLE = ["ADVERTISE", "ANALYZE", "CREATE_CONTENT", "MESSAGING", "MODERATE"]


@dataclass
class Person:
    """A Facebook user; `id` is the app-scoped id that `me` answers."""

    id: str
    name: str
    name_en: str
    email: str
    two_factor: bool = False


@dataclass
class Page:
    """A Facebook Page. `roles` maps person id to tasks; `subscription` is our app's field list or None."""

    id: str
    name: str
    name_en: str
    category: str
    roles: dict[str, list[str]] = field(default_factory=dict)
    instagram_id: str | None = None
    connected_instagram_id: str | None = None
    business_id: str | None = None
    portfolio_only: bool = False
    subscription: list[str] | None = None


@dataclass
class InstagramAccount:
    """An Instagram account; kind is business, creator or personal."""

    id: str
    username: str
    name: str
    kind: str
    followers: int = 0


@dataclass
class Business:
    """A business portfolio and the people assigned to it."""

    id: str
    name: str
    people: list[str] = field(default_factory=list)


@dataclass
class Customer:
    """Someone who writes. `id` is the IGSID or PSID for the one account in `account_id`."""

    id: str
    account_id: str
    name: str
    username: str = ""
    followers: int = 0


@dataclass
class Conversation:
    """One customer with one account; `account_id` is an Instagram account id or a Page id.

    `read_ms` is until when the customer has read.
    """

    id: str
    platform: str
    account_id: str
    customer_id: str
    owner_app_id: str | None = None
    owner_until: int = 0
    read_ms: int = 0


@dataclass
class Message:
    """One message; `content` is the webhook form of the message without its mid.

    `reactions` maps who reacted to the emoji; `unsent` leaves nothing of the content.
    """

    mid: str
    conversation_id: str
    sender_id: str
    recipient_id: str
    at_ms: int
    content: dict[str, Any] = field(default_factory=dict)
    app_id: str | None = None
    reactions: dict[str, str] = field(default_factory=dict)
    edits: int = 0
    unsent: bool = False


@dataclass
class Grant:
    """What one person has given the app. None for a list of ids means all, now and later."""

    person_id: str
    page_ids: list[str] | None
    instagram_ids: list[str] | None
    permissions: dict[str, str]
    granted_at: int
    business_ids: list[str] | None = None

    def has(self, permission: str) -> bool:
        return self.permissions.get(permission) == "granted"

    def covers_page(self, page_id: str) -> bool:
        return self.page_ids is None or page_id in self.page_ids

    def covers_instagram(self, instagram_id: str | None) -> bool:
        return self.instagram_ids is None or instagram_id in self.instagram_ids


@dataclass
class Token:
    """An access token. `expires_at` 0 means never; `dead` is the cause that killed it."""

    value: str
    kind: str
    person_id: str
    issued_at: int
    expires_at: int
    data_access_expires_at: int
    page_id: str | None = None
    long_lived: bool = False
    dead: str | None = None


@dataclass
class LoginCode:
    """An authorization code waiting to be exchanged once."""

    value: str
    person_id: str
    redirect_uri: str
    issued_at: int
    challenge: str = ""
    challenge_method: str = "plain"
    used: bool = False


@dataclass
class Fault:
    """A broken answer, or a webhook that travels badly; the kinds are in faults.py and courier.py.

    `endpoint` is a shell-style pattern over the path without its version (empty: every one);
    `remaining` counts down to 0 where a fault shall happen only so many times (None: until switched off).
    """

    kind: str
    endpoint: str = ""
    page_id: str = ""
    seconds: float = 0.0
    remaining: int | None = None


@dataclass
class AppSubscription:
    """The app-level webhook of one object (page, instagram, permissions, user)."""

    object: str
    callback_url: str
    fields: list[str]
    verify_token: str = ""
    active: bool = True
