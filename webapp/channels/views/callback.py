"""Where Facebook sends the browser back to. The code leaves the address at once."""

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from webapp.accounts import access
from webapp.accounts.access import SignedIn
from webapp.channels import actions
from webapp.channels.models import Authorization
from webapp.channels.views.blueprint import bp, meta
from webapp.core import clock


@bp.get("/facebook/callback")
@access.signed_in
def callback(user: SignedIn) -> ResponseReturnValue:
    answer = actions.Answer(
        state=request.args.get("state", ""),
        code=request.args.get("code", ""),
        error=request.args.get("error", ""),
    )
    trip = actions.arrive(answer, user.sign_in, meta=meta(), now=clock.now())
    return _to(trip)


@bp.errorhandler(actions.AlreadyUsed)
def already_used(error: actions.AlreadyUsed) -> ResponseReturnValue:
    """Reloaded, or the back button: the trip has its end already, show that."""
    return _to(error.authorization)


@bp.errorhandler(actions.UnknownState)
def unknown_state(error: actions.UnknownState) -> ResponseReturnValue:
    return (
        render_template(
            "channels/callback_refused.html",
            title=gettext("This login does not belong to this browser"),
            text=gettext(
                "It was begun in another browser, or by somebody else. Nothing was changed. "
                "Go back to Social channels and press connect again."
            ),
        ),
        400,
    )


def _to(trip: Authorization) -> ResponseReturnValue:
    return redirect(url_for("channels.authorization", slug=trip.workspace.slug, name=trip.name), 303)
