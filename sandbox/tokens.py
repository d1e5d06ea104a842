"""Access tokens: issuing them, and saying whether one still opens anything."""

import hashlib
import hmac

from sandbox import ids
from sandbox.graph import errors
from sandbox.graph.errors import GraphError
from sandbox.model import Token
from sandbox.settings import Settings
from sandbox.state import State

NINETY_DAYS = 90 * 86400
SOON = 3 * 86400
BLOCKING = ("security_check", "blocking_checkpoint", "unconfirmed")


def issue_user_token(
    state: State, settings: Settings, person_id: str, long_lived: bool, data_access_expires_at: int = 0
) -> Token:
    """`data_access_expires_at`: of the token that this one comes of; only a login of the person begins anew."""
    lifetime = settings.long_token_lifetime if long_lived else settings.short_token_lifetime
    if state.flagged("expires_soon", person_id):
        lifetime, data_access_expires_at = min(lifetime, SOON), state.now() + SOON
    return _keep(state, Token(
        ids.access_token(), "USER", person_id, state.now(), state.now() + lifetime,
        data_access_expires_at or state.now() + NINETY_DAYS, long_lived=long_lived,
    ))  # fmt: skip


def page_token(state: State, settings: Settings, user_token: Token, page_id: str) -> Token:
    """The Page token for this user's login: without end from a long-lived one, else an hour.

    Asking twice answers the same token as long as it lives, as Meta does.
    """
    for token in state.tokens.values():
        if _same_page_token(token, user_token, page_id) and not _expired(state, token):
            return token
    expires_at = 0 if user_token.long_lived else state.now() + settings.page_token_lifetime
    return _keep(state, Token(
        ids.access_token(), "PAGE", user_token.person_id, state.now(), expires_at,
        state.now() + NINETY_DAYS, page_id, user_token.long_lived,
    ))  # fmt: skip


def _same_page_token(token: Token, user_token: Token, page_id: str) -> bool:
    return (
        token.page_id == page_id
        and token.person_id == user_token.person_id
        and token.long_lived == user_token.long_lived
        and token.dead is None
    )


def issue_app_token(state: State, app_id: str, app_secret: str) -> Token:
    return Token(f"{app_id}|{app_secret}", "APP", "", state.now(), 0, 0)


def _keep(state: State, token: Token) -> Token:
    state.tokens[token.value] = token
    return token


def kill(state: State, person_id: str, cause: str) -> None:
    """End every living token of this person; later ones are not touched."""
    for token in state.tokens.values():
        if token.person_id == person_id and token.dead is None:
            token.dead = cause


def revive(state: State, person_id: str, cause: str) -> None:
    """Take a kill back, as if the cause had never happened (the control page's undo)."""
    for token in state.tokens.values():
        if token.person_id == person_id and token.dead == cause:
            token.dead = None


def shorten(state: State, person_id: str, seconds: int) -> None:
    """Everything that ends by itself ends this soon: logins, and the time for which data may be read."""
    for token in state.tokens.values():
        if token.person_id == person_id:
            ends = state.now() + seconds
            token.expires_at = ends if token.expires_at else 0
            token.data_access_expires_at = ends


def problem(state: State, settings: Settings, token: Token | None) -> GraphError | None:
    """What Meta answers to a call with this token, or None when it may pass.

    Role and two-factor demands come last: debug_token does not see them (`session_problem` stops before).
    """
    found = session_problem(state, settings, token)
    if found or token is None or token.kind != "PAGE":
        return found
    page = state.pages[token.page_id or ""]
    if token.person_id not in page.roles or state.flagged("role_lost", f"{token.person_id}:{page.id}"):
        return errors.role_lost()
    if needs_two_factor(state, token.person_id, page.id):
        return errors.role_lost()
    return None


def session_problem(state: State, settings: Settings, token: Token | None) -> GraphError | None:
    """The part of the verdict that debug_token knows: session, grant, Page still there and ticked."""
    if token is None:
        return errors.unparsable_token()
    if token.kind == "APP":
        return None
    cause = _dead_by(state, token)
    if cause:
        return errors.session_error(cause, settings.app_id, ended_at(state, token), state.now())
    return _page_problem(state, token) if token.kind == "PAGE" else None


def _dead_by(state: State, token: Token) -> str | None:
    if token.dead:
        return token.dead
    for cause in BLOCKING:
        if state.flagged(cause, token.person_id):
            return cause
    if token.person_id not in state.grants:
        return "app_removed"
    return "expired" if _expired(state, token) else None


def ended_at(state: State, token: Token) -> int:
    """When an expired token ended; one that was made to expire early ended just now."""
    return min(token.expires_at or state.now(), state.now())


def _page_problem(state: State, token: Token) -> GraphError | None:
    if state.flagged("page_deleted", token.page_id or ""):
        return errors.page_deleted()
    if not state.grants[token.person_id].covers_page(token.page_id or ""):
        return errors.impersonation()
    return None


def _expired(state: State, token: Token) -> bool:
    return token.expires_at != 0 and token.expires_at <= state.now()


def needs_two_factor(state: State, person_id: str, page_id: str) -> bool:
    return state.flagged("two_factor_required", page_id) and not state.people[person_id].two_factor


def proof(secret: str, token: str) -> str:
    """The appsecret_proof of a token: hex HMAC-SHA256 with the app secret as key."""
    return hmac.new(secret.encode(), token.encode(), hashlib.sha256).hexdigest()
