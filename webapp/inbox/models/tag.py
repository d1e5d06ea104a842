"""Words that a workspace puts on its customers."""

from sqlalchemy import Column, ForeignKey, Index, Table, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from webapp.core.db import Model

TAGGING = Table(
    "tagging",
    Model.metadata,
    Column("contact_id", ForeignKey("contact.id", ondelete="CASCADE"), primary_key=True),
    Column("tag_id", ForeignKey("tag.id", ondelete="CASCADE"), primary_key=True),
    Index("ix_tagging_tag", "tag_id", "contact_id"),
)


class Tag(Model):
    """A word as it was first typed; `key` is what makes two spellings one tag. `colour` is empty or a name of the
    palette (`rules.COLOURS`)."""

    __tablename__ = "tag"
    __table_args__ = (UniqueConstraint("workspace_id", "key"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    workspace_id: Mapped[int] = mapped_column(ForeignKey("workspace.id", ondelete="CASCADE"))
    name: Mapped[str]
    key: Mapped[str]
    colour: Mapped[str] = mapped_column(default="")
