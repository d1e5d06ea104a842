"""Forms of the room."""

from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from wtforms import HiddenField, PasswordField, StringField
from wtforms.validators import InputRequired, Length


class SignInForm(FlaskForm):  # type: ignore[misc]
    email = StringField(_("E-mail"), [InputRequired(_("Enter your e-mail address.")), Length(max=254)])
    password = PasswordField(_("Password"), [InputRequired(_("Enter your password.")), Length(max=1024)])
    next = HiddenField()
