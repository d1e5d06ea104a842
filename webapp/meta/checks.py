"""The questions of a check: token, Page, subscription, message access; and who answers, where that is in doubt.

Together they tell a fault of the token from one of the channel: debug_token answers for dead tokens too, but
sees neither a lost link, a missing subscription nor switched-off access.
"""

from collections.abc import Callable, Sequence
from itertools import islice
from typing import TypeVar, get_args
from urllib.parse import quote, quote_plus, urlencode

from webapp.meta.answers import Json, rows
from webapp.meta.batch import Answer, Call, Pen, run
from webapp.meta.errors import GraphError, NotSent
from webapp.meta.gateway import Findings, Platform, Probe
from webapp.meta.remote import read_owner, read_routing
from webapp.meta.shapes import CHECKED_PAGE, read_access, read_page, read_subscribed, read_token_state
from webapp.meta.transport import SEALED, Transport, opened

T = TypeVar("T")


def first_conversation(platform: Platform) -> dict[str, str]:
    """The smallest listing that shows whether messages may be read. Meta's default platform is Messenger."""
    return {"platform": platform, "limit": "1", "fields": "id"}


# Written once, not for each channel.
_PAGE = urlencode({"fields": CHECKED_PAGE})
_CONVERSATION = {platform: urlencode(first_conversation(platform)) for platform in get_args(Platform)}


def check(transport: Transport, probes: Sequence[Probe]) -> list[Findings]:
    """The findings of every probe, in order; never raises, an error stands where an answer would."""
    pen = Pen(transport)
    asked = [_questions(pen, probe) for probe in probes]
    # The two channels of a Page share three of their four questions: what reads alike is asked once.
    answers = iter(run(transport, [call for calls in asked for call in calls]))
    app_id = transport.settings.app_id
    return [_findings(list(islice(answers, len(calls))), app_id) for calls in asked]


def _questions(pen: Pen, probe: Probe) -> list[Call]:
    """Nothing is asked for a token that no key opens."""
    try:
        token = opened(probe.page_token)
    except NotSent:
        return []
    page, signed = quote(probe.page_id, safe=""), pen.signed(token)
    asked = [
        Call("GET", f"debug_token?input_token={quote_plus(token)}&{pen.app}", as_app=True),
        Call("GET", f"{page}?{_PAGE}&{signed}"),
        Call("GET", f"{page}/subscribed_apps?{signed}"),
        Call("GET", f"{page}/conversations?{_CONVERSATION[probe.platform]}&{signed}"),
    ]
    if probe.listened_to:
        recipient = quote_plus(probe.listened_to)
        asked += [
            Call("GET", f"{page}?fields=messaging_feature_status&{signed}"),
            Call("GET", f"{page}/thread_owner?recipient={recipient}&{signed}"),
        ]
    return asked


def _findings(answers: Sequence[Answer], app_id: str) -> Findings:
    if not answers:
        sealed = NotSent(SEALED)
        return Findings(sealed, sealed, sealed, sealed)
    token, page, subscribed, access, *who_answers = answers
    routing, owner = who_answers or (None, None)
    return Findings(
        token=_read(read_token_state, token),
        page=_read(read_page, page),
        subscribed=_read(lambda payload: read_subscribed(rows(payload), app_id), subscribed),
        access=_read(read_access, access),
        routing=None if routing is None else _read(read_routing, routing),
        owner=None if owner is None else _read(read_owner, owner),
    )


def _read(shape: Callable[[Json], T], answer: Answer) -> T | GraphError:
    try:
        return answer if isinstance(answer, GraphError) else shape(answer)
    except GraphError as error:
        return error.as_answer()
