"""Taking, handing over, closing and reopening a conversation."""

from flask import request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from werkzeug.exceptions import NotFound

from webapp.accounts import access
from webapp.accounts.models import Membership
from webapp.accounts.rules import Right, may
from webapp.core import clock
from webapp.inbox import actions, queries
from webapp.inbox.filters import Filters
from webapp.inbox.views.blueprint import bp, opened
from webapp.inbox.views.replies import answer
from webapp.web.errors import page
from webapp.web.htmx import go


@bp.post("/w/<slug>/conversations/<int:conversation_id>/assignment")
@access.member(Right.OWN_CONVERSATIONS)
def assignment(member: Membership, conversation_id: int) -> ResponseReturnValue:
    """跟進."""
    found = opened(member, conversation_id)
    may_take_over = may(member.role, Right.ALL_CONVERSATIONS)
    actions.take(found.id, member.person, may_take_over=may_take_over, now=clock.now())
    said = gettext("%(name)s took this conversation", name=member.person.name)
    return answer(member, found.id, said=said)


@bp.post("/w/<slug>/conversations/<int:conversation_id>/transfer")
@access.member(Right.OWN_CONVERSATIONS)
def transfer(member: Membership, conversation_id: int) -> ResponseReturnValue:
    """移轉. Whoever may not see it afterwards is led to the list."""
    found = opened(member, conversation_id)
    to_id = request.form.get("to", type=int)
    to = next((one for one in queries.colleagues(member, found) if one.id == to_id), None)
    if to is None:
        raise NotFound
    was_with = request.form.get("was_with", type=int)
    actions.transfer(found.id, member.person, to, was_with=was_with, now=clock.now())
    if may(member.role, Right.ALL_CONVERSATIONS):
        return answer(member, found.id)
    args = Filters.parse(request.args).having().args()
    toast = gettext("Transferred to %(name)s.", name=to.name)
    return go(url_for("inbox.conversations", slug=member.workspace.slug, **args), toast)


@bp.post("/w/<slug>/conversations/<int:conversation_id>/closure")
@access.member(Right.OWN_CONVERSATIONS)
def closure(member: Membership, conversation_id: int) -> ResponseReturnValue:
    """✓ 結束事件."""
    found = opened(member, conversation_id)
    actions.close(found.id, member.person, now=clock.now())
    said = gettext("%(name)s closed this conversation", name=member.person.name)
    return answer(member, found.id, said=said)


@bp.post("/w/<slug>/conversations/<int:conversation_id>/reopening")
@access.member(Right.OWN_CONVERSATIONS)
def reopening(member: Membership, conversation_id: int) -> ResponseReturnValue:
    """↻ 重啟事件."""
    found = opened(member, conversation_id)
    actions.reopen(found.id, member.person, now=clock.now())
    said = gettext("%(name)s reopened this conversation", name=member.person.name)
    return answer(member, found.id, said=said)


@bp.errorhandler(actions.AlreadyTaken)
def already_taken(error: actions.AlreadyTaken) -> ResponseReturnValue:
    return page(
        409,
        gettext("%(name)s has just taken this conversation", name=error.name),
        gettext("Choose another one from the list."),
    )
