"""Who may do what: roles, grants, views and functions on a server; on SQLite triggers that keep entries as they are."""

from alembic import op

from db import central_roles

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Put the guards up."""
    if op.get_context().dialect.name == "postgresql":
        central_roles.apply(op.get_bind())
        return
    for trigger in central_roles.SQLITE_TRIGGERS:
        op.execute(trigger)
