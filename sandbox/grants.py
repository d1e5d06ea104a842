"""A person's grant: one set per person, replaced whole by each login."""

from sandbox import news, signature, tokens
from sandbox.model import Grant
from sandbox.runtime import Sandbox

# A fresh login mends these for the person who logs in; their old tokens stay dead.
HEALED_BY_LOGIN = (
    "password_changed",
    "two_factor",
    "app_removed",
    "expired",
    "signed_out",
    "unknown_cause",
)

ALWAYS_GRANTED = "public_profile"


def record(
    sandbox: Sandbox,
    person_id: str,
    page_ids: list[str] | None,
    instagram_ids: list[str] | None,
    permissions: dict[str, str],
) -> Grant:
    """Replace the grant of this person with what the dialog returned; None means all, now and later."""
    state = sandbox.state
    before = state.grants.get(person_id)
    kept = dict(before.permissions) if before else {}
    merged = {**kept, **permissions, ALWAYS_GRANTED: "granted"}
    grant = Grant(person_id, page_ids, instagram_ids, merged, state.now())
    state.grants[person_id] = grant
    state.withdrawn.pop(person_id, None)
    for cause in HEALED_BY_LOGIN:
        state.flag(cause, person_id, on=False)
    news.announce_grant_change(sandbox, before, grant)
    return grant


def remove_app(sandbox: Sandbox, person_id: str) -> None:
    """The person removes the app: tokens die with 458, subscriptions that nobody else carries end."""
    state = sandbox.state
    before = state.grants.pop(person_id, None)
    if before:
        state.withdrawn[person_id] = before
    tokens.kill(state, person_id, "app_removed")
    state.flag("app_removed", person_id)
    if before:
        news.announce_grant_change(sandbox, before, None)
    _call_back(sandbox, "deauthorize", sandbox.settings.deauthorize_url, person_id)


def bring_back(sandbox: Sandbox, person_id: str) -> None:
    """Undo `remove_app`, as if it had never happened; nothing to undo after a new login."""
    grant = sandbox.state.withdrawn.pop(person_id, None)
    if grant:
        sandbox.state.grants[person_id] = grant
        tokens.revive(sandbox.state, person_id, "app_removed")
        news.announce_grant_change(sandbox, None, grant)


def ask_for_deletion(sandbox: Sandbox, person_id: str) -> bool:
    """The person presses "Send Request" after removing the app; False when no address is set."""
    return _call_back(sandbox, "data-deletion", sandbox.settings.data_deletion_url, person_id)


def _call_back(sandbox: Sandbox, what: str, url: str, person_id: str) -> bool:
    if not url:
        return False
    payload = {
        "user_id": person_id,
        "algorithm": "HMAC-SHA256",
        "issued_at": sandbox.state.now(),
    }
    signed = signature.signed_request(sandbox.app_secret, payload)
    sandbox.sender.post_form(f"{what} {person_id}", url, "signed_request", signed)
    return True


def set_permission(sandbox: Sandbox, person_id: str, permission: str, granted: bool) -> None:
    """Cancel or give back one permission of a living grant."""
    grant = sandbox.state.grants.get(person_id)
    if grant is None or permission not in grant.permissions:
        return
    before = Grant(**vars(grant))
    grant.permissions = {**grant.permissions, permission: "granted" if granted else "declined"}
    news.announce_grant_change(sandbox, before, grant)


def tick_page(sandbox: Sandbox, person_id: str, page_id: str, ticked: bool) -> None:
    """Tick or untick a Page, and its Instagram account with it, in a living grant."""
    state = sandbox.state
    grant = state.grants.get(person_id)
    if grant is None:
        return
    before = Grant(**vars(grant))
    grant.page_ids = _with(grant.page_ids, list(state.pages), page_id, ticked)
    instagram_id = state.pages[page_id].instagram_id
    if instagram_id:
        grant.instagram_ids = _with(grant.instagram_ids, list(state.instagram), instagram_id, ticked)
    news.announce_grant_change(sandbox, before, grant)


def _with(ids: list[str] | None, everything: list[str], one: str, ticked: bool) -> list[str] | None:
    if ids is None and ticked:
        return None
    others = [known for known in (everything if ids is None else ids) if known != one]
    return [*others, one] if ticked else others
