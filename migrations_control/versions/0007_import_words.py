"""What the words of each person's spreadsheets meant, for their next import."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "import_words",
        sa.Column("user_id", sa.String(36), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("user_id", name="pk_import_words"),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name="fk_import_words_user_id", ondelete="CASCADE"
        ),
    )
