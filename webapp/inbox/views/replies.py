"""Answering."""

from typing import cast

from flask import g, make_response, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response

from webapp.accounts import access
from webapp.accounts.models import Membership
from webapp.accounts.rules import Right
from webapp.core import clock
from webapp.inbox import actions, queries
from webapp.inbox.filters import Filters
from webapp.inbox.forms import ReplyForm
from webapp.inbox.outgoing import MOST_FILES, most_megabytes
from webapp.inbox.views import screen
from webapp.inbox.views.blueprint import bp, opened
from webapp.web.htmx import go, say, wants_fragment, with_toast


@bp.post("/w/<slug>/conversations/<int:conversation_id>/messages")
@access.member(Right.OWN_CONVERSATIONS)
def reply(member: Membership, conversation_id: int) -> ResponseReturnValue:
    found = opened(member, conversation_id)
    form = ReplyForm()
    text, form_key = form.text.data or "", (form.form_key.data or "")[:64]
    after_repair, now = form.after_repair.data == "1", clock.now()
    given = [one for one in request.files.getlist("file") if one.filename]
    if given:
        kept = actions.take_in(found, given, text, now=now, after_repair=after_repair)
        actions.reply_with_files(found.id, member.person, kept, text, form_key, now=now, after_repair=after_repair)
    else:
        actions.reply(found.id, member.person, text, form_key, now=now, after_repair=after_repair)
    return answer(member, found.id, new_form=True)


@bp.post("/w/<slug>/conversations/<int:conversation_id>/messages/<int:message_id>/dispatch")
@access.member(Right.OWN_CONVERSATIONS)
def dispatch(member: Membership, conversation_id: int, message_id: int) -> ResponseReturnValue:
    found = opened(member, conversation_id)
    if not queries.has_message(found, message_id):
        raise NotFound
    actions.dispatch(found.id, message_id, now=clock.now())
    return answer(member, found.id)


@bp.post("/w/<slug>/conversations/<int:conversation_id>/messages/<int:message_id>/withdrawal")
@access.member(Right.OWN_CONVERSATIONS)
def withdraw(member: Membership, conversation_id: int, message_id: int) -> ResponseReturnValue:
    """Take back a reply that waits for the repair; to change it, its text goes back to where one writes."""
    found = opened(member, conversation_id)
    if not queries.has_message(found, message_id):
        raise NotFound
    text = actions.withdraw(found.id, message_id)
    if "edit" not in request.form:
        return answer(member, found.id)
    # What was being written meanwhile is kept, below it.
    form = ReplyForm.fresh("\n".join(filter(None, (text, request.form.get("text", "").strip()))))
    found = opened(member, conversation_id)
    if wants_fragment():
        return screen.changes(member, found, form=form)
    return screen.page(member, found, view="thread", form=form)


def answer(member: Membership, conversation_id: int, *, new_form: bool = False, said: str | None = None) -> Response:
    """What changed, for htmx; for everybody else the page. `said`: what a screen reader hears of it."""
    if wants_fragment():
        changed = screen.changes(member, opened(member, conversation_id), new_form=new_form)
        return say(changed, said) if said else changed
    args = Filters.parse(request.args).args()
    return go(url_for("inbox.conversation", slug=member.workspace.slug, conversation_id=conversation_id, **args))


@bp.errorhandler(actions.FileRefused)
def file_refused(error: actions.FileRefused) -> ResponseReturnValue:
    return _again(refused_words(error, cast(Membership, g.member), (request.view_args or {})["conversation_id"]))


def refused_words(error: actions.FileRefused, member: Membership, conversation_id: int) -> str:
    """What is wrong with the file, and what would do."""
    platform = opened(member, conversation_id).channel.platform
    if error.reason == "many":
        return str(gettext("Send at most %(count)s files at once.", count=MOST_FILES))
    if error.reason == "empty":
        return str(gettext("%(name)s is empty.", name=error.name))
    if error.reason == "size":
        most = most_megabytes(platform, error.mime)
        return str(gettext("%(name)s is too large: at most %(most)s MB can be sent.", name=error.name, most=most))
    return str(
        gettext(
            "%(name)s is of a kind that Instagram does not take. Pictures (PNG, JPEG, GIF), films (MP4, MOV, WebM, "
            "AVI, OGG), sound (AAC, M4A, WAV) and PDF can be sent.",
            name=error.name,
        )
    )


@bp.errorhandler(actions.EmptyText)
def empty(error: actions.EmptyText) -> ResponseReturnValue:
    return _again(gettext("Write something first."))


@bp.errorhandler(actions.TextTooLong)
def too_long(error: actions.TextTooLong) -> ResponseReturnValue:
    return _again(gettext("This is too long to send in one message. Shorten it, or send it in two."))


@bp.errorhandler(actions.ComposerClosed)
def closed(error: actions.ComposerClosed) -> ResponseReturnValue:
    return _again(gettext("Nothing was sent: this conversation cannot be answered right now."))


def _again(problem: str) -> Response:
    """The composer once more, with the reason and with what was typed."""
    member, conversation_id = cast(Membership, g.member), (request.view_args or {})["conversation_id"]
    found = opened(member, conversation_id)
    form = ReplyForm.fresh(request.form.get("text", ""))
    if not wants_fragment():
        return screen.page(member, found, view="thread", form=form, problem=problem, status=422)
    context = screen.composer_context(Filters.parse(request.args), found, clock.now(), form, problem)
    response = make_response(render_template("inbox/_composer.html", **context), 422)
    response.headers["HX-Retarget"] = f"#composer-{conversation_id}"
    response.headers["HX-Reswap"] = "outerHTML"
    return response


@bp.errorhandler(actions.AlreadyGone)
def already_gone(error: actions.AlreadyGone) -> ResponseReturnValue:
    member, conversation_id = cast(Membership, g.member), (request.view_args or {})["conversation_id"]
    words = gettext("Too late: this reply is on its way already, or a colleague took it back.")
    return with_toast(answer(member, conversation_id), words, "warn")
