"""The thread alone, for those who look at it already."""

from flask import g, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from webapp.accounts import access
from webapp.accounts.models import Membership
from webapp.accounts.rules import Right
from webapp.core import clock
from webapp.inbox import actions, queries
from webapp.inbox.thread import Cursor
from webapp.inbox.views import screen
from webapp.inbox.views.blueprint import bp, opened
from webapp.web.errors import Refused, refused
from webapp.web.htmx import go, nothing_new, wants_fragment


@bp.get("/w/<slug>/conversations/<int:conversation_id>/thread")
@access.member(Right.OWN_CONVERSATIONS)
def thread(member: Membership, conversation_id: int) -> ResponseReturnValue:
    """The thread, when it differs from what the browser has (`after`)."""
    found = opened(member, conversation_id)
    if str(Cursor.of(found, clock.now())) == request.args.get("after"):
        return nothing_new()
    if found.unread and queries.reads(member, found):
        actions.mark_read(found.id)
    return screen.changes(member, opened(member, conversation_id))


@bp.errorhandler(Refused)
def taken_away(error: Refused) -> ResponseReturnValue:
    """A colleague took over what is open here: a poll leads to the list instead of failing every two seconds."""
    if wants_fragment() and request.endpoint == "inbox.thread" and "member" in g:
        toast = gettext("A colleague handles this conversation now.")
        return go(url_for("inbox.conversations", slug=g.member.workspace.slug), toast)
    return refused(error)
