"""What the search knows: which grams are where, and what it has not looked at yet."""

from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, Integer, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from webapp.core.db import Model

# On SQLite the grams stand in the full-text table `search_gram` under the entry's id, and this column stays empty.
_Grams = ARRAY(Integer).with_variant(JSON(none_as_null=True), "sqlite")
_PEOPLE = text("contact_id IS NOT NULL")


class SearchEntry(Model):
    """One searchable text: a message, or a customer with all that is known of them.

    A text that changes gets a new entry and loses the old one, so an id never means two texts: `search_gram` cannot
    forget, and what it proposes counts only while the entry is here. Younger entries have greater ids.
    """

    __tablename__ = "search_entry"
    __table_args__ = (
        Index("ix_search_entry_message", "message_id", unique=True),
        Index("ix_search_entry_contact", "contact_id", unique=True),
        # Who looks for a frequent name walks back from the newest customer, not past all messages.
        Index("ix_search_entry_people", "id", postgresql_where=_PEOPLE).ddl_if(dialect="postgresql"),
        Index("ix_search_entry_grams", "grams", postgresql_using="gin").ddl_if(dialect="postgresql"),
        {"sqlite_autoincrement": True},
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    message_id: Mapped[int | None] = mapped_column(ForeignKey("message.id", ondelete="CASCADE"))
    contact_id: Mapped[int | None] = mapped_column(ForeignKey("contact.id", ondelete="CASCADE"))
    grams: Mapped[list[Any] | None] = mapped_column(_Grams)


class SearchDue(Model):
    """A text that is new or has changed. Triggers write it, so that no way to write a message can forget to.

    No foreign keys: it is written with every message, and what it names may be gone when its turn comes.
    """

    __tablename__ = "search_due"

    id: Mapped[int] = mapped_column(primary_key=True)
    message_id: Mapped[int | None]
    contact_id: Mapped[int | None]
