"""The workspace's tags: how often each is seen, renamed, deleted everywhere."""

from flask import make_response, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response

from webapp.accounts import access
from webapp.accounts.models import Membership
from webapp.accounts.rules import Right
from webapp.core import clock
from webapp.inbox import actions, queries
from webapp.inbox.forms import TagForm
from webapp.inbox.models import Tag
from webapp.inbox.views.blueprint import bp
from webapp.web.htmx import go, wants_fragment


@bp.get("/w/<slug>/tags")
@access.member(Right.MANAGE_TAGS)
def tag_list(member: Membership) -> ResponseReturnValue:
    return render_template("inbox/tag_list.html", tags=queries.tags(member), sizes=queries.tag_sizes(member))


@bp.get("/w/<slug>/tags/<int:tag_id>/name")
@access.member(Right.MANAGE_TAGS)
def tag_name(member: Membership, tag_id: int) -> ResponseReturnValue:
    found = _tag_or_404(member, tag_id)
    return _dialog("tag_name", member, found, form=TagForm(formdata=None, name=found.name))


@bp.post("/w/<slug>/tags/<int:tag_id>/name")
@access.member(Right.MANAGE_TAGS)
def rename_tag(member: Membership, tag_id: int) -> ResponseReturnValue:
    found, form = _tag_or_404(member, tag_id), TagForm()
    if not form.validate():
        return _dialog("tag_name", member, found, form=form, status=422)
    name, merge = form.name.data, form.merge.data or ""
    try:
        actions.rename_tag(member.workspace, member.person, tag_id, name, merge=merge, now=clock.now())
    except actions.TagTaken as taken:
        form.tell(taken.other)
        return _dialog("tag_name", member, found, form=form, status=409)
    return _back(member, gettext("The tag is called “%(tag)s” now.", tag=name))


@bp.get("/w/<slug>/tags/<int:tag_id>/removal")
@access.member(Right.MANAGE_TAGS)
def tag_removal(member: Membership, tag_id: int) -> ResponseReturnValue:
    return _dialog("tag_removal", member, _tag_or_404(member, tag_id))


@bp.post("/w/<slug>/tags/<int:tag_id>/removal")
@access.member(Right.MANAGE_TAGS)
def delete_tag(member: Membership, tag_id: int) -> ResponseReturnValue:
    found = _tag_or_404(member, tag_id)
    actions.delete_tag(member.workspace, member.person, tag_id, now=clock.now())
    return _back(member, gettext("The tag “%(tag)s” is deleted.", tag=found.name))


def _tag_or_404(member: Membership, tag_id: int) -> Tag:
    found = queries.tag(member, tag_id)
    if found is None:
        raise NotFound
    return found


def _dialog(name: str, member: Membership, found: Tag, *, form: TagForm | None = None, status: int = 200) -> Response:
    """Over the list, or a page of its own. It tells how many conversations it is about."""
    template = f"inbox/_{name}.html" if wants_fragment() else f"inbox/{name}.html"
    size = queries.tag_sizes(member, found.id).get(found.id, 0)
    response = make_response(render_template(template, tag=found, size=size, form=form), status)
    if status != 200:
        response.headers["HX-Retarget"], response.headers["HX-Reswap"] = "#dialog", "innerHTML"
    return response


def _back(member: Membership, words: str) -> Response:
    return go(url_for("inbox.tag_list", slug=member.workspace.slug), words)
