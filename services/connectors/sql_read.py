"""Reading a SQL database on one connection, as one moment."""

from collections.abc import Collection, Iterator, Sequence

from sqlalchemy import Connection, Select, select

from services.connectors.base import Key, Lookup, Row, Table
from services.connectors.sampling import sampled
from services.connectors.sql_errors import spoken
from services.connectors.sql_mariadb_engine import unbounded
from services.connectors.sql_mariadb_statements import MariaDialect
from services.connectors.sql_schema import ForeignKey, LiveTable, foreign_keys, live_tables
from services.connectors.sql_statements import Dialect
from services.errors import Unusable

_STREAM_BATCH = 1000
_AT_ONCE = 250
"""Rows of a question that are read whole; of more than these few at a time are in memory."""


class SqlReader:
    """`Reader` over an open connection, and what a change reads within its transaction."""

    def __init__(self, system: str, connection: Connection, known: dict[str, LiveTable] | None = None) -> None:
        self.system = system
        self.connection = connection
        self.mariadb = connection.dialect.name == "mysql"
        self.dialect = MariaDialect() if self.mariadb else Dialect(connection.dialect.name)
        self._streaming = False
        self.known = known if known is not None else {}

    def tables(self, names: Sequence[str]) -> dict[str, Table]:
        """Those of the named tables that exist."""
        unknown = sorted(set(names) - set(self.known))
        if unknown:
            with spoken(self.system):
                self.known.update(live_tables(self.connection, unknown))
        return {name: self.known[name] for name in names if name in self.known}

    def live(self, name: str) -> LiveTable:
        """The table of that name; raises `Unusable` when there is none."""
        self.tables([name])
        if name not in self.known:
            raise Unusable(f"system '{self.system}' has no table '{name}': run 'catalog check --live'")
        return self.known[name]

    def rows(self, lookup: Lookup) -> Iterator[Row]:
        """The rows of `lookup`, in no particular order."""
        live = self._with(lookup.collection, [*lookup.columns, *(path.partition(".")[0] for path in lookup.on)])
        for condition in self.dialect.found_by(live, lookup):
            yield from self._run(self._select(live, lookup.columns).where(condition))

    def few(self, lookup: Lookup, most: int, begin: Sequence[str], letters: Collection[str]) -> list[Row]:
        """At most `most` rows of `lookup`; each field of `begin` begins with one of `letters` (small), or is empty."""
        live = self._with(lookup.collection, [*lookup.columns, *(path.partition(".")[0] for path in lookup.on)])
        self._one_at_a_time()
        beginnings = [self.dialect.begins(live, path, letters) for path in begin]
        rows: list[Row] = []
        for condition in self.dialect.found_by(live, lookup):
            if len(rows) < most:
                statement = self._select(live, lookup.columns).where(condition, *beginnings).limit(most - len(rows))
                with spoken(self.system):
                    rows += [dict(row) for row in self.connection.execute(statement).mappings()]
        return rows

    def by_key(
        self,
        collection: str,
        columns: Sequence[str],
        key: Sequence[str],
        rows: Sequence[Key],
        *,
        loosely: bool = False,
    ) -> Iterator[Row]:
        """Rows by their key, a thousand keys at a time; `loosely`: as the database's own rules compare."""
        live = self._with(collection, [*columns, *key])
        for start in range(0, len(rows), _STREAM_BATCH):
            for condition in self.dialect.has_key(live, key, rows[start : start + _STREAM_BATCH], loosely=loosely):
                yield from self._run(self._select(live, columns).where(condition))

    def every(self, collection: str, columns: Sequence[str]) -> Iterator[Row]:
        """Every row, a thousand in memory at a time."""
        statement = self._select(self._with(collection, columns), columns)
        self._one_at_a_time()
        yield from self._streamed(statement, _STREAM_BATCH)

    def sample(self, collection: str, columns: Sequence[str], most: int, seconds: float) -> list[Row]:
        """At most `most` rows from all over the table, begun no later than `seconds` from now."""
        self._with(collection, columns)
        return sampled(self, collection, columns, most, seconds)

    def foreign_keys(self) -> list[ForeignKey]:
        """Every foreign key of the default schema."""
        with spoken(self.system):
            return foreign_keys(self.connection)

    def _with(self, name: str, columns: Sequence[str]) -> LiveTable:
        live = self.live(name)
        for column in columns:
            if column not in live.columns:
                raise Unusable(f"system '{self.system}' has no column '{name}.{column}': run 'catalog check --live'")
        return live

    def _select(self, live: LiveTable, columns: Sequence[str]) -> Select[tuple[object, ...]]:
        shown = [self.dialect.shown(live, name) for name in columns]
        return select(*shown).select_from(self.dialect.table(live))

    def _one_at_a_time(self) -> None:
        """MariaDB's connection gives one answer at a time: another question would silently end a stream."""
        if self._streaming:
            raise Unusable(f"system '{self.system}' was asked while it still gave every row of a table")

    def _run(self, statement: Select[tuple[object, ...]]) -> Iterator[Row]:
        """Most answers are small, and a stream costs two more trips: it is begun when the first rows were not all."""
        self._one_at_a_time()
        with spoken(self.system):
            found = self.connection.execute(statement.limit(_AT_ONCE + 1))
            names = tuple(found.keys())
            fetched = found.fetchall()
        if len(fetched) > _AT_ONCE:
            del fetched
            yield from self._streamed(statement, _AT_ONCE)
            return
        yield from [dict(zip(names, row)) for row in fetched]  # noqa: B905 - checked for each row it costs a third

    def _streamed(self, statement: Select[tuple[object, ...]], batch: int) -> Iterator[Row]:
        with spoken(self.system):
            if self.mariadb:
                unbounded(self.connection.connection.dbapi_connection)
            self._streaming = self.mariadb
            found = self.connection.execute(statement, execution_options={"yield_per": batch})
            names = tuple(found.keys())
            for row in found:
                yield dict(zip(names, row))  # noqa: B905 - checked for each row it costs a third
            self._streaming = False
