"""What was last seen of each data system: rows of `meta`, written by the ingest alone, from acts."""

import sqlalchemy as sa

from db.central import META

PREFIX = "system:"
"""Before a system's name; `services.catalog.seen` has the same word, and a test holds them together."""


def seen_systems(conn: sa.Connection) -> dict[str, str]:
    """What is kept of every system, by its name in `meta`."""
    query = sa.select(META.c.key, META.c.value).where(META.c.key.startswith(PREFIX, autoescape=True))
    return {row[0]: row[1] for row in conn.execute(query)}


def put_system(conn: sa.Connection, name: str, value: str) -> None:
    """Keep what was seen last."""
    if conn.execute(sa.update(META).where(META.c.key == name).values(value=value)).rowcount == 0:
        conn.execute(sa.insert(META), [{"key": name, "value": value}])
