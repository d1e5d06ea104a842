"""From Meta's JSON to the gateway's shapes. Pure; whatever cannot be read raises GraphError with no code.

Sources: Graph API reference of Page, User accounts, debug_token and User Profile (v25.0).
"""

from datetime import UTC, datetime

from webapp.core.crypto import Secret
from webapp.meta.answers import Json, as_object, rows
from webapp.meta.errors import GraphError, parse_error
from webapp.meta.gateway import FacebookUser, InstagramAccount, Page, Platform, Profile, TokenState
from webapp.meta.values import a_text, an_address, an_id

_INSTAGRAM = "instagram_business_account{id,username,name,profile_picture_url}"
_HALF_LINKED = "connected_instagram_account{id,username}"

# What a check asks of the Page, and what connecting asks in addition.
CHECKED_PAGE = f"id,name,{_INSTAGRAM},{_HALF_LINKED}"
WHOLE_PAGE = f"{CHECKED_PAGE},access_token,tasks,picture"
PROFILE: dict[Platform, str] = {
    "instagram": "name,username,profile_pic",
    "messenger": "first_name,last_name,profile_pic",
}


def read_user(payload: Json) -> FacebookUser:
    return FacebookUser(read_id(payload), _text(payload, "name"))


def read_permissions(listing: list[Json]) -> dict[str, str]:
    """Permission → granted, declined or expired."""
    return {_text(row, "permission"): _text(row, "status") for row in listing}


def read_page(payload: Json) -> Page:
    token = _text(payload, "access_token")
    instagram = _instagram(payload.get("instagram_business_account"))
    tasks = payload.get("tasks")
    return Page(
        id=read_id(payload),
        name=_text(payload, "name"),
        token=Secret(token) if token else None,
        tasks=_texts(tasks),
        picture_url=_picture(payload.get("picture")),
        instagram=instagram,
        half_linked=None if instagram else _instagram(payload.get("connected_instagram_account")),
    )


def read_token_state(payload: Json) -> TokenState:
    """debug_token's `data`; `expires_at` 0 means never."""
    data = as_object(payload.get("data"))
    if not isinstance(data.get("is_valid"), bool):
        raise GraphError("debug_token did not say whether the token is valid")
    error = data.get("error")
    return TokenState(
        is_valid=data["is_valid"],
        type=_text(data, "type"),
        app_id=an_id(data.get("app_id")),
        user_id=an_id(data.get("user_id")),
        profile_id=an_id(data.get("profile_id")),
        expires_at=_moment(data.get("expires_at")),
        data_access_expires_at=_moment(data.get("data_access_expires_at")),
        scopes=_texts(data.get("scopes")),
        granular=_granular(data.get("granular_scopes")),
        error=parse_error({"error": error}) if isinstance(error, dict) else None,
    )


def read_subscribed(listing: list[Json], app_id: str) -> frozenset[str]:
    """Our app's fields in a Page's subscribed_apps; empty when it is not among them."""
    for row in listing:
        if an_id(row.get("id")) == app_id:
            return _texts(row.get("subscribed_fields"))
    return frozenset()


def read_access(payload: Json) -> bool:
    """Any listing of conversations, the empty one too, shows that messages may be read."""
    rows(payload)
    return True


def read_profile(payload: Json, contact_id: str) -> Profile:
    return Profile(
        id=contact_id,
        name=_text(payload, "name") or _whole_name(_text(payload, "first_name"), _text(payload, "last_name")),
        username=_text(payload, "username"),
        picture_url=an_address(payload.get("profile_pic")),
    )


def read_id(payload: Json) -> str:
    found = an_id(payload.get("id"))
    if not found:
        raise GraphError("the answer names no id")
    return found


def read_message_id(payload: Json) -> str:
    found = an_id(payload.get("message_id"))
    if not found:
        raise GraphError("the answer names no message")
    return found


def read_attachment_id(payload: Json) -> str:
    found = an_id(payload.get("attachment_id"))
    if not found:
        raise GraphError("the answer names no attachment")
    return found


def read_done(payload: Json) -> None:
    """`success` is a boolean in most answers and the word in some."""
    if payload.get("success") not in (True, "true"):
        raise GraphError("the answer does not say that it was done")


def _instagram(value: object) -> InstagramAccount | None:
    if not isinstance(value, dict) or not an_id(value.get("id")):
        return None
    return InstagramAccount(
        id=an_id(value.get("id")),
        username=_text(value, "username"),
        name=_text(value, "name"),
        picture_url=an_address(value.get("profile_picture_url")),
    )


def _granular(value: object) -> dict[str, frozenset[str] | None]:
    """Scope → the ids it covers. `target_ids` absent means all of them, present means only these."""
    found: dict[str, frozenset[str] | None] = {}
    for row in value if isinstance(value, list) else []:
        if isinstance(row, dict) and isinstance(row.get("scope"), str):
            targets = row.get("target_ids")
            found[row["scope"]] = frozenset(filter(None, map(an_id, targets))) if isinstance(targets, list) else None
    return found


def _picture(value: object) -> str:
    data = value.get("data") if isinstance(value, dict) else None
    return an_address(data.get("url")) if isinstance(data, dict) else ""


def _whole_name(first: str, last: str) -> str:
    """Chinese, Japanese and Korean names go family first, without a space."""
    if last and not any(letter.isascii() for letter in first + last):
        return last + first
    return f"{first} {last}".strip()


def _text(payload: Json, name: str) -> str:
    return a_text(payload.get(name))


def _texts(value: object) -> frozenset[str]:
    return frozenset(filter(None, map(a_text, value))) if isinstance(value, list) else frozenset()


def _moment(value: object) -> datetime | None:
    if not isinstance(value, int) or isinstance(value, bool) or value <= 0:
        return None
    try:
        return datetime.fromtimestamp(value, UTC)
    except (ValueError, OverflowError, OSError):
        return None
