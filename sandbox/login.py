"""One pass through Facebook Login, without its pages: begin, choose, finish or cancel."""

import re
import secrets
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from sandbox import grants, ids, tokens
from sandbox.model import Grant, InstagramAccount, LoginCode, Page
from sandbox.runtime import LoginRun, Sandbox
from sandbox.state import State

OPEN_RUNS = 200
FRAGMENT = "_=_"
BUSINESS_CONFIGURATION = (
    "pages_show_list", "pages_messaging", "pages_manage_metadata", "pages_read_engagement", "instagram_basic",
    "instagram_manage_messages", "business_management",
)  # fmt: skip


@dataclass(frozen=True)
class Refusal(Exception):
    """A dialog address that Facebook answers with a page of its own instead of a redirect."""

    reason: str


def begin(sandbox: Sandbox, params: dict[str, str]) -> LoginRun:
    """Check the dialog's address. Raises Refusal with the key of the reason."""
    settings = sandbox.settings
    if params.get("client_id") != settings.app_id:
        raise Refusal("bad_app")
    uri = params.get("redirect_uri", "")
    if not uri.startswith(("http://", "https://")):
        raise Refusal("bad_redirect")
    if settings.redirect_uris and uri not in settings.redirect_uris:
        raise Refusal("bad_redirect")
    if "code" not in params.get("response_type", "code").replace(",", " ").split():
        raise Refusal("bad_response_type")
    run = LoginRun(secrets.token_urlsafe(18), params, _scopes(params))
    sandbox.logins[run.id] = run
    for stale in list(sandbox.logins)[:-OPEN_RUNS]:
        del sandbox.logins[stale]
    return run


def _scopes(params: dict[str, str]) -> list[str]:
    asked = [name for name in re.split(r"[,\s]+", params.get("scope", "")) if name]
    if not asked and params.get("config_id"):
        asked = list(BUSINESS_CONFIGURATION)
    return [name for name in dict.fromkeys(asked) if name != grants.ALWAYS_GRANTED]


def blocked_by(state: State, person_id: str) -> str | None:
    """The check that this person must clear on Facebook before any login can succeed."""
    return next((cause for cause in tokens.BLOCKING if state.flagged(cause, person_id)), None)


def remembered(sandbox: Sandbox, run: LoginRun) -> Grant | None:
    """The grant that "continue as X" takes over; none with auth_type=rerequest."""
    if run.params.get("auth_type") == "rerequest":
        return None
    return sandbox.state.grants.get(run.person_id)


def pages_of(state: State, person_id: str) -> list[Page]:
    """Every Page that the picker offers: any role counts, also one held through a portfolio."""
    return [
        page
        for page in state.pages.values()
        if person_id in page.roles
        and not state.flagged("page_deleted", page.id)
        and not state.flagged("role_lost", f"{person_id}:{page.id}")
    ]


def instagram_of(state: State, person_id: str) -> list[InstagramAccount]:
    return [
        state.instagram[page.instagram_id]
        for page in pages_of(state, person_id)
        if page.instagram_id and not state.flagged("instagram_unlinked", page.id)
    ]


def asks_instagram(run: LoginRun) -> bool:
    return any(scope.startswith("instagram_") for scope in run.scopes)


def asked_permissions(sandbox: Sandbox, run: LoginRun) -> list[str]:
    """What the permission step shows: a permission once declined only comes back with rerequest."""
    grant = sandbox.state.grants.get(run.person_id)
    if grant is None or run.params.get("auth_type") == "rerequest":
        return run.scopes
    return [scope for scope in run.scopes if grant.permissions.get(scope) != "declined"]


def new_permissions(sandbox: Sandbox, run: LoginRun) -> list[str]:
    grant = sandbox.state.grants.get(run.person_id)
    return [scope for scope in run.scopes if grant is None or scope not in grant.permissions]


def all_or_nothing(sandbox: Sandbox, run: LoginRun) -> bool:
    """Login for Business: one declined permission declines them all."""
    return bool(run.params.get("config_id")) or sandbox.state.flagged("login_for_business")


def finish(sandbox: Sandbox, run: LoginRun, accepted: list[str], asked: list[str]) -> str:
    """Record the grant, make a code, and return the address to go back to."""
    declined = [scope for scope in asked if scope not in accepted]
    if declined and all_or_nothing(sandbox, run):
        accepted, declined = [], asked
    permissions = {scope: "granted" if scope in accepted else "declined" for scope in asked}
    grants.record(sandbox, run.person_id, run.page_ids, run.instagram_ids, permissions)
    code = LoginCode(
        ids.login_code(),
        run.person_id,
        run.params["redirect_uri"],
        sandbox.state.now(),
        run.params.get("code_challenge", ""),
        run.params.get("code_challenge_method", "plain"),
    )
    sandbox.state.codes[code.value] = code
    sandbox.logins.pop(run.id, None)
    sandbox.changed()
    return _back(run, {"code": code.value, **_scope_report(run, accepted, declined)})


def _scope_report(run: LoginRun, accepted: list[str], declined: list[str]) -> dict[str, str]:
    if "granted_scopes" not in run.params.get("response_type", ""):
        return {}
    return {
        "granted_scopes": ",".join([*accepted, grants.ALWAYS_GRANTED]),
        "denied_scopes": ",".join(declined),
    }


def cancel(sandbox: Sandbox, run: LoginRun) -> str:
    """Nothing is recorded; the address says that the user denied."""
    sandbox.logins.pop(run.id, None)
    return _back(run, {
        "error": "access_denied",
        "error_code": "200",
        "error_description": "Permissions error",
        "error_reason": "user_denied",
    })  # fmt: skip


def _back(run: LoginRun, answer: dict[str, str]) -> str:
    parts = urlsplit(run.params["redirect_uri"])
    query = [*parse_qsl(parts.query, keep_blank_values=True), *answer.items()]
    if "state" in run.params:
        query.append(("state", run.params["state"]))
    return urlunsplit((parts.scheme, parts.netloc, parts.path, urlencode(query), FRAGMENT))
