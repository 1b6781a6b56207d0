"""The tables of a study database, and the version that this software reads and writes.

What stands in here may be seen by a reader: no case identity, no condition and no truth. A task says what to show
and what to ask for, under a random label; the key that tells which case that is lies with the coordinator.
"""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    Float,
    ForeignKey,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
)

VERSION = "0003"
"""Newest revision in ``migrations/versions``."""

VERSION_TABLE = "alembic_version"

METADATA = MetaData()

STUDY = Table(
    "study",
    METADATA,
    Column("id", String(36), primary_key=True),
    Column("made_at", String(32), nullable=False),
)

READER = Table(
    "reader",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("study_id", String(36), ForeignKey("study.id"), nullable=False),
    Column("name", String(100), nullable=False),
    Column("token_sha256", String(64), nullable=False),
    Column("seat", String(36)),
    UniqueConstraint("study_id", "name", name="reader_once"),
    UniqueConstraint("token_sha256", name="reader_token_once"),
)

TASK = Table(
    "task",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("reader_id", Integer, ForeignKey("reader.id"), nullable=False),
    Column("position", Integer, nullable=False),
    Column("session", Integer, nullable=False),
    Column("label", String(20), nullable=False),
    Column("image", String(100), nullable=False),
    Column("second_image", String(100)),
    Column("start_mask", String(100)),
    Column("draws", Boolean, nullable=False),
    Column("slices", JSON, nullable=False),
    UniqueConstraint("reader_id", "position", name="task_position_once"),
    UniqueConstraint("reader_id", "label", name="task_label_once"),
)

READ = Table(
    "read",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("task_id", Integer, ForeignKey("task.id"), nullable=False),
    Column("version", Integer, nullable=False),
    Column("given_as", String(36), nullable=False),
    Column("mask", LargeBinary),
    Column("mask_sha256", String(64)),
    Column("seconds", Float),
    Column("rating", Integer),
    Column("confidence", Integer),
    Column("comment", Text, nullable=False),
    Column("given_at", String(32), nullable=False),
    UniqueConstraint("task_id", "version", name="read_version_once"),
    UniqueConstraint("given_as", name="read_given_once"),
)

DRAFT = Table(
    "draft",
    METADATA,
    Column("task_id", Integer, ForeignKey("task.id"), primary_key=True, autoincrement=False),
    Column("mask", LargeBinary),
    Column("mask_sha256", String(64)),
    Column("seconds", Float, nullable=False),
    Column("saved_at", String(32), nullable=False),
    Column("rating", Integer),
    Column("confidence", Integer),
    Column("comment", Text),
)
"""A comment of NULL: nothing was said yet; an empty one was said, or taken back."""
