"""Changing a SQL database in one transaction, with set-based statements."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any, cast

from sqlalchemy import ColumnElement, Connection, CursorResult, case, delete as delete_from, text, update
from sqlalchemy.sql.dml import Delete as DeleteStatement, Update

from services.connectors import sql_mariadb_rules, sql_rules
from services.connectors.base import Delete, Key, Rewrite, Row, Table
from services.connectors.sql_errors import spoken
from services.connectors.sql_order import Order, in_order
from services.connectors.sql_read import SqlReader
from services.connectors.sql_schema import ForeignKey, foreign_keys

_FEW = 4
_CASES = 200
_ROOM = 1_000_000


class SqlChange:
    """`Change` over an open transaction."""

    def __init__(self, system: str, connection: Connection) -> None:
        self.system = system
        self.connection = connection
        self.reader = SqlReader(system, connection)
        self.mariadb = self.reader.mariadb
        self._empty_first: dict[str, list[Rewrite]] = {}
        with spoken(system):
            self.foreign = foreign_keys(connection)

    def faults(self, deletes: Sequence[Delete], rewrites: Sequence[Rewrite]) -> list[str]:
        """Why these cannot be done; nothing is written."""
        changes: list[Delete | Rewrite] = [*deletes, *rewrites]
        names = sorted({change.collection for change in changes})
        known = self.reader.tables(names)
        missing = [f"there is no table {name}" for name in names if name not in known]
        if missing:
            return missing
        with spoken(self.system):
            found = self._own_faults(names, deletes, rewrites)
            for change in changes:
                found += sql_rules.key_faults(self.reader, change)
            if found:
                return found
            for rewrite in rewrites:
                found += sql_rules.column_faults(self.reader, rewrite, self.foreign)
            found += sql_rules.reference_faults(self.reader, deletes, self.foreign)
            return found + sql_rules.cycle_faults(self.connection.dialect.name, self._order(deletes).rings)

    def _own_faults(self, names: Sequence[str], deletes: Sequence[Delete], rewrites: Sequence[Rewrite]) -> list[str]:
        """What this kind of database and our login in it forbid."""
        if not self.mariadb:
            return sql_rules.permission_faults(self.reader, deletes, rewrites)
        found = sql_mariadb_rules.engine_faults(self.connection, names)
        by_name = {delete.collection: delete for delete in deletes}
        emptied = [self._emptying(one, by_name[one.child]) for one in self._order(deletes).emptied]
        return found or sql_mariadb_rules.write_faults(self.reader, deletes, [*rewrites, *emptied])

    def tables(self, names: Sequence[str]) -> dict[str, Table]:
        """Those of the named tables that exist."""
        return self.reader.tables(names)

    def in_order(self, deletes: Sequence[Delete]) -> list[Delete]:
        """Children before parents. A ring of tables goes last, judged at the commit; MariaDB judges each row at once,
        so there the references that make the ring are emptied before.
        """
        order, by_name = self._order(deletes), {delete.collection: delete for delete in deletes}
        self._empty_first = {}
        for one in order.emptied:
            self._empty_first.setdefault(one.parent, []).append(self._emptying(one, by_name[one.child]))
        return order.deletes

    def read(self, collection: str, columns: Sequence[str], key: Sequence[str], rows: Sequence[Key]) -> list[Row]:
        """Rows by their key, as this transaction sees them."""
        return list(self.reader.by_key(collection, columns, key, rows))

    def delete(self, delete: Delete) -> int:
        """Rows really deleted."""
        for emptying in self._empty_first.get(delete.collection, ()):
            self.rewrite(emptying)
        live = self.reader.live(delete.collection)
        target = self.reader.dialect.table(live)
        conditions = self.reader.dialect.has_key(live, delete.key, delete.rows)
        return sum(self._run(delete_from(target).where(condition)) for condition in conditions)

    def rewrite(self, rewrite: Rewrite) -> int:
        """Rows written: one statement where all get the same values, else a CASE over the key."""
        if rewrite.while_in:
            held = zip(rewrite.rows, rewrite.held, strict=True)
            rewrite = replace(rewrite, key=rewrite.key + rewrite.while_in, rows=tuple(at + now for at, now in held))
        same: dict[tuple[object, ...], list[Key]] = {}
        for key, values in zip(rewrite.rows, rewrite.values, strict=True):
            same.setdefault(values, []).append(key)
        # MariaDB writes the columns of a row one after the other: a second CASE would see a key that the first changed.
        alone = self.mariadb and not set(rewrite.columns).isdisjoint(rewrite.key)
        if len(same) <= _FEW or alone:
            return sum(self._rewrite_same(rewrite, values, keys) for values, keys in same.items())
        pairs = list(zip(rewrite.rows, rewrite.values, strict=True))
        return sum(self._rewrite_each(rewrite, portion) for portion in _portions(pairs))

    def defer(self) -> None:
        """Has foreign keys judged at the commit, where the database can."""
        how = {"postgresql": "SET CONSTRAINTS ALL DEFERRED", "sqlite": "PRAGMA defer_foreign_keys=ON"}
        if self.connection.dialect.name in how:
            with spoken(self.system):
                self.connection.execute(text(how[self.connection.dialect.name]))

    def _rewrite_same(self, rewrite: Rewrite, values: tuple[object, ...], keys: list[Key]) -> int:
        live = self.reader.live(rewrite.collection)
        dialect = self.reader.dialect
        assigned = {n: dialect.bound(live, n, v) for n, v in zip(rewrite.columns, values, strict=True)}
        target = dialect.table(live)
        return sum(
            self._run(update(target).where(condition).values(assigned))
            for condition in dialect.has_key(live, rewrite.key, keys)
        )

    def _rewrite_each(self, rewrite: Rewrite, pairs: Sequence[tuple[Key, tuple[object, ...]]]) -> int:
        live = self.reader.live(rewrite.collection)
        dialect = self.reader.dialect
        conditions = [next(iter(dialect.has_key(live, rewrite.key, [key]))) for key, _ in pairs]
        assigned: dict[str, ColumnElement[Any]] = {}
        for place, name in enumerate(rewrite.columns):
            values = [dialect.bound(live, name, row[place]) for _, row in pairs]
            assigned[name] = case(*zip(conditions, values, strict=True), else_=dialect.column(live, name))
        target = dialect.table(live)
        return sum(
            self._run(update(target).where(condition).values(assigned))
            for condition in dialect.has_key(live, rewrite.key, [key for key, _ in pairs])
        )

    def _run(self, statement: DeleteStatement | Update) -> int:
        with spoken(self.system):
            return cast("CursorResult[Any]", self.connection.execute(statement)).rowcount

    def _order(self, deletes: Sequence[Delete]) -> Order:
        return in_order(deletes, self.foreign, self._empty_column_in(deletes) if self.mariadb else None)

    def _empty_column_in(self, deletes: Sequence[Delete]) -> Callable[[ForeignKey], bool]:
        keys = {delete.collection: delete.key for delete in deletes}
        return lambda one: bool(self._may_be_empty(one, keys[one.child]))

    def _may_be_empty(self, one: ForeignKey, key: Sequence[str]) -> list[str]:
        """Columns of a reference that may be NULL and that no row is named by: one of them empty undoes it."""
        columns = self.reader.live(one.child).columns
        return [name for name in one.columns if columns[name].nullable and name not in key]

    def _emptying(self, one: ForeignKey, delete: Delete) -> Rewrite:
        name = self._may_be_empty(one, delete.key)[0]
        return Rewrite(delete.collection, delete.key, (name,), delete.rows, ((None,),) * len(delete.rows))


def _portions(pairs: Sequence[tuple[Key, tuple[object, ...]]]) -> Iterator[list[tuple[Key, tuple[object, ...]]]]:
    """Rows for one statement each: a statement with long texts must still fit into one packet of the server."""
    portion: list[tuple[Key, tuple[object, ...]]] = []
    room = _ROOM
    for pair in pairs:
        long = sum(len(value) for value in pair[1] if isinstance(value, str | bytes))
        if portion and (len(portion) >= _CASES or long > room):
            yield portion
            portion, room = [], _ROOM
        portion.append(pair)
        room -= long
    if portion:
        yield portion
