"""Engines for data systems: timeouts, read-only and write transactions, no parameter in any message."""

import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg
from psycopg.abc import Buffer, Loader
from psycopg.types.datetime import DateLoader, TimestampLoader, TimestamptzLoader
from sqlalchemy import Engine, create_engine, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError
from sqlalchemy.pool import NullPool
from sqlcipher3 import dbapi2

from services.catalog.system import System
from services.errors import Unavailable, Unusable

_PROGRESS_STEPS = 20_000


def _tolerant(base: type[Loader]) -> type[Loader]:
    """A loader that gives the text of what Python has no date for (`infinity`, years over 9999, BC)."""

    class Tolerant(base):  # type: ignore[valid-type, misc]  # a base chosen at run time
        def load(self, data: Buffer) -> object:
            try:
                return super().load(data)
            except psycopg.DataError:
                return bytes(data).decode()

    return Tolerant


_LOADERS = {
    "date": _tolerant(DateLoader),
    "timestamp": _tolerant(TimestampLoader),
    "timestamptz": _tolerant(TimestamptzLoader),
}


def make_engine(system: System, password: str | None) -> Engine:
    """An engine that connects anew each time; raises `Unusable` for an address that is none."""
    try:
        url = make_url(system.url)
    except ArgumentError:
        raise Unusable(f"system '{system.key}' has an address that cannot be read") from None
    if password is not None:
        url = url.set(password=password)
    if system.connector == "mariadb":
        from services.connectors.sql_mariadb_engine import mariadb_engine

        return mariadb_engine(system, url)
    return _sqlite(system, url) if system.connector == "sqlite" else _postgresql(system, url)


def _postgresql(system: System, url: URL) -> Engine:
    limits = system.limits
    milliseconds, wait = int(limits.statement_s * 1000), int(limits.connect_s * 1000)
    engine = create_engine(
        url.set(drivername="postgresql+psycopg"),
        poolclass=NullPool,
        hide_parameters=True,
        connect_args={
            "connect_timeout": max(2, round(limits.connect_s)),
            "options": f"-c statement_timeout={milliseconds} -c lock_timeout={wait} -c timezone=UTC",
            "application_name": "rightsdesk",
            "client_encoding": "utf8",
            "prepare_threshold": None,
        },
    )

    @event.listens_for(engine, "connect")
    def _read_every_date(connection: psycopg.Connection[Any], _: object) -> None:
        for name, loader in _LOADERS.items():
            connection.adapters.register_loader(name, loader)

    return engine


def _sqlite(system: System, url: URL) -> Engine:
    path = Path(url.database or "")
    wait = system.limits.connect_s

    def connect() -> dbapi2.Connection:
        if not path.is_file():
            raise Unavailable(f"system '{system.key}' does not answer: its file is not there")
        mode = "ro" if url.query.get("mode") == "ro" or not os.access(path, os.W_OK) else "rw"
        address = f"{path.absolute().as_uri()}?mode={mode}"
        connection = dbapi2.connect(address, uri=True, timeout=wait, isolation_level=None, check_same_thread=False)
        connection.text_factory = _text
        connection.execute("PRAGMA cipher_log_level=NONE")
        connection.execute("PRAGMA foreign_keys=ON")
        return connection

    engine = create_engine("sqlite://", module=dbapi2, creator=connect, poolclass=NullPool, hide_parameters=True)
    _bound_statements(engine, system.limits.statement_s)
    return engine


def _bound_statements(engine: Engine, seconds: float) -> None:
    """Interrupts a statement of SQLite that runs longer than `seconds`."""
    deadline = {"at": 0.0}

    @event.listens_for(engine, "connect")
    def _watch(connection: dbapi2.Connection, _: object) -> None:
        over: Callable[[], bool] = lambda: time.monotonic() > deadline["at"]  # noqa: E731 - a callback of one line
        connection.set_progress_handler(over, _PROGRESS_STEPS)

    @event.listens_for(engine, "before_cursor_execute")
    def _start(*_: object) -> None:
        deadline["at"] = time.monotonic() + seconds


def _text(raw: bytes) -> str:
    return raw.decode("utf-8", "replace")
