"""How central's engine opens: SQLCipher with a raw key when embedded, PostgreSQL on a server. Knows no tables.

Kept apart from the tables, so that a terminal opens central without SQLModel's 15 MB.
"""

import os
import time
from pathlib import Path
from typing import Any

import sqlalchemy as sa
import sqlcipher3.dbapi2

from services.errors import DeskError, Refused, ShutOut, Unavailable, Unusable

SCHEMA = "0002"
KEPT = "your log keeps every action"
CACHE_KB = 16_000


def open_engine(url: str, key: bytes | None, *, cache_kb: int = CACHE_KB) -> sa.Engine:
    """Central's engine; `key` is the raw 32-byte SQLCipher key of an embedded file, or the password of the login on a
    server (None: the driver's own ways, as ~/.pgpass). `cache_kb` is an embedded file's page cache in each connection.

    Raises `Unusable` for a missing or damaged file, a wrong key or a schema newer than this program, `Unavailable`
    when nothing answers.
    """
    engine, found = _opened(url, key, cache_kb)
    if found != SCHEMA:
        engine.dispose()
        todo = "update the program" if found > SCHEMA else "rightsdesk central upgrade"
        raise Unusable(f"central's schema is {found}, this program knows {SCHEMA}: {todo}", kept=KEPT)
    return engine


def open_for_upload(url: str, key: bytes | None, *, cache_kb: int = CACHE_KB) -> tuple[sa.Engine, str]:
    """A terminal's engine, and a sentence when central on a server is of another version; else raises as `open_engine`.

    Handing in a log works across versions: no terminal may be left with actions that it cannot get rid of
    (docs/stores.md). All else waits for the update.
    """
    if url.startswith("sqlite"):
        return open_engine(url, key, cache_kb=cache_kb), ""
    engine, found = _opened(url, key, cache_kb)
    if found == SCHEMA:
        return engine, ""
    who = "update this terminal" if found > SCHEMA else "an operator upgrades central"
    return engine, f"central has schema {found}, this terminal knows {SCHEMA}: {who}; its log is handed in meanwhile"


def _opened(url: str, key: bytes | None, cache_kb: int) -> tuple[sa.Engine, str]:
    """The engine, and the schema that it met."""
    file = _file(url)
    if file is not None and not file.is_file():  # SQLite would make an empty one
        raise Unusable(f"central's file {file.name} is not there", kept=KEPT, next_key="rightsdesk doctor")
    engine = _engine(url, key, cache_kb)
    try:
        with engine.connect() as conn:
            return engine, str(conn.execute(sa.text("SELECT version_num FROM alembic_version")).scalar())
    except sa.exc.DBAPIError as exc:
        engine.dispose()
        raise as_desk_error(exc) from exc


def create(url: str, key: bytes | None) -> sa.Engine:
    """A new central with every table, by the first migration; raises `Unusable` where one stands, `Unavailable`."""
    from db.migrations.central.upgrade import upgrade

    file = _file(url)
    if file is not None:
        if file.exists() and file.stat().st_size:
            raise Unusable(f"{file.name} is there already")
        try:
            os.close(os.open(file, os.O_RDWR | os.O_CREAT, 0o600))
        except OSError as exc:
            raise Unavailable("central's folder cannot be written to") from exc
    engine = _engine(url, key, CACHE_KB)
    try:
        upgrade(engine)
    except sa.exc.DBAPIError as exc:
        engine.dispose()
        for half_made in (file, *(file.with_name(file.name + end) for end in ("-wal", "-shm"))) if file else ():
            half_made.unlink(missing_ok=True)
        raise as_desk_error(exc) from exc
    return engine


def upgrade_at(url: str, key: bytes | None) -> None:
    """Bring a central to this program's schema; raises `Unusable` where none stands, `Unavailable`."""
    from db.migrations.central.upgrade import upgrade

    engine = _engine(url, key, CACHE_KB)
    try:
        with engine.connect() as conn:
            conn.execute(sa.text("SELECT version_num FROM alembic_version"))
        upgrade(engine)
    except sa.exc.DBAPIError as exc:
        raise as_desk_error(exc) from exc
    finally:
        engine.dispose()


def deployment_at(url: str, key: bytes | None) -> str:
    """The name of the deployment whose central this is, of whatever schema; raises as `upgrade_at` does."""
    engine = _engine(url, key, CACHE_KB)
    try:
        with engine.connect() as conn:
            return str(conn.execute(sa.text("SELECT value FROM meta WHERE key = 'deployment'")).scalar_one())
    except sa.exc.DBAPIError as exc:
        raise as_desk_error(exc) from exc
    finally:
        engine.dispose()


def as_desk_error(exc: sa.exc.DBAPIError) -> DeskError:
    """What a database said, for a person, without statement or values."""
    text = str(exc.orig)
    if "no such table" in text or type(exc.orig).__name__ == "UndefinedTable":
        return Unusable("this database holds no central", kept=KEPT, next_key="rightsdesk doctor")
    if "not a database" in text or "malformed" in text:
        return Unusable("central cannot be read: wrong key or damaged file", kept=KEPT, next_key="rightsdesk doctor")
    if "full" in text or "disk I/O" in text:
        return Unavailable("central cannot be written: its disk is full or does not answer", kept=KEPT)
    if "readonly" in text or "unable to open" in text:
        return Unavailable("central's file cannot be opened for this: check its folder's permissions", kept=KEPT)
    if type(exc.orig).__name__ == "InsufficientPrivilege":
        return Refused("central does not let this login do that", next_key="rightsdesk doctor")
    if "authentication failed" in text or "not permitted to log in" in text:
        return ShutOut("central does not let this terminal in any more: an operator enrols it again")
    if "certificate" in text or "SSL" in text:
        return Unusable(
            "central's certificate does not hold, or it speaks no TLS", kept=KEPT, next_key="tell an operator"
        )
    if isinstance(exc, sa.exc.OperationalError | sa.exc.InterfaceError):
        return Unavailable("central does not answer", kept=KEPT)
    return Unusable(f"central refused ({type(exc.orig).__name__})", kept=KEPT, next_key="rightsdesk doctor")


def _file(url: str) -> Path | None:
    """The file of an embedded central; None on a server."""
    return Path(url.removeprefix("sqlite:///")) if url.startswith("sqlite") else None


def _engine(url: str, key: bytes | None, cache_kb: int) -> sa.Engine:
    return _sqlite(url, key, cache_kb) if url.startswith("sqlite") else _server(url, key)


NEAR = frozenset({"localhost", "127.0.0.1", "::1", ""})
SAFE_TLS = "verify-full"
LOGIN = "rd_"
"""A terminal's or worker's login on a server is this and its id."""


def _server(url: str, key: bytes | None) -> sa.Engine:
    """Over TLS with the certificate checked against the name, unless the server is this machine."""
    place = sa.make_url(url)
    if key is not None:
        place = place.set(password=key.decode("ascii"))
    query = dict(place.query)
    host = place.host or ""
    if host not in NEAR and not host.startswith("/"):
        asked = query.setdefault("sslmode", SAFE_TLS)
        if asked != SAFE_TLS:
            raise Unusable(f"central on another machine needs sslmode={SAFE_TLS}, not {asked}", kept=KEPT)
        query.setdefault("sslrootcert", "system")
    if not (place.username or "").startswith(LOGIN):  # theirs is set with the login
        query["options"] = "-csearch_path=public"  # not a schema that is called like whoever connects
    query.setdefault("connect_timeout", "10")
    query.setdefault("application_name", "rightsdesk")
    # One connection is kept: a centre has hundreds of desks, and a server has not that many to give away.
    return sa.create_engine(place.set(query=query), hide_parameters=True, pool_size=1, pool_recycle=600)


def _sqlite(url: str, key: bytes | None, cache_kb: int) -> sa.Engine:
    engine = sa.create_engine(
        url, module=sqlcipher3.dbapi2, hide_parameters=True, connect_args={"timeout": 30, "check_same_thread": False}
    )

    def prepare(conn: Any, _record: Any) -> None:
        conn.isolation_level = None
        cursor = conn.cursor()
        cursor.execute("PRAGMA cipher_log_level=NONE")
        if key is not None:
            cursor.execute(f"PRAGMA key=\"x'{key.hex()}'\"")
        cursor.execute("PRAGMA busy_timeout=30000")
        cursor.execute("PRAGMA journal_mode=WAL")
        cursor.execute("PRAGMA synchronous=FULL")
        cursor.execute("PRAGMA foreign_keys=ON")
        cursor.execute("PRAGMA secure_delete=ON")  # what was shredded is not in free pages either
        cursor.execute(f"PRAGMA cache_size=-{cache_kb}")
        cursor.close()

    def begin(conn: sa.Connection) -> None:
        # Immediate: a writer that starts as a reader can be refused half-way.
        immediate = conn.get_execution_options().get("writes", False)
        conn.exec_driver_sql("BEGIN IMMEDIATE" if immediate else "BEGIN")

    sa.event.listen(engine, "connect", prepare)
    sa.event.listen(engine, "begin", begin)
    return engine


def writing(engine: sa.Engine) -> sa.Engine:
    """The engine for transactions that write: `with writing(engine).begin() as conn`."""
    return engine.execution_options(writes=True)


def clock_us(conn: sa.Connection) -> int:
    """Central's own clock in µs since 1970: the server's, so that no terminal's clock decides a lease."""
    return int(conn.execute(sa.select(clock(conn))).scalar_one())


def clock(conn: sa.Connection) -> sa.ColumnElement[int]:
    """`clock_us` as it stands inside a statement."""
    return _SERVERS_CLOCK if conn.dialect.name == "postgresql" else sa.literal(time.time_ns() // 1000, sa.BigInteger)


_SERVERS_CLOCK: sa.ColumnElement[int] = sa.literal_column(
    "(extract(epoch FROM clock_timestamp()) * 1000000)::bigint", sa.BigInteger
)
