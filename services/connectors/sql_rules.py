"""Whether a change would be taken: judged before the first write, so that nothing is ever half done."""

from collections.abc import Sequence

from sqlalchemy import bindparam, func, select, text

from services.catalog.values import plain
from services.connectors.base import Column, Delete, Rewrite
from services.connectors.sql_read import SqlReader
from services.connectors.sql_schema import ForeignKey, LiveTable
from services.connectors.sql_types import typed


def column_faults(reader: SqlReader, rewrite: Rewrite, foreign: Sequence[ForeignKey]) -> list[str]:
    """Why the new values do not fit: key, references, NOT NULL, length, type, uniqueness."""
    live = reader.live(rewrite.collection)
    faults = []
    for place, name in enumerate(rewrite.columns):
        where = f"{rewrite.collection}.{name}"
        column = live.columns.get(name)
        if column is None:
            faults.append(f"there is no column {where}")
            continue
        if name in live.key or (name in rewrite.key and len(rewrite.key) < len(live.columns)):
            faults.append(f"{where} is part of the key and cannot be masked")
        if any(name in one.on and one.parent == live.name for one in foreign):
            faults.append(f"other tables refer to {where}, so it cannot be masked")
        values = [row[place] for row in rewrite.values]
        refers = any(name in one.columns and one.child == live.name and not one.elsewhere for one in foreign)
        if refers and any(value is not None for value in values):
            faults.append(f"{where} refers to another table and can only be emptied")
        faults.extend(_value_faults(where, column, values))
        faults.extend(_unique_faults(reader, live, rewrite, name, values))
    return faults


def _value_faults(where: str, column: Column, values: Sequence[object]) -> list[str]:
    faults = []
    texts = [value for value in values if isinstance(value, str)]
    if not column.nullable and any(value is None for value in values):
        faults.append(f"{where} cannot be empty (NOT NULL)")
    if column.length and any(len(value) > column.length for value in texts):
        faults.append(f"{where} holds {column.length} characters, too few for its mask")
    if not all(_fits(column, value) for value in texts):
        faults.append(f"{where} is {column.kind} and cannot hold that text")
    return faults


def _fits(column: Column, text: str) -> bool:
    try:
        typed(column.kind, text)
    except ValueError:
        return False
    return True


def _unique_faults(
    reader: SqlReader, live: LiveTable, rewrite: Rewrite, name: str, values: Sequence[object]
) -> list[str]:
    """A mask that would stand twice in a unique column, among the new values or beside rows that stay."""
    if (name,) not in live.unique:
        return []
    filled = [value for value in values if value is not None]
    if len(set(map(str, filled))) < len(filled):
        return [f"{live.name}.{name} is unique and would hold its mask twice"]
    taken = list(
        reader.by_key(live.name, [*rewrite.key, name], [name], [(plain(value),) for value in filled], loosely=True)
    )
    ours = set(rewrite.rows)
    if any(tuple(plain(row[part]) for part in rewrite.key) not in ours for row in taken):
        return [f"{live.name}.{name} is unique and its mask is taken"]
    return []


def key_faults(reader: SqlReader, change: Delete | Rewrite) -> list[str]:
    """A key that names more rows than it should would touch somebody else's."""
    live = reader.live(change.collection)
    missing = [name for name in change.key if name not in live.columns]
    if missing:
        return [f"there is no column {change.collection}.{missing[0]}"]
    whole = set(change.key) == set(live.columns)
    if whole or any(set(one) <= set(change.key) for one in (live.key, *live.unique) if one):
        return []
    total = 0
    for condition in reader.dialect.has_key(live, change.key, change.rows):
        statement = select(func.count()).select_from(reader.dialect.table(live)).where(condition)
        total += reader.connection.execute(statement).scalar_one()
    if total > len(change.rows):
        return [f"the key ({', '.join(change.key)}) of {change.collection} names more rows than the plan"]
    return []


def reference_faults(reader: SqlReader, deletes: Sequence[Delete], foreign: Sequence[ForeignKey]) -> list[str]:
    """Rows that stay and refer to rows that go, in any table, whatever ON DELETE says: it would take them along."""
    planned = {delete.collection: delete for delete in deletes}
    faults = []
    for one in foreign:
        if one.parent not in planned:
            continue
        if one.elsewhere:
            faults.append(
                f"{one.child}, a table of another database, refers to {one.parent}: nobody can say what stays"
            )
            continue
        going = planned[one.parent]
        staying = _referring(reader, one, going, planned.get(one.child))
        if staying:
            faults.append(f"{staying} rows of {one.child} refer to rows of {one.parent} that would go, and stay")
    return sorted(set(faults))


def _referring(reader: SqlReader, one: ForeignKey, parent: Delete, child: Delete | None) -> int:
    """Counted as the database compares: what ON DELETE would take along, a catalog may not even join."""
    on = list(reader.by_key(one.parent, one.on, parent.key, parent.rows))
    keys = [tuple(plain(row[name]) for name in one.on) for row in on]
    key = child.key if child else one.columns
    ours = set(child.rows) if child else set()
    columns = tuple(dict.fromkeys([*key, *one.columns]))
    referring = reader.by_key(one.child, columns, one.columns, keys, loosely=True)
    return sum(tuple(plain(row[name]) for name in key) not in ours for row in referring)


def cycle_faults(dialect: str, loops: Sequence[ForeignKey]) -> list[str]:
    """Tables that refer to each other in a ring go together only if the database judges at the end."""
    if dialect == "sqlite":
        return []
    stuck = [one for one in loops if not one.deferrable]
    return [
        f"rows of {one.child} refer to each other and cannot go in one step"
        if one.child == one.parent
        else f"{one.child} and {one.parent} refer to each other and cannot go in one step"
        for one in stuck
    ]


def permission_faults(reader: SqlReader, deletes: Sequence[Delete], rewrites: Sequence[Rewrite]) -> list[str]:
    """What our login may not do (PostgreSQL; SQLite has no logins, and a file that is read-only fails at the start)."""
    if reader.connection.dialect.name != "postgresql":
        return []
    if reader.connection.execute(text("select pg_is_in_recovery()")).scalar_one():
        return ["the server is a read-only copy"]
    wanted = [(d.collection, "DELETE") for d in deletes] + [(r.collection, "UPDATE") for r in rewrites]
    may = text("select has_table_privilege(to_regclass(quote_ident(:name)), :what)").bindparams(
        bindparam("name"), bindparam("what")
    )
    faults = []
    for name, what in sorted(set(wanted)):
        if not reader.connection.execute(may, {"name": name, "what": what}).scalar_one():
            faults.append(f"our login may not {what} in {name}")
    return faults
