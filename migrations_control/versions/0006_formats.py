"""How each person wants days, times and amounts written."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("users", sa.Column("time_zone", sa.String(64)))
    for name, default in (
        ("week_start", "monday"),
        ("date_format", "day_month"),
        ("number_format", "comma_point"),
    ):
        op.add_column(
            "users", sa.Column(name, sa.String(64), nullable=False, server_default=default)
        )
