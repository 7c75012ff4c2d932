"""Writing corrected values into one system where the old ones stand, and reading them back (Art 16)."""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Final

from db.kill_points import reach
from services.catalog.system import System
from services.catalog.values import join_key, plain
from services.connectors.base import Change, Column, Connector, Key, Rewrite, Row, Table
from services.connectors.sql_types import typed
from services.errors import Unusable
from services.fulfilment.correction_plan import Correction
from services.fulfilment.engine import JobFailed

READ_ONLY: Final = "read-only"
NOT_PERMITTED: Final = "not-permitted"
TOO_LONG: Final = "value-too-long"
WRONG_TYPE: Final = "wrong-type"
TAKEN: Final = "value-taken"
CHANGED: Final = "row-changed"
NO_FIELD: Final = "no-field"
_SAID = (("may not UPDATE", NOT_PERMITTED), ("read-only copy", READ_ONLY))
"""What a system says before the first write, as a code for the agent; all else is `unusable`."""

Fetch = Callable[[Sequence[Key]], list[Row]]
"""Rows of a correction's table by their key."""


def write_corrections(system: System, connector: Connector, wanted: Sequence[Correction], at: datetime) -> int:
    """Rows that hold the new values now, those included that did before; one transaction, or nothing is written.

    With a contact point the day of its change is written, so that it proves nothing for 30 days (IDV-10). `at` is
    aware. Raises `JobFailed` with a code for the agent, `Unavailable`, `Unusable`.
    """
    if system.read_only or _closed(system, wanted):
        raise JobFailed(READ_ONLY)
    when = at.astimezone(UTC).replace(tzinfo=None, microsecond=0)
    with connector.change() as change:
        tables = change.tables(sorted({one.collection for one in wanted}))
        rewrites = [made for one in wanted if (made := _pending(change, tables, one, when)) is not None]
        faults = change.faults([], rewrites) if rewrites else []
        if faults:
            code = next((code for said, code in _SAID if any(said in fault for fault in faults)), "")
            if code:
                raise JobFailed(code)
            raise Unusable(f"system '{system.key}' would not take the correction: {'; '.join(dict.fromkeys(faults))}")
        for rewrite in rewrites:
            if change.rewrite(rewrite) < len(rewrite.rows):
                raise JobFailed(CHANGED)
            reach("rectify.between-statements")
        reach("rectify.before-commit")
    reach("rectify.after-commit")
    return len({(one.collection, row) for one in wanted for row in one.rows})


def not_corrected(connector: Connector, wanted: Sequence[Correction]) -> int:
    """How many rows do not hold their new value, read on a new connection."""
    with connector.read() as reader:
        tables = reader.tables(sorted({one.collection for one in wanted}))
        left = 0
        for one in wanted:
            column = _column(tables, one)

            def fetch(rows: Sequence[Key], one: Correction = one) -> list[Row]:
                return list(reader.by_key(one.collection, _columns(one), one.key, rows))

            there = {_at(row, one): row[one.column] for row in fetch(one.rows)}
            gone = [at for at in one.rows if at not in there]
            moved = bool(gone) and _moved(fetch, column, one, gone)
            left += sum(not _holds(column, value, one.new) for value in there.values())
            left += 0 if moved else len(gone)
    return left


def _closed(system: System, wanted: Sequence[Correction]) -> bool:
    """Whether the catalog says that one of the fields is never written."""
    nodes = {(str(d.fides_key), str(c.name)): c for d in system.datasets for c in d.collections}
    fields = [nodes[one.node].field(one.column) for one in wanted if one.node in nodes]
    return any(one is not None and one.meta.read_only for one in fields)


def _pending(change: Change, tables: Mapping[str, Table], one: Correction, when: datetime) -> Rewrite | None:
    """The rows that hold the old value still; None when none does. Raises `JobFailed`."""
    column, table = _column(tables, one), tables[one.collection]
    _judge(change, table, column, one)
    before = dict(zip(one.rows, one.held, strict=True))

    def fetch(rows: Sequence[Key]) -> list[Row]:
        return change.read(one.collection, _columns(one), one.key, rows)

    there = {_at(row, one): row[one.column] for row in fetch(one.rows)}
    gone = [at for at in one.rows if at not in there]
    if gone and not _moved(fetch, column, one, gone):
        raise JobFailed(CHANGED)
    pending = [at for at in one.rows if at in there and not _holds(column, there[at], one.new)]
    if any(join_key(there[at]) != join_key(before[at]) for at in pending):
        raise JobFailed(CHANGED)
    if not pending:
        return None
    columns: tuple[str, ...] = (one.column,)
    values: tuple[object, ...] = (one.new,)
    if one.changed_at and one.changed_at in table.columns:
        columns, values = (*columns, one.changed_at), (*values, _time(table.columns[one.changed_at], when))
    whole = one.column in one.key  # then the key itself says what stood there
    return Rewrite(
        one.collection,
        one.key,
        columns,
        tuple(pending),
        (values,) * len(pending),
        () if whole else (one.column,),
        () if whole else tuple((before[at],) for at in pending),
    )


def _moved(fetch: Fetch, column: Column, one: Correction, rows: Sequence[Key]) -> bool:
    """Whether rows of a table without a key, known by all that stands in them, are there with the new value."""
    if one.column not in one.key:
        return False
    wanted = {_with_new(column, one, at) for at in rows}
    return wanted == {_at(row, one) for row in fetch(sorted(wanted, key=str))}


def _with_new(column: Column, one: Correction, at: Key) -> Key:
    new = plain(typed(column.kind, one.new))
    return tuple(new if name == one.column else part for name, part in zip(one.key, at, strict=True))


def _columns(one: Correction) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*one.key, one.column)))


def _at(row: Row, one: Correction) -> Key:
    return tuple(plain(row[name]) for name in one.key)


def _judge(change: Change, table: Table, column: Column, one: Correction) -> None:
    if column.length and len(one.new) > column.length:
        raise JobFailed(TOO_LONG)
    try:
        value = typed(column.kind, one.new)
    except (ValueError, OverflowError):
        raise JobFailed(WRONG_TYPE) from None
    if (one.column,) in table.unique or table.key == (one.column,):
        rows = change.read(one.collection, _columns(one), (one.column,), [(plain(value),)])
        if any(_at(row, one) not in one.rows for row in rows):
            raise JobFailed(TAKEN)


def _column(tables: Mapping[str, Table], one: Correction) -> Column:
    table = tables.get(one.collection)
    if table is None or not {*one.key, one.column} <= set(table.columns):
        raise JobFailed(NO_FIELD)
    return table.columns[one.column]


def _holds(column: Column, value: object, new: str) -> bool:
    """Whether a field holds the new value; databases give dates and numbers back in their own types."""
    if value is None:
        return False
    try:
        wanted = typed(column.kind, new)
    except (ValueError, OverflowError):
        return str(value) == new
    return value == wanted or join_key(value) in (join_key(wanted), new)


def _time(column: Column, when: datetime) -> object:
    return when.isoformat(sep=" ") if column.kind == "text" else when
