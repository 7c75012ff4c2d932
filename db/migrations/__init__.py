"""How the stores came to their shape: central by Alembic, terminal files by numbered SQL."""
