"""What Meta tells about a new login. Stores nothing."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from webapp.channels.models import Facts
from webapp.channels.offers import closed, offer
from webapp.core.crypto import Secret
from webapp.meta.errors import GraphError, Kind
from webapp.meta.gateway import SCOPES, Meta, Page, Probe, TokenState


@dataclass(frozen=True, slots=True)
class Learned:
    """A login as Meta describes it now: facts to keep, the state of its token, its Pages with their tokens."""

    facts: Facts
    state: TokenState
    pages: list[Page]


def learn(meta: Meta, code: str, *, verifier: str, redirect_uri: str) -> Learned:
    """Turn the dialog's code into everything that can be known. GraphError as soon as one question fails."""
    token = meta.exchange_code(code, verifier=verifier, redirect_uri=redirect_uri)
    user = meta.whoami(token.secret)
    state = meta.inspect_token(token.secret)
    given = meta.permissions(token.secret)
    pages, unread = _all_pages(meta, token.secret, state, given)
    facts = Facts(
        facebook_user_id=user.id,
        facebook_user_name=user.name,
        user_token=token.secret,
        expires_at=token.expires_at,
        data_access_expires_at=state.data_access_expires_at,
        missing_scopes=[scope for scope in SCOPES if given.get(scope) != "granted"],
        offers=_offers(meta, pages) + [closed(page, error) for page, error in unread],
    )
    return Learned(facts, state, pages)


def _all_pages(
    meta: Meta, token: Secret, state: TokenState, given: Mapping[str, str]
) -> tuple[list[Page], list[tuple[Page, GraphError]]]:
    """The listing, and the Pages that it leaves out: those held through a business portfolio. Some of these can only be
    named, because they were not ticked or because the person has no role on them; they come with Meta's refusal.
    """
    pages = meta.pages(token)
    listed = {page.id for page in pages}
    named = {page.id: page for page in _portfolio(meta, token, given) if page.id not in listed}
    # Where all Pages are allowed, those of today and tomorrow, the token names none.
    left_out = sorted({*named, *(state.granular.get("pages_show_list") or ())} - listed)
    unread = []
    for page_id, found in zip(left_out, meta.page_each(left_out, token), strict=True):
        if isinstance(found, Page):
            pages.append(found)
        elif found.meaning.kind is Kind.TRANSIENT:
            # A short list would pass for Pages that were not ticked.
            raise found
        elif page_id in named:
            unread.append((named[page_id], found))
    return pages, unread


def _portfolio(meta: Meta, token: Secret, given: Mapping[str, str]) -> list[Page]:
    """Nothing where we may not look."""
    if given.get("business_management") != "granted":
        return []
    try:
        return meta.portfolio_pages(token)
    except GraphError as error:
        if error.meaning.kind is Kind.TRANSIENT:
            raise
        return []


def _offers(meta: Meta, pages: list[Page]) -> list[dict[str, Any]]:
    """Every Page as an offer; linked Instagram accounts are probed, so that the list can say who is not eligible."""
    probed = [page for page in pages if page.instagram and page.token]
    found = meta.probe_each([Probe("instagram", page.id, page.token) for page in probed if page.token])
    refusals = dict(zip((page.id for page in probed), found, strict=True))
    return [offer(page, refusals.get(page.id)) for page in pages]
