"""Forms of the room."""

import secrets

from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from wtforms import HiddenField, TextAreaField
from wtforms.validators import Length


class ReplyForm(FlaskForm):  # type: ignore[misc]
    """`form_key` is new for every reply, so that a form sent twice is one reply."""

    text = TextAreaField(_("Write a message"))
    form_key = HiddenField(validators=[Length(max=64)])

    @classmethod
    def fresh(cls, text: str = "") -> "ReplyForm":
        """An empty form for the next reply, or one that gives back what was typed."""
        return cls(formdata=None, text=text, form_key=secrets.token_urlsafe(16))
