"""The list, and one conversation beside it."""

from typing import Any

from flask import make_response, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.wrappers import Response

from webapp.accounts import access
from webapp.accounts.models import Membership
from webapp.accounts.rules import Right
from webapp.core import clock
from webapp.inbox import actions, queries, thread
from webapp.inbox.filters import Filters
from webapp.inbox.views import screen
from webapp.inbox.views.blueprint import bp, opened
from webapp.web.htmx import nothing_new, wants_fragment


@bp.get("/w/<slug>/conversations")
@access.member(Right.OWN_CONVERSATIONS)
def conversations(member: Membership) -> ResponseReturnValue:
    return screen.page(member, view="list")


@bp.get("/w/<slug>/conversations/list")
@access.member(Right.OWN_CONVERSATIONS)
def conversation_list(member: Membership) -> ResponseReturnValue:
    """The list alone, when it differs from what the browser has (`after`); or what somebody searches for."""
    now, filters = clock.now(), Filters.parse(request.args)
    after = request.args.get("after")
    if after is not None and after == queries.page_version(member, filters, screen.today(now)):
        return nothing_new()
    context = screen.list_context(member, filters, request.args.get("current", type=int), now)
    if after is None:
        return _looked_for(member, filters, context)
    return render_template("inbox/_list.html", **context)


@bp.get("/w/<slug>/conversations/keys")
@access.member(Right.OWN_CONVERSATIONS)
def keys(member: Membership) -> ResponseReturnValue:
    return render_template("inbox/_keys.html" if wants_fragment() else "inbox/keys.html")


def _looked_for(member: Membership, filters: Filters, context: dict[str, Any]) -> Response:
    """The choices go along, because they lead to the same search; and the address says what is shown."""
    parts = [render_template("inbox/_list.html", **context), render_template("inbox/_tools.html", oob=True, **context)]
    response = make_response("\n".join(parts))
    current_id = context["current_id"]
    here = {"slug": member.workspace.slug, **filters.args()}
    response.headers["HX-Replace-Url"] = (
        url_for("inbox.conversation", conversation_id=current_id, **here)
        if current_id
        else url_for("inbox.conversations", **here)
    )
    return response


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
    new_from = thread.first_new_id(found)
    if found.unread and queries.reads(member, found):
        actions.mark_read(found.id)
    actions.renew_profile(found.contact_id, now=clock.now())
    return screen.page(member, found, view=view, new_from=new_from)
