"""What MariaDB and MySQL add to the judgement before the first write: engines, rights, views, kept history."""

from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, bindparam, column, delete as delete_from, false, text, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.sql.dml import Delete as DeleteStatement, Update

from services.connectors.base import Delete, Rewrite
from services.connectors.sql_read import SqlReader

_TABLES = """
SELECT t.table_name, t.engine, t.table_type, e.transactions
FROM information_schema.tables AS t LEFT JOIN information_schema.engines AS e ON e.engine = t.engine
WHERE t.table_schema = DATABASE() AND t.table_name IN :names
"""
_DENIED = frozenset({1044, 1142, 1143, 1227, 1370})
_READ_ONLY = frozenset({1290, 1792, 1836})


def engine_faults(connection: Connection, names: Sequence[str]) -> list[str]:
    """Tables that could not be taken back, or would not let go of what they hold."""
    faults = []
    asked = text(_TABLES).bindparams(bindparam("names", expanding=True))
    for name, engine, kind, transactions in connection.execute(asked, {"names": list(names)}):
        if kind == "SYSTEM VERSIONED":
            faults.append(f"{name} keeps every former row (system versioning), so nothing would be erased in it")
        elif engine is None:
            faults.append(f"{name} is a view: describe the tables behind it")
        elif transactions != "YES":
            faults.append(f"{name} is kept by {engine}, which cannot take a change back: make it InnoDB")
    return sorted(faults)


def write_faults(reader: SqlReader, deletes: Sequence[Delete], rewrites: Sequence[Rewrite]) -> list[str]:
    """What our login or this server would refuse. Asked by statements that meet no row, so roles and columns count."""
    faults = []
    for name, what, statement in _harmless(reader, deletes, rewrites):
        try:
            reader.connection.execute(statement)
        except DBAPIError as exc:
            number = exc.orig.args[0] if exc.orig is not None and exc.orig.args else 0
            if number in _DENIED:
                faults.append(f"our login may not {what} in {name}")
            elif number in _READ_ONLY:
                faults.append("the server is a read-only copy")
            elif isinstance(number, int) and 1000 <= number < 2000 and number not in (1205, 1213, 1969):
                faults.append(f"{name} would refuse to {what} (error {number})")
            else:
                raise
    return sorted(set(faults))


def _harmless(
    reader: SqlReader, deletes: Sequence[Delete], rewrites: Sequence[Rewrite]
) -> Iterator[tuple[str, str, DeleteStatement | Update]]:
    for one in deletes:
        yield one.collection, "DELETE", delete_from(reader.dialect.table(reader.live(one.collection))).where(false())
    for change in rewrites:
        live = reader.live(change.collection)
        same: dict[str, ColumnElement[Any]] = {name: column(name) for name in change.columns if name in live.columns}
        if same:
            yield change.collection, "UPDATE", update(reader.dialect.table(live)).where(false()).values(same)
