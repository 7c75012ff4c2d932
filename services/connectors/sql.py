"""SQLite, PostgreSQL, MariaDB and MySQL through SQLAlchemy Core. The first three are tested on real databases."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from sqlalchemy import Connection

from services.catalog.dataset import Dataset
from services.catalog.system import System
from services.connectors.base import Lookup, Row, Table
from services.connectors.sql_change import SqlChange
from services.connectors.sql_engine import make_engine
from services.connectors.sql_errors import spoken
from services.connectors.sql_mariadb_engine import start_transaction
from services.connectors.sql_read import SqlReader
from services.connectors.sql_schema import LiveTable, drift, live_tables
from services.errors import Unavailable, Unusable


class SqlConnector:
    """One database; every use is a connection of its own."""

    def __init__(self, system: System, password: str | None) -> None:
        self.key = system.key
        self.read_only = system.read_only
        self._engine = make_engine(system, password)
        self._known: dict[str, LiveTable] = {}

    def check(self, datasets: Sequence[Dataset]) -> list[str]:
        """Where the live schema differs from `datasets`, as sentences."""
        with self._connected("BEGIN") as connection, spoken(self.key):
            self._known = live_tables(connection)
        return [fault for dataset in datasets for fault in drift(dataset, self._known)]

    def describe(self) -> dict[str, Table]:
        """Every table of the default schema, as it is now."""
        with self._connected("BEGIN") as connection, spoken(self.key):
            return dict(live_tables(connection))

    @contextmanager
    def read(self) -> Iterator[SqlReader]:
        """A reader that cannot write and sees one moment. The schema is reflected once per connector."""
        with self._connected("BEGIN") as connection:
            try:
                yield SqlReader(self.key, connection, self._known)
            except Unusable:
                self._known.clear()
                raise

    @contextmanager
    def change(self) -> Iterator[SqlChange]:
        """A transaction: committed when left, rolled back on an error. Raises `Unusable` for a read-only system."""
        if self.read_only:
            raise Unusable(f"system '{self.key}' can only be read, the catalog says")
        with self._connected("BEGIN IMMEDIATE") as connection:
            change = SqlChange(self.key, connection)
            yield change
            try:
                with spoken(self.key):
                    connection.commit()
            except Unavailable as exc:
                raise Unavailable(exc.reason, kept="whether it was changed is not known: the next try looks") from None

    def verify(self, lookups: Sequence[Lookup]) -> list[list[Row]]:
        """What each lookup finds, on a new connection."""
        with self.read() as reader:
            return [list(reader.rows(lookup)) for lookup in lookups]

    @contextmanager
    def _connected(self, begin: str) -> Iterator[Connection]:
        """A connection in a transaction; `begin` is SQLite's way, and whether anything may be written."""
        with spoken(self.key):
            connection = self._engine.connect()
        try:
            with spoken(self.key):
                self._begin(connection, begin)
            yield connection
        finally:
            connection.close()

    def _begin(self, connection: Connection, begin: str) -> None:
        reads = begin == "BEGIN"
        if connection.dialect.name == "sqlite":
            if reads:
                connection.exec_driver_sql("PRAGMA query_only=ON")
            connection.exec_driver_sql(begin)
        elif connection.dialect.name == "mysql":
            for statement in start_transaction(connection, reads=reads):
                connection.exec_driver_sql(statement)
        elif reads:
            connection.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
