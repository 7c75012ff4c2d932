"""Central's revisions, in order; Alembic reads them, nothing imports them."""
