"""Central's migrations by Alembic; `upgrade` runs them, and only central's own commands import it."""
