"""The tables in a person's own database, declared once.

`schema` compiles the SQL people are shown from these, compares what it finds with these, and the
queries are built on these. Every table, column and index carries in `info["since"]` the version of
the schema it came with; nothing is ever dropped or rewritten, so a version is a subset.

Timestamps have no time zone in the database: the app writes UTC.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import (
    TIMESTAMP,
    Column,
    Date,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    Numeric,
    Table,
    Text,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

if TYPE_CHECKING:
    from sqlalchemy.schema import SchemaItem

LATEST = 2

metadata = MetaData()

# Ids are passed as text, or as UUID objects: psycopg takes either.
_ID: Uuid[str] = Uuid(as_uuid=False)
_MONEY: Numeric[Any] = Numeric(10, 2)


def _since(version: int) -> dict[str, int]:
    return {"since": version}


def since(item: SchemaItem) -> int:
    """Return the version of the schema that a table, column or index came with."""
    return int(item.info["since"])


def _id() -> Column[str]:
    return Column(
        "id", _ID, primary_key=True, server_default=text("gen_random_uuid()"), info=_since(1)
    )


def _owner() -> Column[str]:
    return Column(
        "user_id",
        _ID,
        ForeignKey("profiles.id", ondelete="CASCADE"),
        nullable=False,
        info=_since(1),
    )


def _text(name: str, *, default: str | None = None, required: bool = False) -> Column[str]:
    return Column(name, Text, nullable=not required, server_default=default, info=_since(1))


def _timestamp(name: str, *, version: int = 1, now: bool = True) -> Column[Any]:
    return Column(
        name, TIMESTAMP, server_default=text("now()") if now else None, info=_since(version)
    )


profiles = Table(
    "profiles",
    metadata,
    Column("id", _ID, primary_key=True, info=_since(1)),
    Column("email", Text, nullable=False, unique=True, info=_since(1)),
    _text("name"),
    _timestamp("created_at"),
    _timestamp("updated_at"),
    info=_since(1),
)

projects = Table(
    "projects",
    metadata,
    _id(),
    _owner(),
    _text("name", required=True),
    _text("description"),
    Column("budget", _MONEY, info=_since(1)),
    _text("status", default="planning"),
    _text("priority", default="medium"),
    Column("spent", _MONEY, server_default=text("0"), info=_since(1)),
    Column("due_date", Date, info=_since(1)),
    _timestamp("created_at"),
    _timestamp("updated_at"),
    Index("idx_projects_user", "user_id", info=_since(1)),
    info=_since(1),
)

team_members = Table(
    "team_members",
    metadata,
    _id(),
    _owner(),
    _text("name", required=True),
    _text("email"),
    _text("role", default="Developer"),
    Column("workload", Integer, server_default=text("0"), info=_since(1)),
    _text("status", default="available"),
    _timestamp("created_at"),
    Index("idx_team_user", "user_id", info=_since(1)),
    info=_since(1),
)

tasks = Table(
    "tasks",
    metadata,
    _id(),
    _owner(),
    Column("project_id", _ID, ForeignKey("projects.id", ondelete="CASCADE"), info=_since(1)),
    _text("title", required=True),
    _text("description"),
    _text("status", default="todo"),
    _text("priority", default="medium"),
    Column("due_date", Date, info=_since(1)),
    _timestamp("created_at"),
    _timestamp("updated_at"),
    Column("assignee_id", _ID, ForeignKey("team_members.id", ondelete="SET NULL"), info=_since(2)),
    # Its place within a column of the board; a move writes one row, between its new neighbours.
    Column("position", Numeric, info=_since(2)),
    _timestamp("completed_at", version=2, now=False),
    Index("idx_tasks_user", "user_id", info=_since(1)),
    Index("idx_tasks_project", "project_id", info=_since(1)),
    Index("idx_tasks_assignee", "assignee_id", info=_since(2)),
    # Columns of the board, and their counts without a look at the rows.
    Index("idx_tasks_status", "user_id", "status", "due_date", info=_since(2)),
    info=_since(1),
)

# One row a workspace: what another installation needs to take it up again.
provision_workspaces = Table(
    "provision_workspaces",
    metadata,
    Column(
        "owner_id",
        _ID,
        ForeignKey("profiles.id", ondelete="CASCADE"),
        primary_key=True,
        info=_since(2),
    ),
    Column("name", Text, nullable=False, info=_since(2)),
    Column("schema_version", Integer, nullable=False, info=_since(2)),
    _timestamp("created_at", version=2),
    _timestamp("updated_at", version=2),
    # Random, and new whenever rows may have come from elsewhere: see `statements/columns`.
    Column(
        "epoch",
        _ID,
        nullable=False,
        server_default=text("gen_random_uuid()"),
        info=_since(2),
    ),
    # How to take back what was done in the last half minute; see `queries/undo`.
    Column("undo", JSONB, info=_since(2)),
    info=_since(2),
)
