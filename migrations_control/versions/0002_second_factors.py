"""Second factors, recovery codes, half-finished sign-ins, and links to reset a password."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("users", sa.Column("totp_last_step", sa.BigInteger(), nullable=True))
    op.add_column("users", sa.Column("password_changed_at", sa.BigInteger(), nullable=True))
    op.create_table(
        "two_factor_setups",
        sa.Column("user_id", sa.String(36), nullable=False),
        sa.Column("sealed_id", sa.String(36), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("user_id", name="pk_two_factor_setups"),
        _of_a_user("two_factor_setups"),
        sa.ForeignKeyConstraint(
            ["sealed_id"], ["sealed.id"], name="fk_two_factor_setups_sealed_id"
        ),
    )
    op.create_table(
        "recovery_codes",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("user_id", sa.String(36), nullable=False),
        sa.Column("code_hash", sa.String(64), nullable=False),
        sa.Column("used_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_recovery_codes"),
        _of_a_user("recovery_codes"),
    )
    op.create_index("ix_recovery_codes_user_id", "recovery_codes", ["user_id"])
    for name in ("half_sign_ins", "password_resets"):
        op.create_table(
            name,
            sa.Column("id_hash", sa.String(64), nullable=False),
            sa.Column("user_id", sa.String(36), nullable=False),
            sa.Column("created_at", sa.BigInteger(), nullable=False),
            sa.Column("expires_at", sa.BigInteger(), nullable=False),
            sa.PrimaryKeyConstraint("id_hash", name=f"pk_{name}"),
            _of_a_user(name),
        )
        op.create_index(f"ix_{name}_user_id", name, ["user_id"])


def _of_a_user(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["user_id"], ["users.id"], name=f"fk_{table}_user_id", ondelete="CASCADE"
    )
