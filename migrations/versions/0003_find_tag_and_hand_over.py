"""Search, tags, the customer's card, transfers and waiting.

Triggers note every text that is new or changed in `search_due`; the index itself is filled in the background, rows
that are here already included. A later migration that makes SQLite rebuild `message`, `contact` or `tagging` (batch mode)
drops their triggers and must call `make_triggers` again; the search's tests notice.
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

TRIGGERS = {
    "message": "message_to_search",
    "contact": "contact_to_search",
    "tagging": "tagging_to_search",
}


def upgrade() -> None:
    _tags()
    _columns()
    _indexes()
    _search()
    make_triggers()
    op.execute("INSERT INTO search_due (contact_id) SELECT id FROM contact ORDER BY id")
    op.execute("INSERT INTO search_due (message_id) SELECT id FROM message WHERE text <> '' ORDER BY id")


def _tags() -> None:
    op.create_table(
        "tag",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("workspace_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("colour", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["workspace_id"], ["workspace.id"], name=op.f("fk_tag_workspace_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tag")),
        sa.UniqueConstraint("workspace_id", "key", name=op.f("uq_tag_workspace_id_key")),
    )
    op.create_table(
        "tagging",
        sa.Column("contact_id", sa.Integer(), nullable=False),
        sa.Column("tag_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["contact_id"], ["contact.id"], name=op.f("fk_tagging_contact_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["tag_id"], ["tag.id"], name=op.f("fk_tagging_tag_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("contact_id", "tag_id", name=op.f("pk_tagging")),
    )
    op.create_index("ix_tagging_tag", "tagging", ["tag_id", "contact_id"])


def _columns() -> None:
    for name in ("phone", "email", "note"):
        op.add_column("contact", sa.Column(name, sa.String(), nullable=False, server_default=""))
    op.add_column("conversation", sa.Column("waiting_since", sa.DateTime(timezone=True), nullable=True))
    op.execute("UPDATE conversation SET waiting_since = last_inbound_at WHERE state <> 'closed' AND NOT latest_is_ours")
    with op.batch_alter_table("conversation_event") as batch_op:
        batch_op.add_column(sa.Column("subject", sa.String(), nullable=False, server_default=""))
        batch_op.add_column(sa.Column("to_id", sa.Integer(), nullable=True))
        batch_op.create_foreign_key(
            op.f("fk_conversation_event_to_id"), "person", ["to_id"], ["id"], ondelete="SET NULL"
        )


def _indexes() -> None:
    op.create_index("ix_conversation_contact", "conversation", ["contact_id"])
    op.create_index("ix_conversation_mine", "conversation", ["workspace_id", "assignee_id", "state", "latest_at", "id"])
    for name, column, condition in (
        ("ix_conversation_unread", "latest_at", "unread > 0"),
        ("ix_conversation_waiting", "waiting_since", "waiting_since IS NOT NULL"),
    ):
        op.create_index(
            name,
            "conversation",
            ["workspace_id", column, "id"],
            sqlite_where=sa.text(condition),
            postgresql_where=sa.text(condition),
        )


def _search() -> None:
    is_postgresql = op.get_bind().dialect.name == "postgresql"
    op.create_table(
        "search_due",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("message_id", sa.Integer(), nullable=True),
        sa.Column("contact_id", sa.Integer(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_search_due")),
    )
    owners = [
        ("conversation_id", "conversation", False),
        ("message_id", "message", True),
        ("contact_id", "contact", True),
    ]
    op.create_table(
        "search_entry",
        sa.Column("id", sa.Integer(), nullable=False),
        *(sa.Column(column, sa.Integer(), nullable=nullable) for column, _, nullable in owners),
        sa.Column("grams", sa.ARRAY(sa.Integer()).with_variant(sa.JSON(), "sqlite"), nullable=True),
        *(
            sa.ForeignKeyConstraint(
                [column], [f"{table}.id"], name=op.f(f"fk_search_entry_{column}"), ondelete="CASCADE"
            )
            for column, table, _ in owners
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_search_entry")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_search_entry_conversation_id", "search_entry", ["conversation_id"])
    op.create_index("ix_search_entry_message", "search_entry", ["message_id"], unique=True)
    op.create_index("ix_search_entry_contact", "search_entry", ["contact_id"], unique=True)
    if is_postgresql:
        op.create_index("ix_search_entry_grams", "search_entry", ["grams"], postgresql_using="gin")
        # More of the common grams known to the planner: for those it walks from the newest entry instead.
        op.execute("ALTER TABLE search_entry ALTER COLUMN grams SET STATISTICS 1000")
    else:
        op.execute(
            "CREATE VIRTUAL TABLE search_gram USING fts5(grams, content='', detail=none, columnsize=0, tokenize='ascii')"
        )


def make_triggers() -> None:
    """Whatever way a text comes in or changes, the search hears of it."""
    make = _on_postgresql if op.get_bind().dialect.name == "postgresql" else _on_sqlite
    make("message_to_search_new", "INSERT", "message", "message_id", "id", "{new}.text <> ''")
    make("message_to_search", "UPDATE OF text", "message", "message_id", "id", "{new}.text <> {old}.text")
    make("contact_to_search_new", "INSERT", "contact", "contact_id", "id", "{new}.name <> '' OR {new}.username <> ''")
    fields = ("name", "username", "phone", "email", "note")
    changed = " OR ".join(f"{{new}}.{field} <> {{old}}.{field}" for field in fields)
    make("contact_to_search", f"UPDATE OF {', '.join(fields)}", "contact", "contact_id", "id", changed)
    make("tagging_to_search_new", "INSERT", "tagging", "contact_id", "contact_id", "")
    make("tagging_to_search", "DELETE", "tagging", "contact_id", "contact_id", "")


def _on_sqlite(name: str, event: str, table: str, column: str, key: str, condition: str) -> None:
    when = f"WHEN {condition.format(new='NEW', old='OLD')}" if condition else ""
    row = "OLD" if event == "DELETE" else "NEW"
    op.execute(
        f"CREATE TRIGGER {name} AFTER {event} ON {table} {when} "
        f"BEGIN INSERT INTO search_due ({column}) VALUES ({row}.{key}); END"
    )


def _on_postgresql(name: str, event: str, table: str, column: str, key: str, condition: str) -> None:
    """One insert for each statement where PostgreSQL can: thousands of messages come in at once."""
    if event == "INSERT":
        where = f"WHERE {condition.format(new='fresh')}" if condition else ""
        body = f"INSERT INTO search_due ({column}) SELECT fresh.{key} FROM fresh {where} ORDER BY 1"
        each = "REFERENCING NEW TABLE AS fresh FOR EACH STATEMENT"
    else:
        row = "OLD" if event == "DELETE" else "NEW"
        body = f"INSERT INTO search_due ({column}) VALUES ({row}.{key})"
        when = f" WHEN ({condition.format(new='NEW', old='OLD')})" if condition else ""
        each = f"FOR EACH ROW{when}"
    op.execute(f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {body}; RETURN NULL; END $$")
    op.execute(f"CREATE TRIGGER {name} AFTER {event} ON {table} {each} EXECUTE FUNCTION {name}()")


def downgrade() -> None:
    is_postgresql = op.get_bind().dialect.name == "postgresql"
    _drop_triggers(is_postgresql)
    if not is_postgresql:
        op.execute("DROP TABLE search_gram")
    for table in ("search_entry", "search_due"):
        op.drop_table(table)
    for name in ("waiting", "unread", "mine", "contact"):
        op.drop_index(f"ix_conversation_{name}", "conversation")
    with op.batch_alter_table("conversation_event") as batch_op:
        batch_op.drop_constraint(op.f("fk_conversation_event_to_id"), type_="foreignkey")
        batch_op.drop_column("to_id")
        batch_op.drop_column("subject")
    op.drop_column("conversation", "waiting_since")
    for name in ("note", "email", "phone"):
        op.drop_column("contact", name)
    for table in ("tagging", "tag"):
        op.drop_table(table)


def _drop_triggers(is_postgresql: bool) -> None:
    for table, name in TRIGGERS.items():
        for trigger in (name, f"{name}_new"):
            op.execute(f"DROP TRIGGER {trigger}{f' ON {table}' if is_postgresql else ''}")
            if is_postgresql:
                op.execute(f"DROP FUNCTION {trigger}()")
