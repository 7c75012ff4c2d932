"""Writing corrected values into one system where the old ones stand, and reading them back (Art 16)."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Final

from db.kill_points import reach
from services.catalog.system import System
from services.catalog.values import join_key, plain
from services.connectors.base import Change, Column, Connector, Key, Rewrite, Table
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
            there = reader.by_key(one.collection, (*one.key, one.column), one.key, one.rows)
            left += len(one.rows) - sum(_holds(column, row[one.column], one.new) for row in there)
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
    held = dict(zip(one.rows, one.held, strict=True))
    pending: list[Key] = []
    for row in _read(change, one, one.rows):
        at = tuple(plain(row[name]) for name in one.key)
        if at not in held:
            raise JobFailed(CHANGED)
        now, before = row[one.column], held.pop(at)
        if _holds(column, now, one.new):
            continue
        if join_key(now) != join_key(before):
            raise JobFailed(CHANGED)
        pending.append(at)
    if held:
        raise JobFailed(CHANGED)  # a row went
    if not pending:
        return None
    pending.sort(key=str)
    before_them = dict(zip(one.rows, one.held, strict=True))
    columns: tuple[str, ...] = (one.column,)
    values: tuple[object, ...] = (one.new,)
    if one.changed_at and one.changed_at in table.columns:
        columns, values = (*columns, one.changed_at), (*values, _time(table.columns[one.changed_at], when))
    return Rewrite(
        one.collection,
        one.key,
        columns,
        tuple(pending),
        (values,) * len(pending),
        (one.column,),
        tuple((before_them[at],) for at in pending),
    )


def _read(change: Change, one: Correction, rows: Sequence[Key]) -> Iterator[dict[str, object]]:
    yield from change.read(one.collection, tuple(dict.fromkeys((*one.key, one.column))), one.key, rows)


def _judge(change: Change, table: Table, column: Column, one: Correction) -> None:
    if column.length and len(one.new) > column.length:
        raise JobFailed(TOO_LONG)
    try:
        value = typed(column.kind, one.new)
    except (ValueError, OverflowError):
        raise JobFailed(WRONG_TYPE) from None
    if (one.column,) in table.unique or table.key == (one.column,):
        columns = tuple(dict.fromkeys((*one.key, one.column)))
        rows = change.read(one.collection, columns, (one.column,), [(plain(value),)])
        if any(tuple(plain(row[name]) for name in one.key) not in one.rows for row in rows):
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
