"""Writing one demo database whole: rows in, a finished file out."""

from collections.abc import Iterable, Mapping
from datetime import date
from pathlib import Path
from random import Random

from sqlcipher3 import dbapi2

Rows = Mapping[str, Iterable[tuple[object, ...]]]


def write(path: Path, schema: str, tables: Rows) -> None:
    """Makes the file at `path` from SQL `schema` and rows by table; the name appears only when the file is whole."""
    half = path.with_suffix(".half")
    half.unlink(missing_ok=True)
    half.touch(mode=0o600)
    store = dbapi2.connect(str(half), isolation_level=None)
    try:
        # A cut while filling leaves a file nobody opens, so neither journal nor sync is paid for.
        store.executescript("PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF;" + schema)
        store.execute("BEGIN")
        for table, rows in tables.items():
            _insert(store, table, rows)
        store.execute("COMMIT")
    finally:
        store.close()
    half.replace(path)


def stamp(day: date, rng: Random) -> str:
    """A time between 7 and 20 o'clock on `day`, UTC, as the demo's databases keep it: `2026-03-05 09:30:00`."""
    minutes, second = divmod(7 * 3600 + int(rng.random() * 13 * 3600), 60)
    return f"{day} {minutes // 60:02d}:{minutes % 60:02d}:{second:02d}"


def _insert(store: dbapi2.Connection, table: str, rows: Iterable[tuple[object, ...]]) -> None:
    batch = list(rows)
    if not batch:
        return
    places = ",".join("?" * len(batch[0]))
    store.executemany(f"INSERT INTO {table} VALUES ({places})", batch)  # noqa: S608 - table names are our own
