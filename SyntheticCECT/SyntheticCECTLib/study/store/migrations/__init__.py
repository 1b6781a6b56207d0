"""How a study database came to its present tables, one revision after another (Alembic)."""
