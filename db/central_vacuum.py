"""Central's files without what was deleted: PostgreSQL leaves the bytes of a deleted row in its table's file.

An ordinary VACUUM frees the place and leaves the bytes until something else is written there. These tables are small,
so they are written anew, and the old file goes. What stands in the server's write-ahead log and in backups stays.
"""

import time

import sqlalchemy as sa

from db.central_engine import as_desk_error
from db.central_roles import OWNER
from services.errors import Refused, Unavailable

TABLES = ("detail", "inbox", "ask", "subject", "lookup")
"""Whatever sealed details, questions, masked names and lookups were deleted from."""
LOCK_S, WAIT_S = 10, 60

_OLDER = sa.text(
    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() "
    "AND backend_xmin IS NOT NULL AND age(backend_xmin) > age(CAST(CAST(:mark AS text) AS xid))"
)


def vacuum(engine: sa.Engine, wait_s: float = WAIT_S) -> int:
    """Write the tables anew; the bytes that their files became smaller. By an administrator, one table at a time.

    Raises `Unavailable` while somebody reads an older state (a check, a backup) or holds a table for long.
    """
    if engine.dialect.name == "sqlite":  # its pages are wiped as rows are deleted; its log is not
        raw = engine.raw_connection()
        raw.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)")
        raw.close()
        return 0
    try:
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as conn:
            return _rewritten(conn, wait_s)
    except sa.exc.DBAPIError as exc:
        if type(exc.orig).__name__ == "LockNotAvailable":
            raise Unavailable("central is busy: nothing was lost, try again in a quiet hour") from exc
        raise as_desk_error(exc) from exc


def _rewritten(conn: sa.Connection, wait_s: float) -> int:
    if not conn.exec_driver_sql("SELECT pg_has_role('pg_read_all_stats', 'USAGE')").scalar_one():
        raise Refused("this administrator cannot see who still reads deleted rows: GRANT pg_read_all_stats to it")
    # What an older view still sees is copied along. No number is given out for reading, so ask for one.
    mark = conn.exec_driver_sql("SELECT pg_current_xact_id()::text").scalar_one()
    until = time.monotonic() + wait_s
    while conn.execute(_OLDER, {"mark": mark}).scalar_one():
        if time.monotonic() > until:
            raise Unavailable("somebody reads an older state of central (a check, a backup): try again after it")
        time.sleep(0.2)
    before = _bytes(conn)
    conn.exec_driver_sql(f"SET ROLE {OWNER}")
    conn.exec_driver_sql(f"SET lock_timeout = '{LOCK_S}s'")
    try:
        for table in TABLES:
            conn.exec_driver_sql(f"VACUUM (FULL, ANALYZE) public.{table}")
    finally:
        conn.exec_driver_sql("RESET lock_timeout")
        conn.exec_driver_sql("RESET ROLE")
    return max(0, before - _bytes(conn))


def _bytes(conn: sa.Connection) -> int:
    sizes = " + ".join(f"pg_total_relation_size('public.{table}')" for table in TABLES)
    return int(conn.exec_driver_sql(f"SELECT {sizes}").scalar_one())
