"""The conditions that rows are found by, for every SQL dialect: by join keys, by identities, by their own key."""

import itertools
import json
from collections.abc import Collection, Iterator, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    CHAR,
    ColumnElement,
    Text,
    and_,
    any_,
    bindparam,
    case,
    cast,
    column,
    func,
    literal,
    null,
    or_,
    table,
    tuple_,
)  # fmt: skip
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.sql.expression import ColumnClause, TableClause
from sqlalchemy.types import TypeEngine

from services.catalog.identifiers import PHONE_MARKS
from services.connectors.base import Key, Lookup
from services.connectors.sql_schema import LiveTable
from services.connectors.sql_types import candidates, from_plain

_BATCH = 500
_ODD_BATCH = 100


class Dialect:
    """What differs between SQLite, which keeps any value in any column, and databases with typed columns."""

    def __init__(self, name: str) -> None:
        self.dynamic = name == "sqlite"
        self.arrays = name == "postgresql"

    def table(self, live: LiveTable) -> TableClause:
        """`live` with its columns, typed where the database is."""
        return table(live.name, *(self.column(live, name) for name in live.columns))

    def column(self, live: LiveTable, name: str) -> ColumnClause[Any]:
        """A column of `live`; without a type on SQLite, so that values pass as they are."""
        return column(name) if self.dynamic else column(name, live.types[name])

    def shown(self, live: LiveTable, name: str) -> ColumnElement[Any]:
        """A column as it is read: raw, and CHAR without the blanks that fill it."""
        if self.arrays and isinstance(live.types[name], CHAR):
            return cast(column(name), Text).label(name)
        return column(name)

    def found_by(self, live: LiveTable, lookup: Lookup) -> Iterator[ColumnElement[bool]]:
        """Conditions that together give the rows of `lookup`, one statement each."""
        if len(lookup.on) > 1:
            yield from self._tuples(live, lookup)
            return
        keys = [key for (key,) in lookup.keys]
        expression, kind, column_type = self._operand(live, lookup.on[0])
        if lookup.how == "exact":
            yield from self._among(expression, candidates(kind, column_type, keys, dynamic=self.dynamic), column_type)
            return
        compared: ColumnElement[Any] = cast(expression, Text) if self.arrays else expression
        if lookup.how == "email":
            compared = func.lower(compared)
        else:
            for mark in PHONE_MARKS:
                compared = func.replace(compared, mark, "")
        yield from self._among(compared, [key for key in keys if "\x00" not in key], Text())

    def has_key(
        self, live: LiveTable, key: Sequence[str], rows: Sequence[Key], *, loosely: bool = False
    ) -> Iterator[ColumnElement[bool]]:
        """Conditions that together give the rows with these keys, one statement each.

        `loosely`: as the database's own rules (unique, foreign keys) compare, where that is not exact.
        """
        odd = [name for name in key if live.columns[name].kind in ("json", "other") and not self.dynamic]
        plain_rows = [row for row in rows if None not in row] if not odd else []
        odd_rows = [row for row in rows if None in row] if not odd else list(rows)
        if len(key) == 1:
            values = [self._value(live, key[0], row[0]) for row in plain_rows]
            yield from self._among(self.column(live, key[0]), values, live.types[key[0]])
        else:
            columns = tuple_(*(self.column(live, name) for name in key))
            values = [tuple(self._value(live, n, v) for n, v in zip(key, row, strict=True)) for row in plain_rows]
            for batch in _batches(values, _BATCH // len(key)):
                yield columns.in_(batch)
        for some in _batches(odd_rows, _ODD_BATCH):
            yield or_(*(and_(*(self._same(live, n, v) for n, v in zip(key, row, strict=True))) for row in some))

    def begins(self, live: LiveTable, path: str, letters: Collection[str]) -> ColumnElement[bool]:
        """That the text at a path begins with one of these small letters, or that there is none."""
        expression, _, _ = self._operand(live, path)
        first = func.lower(func.substr(cast(expression, Text) if self.arrays else expression, 1, 1))
        return or_(first.in_(sorted(letters)), expression.is_(None))

    def bound(self, live: LiveTable, name: str, value: object) -> ColumnElement[Any]:
        """`value` as it is written into a column; SQLite keeps times and dates as text."""
        if value is None:
            return null()  # a JSON column would make the JSON value null of a parameter
        if not self.dynamic:
            kind = live.columns[name].kind
            return literal(from_plain(kind, value) if isinstance(value, str) else value, live.types[name])
        if isinstance(value, datetime):
            return literal(value.strftime("%Y-%m-%d %H:%M:%S"))
        return literal(value.isoformat() if isinstance(value, date) else value)

    def _operand(self, live: LiveTable, path: str) -> tuple[ColumnElement[Any], Any, TypeEngine[Any]]:
        """The expression at a dotted path, its kind and type; a part of a JSON column compares as text."""
        name, *inside = path.split(".")
        if not inside:
            kind = live.columns[name].kind
            if kind in ("other", "json") and not self.dynamic:
                return cast(self.column(live, name), Text), kind, Text()
            return self.column(live, name), kind, live.types[name]
        if self.arrays:
            return func.jsonb_extract_path_text(cast(column(name), JSONB), *inside), "text", Text()
        pointer = "$" + "".join(f".{json.dumps(part)}" for part in inside)
        return case((func.json_valid(column(name)), func.json_extract(column(name), pointer))), "other", Text()

    def _among(
        self, expression: ColumnElement[Any], values: Sequence[object], column_type: TypeEngine[Any]
    ) -> Iterator[ColumnElement[bool]]:
        if self.arrays and values:
            yield expression == any_(bindparam(None, list(values), type_=ARRAY(column_type)))
            return
        for batch in _batches(values, _BATCH):
            yield expression.in_(batch)

    def _tuples(self, live: LiveTable, lookup: Lookup) -> Iterator[ColumnElement[bool]]:
        operands = [self._operand(live, path) for path in lookup.on]
        wanted: list[tuple[object, ...]] = []
        for key in lookup.keys:
            parts = [
                candidates(kind, column_type, [part], dynamic=self.dynamic)
                for (_, kind, column_type), part in zip(operands, key, strict=True)
            ]
            wanted.extend(itertools.product(*parts))
        columns = tuple_(*(expression for expression, _, _ in operands))
        for batch in _batches(wanted, _BATCH // len(operands)):
            yield columns.in_(batch)

    def _value(self, live: LiveTable, name: str, value: Any) -> object:
        kind = live.columns[name].kind
        return value if self.dynamic and kind != "binary" else from_plain(kind, value)

    def _same(self, live: LiveTable, name: str, value: Any) -> ColumnElement[bool]:
        """That a column holds `value`, NULL included."""
        if value is None:
            return column(name).is_(None)
        kind = live.columns[name].kind
        if not self.dynamic and kind == "json":
            return cast(column(name), JSONB) == cast(literal(value, Text), JSONB)
        if not self.dynamic and kind == "other":
            return cast(column(name), Text).is_not_distinct_from(literal(value, Text))
        return self.column(live, name).is_not_distinct_from(self.bound(live, name, self._value(live, name, value)))


def _batches(values: Sequence[Any], size: int) -> Iterator[list[Any]]:
    for start in range(0, len(values), size):
        yield list(values[start : start + size])
