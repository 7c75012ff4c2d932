"""The live schema of a database: what reads and changes need, and where it differs from the catalog."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, inspect, text
from sqlalchemy.engine.interfaces import ReflectedForeignKeyConstraint
from sqlalchemy.engine.reflection import Inspector, ObjectKind
from sqlalchemy.types import TypeEngine

from services.catalog.dataset import Collection, Dataset
from services.connectors.base import Column, ColumnKind, Table
from services.connectors.sql_types import kind_of, length_of
from services.strict_yaml import nearest

_UNIQUE_IN_SQLITE = """
SELECT t.name, i.name, c.name FROM sqlite_master AS t
JOIN pragma_index_list(t.name) AS i ON i."unique" AND NOT i.partial
JOIN pragma_index_info(i.name) AS c
WHERE t.type = 'table' ORDER BY t.name, i.name, c.seqno
"""
_FITS: dict[str, tuple[ColumnKind, ...]] = {
    "string": ("text", "date", "time", "uuid", "other", "number"),
    "integer": ("integer", "number", "boolean"),
    "float": ("number", "integer"),
    "boolean": ("boolean", "integer"),
    "object": ("json", "text"),
}


@dataclass(frozen=True)
class LiveTable(Table):
    """A table with its reflected column types."""

    types: dict[str, TypeEngine[Any]] = field(default_factory=dict)


@dataclass(frozen=True)
class ForeignKey:
    """`child.columns` refer to `parent.on`; `deferrable`: may be judged at the commit.

    `elsewhere`: the child is a table of another database, which we do not read.
    """

    child: str
    columns: tuple[str, ...]
    parent: str
    on: tuple[str, ...]
    deferrable: bool = False
    elsewhere: bool = False


def live_tables(connection: Connection, names: Sequence[str] | None = None) -> dict[str, LiveTable]:
    """The tables and views of the default schema, all or those named, that exist."""
    if connection.dialect.name == "mysql":
        from services.connectors.sql_mariadb_schema import mariadb_tables

        return mariadb_tables(connection, names)
    inspector = inspect(connection)
    wanted = list(names) if names is not None else None
    columns = inspector.get_multi_columns(filter_names=wanted, kind=ObjectKind.ANY)
    keys = inspector.get_multi_pk_constraint(filter_names=wanted, kind=ObjectKind.ANY)
    unique = _sqlite_unique(connection) if connection.dialect.name == "sqlite" else _unique(inspector, wanted)
    found = {}
    for (schema, name), reflected in columns.items():
        if not reflected:
            continue
        primary = keys.get((schema, name))
        key = tuple(primary["constrained_columns"]) if primary else ()
        described = {
            column["name"]: Column(
                column["name"], kind_of(column["type"]), bool(column["nullable"]) and column["name"] not in key,
                length_of(column["type"]),
            )
            for column in reflected
        }  # fmt: skip
        found[name] = LiveTable(
            name, described, key, tuple(sorted(unique.get(name, set()))), {c["name"]: c["type"] for c in reflected}
        )
    return found


def foreign_keys(connection: Connection) -> list[ForeignKey]:
    """Every foreign key of the default schema."""
    if connection.dialect.name == "mysql":
        from services.connectors.sql_mariadb_schema import mariadb_foreign_keys

        return mariadb_foreign_keys(connection)
    found = inspect(connection).get_multi_foreign_keys()
    return sorted(
        (_foreign(name, foreign) for (_, name), keys in found.items() for foreign in keys),
        key=lambda foreign: (foreign.child, foreign.columns, foreign.parent),
    )


def drift(dataset: Dataset, live: dict[str, LiveTable]) -> list[str]:
    """Where `live` differs from what `dataset` says, as sentences."""
    faults = []
    for collection in dataset.collections:
        name = str(collection.name)
        if name not in live:
            faults.append(f"{dataset.fides_key}: there is no table '{name}'{nearest(name, live)}")
            continue
        faults.extend(f"{dataset.fides_key}.{name}: {fault}" for fault in _column_faults(collection, live[name]))
    return faults


def _column_faults(collection: Collection, table: LiveTable) -> list[str]:
    faults = []
    for one in collection.fields:
        column, declared = table.columns.get(str(one.name)), one.meta.data_type
        if column is None:
            faults.append(f"there is no column '{one.name}'{nearest(str(one.name), table.columns)}")
        elif declared in _FITS and column.kind not in _FITS[declared]:
            faults.append(f"column '{one.name}' is declared {declared} and is {column.kind}")
        elif column.length and one.meta.length and one.meta.length > column.length:
            faults.append(f"column '{one.name}' is declared {one.meta.length} long and holds {column.length}")
    sets = [set(table.key), *map(set, table.unique)]
    if collection.key and table.key and not any(found and found <= set(collection.key) for found in sets):
        faults.append(f"the primary key is declared ({', '.join(collection.key)}) and is ({', '.join(table.key)})")
    return faults


def _unique(inspector: Inspector, wanted: list[str] | None) -> dict[str, set[tuple[str, ...]]]:
    found: dict[str, set[tuple[str, ...]]] = {}
    for (_, name), constraints in inspector.get_multi_unique_constraints(filter_names=wanted).items():
        found.setdefault(name, set()).update(tuple(one["column_names"]) for one in constraints)
    for (_, name), indexes in inspector.get_multi_indexes(filter_names=wanted).items():
        for index in indexes:
            names = index["column_names"]
            if index["unique"] and all(names) and not index.get("dialect_options", {}).get("postgresql_where"):
                found.setdefault(name, set()).add(tuple(str(column) for column in names))
    return found


def _sqlite_unique(connection: Connection) -> dict[str, set[tuple[str, ...]]]:
    """As SQLite itself knows it; SQLAlchemy reads the text of CREATE TABLE and misses `VARCHAR(30) UNIQUE`."""
    found: dict[tuple[str, str], list[str | None]] = {}
    for name, index, column in connection.execute(text(_UNIQUE_IN_SQLITE)):
        found.setdefault((name, index), []).append(column)
    sets: dict[str, set[tuple[str, ...]]] = {}
    for (name, _), columns in found.items():
        if None not in columns:
            sets.setdefault(name, set()).add(tuple(str(column) for column in columns))
    return sets


def _foreign(child: str, foreign: ReflectedForeignKeyConstraint) -> ForeignKey:
    columns, on = tuple(foreign["constrained_columns"]), tuple(foreign["referred_columns"])
    return ForeignKey(child, columns, foreign["referred_table"], on, bool(foreign["options"].get("deferrable")))
