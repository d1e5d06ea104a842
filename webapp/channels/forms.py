"""Forms of the room."""

from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from wtforms import SelectField, StringField
from wtforms.fields import SelectChoice
from wtforms.validators import Length, Optional, Regexp

from webapp.web.i18n import LOCALES


class RepairLinkForm(FlaskForm):  # type: ignore[misc]
    """Where to mail a new link, if anywhere."""

    address = StringField(
        _("Their e-mail address (optional)"),
        [
            Optional(),
            Length(max=254),
            Regexp(
                r"^[^@\s<>,;]+@[^@\s<>,;]+\.[^@\s<>,;]+$",
                message=_("Enter a whole e-mail address, such as name@example.com."),
            ),
        ],
        filters=[lambda text: text.strip() if text else text],
    )
    locale = SelectField(
        _("Language of the mail"), choices=[SelectChoice(code, label) for code, label in LOCALES.items()]
    )
