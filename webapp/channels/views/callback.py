"""Where Facebook sends the browser back to. The code leaves the address at once."""

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_login import current_user

from webapp.accounts import access
from webapp.channels import actions, link_queries
from webapp.channels.models import Authorization
from webapp.channels.views import repair
from webapp.channels.views.blueprint import bp, meta
from webapp.core import clock


@bp.get("/facebook/callback")
@access.public
def callback() -> ResponseReturnValue:
    """Members come back signed in; holders of a repair link with a cookie of their own."""
    answer = actions.Answer(
        state=request.args.get("state", ""),
        code=request.args.get("code", ""),
        error=request.args.get("error", ""),
    )
    if link_queries.is_of_a_holder(answer.state):
        return repair.come_back(answer)
    if not current_user.is_authenticated:
        # Not back here after signing in: code and state would travel on in addresses, and open nothing by then.
        return redirect(url_for("accounts.sign_in", next="/social-channels"), 303)
    trip = actions.arrive(answer, current_user.sign_in, meta=meta(), now=clock.now())
    return _to(trip)


@bp.errorhandler(actions.AlreadyUsed)
def already_used(error: actions.AlreadyUsed) -> ResponseReturnValue:
    """Reloaded, or the back button: the trip has its end already, show that."""
    return _to(error.authorization)


@bp.errorhandler(actions.UnknownState)
def unknown_state(error: actions.UnknownState) -> ResponseReturnValue:
    """To a page of its own: the code must not stay in an address, nor travel on from there."""
    return redirect(url_for("channels.callback_refused"), 303)


@bp.get("/facebook/callback/refused")
@access.public
def callback_refused() -> ResponseReturnValue:
    return render_template(
        "channels/callback_refused.html",
        title=gettext("This login does not belong to this browser"),
        text=gettext(
            "It was begun in another browser, or by somebody else. Nothing was changed. "
            "Go back to Social channels and press connect again."
        ),
    )


def _to(trip: Authorization) -> ResponseReturnValue:
    if trip.repair_link_id is not None:
        return redirect(repair.end_url(trip), 303)
    return redirect(url_for("channels.authorization", slug=trip.workspace.slug, name=trip.name), 303)
