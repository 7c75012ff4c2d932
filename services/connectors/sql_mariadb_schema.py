"""The live schema of MariaDB and MySQL, from `information_schema`: two questions for any number of tables."""

import re
from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Connection, bindparam, text, types
from sqlalchemy.dialects import mysql

from services.connectors.base import Column
from services.connectors.sql_schema import ForeignKey, LiveTable
from services.connectors.sql_types import kind_of, length_of

_COLUMNS = """
SELECT table_name, column_name, data_type, column_type, character_maximum_length, is_nullable, collation_name
FROM information_schema.columns WHERE table_schema = DATABASE() {named} ORDER BY table_name, ordinal_position
"""
_UNIQUE = """
SELECT table_name, index_name, column_name, sub_part FROM information_schema.statistics
WHERE table_schema = DATABASE() AND non_unique = 0 {named} ORDER BY table_name, index_name, seq_in_index
"""
_CHECKS = (
    "SELECT table_name, check_clause FROM information_schema.check_constraints WHERE constraint_schema = DATABASE()"
)
_FOREIGN = """
SELECT table_schema, table_name, constraint_name, column_name, referenced_table_name, referenced_column_name
FROM information_schema.key_column_usage WHERE referenced_table_schema = DATABASE()
ORDER BY table_schema, table_name, constraint_name, ordinal_position
"""
_IS_JSON = re.compile(r"json_valid\(`(.+)`\)")
_WHOLE = ("tinyint", "smallint", "mediumint", "int", "bigint", "bit", "year")
_TEXTS = ("char", "varchar", "tinytext", "text", "mediumtext", "longtext")
_SHAPES = (
    "geometry", "point", "linestring", "polygon", "multipoint", "multilinestring", "multipolygon", "geometrycollection",
)  # fmt: skip
_BINARIES = ("binary", "varbinary", "tinyblob", "blob", "mediumblob", "longblob", *_SHAPES)
_OTHERS: dict[str, type[types.TypeEngine[Any]]] = {
    "decimal": types.Numeric,
    "double": types.Numeric,
    "float": types.REAL,  # single precision: compared by its text
    "date": types.Date,
    "datetime": types.DateTime,
    "timestamp": types.DateTime,
    "json": types.JSON,
    "uuid": types.Uuid,
}
_LONGEST = 2**24


def mariadb_tables(connection: Connection, names: Sequence[str] | None = None) -> dict[str, LiveTable]:
    """The tables and views of the database, all or those named, that exist."""
    columns: dict[str, dict[str, Column]] = {}
    kinds: dict[str, dict[str, types.TypeEngine[Any]]] = {}
    json = _json_columns(connection)
    for name, column, plain, whole, length, nullable, collation in _asked(connection, _COLUMNS, names):
        known = types.JSON() if (name, column) in json else _type(str(plain), str(whole), length, collation)
        kinds.setdefault(str(name), {})[str(column)] = known
        kind = "number" if isinstance(known, types.REAL) else kind_of(known)
        columns.setdefault(str(name), {})[str(column)] = Column(
            str(column), kind, nullable == "YES", length_of(known) if kind == "text" else None
        )
    unique: dict[str, dict[str, list[tuple[str, bool]]]] = {}
    for name, index, column, part in _asked(connection, _UNIQUE, names):
        # An index over an expression has no column, one over the start of a column says nothing about the whole.
        parts = unique.setdefault(str(name), {}).setdefault(str(index), [])
        parts.append((str(column), column is not None and part is None))
    found = {}
    for name, described in columns.items():
        sets = {
            index: tuple(column for column, _ in parts)
            for index, parts in unique.get(name, {}).items()
            if all(whole for _, whole in parts)
        }
        key = sets.pop("PRIMARY", ())
        found[name] = LiveTable(name, described, key, tuple(sorted(set(sets.values()))), kinds[name])
    return found if names is None else {name: table for name, table in found.items() if name in names}


def mariadb_foreign_keys(connection: Connection) -> list[ForeignKey]:
    """Every foreign key to a table of this database, also from another; none can be judged at the commit."""
    here = connection.execute(text("SELECT DATABASE()")).scalar_one()
    parts: dict[tuple[str, str, str, str], list[tuple[str, str]]] = {}
    for schema, name, constraint, column, parent, on in connection.execute(text(_FOREIGN)):
        parts.setdefault((schema, name, constraint, parent), []).append((column, on))
    keys = [
        ForeignKey(
            child, tuple(c for c, _ in columns), parent, tuple(on for _, on in columns), elsewhere=schema != here
        )
        for (schema, child, _, parent), columns in parts.items()
    ]
    return sorted(keys, key=lambda one: (one.child, one.columns, one.parent))


def _asked(connection: Connection, statement: str, names: Sequence[str] | None) -> Iterable[Sequence[object]]:
    if names is None:
        return connection.execute(text(statement.format(named=""))).all()
    asked = text(statement.format(named="AND table_name IN :names")).bindparams(bindparam("names", expanding=True))
    return connection.execute(asked, {"names": list(names)}).all()


def _json_columns(connection: Connection) -> set[tuple[str, str]]:
    """MariaDB's JSON is a text with a check of its own; MySQL has a type for it."""
    if not getattr(connection.dialect, "is_mariadb", False):
        return set()
    found = set()
    for name, clause in connection.execute(text(_CHECKS)):
        checked = _IS_JSON.fullmatch(str(clause))
        if checked:
            found.add((str(name), checked[1].replace("``", "`")))
    return found


def _type(name: str, whole: str, length: object, collation: object) -> types.TypeEngine[Any]:
    """The type by its name in `information_schema`; `whole` is its full text, as `int(10) unsigned`."""
    held = length if isinstance(length, int) and length < _LONGEST else None
    if name in _WHOLE:
        return mysql.BIGINT(unsigned="unsigned" in whole or name == "bit")
    if name in _TEXTS:
        return types.String(held, collation=str(collation))
    if name in _BINARIES:
        return types.LargeBinary(held)
    return _OTHERS.get(name, types.NullType)()
