"""A trip through Facebook's dialog: begin it, and take in what it brought."""

import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import url_for
from sqlalchemy import update
from sqlalchemy.orm import Session

from webapp.accounts.actions import note
from webapp.accounts.models import SignIn, Workspace
from webapp.channels import queries
from webapp.channels.actions.refresh import refresh
from webapp.channels.actions.repair_links import LinkClosed, spend
from webapp.channels.models import Authorization, Channel, Grant, Outcome
from webapp.channels.offers import offer
from webapp.core import db
from webapp.core.crypto import Secret, fingerprint
from webapp.meta.errors import GraphError, Kind
from webapp.meta.gateway import SCOPES, FacebookUser, Meta, Page, Probe, TokenState, UserToken


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


@dataclass(frozen=True, slots=True)
class Learned:
    """Everything that Meta told about a new grant."""

    user: FacebookUser
    token: UserToken
    state: TokenState
    missing_scopes: list[str]
    pages: list[Page]
    offers: list[dict[str, Any]]


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
    return url_for("channels.callback", _external=True)


def arrive(answer: Answer, browser: SignIn | str, *, meta: Meta, now: datetime) -> Authorization:
    """Take in the dialog's answer. Every end of a trip is an outcome on the returned row.

    `browser` is what the trip must belong to: a sign-in, or the secret of a repair link's holder.
    """
    trip = _book(answer.state, browser, now)
    if trip.is_expired(now):
        return _end(trip, Outcome.EXPIRED)
    if answer.error or not answer.code:
        return _end(trip, Outcome.CANCELLED if answer.error == "access_denied" else Outcome.META_REFUSED, answer.error)
    db.leave()
    try:
        learned = _learn(meta, answer.code, trip.verifier.reveal())
    except GraphError as error:
        return _end(trip, _outcome_of(error), _codes(error))
    wrong = _wrong_user(trip, learned.user)
    if wrong is not None:
        return _end(trip, wrong[0], wrong[1])
    try:
        grant = _record(trip, learned, now)
    except LinkClosed:
        return _end(trip, Outcome.LINK_CLOSED)
    refresh(grant, learned.pages, meta=meta, now=now, person_id=trip.person_id)
    return _end(trip, Outcome.REVIVED if trip.channel_id else Outcome.GRANTED, grant=grant)


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


def _learn(meta: Meta, code: str, verifier: str) -> Learned:
    token = meta.exchange_code(code, verifier=verifier, redirect_uri=redirect_uri())
    user = meta.whoami(token.secret)
    state = meta.inspect_token(token.secret)
    given = meta.permissions(token.secret)
    pages = _all_pages(meta, token.secret, state)
    return Learned(
        user=user,
        token=token,
        state=state,
        missing_scopes=[scope for scope in SCOPES if given.get(scope) != "granted"],
        pages=pages,
        offers=_offers(meta, pages),
    )


def _all_pages(meta: Meta, token: Secret, state: TokenState) -> list[Page]:
    """The listing, and the Pages that it leaves out: those held through a business portfolio."""
    pages = {page.id: page for page in meta.pages(token)}
    for page_id in sorted(state.granular.get("pages_show_list") or ()):
        if page_id not in pages:
            try:
                pages[page_id] = meta.page(page_id, token)
            except GraphError as error:
                if error.meaning.kind is Kind.TRANSIENT:
                    raise
    return list(pages.values())


def _offers(meta: Meta, pages: list[Page]) -> list[dict[str, Any]]:
    """Every Page as an offer; linked Instagram accounts are probed, so that the list can say who is not eligible."""
    probed = [page for page in pages if page.instagram and page.token]
    found = meta.check([Probe("instagram", page.id, page.token) for page in probed if page.token])
    access = {page.id: one.access for page, one in zip(probed, found, strict=True)}
    return [offer(page, answer if isinstance(answer := access.get(page.id), GraphError) else None) for page in pages]


def _wrong_user(trip: Authorization, user: FacebookUser) -> tuple[Outcome, str] | None:
    """The same-user rule: one workspace, one Facebook user; a reauthorisation, the same one as before."""
    if trip.channel_id is not None:
        channel = queries.channel(trip.workspace, trip.channel_id)
        if channel and channel.grant and channel.grant.facebook_user_id != user.id:
            return Outcome.OTHER_ACCOUNT, channel.grant.facebook_user_name
    other = queries.other_user(trip.workspace, user.id)
    return (Outcome.OTHER_USER, other.facebook_user_name) if other else None


def _record(trip: Authorization, learned: Learned, now: datetime) -> Grant:
    """The grant as it is now: a new login replaces the old set. A repair link is used up in the same breath."""
    with db.transaction() as session:
        spend(session, trip, now)
        grant = queries.grant_of(trip.workspace, learned.user.id)
        if grant is None:
            grant = Grant(workspace_id=trip.workspace_id, facebook_user_id=learned.user.id)
            session.add(grant)
        grant.facebook_user_name = learned.user.name
        grant.user_token = learned.token.secret
        grant.expires_at = learned.token.expires_at
        grant.data_access_expires_at = learned.state.data_access_expires_at
        grant.missing_scopes = learned.missing_scopes
        grant.offers = learned.offers
        grant.granted_by_id = trip.person_id
        grant.granted_at = now
        _audit(session, trip, learned.user.name, now)
    return grant


def _audit(session: Session, trip: Authorization, user_name: str, now: datetime) -> None:
    begun = session.get(SignIn, trip.sign_in_id) if trip.sign_in_id else None
    note(session, trip.workspace, begun.person if begun else None, "authorized", user_name, now=now)


def _end(trip: Authorization, outcome: Outcome, detail: str = "", *, grant: Grant | None = None) -> Authorization:
    with db.transaction() as session:
        current = session.get_one(Authorization, trip.id, populate_existing=True)
        current.end(outcome, detail=detail, grant=grant)
    return current


def _outcome_of(error: GraphError) -> Outcome:
    if (error.code, error.subcode) in {(100, 36007), (100, 36008), (100, 36009)}:
        return Outcome.CODE_REFUSED
    return Outcome.META_DOWN if error.meaning.kind is Kind.TRANSIENT else Outcome.META_REFUSED


def _codes(error: GraphError) -> str:
    """For support: numbers and the trace id, never Meta's text."""
    parts = [str(part) for part in (error.code, error.subcode) if part is not None]
    return " ".join(filter(None, ["/".join(parts), error.trace_id]))
