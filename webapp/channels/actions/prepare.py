"""Getting accounts ready to be carried by a Facebook user: Page token, subscription, first verdict. Stores nothing."""

from collections.abc import Sequence
from dataclasses import dataclass

from webapp.channels.offers import Reason, usable_token
from webapp.channels.rules import HEALTHY, Subject, Verdict, evidence_of, judge
from webapp.channels.status import Status
from webapp.core.crypto import Secret
from webapp.meta.errors import Cause, GraphError, Kind
from webapp.meta.gateway import Findings, Meta, Page, Probe


@dataclass(frozen=True, slots=True)
class Ready:
    """An account whose Page is subscribed and whose token was checked."""

    page: Page
    token: Secret
    verdict: Verdict


class Refusal(Exception):
    """This one account cannot be connected; the others go on. `is_subscribed` tells whether its Page now is."""

    def __init__(self, reason: Reason, detail: str = "", *, is_subscribed: bool = False) -> None:
        super().__init__(reason)
        self.reason = reason
        self.detail = detail
        self.is_subscribed = is_subscribed


def prepare(subjects: Sequence[Subject], user_token: Secret, *, meta: Meta) -> list[Ready | Refusal]:
    """One answer for each account, in order, in as few requests as Meta's batches allow."""
    ids = list(dict.fromkeys(subject.page_id for subject in subjects))
    pages = dict(zip(ids, meta.page_each(ids, user_token), strict=True))
    tokens = {
        key: page.token for key, page in pages.items() if isinstance(page, Page) and page.id == key and page.token
    }
    subscribed = dict(zip(tokens, meta.subscribe_each(list(tokens.items())), strict=True))
    asked = [subject for subject in subjects if subject.page_id in tokens and subscribed[subject.page_id] is None]
    probes = [Probe(subject.platform, subject.page_id, tokens[subject.page_id]) for subject in asked]
    found = dict(zip(asked, meta.check(probes), strict=True))
    return [_answer(subject, pages, subscribed, found.get(subject)) for subject in subjects]


def refusal_of(error: GraphError) -> Refusal:
    if error.meaning.kind is Kind.TRANSIENT:
        return Refusal(Reason.META_DOWN)
    if error.meaning.cause is Cause.NOT_BUSINESS:
        return Refusal(Reason.NOT_BUSINESS)
    return Refusal(Reason.REFUSED, " ".join(str(part) for part in evidence_of(error).values() if part))


def _answer(
    subject: Subject,
    pages: dict[str, Page | GraphError],
    subscribed: dict[str, GraphError | None],
    found: Findings | None,
) -> Ready | Refusal:
    page = pages[subject.page_id]
    if isinstance(page, GraphError):
        return refusal_of(page)
    if not page.token or found is None:
        error = subscribed.get(subject.page_id)
        return Refusal(Reason.NO_PAGE_TOKEN) if error is None else refusal_of(error)
    verdict = _first_verdict(subject, page, found)
    return verdict if isinstance(verdict, Refusal) else Ready(page, page.token, verdict)


def _first_verdict(subject: Subject, page: Page, found: Findings) -> Verdict | Refusal:
    """What the account starts with. What cannot be connected is refused here, before anything is stored."""
    reason, detail = _objection(subject, page, found)
    if reason is not None:
        return Refusal(reason, detail, is_subscribed=True)
    verdict = judge(subject, found)
    # A question that Meta left unanswered does not stop a connection that it just let us make.
    return verdict if verdict.status else HEALTHY


def _objection(subject: Subject, page: Page, found: Findings) -> tuple[Reason | None, str]:
    if isinstance(found.token, GraphError) and found.token.meaning.kind is Kind.TRANSIENT:
        return Reason.META_DOWN, ""
    if not usable_token(subject.page_id, found):
        return Reason.NO_PAGE_TOKEN, ""
    verdict = judge(subject, found)
    if verdict.cause is Cause.NOT_BUSINESS:
        return Reason.NOT_BUSINESS, ""
    if verdict.cause is Cause.INSTAGRAM_UNLINKED:
        return (Reason.HALF_LINKED if page.half_linked else Reason.NO_INSTAGRAM), ""
    if verdict.status == Status.LOST:
        return Reason.REFUSED, f"{verdict.evidence.get('code', '')}"
    return None, ""
