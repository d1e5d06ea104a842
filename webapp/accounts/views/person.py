"""What somebody says of themselves."""

from flask import render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from webapp.accounts import access, actions
from webapp.accounts.access import SignedIn
from webapp.accounts.forms import PersonForm
from webapp.accounts.views.blueprint import bp
from webapp.web.htmx import go


@bp.get("/account")
@access.signed_in
def account(user: SignedIn) -> ResponseReturnValue:
    return render_template("accounts/account.html", form=PersonForm(obj=user.person))


@bp.post("/account")
@access.signed_in
def describe(user: SignedIn) -> ResponseReturnValue:
    form = PersonForm()
    if not form.validate():
        return render_template("accounts/account.html", form=form), 422
    actions.describe(user.person, name=form.name.data or "", locale=form.locale.data)
    return go(url_for("accounts.account"), gettext("Saved."))
