"""Engines for MariaDB and MySQL: limits, TLS as the address asks for it, every value readable."""

import codecs
import math
import ssl
from typing import Any

from pymysql.constants import FIELD_TYPE
from pymysql.converters import conversions
from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import URL
from sqlalchemy.pool import NullPool

from services.catalog.system import System
from services.errors import Unusable

_TEXT = "rightsdesk_utf8"
_LONG_S = 86_400
_SQL_MODE = "STRICT_ALL_TABLES,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION,ALLOW_INVALID_DATES"
"""Strict in what is written; dates that are none (0000-00-00, 31 February) may be named, for rows hold them."""
_TLS = ("disable", "prefer", "require", "verify-ca", "verify-full")
_TLS_FILES = ("sslrootcert", "sslcert", "sslkey")
_SESSION = (
    "SET SESSION time_zone = '+00:00', sql_safe_updates = 0, foreign_key_checks = 1, unique_checks = 1, "
    "sql_select_limit = DEFAULT, innodb_lock_wait_timeout = {wait}, lock_wait_timeout = {wait}, "
    "net_write_timeout = {long}, {limit}"
)


def mariadb_engine(system: System, url: URL) -> Engine:
    """An engine that connects anew each time; raises `Unusable` for an address with an option that we do not know."""
    options = {name: value for name, value in url.query.items() if isinstance(value, str)}
    unknown = sorted(set(url.query) - {"sslmode", "unix_socket", *_TLS_FILES})
    if unknown or not url.database:
        what = f"an option '{unknown[0]}' that we do not know" if unknown else "no database in it"
        raise Unusable(f"system '{system.key}' has an address with {what}")
    password = url.password or ""
    arguments: dict[str, Any] = {
        "charset": "utf8mb4",
        "conv": {**conversions, FIELD_TYPE.BIT: _number, FIELD_TYPE.TIME: str},
        "sql_mode": _SQL_MODE,
        "connect_timeout": max(1, math.ceil(system.limits.connect_s)),
        "read_timeout": max(1.0, system.limits.connect_s),
        "write_timeout": max(1.0, system.limits.connect_s, system.limits.statement_s),
        "program_name": "rightsdesk",
        "password": str(password).encode("utf-8"),
        **_tls(system.key, options),
    }
    if "unix_socket" in options:
        arguments["unix_socket"] = options["unix_socket"]
    engine = create_engine(
        url.set(drivername="mysql+pymysql", query={}),
        poolclass=NullPool,
        hide_parameters=True,
        connect_args=arguments,
    )
    event.listen(engine, "connect", lambda connection, _: _prepare(connection, system))
    return engine


def start_transaction(connection: Connection, *, reads: bool) -> tuple[str, ...]:
    """The statements that begin one: a reader sees one moment, a change sees what others committed meanwhile.

    A server whose log holds statements instead of rows takes changes in its own way of isolation only.
    """
    if reads:
        return (
            "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ",
            "START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY",
        )
    by_statement = connection.exec_driver_sql("SELECT @@log_bin AND @@binlog_format = 'STATEMENT'").scalar_one()
    level = "REPEATABLE READ" if by_statement else "READ COMMITTED"
    return f"SET TRANSACTION ISOLATION LEVEL {level}", "START TRANSACTION"


def unbounded(connection: Any) -> None:
    """Lets a statement take as long as its reader: each wait for rows is bounded by the socket all the same."""
    _run(connection, "SET SESSION max_statement_time = 0" if _is_mariadb(connection) else "SET max_execution_time = 0")


def _prepare(connection: Any, system: System) -> None:
    """What a session needs, whatever the server's own settings are."""
    limits = system.limits
    bound = f"max_statement_time = {limits.statement_s:f}"
    if not _is_mariadb(connection):
        bound = f"max_execution_time = {math.ceil(limits.statement_s * 1000)}"
    wait = max(1, math.ceil(limits.connect_s))
    _run(connection, _SESSION.format(wait=wait, long=_LONG_S, limit=bound))
    connection.encoding = _TEXT
    # The server cuts a statement off itself; this is for one that does not answer any more. PyMySQL has one limit
    # for the handshake and for statements, so it is made longer once the handshake is over.
    connection._read_timeout = max(limits.statement_s, wait) + 2


def _is_mariadb(connection: Any) -> bool:
    return "mariadb" in str(connection.get_server_info()).lower()


def _run(connection: Any, statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)


def _tls(system: str, options: dict[str, str]) -> dict[str, Any]:
    """PostgreSQL's words for both: `sslmode`, `sslrootcert`, `sslcert`, `sslkey`."""
    mode = options.get("sslmode", "verify-full" if "sslrootcert" in options else "prefer")
    if mode not in _TLS:
        raise Unusable(f"system '{system}' has an address with an unknown sslmode: {', '.join(_TLS)}")
    if mode == "disable":
        return {"ssl_disabled": True}
    if mode == "prefer" and "sslcert" not in options:
        return {}  # PyMySQL's own way: encrypted where the server can
    try:
        context = ssl.create_default_context(cafile=options.get("sslrootcert"))
        context.check_hostname = mode == "verify-full"
        context.verify_mode = ssl.CERT_REQUIRED if mode.startswith("verify") else ssl.CERT_NONE
        if "sslcert" in options:
            context.load_cert_chain(options["sslcert"], options.get("sslkey"))
    except OSError:  # ssl.SSLError is one
        raise Unusable(f"system '{system}' has an address with a certificate file that cannot be read") from None
    return {"ssl": context}


def _number(raw: bytes) -> int:
    """A BIT column's value."""
    return int.from_bytes(raw, "big")


def _codec(name: str) -> codecs.CodecInfo | None:
    """UTF-8 that shows bytes which are none as U+FFFD instead of failing, and never sends others than it was given."""
    if name != _TEXT:
        return None
    return codecs.CodecInfo(
        lambda text, _="": codecs.utf_8_encode(text, "surrogatepass"),
        lambda raw, _="": codecs.utf_8_decode(raw, "replace", True),
        name=_TEXT,
    )


codecs.register(_codec)
