"""Forms of the room."""

import secrets
from collections.abc import Mapping

from flask_babel import gettext
from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from wtforms import Field, HiddenField, StringField, TextAreaField
from wtforms.validators import DataRequired, Length, ValidationError

from webapp.inbox.actions import Change
from webapp.inbox.models import Contact
from webapp.inbox.rules import LONGEST_NOTE, LONGEST_TAG, is_email, is_phone, tidy


class ReplyForm(FlaskForm):  # type: ignore[misc]
    """`form_key` is new for every reply, so that a form sent twice is one reply."""

    text = TextAreaField(_("Write a message"))
    form_key = HiddenField(validators=[Length(max=64)])
    # Whoever wrote it saw that it goes out after the repair.
    after_repair = HiddenField()

    @classmethod
    def fresh(cls, text: str = "") -> "ReplyForm":
        """An empty form for the next reply, or one that gives back what was typed."""
        return cls(formdata=None, text=text, form_key=secrets.token_urlsafe(16))


def _tidy(value: str | None) -> str:
    return tidy(value or "")


class CardForm(FlaskForm):  # type: ignore[misc]
    """The customer's card. Each `…_was` is what the field held when the form was opened."""

    phone = StringField(_("Phone"), filters=[_tidy])
    email = StringField(_("E-mail"), filters=[_tidy])
    note = TextAreaField(_("Note"), filters=[_tidy], validators=[Length(max=LONGEST_NOTE)])
    phone_was = HiddenField(filters=[_tidy])
    email_was = HiddenField(filters=[_tidy])
    note_was = HiddenField(filters=[_tidy])

    @classmethod
    def of(cls, contact: Contact) -> "CardForm":
        held = {name: getattr(contact, name) for name in ("phone", "email", "note")}
        return cls(formdata=None, **held, **{f"{name}_was": value for name, value in held.items()})

    def validate_phone(self, field: Field) -> None:
        if field.data and field.data != self.phone_was.data and not is_phone(field.data):
            raise ValidationError(gettext("Write a phone number, for example 0912-345-678."))

    def validate_email(self, field: Field) -> None:
        if field.data and field.data != self.email_was.data and not is_email(field.data):
            raise ValidationError(gettext("Write an e-mail address, for example name@example.com."))

    def changes(self) -> dict[str, Change]:
        return {
            name: Change(self[f"{name}_was"].data or "", self[name].data or "") for name in ("phone", "email", "note")
        }

    def tell(self, theirs: Mapping[str, str]) -> None:
        """Say what colleagues wrote meanwhile, field → text. Sent again, the form replaces just that."""
        for name, text in theirs.items():
            said = gettext(
                "A colleague has just changed this to “%(text)s”. Yours is below: save again to replace theirs.",
                text=text,
            )
            gone = gettext("A colleague has just emptied this. Yours is below: save again to replace theirs.")
            self[name].errors = [said if text else gone]
            self[f"{name}_was"].data = text


class TagForm(FlaskForm):  # type: ignore[misc]
    """Another name for a tag. `merge` is the name of the tag that it may become one with, as somebody read it."""

    name = StringField(
        _("Name of the tag"),
        filters=[_tidy],
        validators=[
            DataRequired(_("Write a name.")),
            Length(max=LONGEST_TAG, message=_("A tag is a word or two. Write the rest in the note.")),
        ],
    )
    merge = HiddenField()

    def tell(self, other: str) -> None:
        """Say that there is one of this name; sent again, the two become one."""
        self.merge.data = other
        said = gettext(
            "There is a tag “%(tag)s” already. Save again to make the two one; this cannot be undone.", tag=other
        )
        self.name.errors = [said]
