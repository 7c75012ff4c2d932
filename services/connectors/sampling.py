"""Rows to judge a column by: few, spread over the table, cut short, read only. For SQL databases of any dialect."""

import time
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

from sqlalchemy import Select, Text, cast, func, literal, select
from sqlalchemy.sql.elements import ColumnElement

from services.connectors.base import Row
from services.connectors.sql_errors import spoken
from services.connectors.sql_schema import ForeignKey, LiveTable

if TYPE_CHECKING:
    from services.connectors.sql_read import SqlReader

SLICES = 8
"""Places in the table that rows are taken from."""
CUT = 2000
"""Characters of a value that are read."""
_COUNTED = 100_000
"""Rows that are counted, and skipped, at most, where no number leads to a place in the table."""


@runtime_checkable
class Sampler(Protocol):
    """A reader that can show a few rows, and which keys refer to which: what discovery needs."""

    def sample(self, collection: str, columns: Sequence[str], most: int, seconds: float) -> list[Row]:
        """At most `most` rows from all over the table, begun no later than `seconds` from now."""
        ...

    def foreign_keys(self) -> list[ForeignKey]:
        """Every foreign key."""
        ...


def sampled(reader: "SqlReader", name: str, columns: Sequence[str], most: int, seconds: float) -> list[Row]:
    """See `Sampler.sample`. Columns of bytes are left out: nothing is judged by them."""
    until = time.monotonic() + seconds
    live = reader.live(name)
    shown = [_shown(reader, live, one) for one in columns if live.columns[one].kind != "binary"]
    if not shown:
        return []
    found: list[Row] = []
    for statement in _slices(reader, live, shown, -(-most // SLICES)):
        with spoken(reader.system):
            found += [dict(row) for row in reader.connection.execute(statement).mappings()]
        if len(found) >= most or time.monotonic() > until:
            break
    return found[:most]


def _shown(reader: "SqlReader", live: LiveTable, name: str) -> ColumnElement[Any]:
    column = reader.dialect.column(live, name)
    if live.columns[name].kind == "text":
        return func.substr(column, 1, CUT).label(name)
    if live.columns[name].kind in ("json", "other"):
        return func.substr(cast(column, Text), 1, CUT).label(name)
    return column


def _slices(
    reader: "SqlReader", live: LiveTable, shown: list[ColumnElement[Any]], size: int
) -> Iterator[Select[tuple[object, ...]]]:
    """By a key of whole numbers where there is one, so that no row is counted or skipped; else by place."""
    every = select(*shown).select_from(reader.dialect.table(live))
    if len(live.key) == 1 and live.columns[live.key[0]].kind == "integer":
        key = reader.dialect.column(live, live.key[0])
        ends = select(func.min(key), func.max(key)).select_from(reader.dialect.table(live))
        with spoken(reader.system):
            low, high = reader.connection.execute(ends).one()
        if isinstance(low, int) and isinstance(high, int):
            step = max(1, (high - low + 1) // SLICES)
            for n in range(SLICES if high - low >= SLICES else 1):
                start = low + n * step
                some = every.where(key >= start).order_by(key).limit(size if step > 1 else size * SLICES)
                yield some if n == SLICES - 1 or step == 1 else some.where(key < start + step)
            return
    few = select(literal(1)).select_from(reader.dialect.table(live)).limit(_COUNTED).subquery()
    with spoken(reader.system):
        count = reader.connection.execute(select(func.count()).select_from(few)).scalar() or 0
    if count <= size * SLICES:
        yield every.limit(size * SLICES)
        return
    for n in range(SLICES):
        yield every.limit(size).offset(n * count // SLICES)
