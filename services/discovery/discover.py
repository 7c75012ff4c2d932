"""Discovery of a live system: its schema, a bounded sample of every table, and what they show. Reads only."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from services.catalog.system import Limits, System
from services.catalog.values import join_key
from services.connectors.base import Connector, Lookup, Reader, Row, Table
from services.connectors.registry import open_connector
from services.connectors.sampling import Sampler
from services.discovery.draft import Discovered, can_be_named
from services.discovery.evidence import judge, refers_to_people
from services.discovery.joins import Join, stated, unstated
from services.discovery.values import Seen, look
from services.errors import Unavailable, Unusable


@dataclass(frozen=True, slots=True)
class Bounds:
    """How much is looked at: `rows` of a table; seconds for a statement, a table, and all of it."""

    rows: int = 160
    statement_s: float = 3.0
    table_s: float = 4.0
    whole_s: float = 300.0


BOUNDS = Bounds()


def discover(
    system: System, secret: bytes | None, bounds: Bounds = BOUNDS, say: Callable[[str], None] = lambda table: None
) -> Discovered:
    """What a system holds; `say` hears each table's name before it is looked at.

    Raises `Unavailable`, and `Unusable` for a kind of system that shows no schema. No value of a row is kept or said.
    """
    limits = Limits(system.limits.connect_s, min(bounds.statement_s, system.limits.statement_s))
    connector = open_connector(replace(system, limits=limits), secret)
    all_tables = connector.describe()
    if not all_tables:
        raise Unusable(f"system '{system.key}' has no tables that this login may see")
    tables, left_out = _named(all_tables)
    with connector.read() as reader:
        if not isinstance(reader, Sampler):
            raise Unusable(f"system '{system.key}' is of a kind whose tables cannot be drafted")
        known = stated(reader.foreign_keys(), tables)
    until = time.monotonic() + bounds.whole_s
    rows: dict[str, list[Row]] = {}
    unsampled = []
    for name, table in tables.items():
        say(name)
        taken = sample(connector, table, tuple(table.columns), bounds, until)
        rows[name] = taken or []
        if taken is None:
            unsampled.append(name)
    findings = {name: judge(table, looked_at(table, rows[name])) for name, table in tables.items()}
    joins = known + _unstated(connector, tables, known, rows, until)
    findings = refers_to_people(findings, joins)
    return Discovered(str(system.key), tables, findings, joins, left_out, tuple(unsampled))


def sample(
    connector: Connector, table: Table, columns: Sequence[str], bounds: Bounds, until: float
) -> list[Row] | None:
    """A few rows on a connection of their own, so that one slow table ends no other; None where there was no time."""
    left = min(bounds.table_s, until - time.monotonic())
    if left <= 0:
        return None
    try:
        with connector.read() as reader:
            return reader.sample(table.name, columns, bounds.rows, left) if isinstance(reader, Sampler) else None
    except (Unavailable, Unusable):  # too slow, or not for this login: judged by its names alone
        return None


def looked_at(table: Table, rows: Sequence[Row]) -> dict[str, Seen]:
    """What each column's values look like."""
    return {name: look([row[name] for row in rows if name in row]) for name in table.columns}


def _named(tables: Mapping[str, Table]) -> tuple[dict[str, Table], tuple[str, ...]]:
    """The tables and columns that a dataset can name, in order, and what it cannot."""
    left_out, found = [], {}
    for name in sorted(tables):
        columns = {column: c for column, c in tables[name].columns.items() if can_be_named(column)}
        if not can_be_named(name) or not columns:
            left_out.append(name)
            continue
        left_out += [f"{name}: {column}" for column in tables[name].columns if column not in columns]
        key = tables[name].key if set(tables[name].key) <= set(columns) else ()
        found[name] = Table(name, columns, key, tuple(u for u in tables[name].unique if set(u) <= set(columns)))
    return found, tuple(left_out)


def _unstated(
    connector: Connector,
    tables: Mapping[str, Table],
    known: Sequence[Join],
    rows: Mapping[str, Sequence[Row]],
    until: float,
) -> list[Join]:
    sampled = {(t, c): [row[c] for row in some if c in row] for t, some in rows.items() for c in tables[t].columns}

    def holds(table: str, column: str, values: Sequence[object]) -> float | None:
        keys = {key for value in values if (key := join_key(value)) is not None}
        if not keys or time.monotonic() > until:
            return None
        try:
            with connector.read() as reader:
                return _share(reader, table, column, keys)
        except (Unavailable, Unusable):
            return None

    return list(unstated(tables, known, sampled, holds))


def _share(reader: Reader, table: str, column: str, keys: set[str]) -> float:
    lookup = Lookup(table, (column,), (column,), tuple((key,) for key in sorted(keys)))
    there = {join_key(row[column]) for row in reader.rows(lookup)}
    return len(keys & there) / len(keys)
