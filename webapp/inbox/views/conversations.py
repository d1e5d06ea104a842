"""The list, and one conversation beside it."""

from flask import render_template, request
from flask.typing import ResponseReturnValue

from webapp.accounts import access
from webapp.accounts.models import Membership
from webapp.accounts.rules import Right
from webapp.core import clock
from webapp.inbox import actions, queries
from webapp.inbox.filters import Filters
from webapp.inbox.views import screen
from webapp.inbox.views.blueprint import bp, opened
from webapp.web.htmx import nothing_new


@bp.get("/w/<slug>/conversations")
@access.member(Right.OWN_CONVERSATIONS)
def conversations(member: Membership) -> ResponseReturnValue:
    return screen.page(member, view="list")


@bp.get("/w/<slug>/conversations/list")
@access.member(Right.OWN_CONVERSATIONS)
def conversation_list(member: Membership) -> ResponseReturnValue:
    """The list alone, when it differs from what the browser has (`after`)."""
    now = clock.now()
    version = queries.page_version(member, Filters.parse(request.args), screen.today(now))
    if version == request.args.get("after"):
        return nothing_new()
    current_id = request.args.get("current", type=int)
    return render_template("inbox/_list.html", **screen.list_context(member, current_id, now))


@bp.get("/w/<slug>/conversations/<int:conversation_id>")
@access.member(Right.OWN_CONVERSATIONS)
def conversation(member: Membership, conversation_id: int) -> ResponseReturnValue:
    return _page(member, conversation_id, "thread")


@bp.get("/w/<slug>/conversations/<int:conversation_id>/contact")
@access.member(Right.OWN_CONVERSATIONS)
def contact(member: Membership, conversation_id: int) -> ResponseReturnValue:
    """The same page; a narrow window shows the customer instead of the thread."""
    return _page(member, conversation_id, "contact")


def _page(member: Membership, conversation_id: int, view: str) -> ResponseReturnValue:
    found = opened(member, conversation_id)
    if found.unread:
        actions.mark_read(found.id)
    return screen.page(member, found, view=view)
