"""A trip through Facebook's dialog: begin it, and take in what it brought."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import update
from sqlalchemy.orm import Session

from webapp.accounts.actions import note
from webapp.accounts.models import LinkClosed, SignIn, Workspace
from webapp.accounts.queries import is_allowed
from webapp.accounts.rules import Right
from webapp.channels import queries
from webapp.channels.actions.adopt import adopt, renew
from webapp.channels.actions.learn import Learned, learn
from webapp.channels.actions.refresh import refresh
from webapp.channels.actions.repair_links import spend
from webapp.channels.models import Authorization, Channel, Facts, Grant, Outcome, PendingGrant
from webapp.channels.status import Status
from webapp.core import db
from webapp.core.crypto import Secret, fingerprint
from webapp.meta.errors import Cause, GraphError, Kind
from webapp.meta.gateway import Meta
from webapp.web.addresses import address_of


class UnknownState(Exception):
    """Facebook's answer belongs to no trip of ours, or to one that another browser began."""


class AlreadyUsed(Exception):
    """The answer came a second time: reloaded, or the back button. `authorization` is the trip."""

    def __init__(self, authorization: Authorization) -> None:
        super().__init__()
        self.authorization = authorization


@dataclass(frozen=True, slots=True)
class Answer:
    """What the callback's address held. Texts may be empty."""

    state: str
    code: str
    error: str


@dataclass(frozen=True, slots=True)
class Holder:
    """Who travels with a repair link instead of a sign-in; `secret` is in their browser's cookie."""

    secret: str
    link_id: int


def begin(
    workspace: Workspace,
    traveller: SignIn | Holder,
    *,
    platform: str,
    channel: Channel | None = None,
    rerequest: bool = False,
    meta: Meta,
    now: datetime,
) -> str:
    """Open a trip. Returns the dialog's address."""
    state, verifier = secrets.token_urlsafe(32), secrets.token_urlsafe(48)
    with db.transaction() as session:
        session.add(
            Authorization(
                name=secrets.token_urlsafe(12),
                state_hash=fingerprint(state),
                verifier=Secret(verifier),
                workspace_id=workspace.id,
                platform=platform,
                channel_id=channel.id if channel else None,
                began_at=now,
                **_traveller(traveller),
            )
        )
    return meta.authorization_url(state=state, verifier=verifier, redirect_uri=redirect_uri(), rerequest=rerequest)


def _traveller(traveller: SignIn | Holder) -> dict[str, Any]:
    if isinstance(traveller, Holder):
        return {"holder_hash": fingerprint(traveller.secret), "repair_link_id": traveller.link_id}
    return {"sign_in_id": traveller.id, "person_id": traveller.person_id}


def redirect_uri() -> str:
    """Our callback, byte for byte as it is entered in the Meta app."""
    return address_of("channels.callback")


def arrive(answer: Answer, browser: SignIn | str, *, meta: Meta, now: datetime) -> Authorization:
    """Take in the dialog's answer. Every end of a trip is an outcome on the returned row.

    `browser` is what the trip must belong to: a sign-in, or the secret of a repair link's holder.
    """
    trip = _book(answer.state, browser, now)
    if isinstance(browser, SignIn) and not is_allowed(trip.workspace, browser.person_id, Right.MANAGE_CHANNELS):
        return _end(trip, Outcome.NOT_ALLOWED)
    if trip.is_expired(now):
        return _end(trip, Outcome.EXPIRED)
    if answer.error or not answer.code:
        return _end(trip, Outcome.CANCELLED if answer.error == "access_denied" else Outcome.META_REFUSED, answer.error)
    db.leave()
    try:
        learned = learn(meta, answer.code, verifier=trip.verifier.reveal(), redirect_uri=redirect_uri())
    except GraphError as error:
        return _end(trip, _outcome_of(error), _codes(error))
    return _settle(trip, learned, meta=meta, now=now)


def _settle(trip: Authorization, learned: Learned, *, meta: Meta, now: datetime) -> Authorization:
    """Keep the login where it belongs, and bring its user's channels up to date wherever they are."""
    wrong = _wrong_user(trip, learned.facts.facebook_user_id)
    if wrong and trip.repair_link_id is not None:
        # A stranger's login is none of our business: nothing of it is kept or used.
        return _end(trip, *wrong)
    try:
        grant = None if wrong else _record(trip, learned.facts, now)
    except LinkClosed:
        return _end(trip, Outcome.LINK_CLOSED)
    if wrong:
        _keep(trip, learned.facts, now)
    cut_off = refresh(learned, workspace_id=trip.workspace_id, person_id=trip.person_id, meta=meta, now=now)
    outcome, detail = wrong or _good_end(trip, now)
    return _end(trip, outcome, detail, grant=grant, cut_off=cut_off)


def _book(state: str, browser: SignIn | str, now: datetime) -> Authorization:
    """Use the state up. Of two answers with the same state only one gets past here."""
    with db.transaction() as session:
        trip = session.query(Authorization).filter_by(state_hash=fingerprint(state)).one_or_none()
        if trip is None or not _began_in(trip, browser):
            raise UnknownState
        used = session.execute(
            update(Authorization)
            .where(Authorization.id == trip.id, Authorization.used_at.is_(None))
            .values(used_at=now)
        )
        if used.rowcount == 0:  # type: ignore[attr-defined]
            raise AlreadyUsed(trip)
    return trip


def _began_in(trip: Authorization, browser: SignIn | str) -> bool:
    if isinstance(browser, SignIn):
        return trip.sign_in_id == browser.id
    return trip.holder_hash == fingerprint(browser)


def _wrong_user(trip: Authorization, facebook_user_id: str) -> tuple[Outcome, str] | None:
    """The same-user rule: one workspace, one Facebook user; a reauthorisation, the same one as before."""
    if trip.channel_id is not None:
        channel = queries.channel(trip.workspace, trip.channel_id)
        if channel and channel.grant and channel.grant.facebook_user_id != facebook_user_id:
            return Outcome.OTHER_ACCOUNT, channel.grant.facebook_user_name
    other = queries.other_user(trip.workspace, facebook_user_id)
    return (Outcome.OTHER_USER, other.facebook_user_name) if other else None


def _good_end(trip: Authorization, now: datetime) -> tuple[Outcome, str]:
    """A reauthorisation is good when its channel lives; a trip to connect, when it brought a grant."""
    if trip.channel_id is None:
        return Outcome.GRANTED, ""
    channel = db.session().get_one(Channel, trip.channel_id, populate_existing=True)
    if channel.status != Status.LOST:
        return Outcome.REVIVED, str(queries.revived(trip.workspace, now))
    if channel.grant_id is None:
        # Its former user had their data deleted, and this one does not have it.
        return Outcome.STILL_LOST, Cause.PAGE_UNTICKED
    asked = channel.verdict_at is not None and channel.verdict_at >= now
    return (Outcome.STILL_LOST, channel.cause or "") if asked else (Outcome.META_DOWN, "")


def _record(trip: Authorization, facts: Facts, now: datetime) -> Grant:
    """The grant as it is now: a new login replaces the old set. A repair link is used up in the same breath."""
    with db.transaction() as session:
        spend(session, trip, now)
        grant = adopt(session, trip, facts, now)
        _audit(session, trip, facts.facebook_user_name, now)
    return grant


def _keep(trip: Authorization, facts: Facts, now: datetime) -> None:
    """Another user's login, for the ways out that a member is offered. Whoever holds a repair link is offered none."""
    with db.transaction() as session:
        renew(session, facts)
        if trip.person_id is not None:
            pending = PendingGrant(authorization_id=trip.id, arrived_at=now)
            pending.take(facts)
            session.add(pending)


def _audit(session: Session, trip: Authorization, user_name: str, now: datetime) -> None:
    begun = session.get(SignIn, trip.sign_in_id) if trip.sign_in_id else None
    note(session, trip.workspace, begun.person if begun else None, "authorized", user_name, now=now)


def _end(
    trip: Authorization,
    outcome: Outcome,
    detail: str = "",
    *,
    grant: Grant | None = None,
    cut_off: Sequence[int] = (),
) -> Authorization:
    with db.transaction() as session:
        current = session.get_one(Authorization, trip.id, populate_existing=True)
        current.end(outcome, detail=detail, grant=grant, cut_off=cut_off)
    return current


def _outcome_of(error: GraphError) -> Outcome:
    if (error.code, error.subcode) in {(100, 36007), (100, 36008), (100, 36009)}:
        return Outcome.CODE_REFUSED
    return Outcome.META_DOWN if error.meaning.kind is Kind.TRANSIENT else Outcome.META_REFUSED


def _codes(error: GraphError) -> str:
    """For support: numbers and the trace id, never Meta's text."""
    parts = [str(part) for part in (error.code, error.subcode) if part is not None]
    return " ".join(filter(None, ["/".join(parts), error.trace_id]))
