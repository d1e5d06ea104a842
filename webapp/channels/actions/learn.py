"""What Meta tells about a new login. Stores nothing."""

from dataclasses import dataclass
from typing import Any

from webapp.channels.models import Facts
from webapp.channels.offers import offer
from webapp.core.crypto import Secret
from webapp.meta.errors import Kind
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
    pages = _all_pages(meta, token.secret, state)
    facts = Facts(
        facebook_user_id=user.id,
        facebook_user_name=user.name,
        user_token=token.secret,
        expires_at=token.expires_at,
        data_access_expires_at=state.data_access_expires_at,
        missing_scopes=[scope for scope in SCOPES if given.get(scope) != "granted"],
        offers=_offers(meta, pages),
    )
    return Learned(facts, state, pages)


def _all_pages(meta: Meta, token: Secret, state: TokenState) -> list[Page]:
    """The listing, and the Pages that it leaves out: those held through a business portfolio."""
    pages = meta.pages(token)
    listed = {page.id for page in pages}
    left_out = sorted(set(state.granular.get("pages_show_list") or ()) - listed)
    for found in meta.page_each(left_out, token):
        if isinstance(found, Page):
            pages.append(found)
        elif found.meaning.kind is Kind.TRANSIENT:
            # A short list would pass for Pages that were not ticked.
            raise found
    return pages


def _offers(meta: Meta, pages: list[Page]) -> list[dict[str, Any]]:
    """Every Page as an offer; linked Instagram accounts are probed, so that the list can say who is not eligible."""
    probed = [page for page in pages if page.instagram and page.token]
    found = meta.probe_each([Probe("instagram", page.id, page.token) for page in probed if page.token])
    refusals = dict(zip((page.id for page in probed), found, strict=True))
    return [offer(page, refusals.get(page.id)) for page in pages]
