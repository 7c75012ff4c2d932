"""What workers saw of data systems, folded from their acts into central."""

from collections.abc import Sequence

import sqlalchemy as sa

from db.central_audit import AuditView
from db.central_systems import put_system, seen_systems
from services.action_log.entry import Entry, decode
from services.catalog.seen import CHECKED, PREFIX, Seen, fold, known_systems


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


def differences_of_systems(view: AuditView) -> list[str]:
    """Systems of which central keeps something else than the logs say, by name."""
    rebuilt: dict[str, Seen] = {}
    for _, body in view.accepted():
        if CHECKED.encode() in body and (entry := decode(body)).act == CHECKED:
            name = f"{PREFIX}{entry.params['system']}"
            rebuilt[name] = fold(rebuilt.get(name), entry.params, entry.ts)
    kept = {name: text for name, text in view.facts().items() if name.startswith(PREFIX)}
    wanted = {name: seen.to_json() for name, seen in rebuilt.items()}
    return sorted(
        name.removeprefix(PREFIX) for name in kept.keys() | wanted.keys() if kept.get(name) != wanted.get(name)
    )
