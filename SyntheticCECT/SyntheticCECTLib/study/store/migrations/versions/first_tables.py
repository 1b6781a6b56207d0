"""Revision 0001: studies, readers, tasks, reads and drafts."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision, down_revision = "0001", None
branch_labels = depends_on = None


def upgrade() -> None:
    """From an empty database."""
    op.create_table(
        "study",
        sa.Column("id", sa.String(36), primary_key=True),
        sa.Column("made_at", sa.String(32), nullable=False),
    )
    op.create_table(
        "reader",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("study_id", sa.String(36), sa.ForeignKey("study.id"), nullable=False),
        sa.Column("name", sa.String(100), nullable=False),
        sa.Column("token_sha256", sa.String(64), nullable=False),
        sa.UniqueConstraint("study_id", "name", name="reader_once"),
        sa.UniqueConstraint("token_sha256", name="reader_token_once"),
    )
    op.create_table(
        "task",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("reader_id", sa.Integer, sa.ForeignKey("reader.id"), nullable=False),
        sa.Column("position", sa.Integer, nullable=False),
        sa.Column("session", sa.Integer, nullable=False),
        sa.Column("label", sa.String(20), nullable=False),
        sa.Column("image", sa.String(100), nullable=False),
        sa.Column("second_image", sa.String(100)),
        sa.Column("start_mask", sa.String(100)),
        sa.Column("draws", sa.Boolean, nullable=False),
        sa.Column("slices", sa.JSON, nullable=False),
        sa.UniqueConstraint("reader_id", "position", name="task_position_once"),
        sa.UniqueConstraint("reader_id", "label", name="task_label_once"),
    )
    op.create_table(
        "read",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("task_id", sa.Integer, sa.ForeignKey("task.id"), nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("given_as", sa.String(36), nullable=False),
        sa.Column("mask", sa.LargeBinary),
        sa.Column("mask_sha256", sa.String(64)),
        sa.Column("seconds", sa.Float),
        sa.Column("rating", sa.Integer),
        sa.Column("confidence", sa.Integer),
        sa.Column("comment", sa.Text, nullable=False),
        sa.Column("given_at", sa.String(32), nullable=False),
        sa.UniqueConstraint("task_id", "version", name="read_version_once"),
        sa.UniqueConstraint("given_as", name="read_given_once"),
    )
    op.create_table(
        "draft",
        sa.Column("task_id", sa.Integer, sa.ForeignKey("task.id"), primary_key=True, autoincrement=False),
        sa.Column("mask", sa.LargeBinary),
        sa.Column("mask_sha256", sa.String(64)),
        sa.Column("seconds", sa.Float, nullable=False),
        sa.Column("saved_at", sa.String(32), nullable=False),
    )


def downgrade() -> None:
    """Back to an empty database."""
    for table in ("draft", "read", "task", "reader", "study"):
        op.drop_table(table)
