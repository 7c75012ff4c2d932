"""Who may do what: roles, grants, views and functions on a server; on SQLite triggers that keep entries as they are."""

from alembic import op

from db import central_roles

revision = "0002"
down_revision = "0001"

_SQLITE = (
    "CREATE TRIGGER entries_not_changed BEFORE UPDATE ON entry "
    "BEGIN SELECT raise(ABORT, 'entries are never changed'); END",
    "CREATE TRIGGER entries_not_deleted BEFORE DELETE ON entry "
    "BEGIN SELECT raise(ABORT, 'entries are never deleted'); END",
)


def upgrade() -> None:
    """Put the guards up."""
    if op.get_context().dialect.name == "postgresql":
        central_roles.apply(op.get_bind())
        return
    for trigger in _SQLITE:
        op.execute(trigger)
