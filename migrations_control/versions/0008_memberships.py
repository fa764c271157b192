"""Who may enter which workspace: several for one person, several people in one."""

from __future__ import annotations

from uuid import uuid4

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    memberships = op.create_table(
        "memberships",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("user_id", sa.String(36), nullable=False),
        sa.Column("workspace_id", sa.String(36), nullable=False),
        sa.Column("role", sa.String(20), nullable=False),
        sa.Column("joined_at", sa.BigInteger(), nullable=False),
        sa.Column("opened_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_memberships"),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name="fk_memberships_user_id", ondelete="CASCADE"
        ),
        sa.UniqueConstraint("user_id", "workspace_id", name="uq_memberships_user_id_workspace_id"),
    )
    op.create_index("ix_memberships_workspace_id", "memberships", ["workspace_id"])
    op.drop_index("uq_connections_active", "connections")
    with op.batch_alter_table("tokens") as tokens:
        tokens.add_column(sa.Column("workspace_id", sa.String(36)))
    conn = op.get_bind()
    # Two accounts in one workspace were never let in; of rows that somebody else wrote the first
    # one stays.
    conn.execute(
        sa.text(
            "UPDATE connections SET is_active = :off WHERE is_active AND EXISTS ("
            "SELECT 1 FROM connections AS c WHERE c.is_active AND c.owner_id = connections.owner_id"
            " AND (c.created_at < connections.created_at"
            " OR (c.created_at = connections.created_at AND c.id < connections.id)))"
        ),
        {"off": False},
    )
    op.create_index(
        "uq_connections_active",
        "connections",
        ["owner_id"],
        unique=True,
        sqlite_where=sa.text("is_active = 1"),
        postgresql_where=sa.text("is_active"),
    )
    of_today = sa.text("SELECT user_id, owner_id, created_at FROM connections WHERE is_active")
    for row in conn.execute(of_today).all():
        conn.execute(
            sa.insert(memberships),
            {
                "id": str(uuid4()),
                "user_id": row.user_id,
                "workspace_id": row.owner_id,
                "role": "owner",
                "joined_at": row.created_at,
                "opened_at": row.created_at,
            },
        )
