"""Every way an authorisation or a channel can break, by name, as one table.

Most causes are a flag that answers look at; a few change rows at once (`turn`). What heals them:
`login` (a new login of that person), `subscribe` (a new POST subscribed_apps), `tick` (ticking it
again in the dialog), or `self` (only switching it off here: someone on Meta's side has to mend it).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from sandbox import courier, faults, grants, tokens
from sandbox.model import Fault
from sandbox.runtime import Sandbox
from sandbox.state import State

FAULTS = (*faults.KINDS, *courier.KINDS)
DEFAULT_SECONDS = {**faults.DEFAULT_SECONDS, **courier.DEFAULT_SECONDS}


class BadSubject(ValueError):
    """A switch was asked for without saying, or naming something unknown, for whom."""


@dataclass(frozen=True)
class Subject:
    """For whom a cause is switched; ids, empty where the cause does not need them."""

    person: str = ""
    page: str = ""
    account: str = ""
    customer: str = ""
    permission: str = ""


@dataclass(frozen=True)
class Cause:
    """One row of the table. `scope` names the Subject fields that make its key."""

    name: str
    scope: tuple[str, ...]
    heals: str
    group: str
    turn: Callable[[Sandbox, Subject, bool], None] | None = None

    def key(self, subject: Subject) -> str:
        return ":".join(getattr(subject, part) for part in self.scope) or "app"


def _session(cause: str) -> Callable[[Sandbox, Subject, bool], None]:
    def turn(sandbox: Sandbox, subject: Subject, on: bool) -> None:
        change = tokens.kill if on else tokens.revive
        if on or sandbox.state.flagged(cause, subject.person):
            change(sandbox.state, subject.person, cause)

    return turn


def _two_factor(sandbox: Sandbox, subject: Subject, on: bool) -> None:
    sandbox.state.people[subject.person].two_factor = on
    _session("two_factor")(sandbox, subject, on)


def _expires_soon(sandbox: Sandbox, subject: Subject, on: bool) -> None:
    lasting = sandbox.settings.long_token_lifetime
    tokens.shorten(sandbox.state, subject.person, tokens.SOON if on else lasting)


def _app_removed(sandbox: Sandbox, subject: Subject, on: bool) -> None:
    change = grants.remove_app if on else grants.bring_back
    change(sandbox, subject.person)


def _permission(sandbox: Sandbox, subject: Subject, on: bool) -> None:
    grants.set_permission(sandbox, subject.person, subject.permission, granted=not on)


def _page_unticked(sandbox: Sandbox, subject: Subject, on: bool) -> None:
    people = [subject.person] if subject.person else list(sandbox.state.grants)
    for person_id in people:
        if subject.page in _reachable(sandbox.state, person_id):
            grants.tick_page(sandbox, person_id, subject.page, ticked=not on)


def _reachable(state: State, person_id: str) -> list[str]:
    return [page.id for page in state.pages.values() if person_id in page.roles]


def _role_lost(sandbox: Sandbox, subject: Subject, on: bool) -> None:
    people = [subject.person] if subject.person else list(sandbox.state.pages[subject.page].roles)
    for person_id in people:
        sandbox.state.flag("role_lost", f"{person_id}:{subject.page}", on)


def _webhook_off(sandbox: Sandbox, subject: Subject, on: bool) -> None:
    for row in sandbox.state.subscriptions.values():
        row.active = not on


def _subscription_removed(sandbox: Sandbox, subject: Subject, on: bool) -> None:
    if on:
        sandbox.state.pages[subject.page].subscription = None


PERSON, PAGE, ACCOUNT, CUSTOMER, APP = ("person",), ("page",), ("account",), ("customer",), ()
TICK, PERMISSION = ("person", "page"), ("person", "permission")

TABLE: dict[str, Cause] = {
    cause.name: cause
    for cause in (
        Cause("password_changed", PERSON, "login", "person", _session("password_changed")),
        Cause("two_factor", PERSON, "login", "person", _two_factor),
        Cause("security_check", PERSON, "self", "person"),
        Cause("blocking_checkpoint", PERSON, "self", "person"),
        Cause("unconfirmed", PERSON, "self", "person"),
        Cause("app_removed", PERSON, "login", "person", _app_removed),
        Cause("expired", PERSON, "login", "person", _session("expired")),
        Cause("expires_soon", PERSON, "self", "person", _expires_soon),
        Cause("signed_out", PERSON, "login", "person", _session("signed_out")),
        Cause("unknown_cause", PERSON, "login", "person", _session("unknown_cause")),
        Cause("permission_cancelled", PERMISSION, "tick", "person", _permission),
        Cause("page_unticked", TICK, "tick", "page", _page_unticked),
        Cause("role_lost", TICK, "self", "page", _role_lost),
        Cause("two_factor_required", PAGE, "self", "page"),
        Cause("page_deleted", PAGE, "self", "page"),
        Cause("instagram_unlinked", PAGE, "self", "page"),
        Cause("link_incomplete", PAGE, "self", "page"),
        Cause("not_business", ACCOUNT, "self", "page"),
        Cause("message_access_off", PAGE, "self", "page"),
        Cause("connection_unverified", PAGE, "self", "page"),
        Cause("other_app_default", PAGE, "self", "page"),
        Cause("subscription_removed", PAGE, "subscribe", "page", _subscription_removed),
        Cause("sending_restricted", PAGE, "self", "page"),
        Cause("business_blocked", PAGE, "self", "page"),
        Cause("customer_blocked", CUSTOMER, "self", "customer"),
        Cause("customer_unreachable", CUSTOMER, "self", "customer"),
        Cause("app_not_live", APP, "self", "app"),
        Cause("app_secret_changed", APP, "self", "app"),
        Cause("app_webhook_off", APP, "self", "app", _webhook_off),
        Cause("proof_required", APP, "self", "app"),
        Cause("login_for_business", APP, "self", "app"),
        *(Cause(kind, APP, "self", "fault") for kind in faults.KINDS),
        *(Cause(kind, APP, "self", "webhook") for kind in courier.KINDS),
    )
}


def switch(sandbox: Sandbox, name: str, subject: Subject, on: bool) -> Subject:
    """Turn a cause on or off and return the subject as completed. Raises BadSubject."""
    cause = TABLE.get(name)
    if cause is None:
        raise BadSubject(f"No cause is called {name!r}; there are {', '.join(sorted(TABLE))}.")
    subject = _completed(sandbox.state, cause, subject)
    if cause.turn:
        cause.turn(sandbox, subject, on)
    if not _kept_in_rows(cause, subject):
        sandbox.state.flag(name, cause.key(subject), on)
    return subject


def _kept_in_rows(cause: Cause, subject: Subject) -> bool:
    derived = cause.name in ("permission_cancelled", "page_unticked")
    return derived or (cause.name == "role_lost" and not subject.person)


def _completed(state: State, cause: Cause, subject: Subject) -> Subject:
    """Fill a Page's account or an account's Page in, and check that everything named exists."""
    page, account = subject.page, subject.account
    if account and not page:
        linked = state.page_of_instagram(account)
        page = linked.id if linked else ""
    if page in state.pages and not account:
        account = state.pages[page].instagram_id or ""
    full = Subject(subject.person, page, account, subject.customer, subject.permission)
    optional = {"person"} if cause.scope == TICK else set()
    known: dict[str, Mapping[str, object]] = {
        "person": state.people,
        "page": state.pages,
        "account": state.instagram,
        "customer": state.customers,
    }
    for part in cause.scope:
        value = getattr(full, part)
        if (not value and part not in optional) or (value and part in known and value not in known[part]):
            raise BadSubject(f"{cause.name} needs a known {part}, not {value!r}.")
    return full


def is_on(state: State, name: str, subject: Subject) -> bool:
    """Whether the cause holds now; for ticks and permissions the grant itself is asked."""
    grant = state.grants.get(subject.person)
    if name == "permission_cancelled":
        return grant is not None and grant.permissions.get(subject.permission) == "declined"
    if name == "page_unticked":
        return grant is not None and not grant.covers_page(subject.page)
    return state.flagged(name, TABLE[name].key(subject))


def set_fault(state: State, fault: Fault, on: bool) -> None:
    """Replace the fault of this kind, endpoint and Page, or take it away."""
    same = (fault.kind, fault.endpoint, fault.page_id)
    state.faults = [row for row in state.faults if (row.kind, row.endpoint, row.page_id) != same]
    if on:
        state.faults.append(fault)
