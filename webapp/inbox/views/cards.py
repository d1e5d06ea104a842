"""The customer's card: what colleagues write on it."""

from typing import cast

from flask import g, make_response, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from werkzeug.wrappers import Response

from webapp.accounts import access
from webapp.accounts.models import Membership
from webapp.accounts.rules import Right
from webapp.core import clock
from webapp.inbox import actions
from webapp.inbox.filters import Filters
from webapp.inbox.forms import CardForm
from webapp.inbox.models import Conversation
from webapp.inbox.views import screen
from webapp.inbox.views.blueprint import bp, opened
from webapp.web.errors import page
from webapp.web.htmx import announce, go, wants_fragment


@bp.get("/w/<slug>/conversations/<int:conversation_id>/card")
@access.member(Right.OWN_CONVERSATIONS)
def card(member: Membership, conversation_id: int) -> ResponseReturnValue:
    found = opened(member, conversation_id)
    return _form(found, CardForm.of(found.contact))


@bp.post("/w/<slug>/conversations/<int:conversation_id>/card")
@access.member(Right.OWN_CONVERSATIONS)
def save_card(member: Membership, conversation_id: int) -> ResponseReturnValue:
    found = opened(member, conversation_id)
    form = CardForm()
    if not form.validate():
        return _form(found, form, status=422)
    actions.save_card(found.id, member.person, form.changes(), now=clock.now())
    return announce(_answer(member, found.id), "close-dialog")


@bp.post("/w/<slug>/conversations/<int:conversation_id>/tags")
@access.member(Right.OWN_CONVERSATIONS)
def tags(member: Membership, conversation_id: int) -> ResponseReturnValue:
    found = opened(member, conversation_id)
    actions.tag(found.id, member.person, request.form.get("tag", ""), now=clock.now())
    return _answer(member, found.id, new_tags=True)


@bp.post("/w/<slug>/conversations/<int:conversation_id>/tags/<int:tag_id>/removal")
@access.member(Right.OWN_CONVERSATIONS)
def untag(member: Membership, conversation_id: int, tag_id: int) -> ResponseReturnValue:
    found = opened(member, conversation_id)
    actions.untag(found.id, member.person, tag_id, now=clock.now())
    return _answer(member, found.id, new_tags=True)


@bp.post("/w/<slug>/conversations/<int:conversation_id>/tags/<int:tag_id>/colour")
@access.member(Right.OWN_CONVERSATIONS)
def paint(member: Membership, conversation_id: int, tag_id: int) -> ResponseReturnValue:
    found = opened(member, conversation_id)
    actions.paint(found.id, tag_id, request.form.get("colour", ""))
    return _answer(member, found.id)


def _answer(member: Membership, conversation_id: int, *, new_tags: bool = False) -> Response:
    if wants_fragment():
        return screen.changes(member, opened(member, conversation_id), new_tags=new_tags)
    args = Filters.parse(request.args).args()
    return go(url_for("inbox.contact", slug=member.workspace.slug, conversation_id=conversation_id, **args))


def _form(found: Conversation, form: CardForm, *, status: int = 200) -> Response:
    """A dialog over the conversation, or a page of its own. A form that comes back takes its place."""
    template = "inbox/_card_form.html" if wants_fragment() else "inbox/card_form.html"
    context = {"conversation": found, "form": form, "filters": Filters.parse(request.args)}
    response = make_response(render_template(template, **context), status)
    if status != 200:
        response.headers["HX-Retarget"], response.headers["HX-Reswap"] = "#dialog", "innerHTML"
    return response


@bp.errorhandler(actions.ChangedMeanwhile)
def changed_meanwhile(error: actions.ChangedMeanwhile) -> ResponseReturnValue:
    """Both versions: what a colleague wrote in words, one's own still in the field. Saving again replaces theirs."""
    member, conversation_id = cast(Membership, g.member), (request.view_args or {})["conversation_id"]
    form = CardForm()
    form.tell(error.theirs)
    return _form(opened(member, conversation_id), form, status=409)


@bp.errorhandler(actions.TagTooLong)
def tag_too_long(error: actions.TagTooLong) -> ResponseReturnValue:
    return page(422, gettext("This tag is too long"), gettext("A tag is a word or two. Write the rest in the note."))
