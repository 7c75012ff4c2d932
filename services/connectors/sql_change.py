"""Changing a SQL database in one transaction, with set-based statements."""

from collections import Counter
from collections.abc import Sequence
from typing import Any, cast

from sqlalchemy import ColumnElement, Connection, CursorResult, case, delete as delete_from, text, update
from sqlalchemy.sql.dml import Delete as DeleteStatement, Update

from services.connectors import sql_rules
from services.connectors.base import Delete, Key, Rewrite, Row, Table
from services.connectors.sql_errors import spoken
from services.connectors.sql_read import SqlReader
from services.connectors.sql_schema import ForeignKey, foreign_keys

_FEW = 4
_CASES = 200


class SqlChange:
    """`Change` over an open transaction."""

    def __init__(self, system: str, connection: Connection) -> None:
        self.system = system
        self.connection = connection
        self.reader = SqlReader(system, connection)
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
            found = sql_rules.permission_faults(self.reader, deletes, rewrites)
            for change in changes:
                found += sql_rules.key_faults(self.reader, change)
            if found:
                return found
            for rewrite in rewrites:
                found += sql_rules.column_faults(self.reader, rewrite, self.foreign)
            found += sql_rules.reference_faults(self.reader, deletes, self.foreign)
            return found + sql_rules.cycle_faults(self.connection.dialect.name, self._sorted(deletes)[1])

    def tables(self, names: Sequence[str]) -> dict[str, Table]:
        """Those of the named tables that exist."""
        return self.reader.tables(names)

    def in_order(self, deletes: Sequence[Delete]) -> list[Delete]:
        """Children before parents; a ring of tables goes last, judged at the commit."""
        return self._sorted(deletes)[0]

    def read(self, collection: str, columns: Sequence[str], key: Sequence[str], rows: Sequence[Key]) -> list[Row]:
        """Rows by their key, as this transaction sees them."""
        return list(self.reader.by_key(collection, columns, key, rows))

    def delete(self, delete: Delete) -> int:
        """Rows really deleted."""
        live = self.reader.live(delete.collection)
        target = self.reader.dialect.table(live)
        conditions = self.reader.dialect.has_key(live, delete.key, delete.rows)
        return sum(self._run(delete_from(target).where(condition)) for condition in conditions)

    def rewrite(self, rewrite: Rewrite) -> int:
        """Rows written: one statement where all get the same values, else a CASE over the key."""
        same: dict[tuple[object, ...], list[Key]] = {}
        for key, values in zip(rewrite.rows, rewrite.values, strict=True):
            same.setdefault(values, []).append(key)
        if len(same) <= _FEW:
            return sum(self._rewrite_same(rewrite, values, keys) for values, keys in same.items())
        pairs = list(zip(rewrite.rows, rewrite.values, strict=True))
        return sum(self._rewrite_each(rewrite, pairs[at : at + _CASES]) for at in range(0, len(pairs), _CASES))

    def defer(self) -> None:
        """Has foreign keys judged at the commit, where the database can."""
        postgresql = self.connection.dialect.name == "postgresql"
        with spoken(self.system):
            self.connection.execute(
                text("SET CONSTRAINTS ALL DEFERRED" if postgresql else "PRAGMA defer_foreign_keys=ON")
            )

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

    def _sorted(self, deletes: Sequence[Delete]) -> tuple[list[Delete], list[ForeignKey]]:
        """The deletes in order, and the references that form rings among them."""
        by_name = {delete.collection: delete for delete in deletes}
        between = [
            one for one in self.foreign if one.child in by_name and one.parent in by_name and one.child != one.parent
        ]
        children = Counter(dict.fromkeys(by_name, 0))
        children.update(one.parent for one in between)
        ordered: list[Delete] = []
        while free := sorted(name for name, count in children.items() if count == 0):
            for name in free:
                del children[name]
                ordered.append(by_name[name])
                children.subtract(one.parent for one in between if one.child == name and one.parent in children)
        loops = [one for one in between if one.child in children and one.parent in children]
        return [*ordered, *(by_name[name] for name in sorted(children))], loops
