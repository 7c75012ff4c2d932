"""The conditions that rows are found by in MariaDB and MySQL: exact, whatever the collation of a column is.

By default `'Ada' = 'ada'` and `'a' = 'a '` there. A condition asks twice: as the database compares, so that it can use
an index, and by the bytes of the text in UTF-8, so that nobody else's row is met.
"""

import itertools
import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import BINARY, ColumnElement, and_, cast, column, func, literal, null, or_, table, tuple_
from sqlalchemy.dialects.mysql import CHAR
from sqlalchemy.sql.expression import ColumnClause, TableClause
from sqlalchemy.types import REAL, NullType, TypeEngine

from services.catalog.identifiers import PHONE_MARKS
from services.connectors.base import ColumnKind, Key, Lookup
from services.connectors.sql_schema import LiveTable
from services.connectors.sql_statements import Dialect
from services.connectors.sql_types import candidates, from_plain

_BATCH = 500
_ODD_BATCH = 100
_ROOM = 1_000_000
_IGNORES_CASE = re.compile(r"_(general|unicode|unicode_520|swedish|0900_ai|uca1400_ai)_ci$")


@dataclass(frozen=True)
class _Side:
    """One side of a comparison: as the database compares it, and by bytes where that is not exact."""

    kind: ColumnKind
    type: TypeEngine[Any]
    loose: ColumnElement[Any] | None
    exact: ColumnElement[Any] | None


class MariaDialect(Dialect):
    """Columns without a type: values pass as they are, PyMySQL writes each as what it is."""

    def __init__(self) -> None:
        super().__init__("mysql")

    def table(self, live: LiveTable) -> TableClause:
        """`live` with its columns."""
        return table(live.name, *(column(name) for name in live.columns))

    def column(self, live: LiveTable, name: str) -> ColumnClause[Any]:
        """A column of `live`."""
        return column(name)

    def shown(self, live: LiveTable, name: str) -> ColumnElement[Any]:
        """A column as it is read."""
        return column(name)

    def found_by(self, live: LiveTable, lookup: Lookup) -> Iterator[ColumnElement[bool]]:
        """Conditions that together give the rows of `lookup`, one statement each."""
        sides = [self._side(live, path) for path in lookup.on]
        if lookup.how == "exact":
            wanted: list[tuple[object, ...]] = []
            for key in lookup.keys:
                parts = [candidates(s.kind, s.type, [part], dynamic=False) for s, part in zip(sides, key, strict=True)]
                wanted.extend(itertools.product(*parts))
            yield from self._conditions(sides, wanted, loosely=False)
            return
        (side,) = sides
        compared: ColumnElement[Any] = _text(column(lookup.on[0]) if side.loose is None else side.loose)
        if side.loose is None and "." in lookup.on[0]:
            compared = _inside(lookup.on[0])
        if lookup.how == "phone":
            for mark in PHONE_MARKS:
                compared = func.replace(compared, mark, "")
        elif side.loose is not None and _IGNORES_CASE.search(getattr(side.type, "collation", None) or ""):
            compared = side.loose  # the same rows and more, by an index; the caller compares
        else:
            compared = func.lower(compared)
        for batch in _batches([(key,) for (key,) in lookup.keys], _BATCH):
            yield compared.in_([key for (key,) in batch])

    def has_key(
        self, live: LiveTable, key: Sequence[str], rows: Sequence[Key], *, loosely: bool = False
    ) -> Iterator[ColumnElement[bool]]:
        """Conditions that together give the rows with these keys, one statement each.

        `loosely`: as the database's own rules (unique, foreign keys) compare.
        """
        sides = [self._side(live, name, whole=True) for name in key]
        plain_rows = [tuple(map(_sent, sides, row)) for row in rows if None not in row]
        yield from self._conditions(sides, plain_rows, loosely=loosely)
        odd_rows = [row for row in rows if None in row]
        for start in range(0, len(odd_rows), _ODD_BATCH):
            yield or_(
                *(
                    and_(*(_same(name, side, value) for name, side, value in zip(key, sides, row, strict=True)))
                    for row in odd_rows[start : start + _ODD_BATCH]
                )
            )

    def bound(self, live: LiveTable, name: str, value: object) -> ColumnElement[Any]:
        """`value` as it is written into a column."""
        if value is None:
            return null()
        kind = live.columns[name].kind
        return literal(_plain(from_plain(kind, value) if isinstance(value, str) else value))

    def _side(self, live: LiveTable, path: str, *, whole: bool = False) -> _Side:
        name, *inside = [path] if whole else path.split(".")
        if inside:
            return _Side("text", NullType(), None, _bytes(_inside(path)))
        kind, column_type = live.columns[name].kind, live.types[name]
        if kind in ("other", "json") or isinstance(column_type, REAL):
            return _Side("other", column_type, None, _bytes(_text(column(name))))
        return _Side(kind, column_type, column(name), _bytes(_text(column(name))) if kind == "text" else None)

    def _compared(self, sides: Sequence[_Side], batch: Sequence[tuple[object, ...]], exact: bool) -> Any:
        used = [
            (at, expression)
            for at, side in enumerate(sides)
            if (expression := (side.exact if side.exact is not None else side.loose) if exact else side.loose)
            is not None
        ]
        if not used:
            return None

        def value(row: tuple[object, ...], at: int) -> object:
            return _encoded(row[at]) if exact and sides[at].exact is not None else row[at]

        if len(used) == 1:
            ((at, expression),) = used
            return expression.in_([value(row, at) for row in batch])
        return tuple_(*(expression for _, expression in used)).in_(
            [tuple(value(row, at) for at, _ in used) for row in batch]
        )

    def _conditions(
        self, sides: Sequence[_Side], rows: Sequence[tuple[object, ...]], *, loosely: bool
    ) -> Iterator[ColumnElement[bool]]:
        inexact = any(side.exact is not None for side in sides)
        blind = all(side.loose is None for side in sides)
        for batch in _batches(rows, _BATCH // len(sides)):
            asked = [] if blind else [self._compared(sides, batch, exact=False)]
            if inexact and (not loosely or blind):
                asked.append(self._compared(sides, batch, exact=True))
            yield and_(*asked)


def _text(expression: ColumnElement[Any]) -> ColumnElement[Any]:
    """As the text that we read, whatever the character set of the column is."""
    return cast(expression, CHAR(charset="utf8mb4"))


def _bytes(expression: ColumnElement[Any]) -> ColumnElement[Any]:
    return cast(expression, BINARY())


def _inside(path: str) -> ColumnElement[Any]:
    """A part of a JSON column as text; NULL for structures, and where the column holds no JSON."""
    name, *inside = path.split(".")
    return func.json_value(column(name), "$" + "".join(f".{json.dumps(part)}" for part in inside))


def _sent(side: _Side, value: Any) -> object:
    """A value of a row's key as it is compared."""
    if isinstance(side.type, REAL):
        return str(value).replace("e+", "e")  # as the database writes it
    return _plain(from_plain(side.kind, value))


def _plain(value: object) -> object:
    return str(value) if isinstance(value, UUID) else value


def _encoded(value: object) -> bytes:
    text = str(int(value)) if isinstance(value, bool) else str(value)
    return text.encode("utf-8", "surrogatepass")


def _same(name: str, side: _Side, value: Any) -> ColumnElement[bool]:
    """That a column holds `value`, NULL included."""
    if value is None:
        return column(name).is_(None)
    sent = _sent(side, value)
    parts = [] if side.loose is None else [side.loose == literal(sent)]
    return and_(*parts, *([] if side.exact is None else [side.exact == literal(_encoded(sent))]))


def _batches(rows: Sequence[tuple[object, ...]], size: int) -> Iterator[list[tuple[object, ...]]]:
    """At most `size` rows and a million characters: a statement must fit into one packet of the server."""
    batch: list[tuple[object, ...]] = []
    room = _ROOM
    for row in rows:
        long = sum(len(part) for part in row if isinstance(part, str | bytes))
        if batch and (len(batch) >= size or long > room):
            yield batch
            batch, room = [], _ROOM
        batch.append(row)
        room -= long
    if batch:
        yield batch
