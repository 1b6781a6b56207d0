"""Revision 0002: the database itself refuses to change or delete a read, whatever program asks for it."""

from __future__ import annotations

from alembic import op

revision, down_revision = "0002", "0001"
branch_labels = depends_on = None

REFUSAL = "a read is never changed or deleted: give a new version"


def upgrade() -> None:
    """Adds the guards."""
    if op.get_bind().dialect.name == "sqlite":
        for name, change in (("read_not_changed", "UPDATE"), ("read_not_deleted", "DELETE")):
            op.execute(
                f"CREATE TRIGGER {name} BEFORE {change} ON read BEGIN SELECT RAISE(ABORT, '{REFUSAL}'); END"
            )
        return
    op.execute(
        "CREATE FUNCTION keep_read() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN RAISE EXCEPTION '{REFUSAL}'; END $$"
    )
    op.execute(
        "CREATE TRIGGER read_not_changed BEFORE UPDATE OR DELETE ON read "
        "FOR EACH ROW EXECUTE FUNCTION keep_read()"
    )


def downgrade() -> None:
    """Removes them."""
    if op.get_bind().dialect.name == "sqlite":
        op.execute("DROP TRIGGER read_not_changed")
        op.execute("DROP TRIGGER read_not_deleted")
        return
    op.execute("DROP TRIGGER read_not_changed ON read")
    op.execute("DROP FUNCTION keep_read()")
