"""What workers saw of data systems, folded from their acts into central."""

from collections.abc import Sequence

import sqlalchemy as sa

from db.central_systems import put_system, seen_systems
from services.action_log.entry import Entry
from services.catalog.seen import PREFIX, fold, known_systems


def see(conn: sa.Connection, entries: Sequence[Entry]) -> None:
    """Fold acts `system.checked` in their order, in the ingest's transaction."""
    if not entries:
        return
    known = seen_systems(conn)
    for entry in entries:
        name = f"{PREFIX}{entry.params['system']}"
        before = next(iter(known_systems({name: known[name]})), None) if name in known else None
        known[name] = fold(before, entry.params, entry.ts).to_json()
        put_system(conn, name, known[name])
