"""What the three panes show, whole or in parts."""

from datetime import datetime
from typing import Any

from flask import make_response, render_template, request
from flask_babel import to_user_timezone
from werkzeug.wrappers import Response

from webapp.accounts import access
from webapp.accounts.models import Membership
from webapp.accounts.rules import Right, may
from webapp.channels.status import Status
from webapp.core import clock
from webapp.inbox import queries, search, thread, troubles
from webapp.inbox.filters import Filters
from webapp.inbox.forms import ReplyForm
from webapp.inbox.models import Conversation
from webapp.inbox.outgoing import accepted, file_limits
from webapp.inbox.rules import INSTAGRAM_BYTES, MESSENGER_CHARACTERS, composer
from webapp.inbox.thread import Cursor

TEMPLATE = "inbox/conversations.html"


def page(
    member: Membership,
    found: Conversation | None = None,
    *,
    view: str,
    form: ReplyForm | None = None,
    problem: str = "",
    status: int = 200,
    new_from: int | None = None,
) -> Response:
    """The whole page. `view` is the pane that a narrow window shows: list, thread or contact. `new_from` is the message
    with which begins what nobody had read."""
    now = clock.now()
    filters = Filters.parse(request.args)
    context: dict[str, Any] = {"view": view, "conversation": found}
    context |= list_context(member, filters, found.id if found else None, now)
    if found is not None:
        context |= thread_context(member, filters, found, now) | composer_context(filters, found, now, form, problem)
        context["new_from"] = new_from
    return make_response(render_template(TEMPLATE, **context), status)


def list_context(member: Membership, filters: Filters, current_id: int | None, now: datetime) -> dict[str, Any]:
    channels = queries.channels(member)
    found = search.find(member, filters) if filters.query else None
    return {
        "page": None if found else queries.page(member, filters, today(now)),
        "found": found,
        "tags": queries.tags(member),
        "filters": filters,
        "current_id": current_id,
        "channels": channels,
        "has_channel": any(channel.status != Status.DISCONNECTED for channel in channels),
        "repairers": access.whom(member, Right.MANAGE_CHANNELS),
    }


def thread_context(member: Membership, filters: Filters, found: Conversation, now: datetime) -> dict[str, Any]:
    return {
        "conversation": found,
        "channel": found.channel,
        "thread": thread.load(
            found,
            start_id=request.args.get("from", type=int),
            before_id=request.args.get("before_message", type=int),
            around_id=request.args.get("message", type=int),
        ),
        "cursor": str(Cursor.of(found, now)),
        "new_from": request.args.get("new", type=int),
        "colleagues": queries.colleagues(member, found),
        "tags": queries.tags(member),
        "filters": filters,
        "composer": composer(found.channel.status, found.last_inbound_at, now),
        "trouble": troubles.trouble(found, now),
        "may_take_over": may(member.role, Right.ALL_CONVERSATIONS),
        "repairers": access.whom(member, Right.MANAGE_CHANNELS),
    }


def composer_context(
    filters: Filters, found: Conversation, now: datetime, form: ReplyForm | None = None, problem: str = ""
) -> dict[str, Any]:
    on_instagram = found.channel.platform == "instagram"
    return {
        "conversation": found,
        "channel": found.channel,
        "composer": composer(found.channel.status, found.last_inbound_at, now),
        "form": form or ReplyForm.fresh(),
        "problem": problem,
        "filters": filters,
        "max_bytes": INSTAGRAM_BYTES if on_instagram else None,
        "max_characters": None if on_instagram else MESSENGER_CHARACTERS,
        "accepted": accepted(found.channel.platform),
        "file_limits": file_limits(found.channel.platform),
    }


def changes(
    member: Membership,
    found: Conversation,
    *,
    new_form: bool = False,
    form: ReplyForm | None = None,
    new_tags: bool = False,
) -> Response:
    """The thread, and beside it (out of band) what else may have changed. The composer stays untouched while it
    can: somebody is writing there. `new_form`: what was written is on its way, the next reply has a key of its own.
    `form`: what the composer is to hold now. `new_tags`: the list can be narrowed by other tags than before.
    """
    now = clock.now()
    before = Cursor.parse(request.values.get("after", ""))
    filters = Filters.parse(request.args)
    context = thread_context(member, filters, found, now)
    parts = [
        render_template("inbox/_thread.html", **context),
        *(render_template(f"inbox/_{part}.html", oob=True, **context) for part in ("head", "banner", "card")),
        render_template("inbox/_announcement.html", oob=True, news=_news(found), **context),
    ]
    if new_tags:
        choices = {"channels": queries.channels(member), "current_id": found.id}
        parts.append(render_template("inbox/_tools.html", oob=True, **choices, **context))
    if form is not None:
        parts.append(render_template("inbox/_composer.html", oob=True, **composer_context(filters, found, now, form)))
    elif before is not None and before.composer != context["composer"].key:
        parts.append(render_template("inbox/_composer.html", oob=True, **composer_context(filters, found, now)))
    elif new_form:
        form = ReplyForm.fresh()
        parts.append(render_template("inbox/_form_key.html", alone=True, conversation=found, form=form))
    return make_response("\n".join(parts))


def _news(found: Conversation) -> bool:
    """Whether the customer wrote since the browser last asked."""
    known = request.values.get("heard", type=int)
    return known is not None and thread.last_inbound_id(found) > known


def today(now: datetime) -> Any:
    return to_user_timezone(now).date()
