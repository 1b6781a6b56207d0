"""Revision 0003: a draft keeps what was said with it, and a reader writes from one place only."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision, down_revision = "0003", "0002"
branch_labels = depends_on = None


def upgrade() -> None:
    """Adds columns, empty for what is there."""
    op.add_column("draft", sa.Column("rating", sa.Integer))
    op.add_column("draft", sa.Column("confidence", sa.Integer))
    op.add_column("draft", sa.Column("comment", sa.Text))
    op.add_column("reader", sa.Column("seat", sa.String(36)))


def downgrade() -> None:
    """Removes them."""
    op.drop_column("reader", "seat")
    for column in ("comment", "confidence", "rating"):
        op.drop_column("draft", column)
