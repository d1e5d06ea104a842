"""Forms of the room."""

from typing import Any

from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from wtforms import Field, HiddenField, PasswordField, SelectField, StringField, ValidationError
from wtforms.fields import SelectChoice
from wtforms.validators import InputRequired, Length, Regexp

from webapp.accounts.models import Role
from webapp.web.i18n import LOCALES

ROLE_NAMES = {
    Role.ADMIN: _("Admin"),
    Role.SUPERVISOR: _("Supervisor"),
    Role.CS_MANAGER: _("Customer service manager"),
    Role.AGENT: _("Agent"),
    Role.MARKETER: _("Marketer"),
}
SHORTEST_PASSWORD = 10


class SignInForm(FlaskForm):  # type: ignore[misc]
    email = StringField(_("E-mail"), [InputRequired(_("Enter your e-mail address.")), Length(max=254)])
    password = PasswordField(_("Password"), [InputRequired(_("Enter your password.")), Length(max=1024)])
    next = HiddenField()


def _email(label: Any) -> StringField:
    return StringField(
        label,
        [
            InputRequired(_("Enter an e-mail address.")),
            Length(max=254),
            Regexp(
                r"^[^@\s<>,;]+@[^@\s<>,;]+\.[^@\s<>,;]+$",
                message=_("Enter a whole e-mail address, such as name@example.com."),
            ),
        ],
        filters=[lambda text: text.strip().lower() if text else text],
    )


def _locale() -> SelectField:
    return SelectField(
        _("Language of the mails"), choices=[SelectChoice(code, label) for code, label in LOCALES.items()]
    )


def _name(label: Any) -> StringField:
    return StringField(
        label,
        [InputRequired(_("Enter a name.")), Length(max=80)],
        filters=[lambda text: " ".join(text.split()) if text else text],
    )


def _password() -> PasswordField:
    return PasswordField(
        _("New password"),
        [
            InputRequired(_("Enter a password.")),
            Length(min=SHORTEST_PASSWORD, max=1024, message=_("Take 10 characters or more.")),
        ],
    )


class InvitationForm(FlaskForm):  # type: ignore[misc]
    email = _email(_("Their e-mail address"))
    role = SelectField(_("Role"), choices=[SelectChoice(role, name) for role, name in ROLE_NAMES.items()])
    locale = _locale()


class RoleForm(FlaskForm):  # type: ignore[misc]
    role = SelectField(_("Role"), choices=[SelectChoice(role, name) for role, name in ROLE_NAMES.items()])


class JoinForm(FlaskForm):  # type: ignore[misc]
    """For somebody who has no account yet."""

    name = _name(_("Your name, as colleagues see it"))
    password = _password()
    locale = _locale()


class ForgottenForm(FlaskForm):  # type: ignore[misc]
    email = _email(_("E-mail"))


class PasswordForm(FlaskForm):  # type: ignore[misc]
    password = _password()
    again = PasswordField(_("The same once more"), [InputRequired(_("Enter a password.")), Length(max=1024)])

    def validate_again(self, field: Field) -> None:
        if field.data != self.password.data:
            raise ValidationError(_("The two differ. Enter the same password twice."))


class PersonForm(FlaskForm):  # type: ignore[misc]
    name = _name(_("Your name, as colleagues see it"))
    locale = _locale()


class WorkspaceForm(FlaskForm):  # type: ignore[misc]
    name = _name(_("Name of the workspace"))
