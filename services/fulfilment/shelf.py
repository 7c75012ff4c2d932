"""The rows of one collection while a search runs: each once, by its key."""

import json
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from services.catalog.dataset import Collection, Field
from services.catalog.values import Plain, plain
from services.connectors.base import Row, Table
from services.errors import Unusable
from services.fulfilment.spill import Room, Slim, Spill, Spilled

Id = tuple[Plain, ...]


_AS_IT_IS = frozenset((int, str, type(None)))
"""Types of values that are their own plain form and can be hashed: those of nearly every key."""


@dataclass
class Shelf:
    """Rows by key. `key` is the declared one, else the live one, else every column.

    `repeated` says how often a row stands there, where that is more than once. `spill` is where rows of a large answer
    lie; without one all are kept in memory.
    """

    system: str
    collection: Collection
    key: tuple[str, ...]
    exact_key: bool
    columns: tuple[str, ...]
    spill: Spill | None = None
    rows: dict[Id, Row] = field(default_factory=dict)
    repeated: dict[Id, int] = field(default_factory=dict)

    def add(self, fetched: Iterable[Row]) -> list[Id]:
        """Takes in what one query gave, answers the keys that are new.

        Raises `Unusable` when a key names two rows: then it is none, and an erasure by it would reach others.
        """
        rows, seen = self.rows, set[Id]()
        fresh, times = [], Counter[Id]()
        for row in fetched:
            at = self._id(row)
            if at not in rows:
                rows[at] = row
                fresh.append(at)
            elif self.exact_key and (at in seen or self.whole(rows[at]) != self.whole(row)):
                raise Unusable(
                    f"system '{self.system}': ({', '.join(self.key)}) is not a key of '{self.collection.name}', "
                    "several rows share it: correct the dataset"
                )
            elif at in seen:
                times[at] += 1
            seen.add(at)
        for at, more in times.items():
            self.repeated[at] = max(self.repeated.get(at, 1), more + 1)
        return fresh

    def take(self, fetched: Iterable[Row]) -> list[Row]:
        """What a query gives, for `add`; rows of a large answer are put down as they come. Raises `Unavailable`."""
        return list(self.spill.keep(fetched) if self.spill else fetched)

    def whole(self, row: Row) -> Row:
        """A row as it was read."""
        return self.spill.whole(row) if self.spill else row

    def show(self, row: Row, as_declared: Callable[[Row], Row]) -> Row | Spilled:
        """A row's declared fields, or where they lie."""
        return Spilled(self.spill, row, as_declared) if self.spill and isinstance(row, Slim) else as_declared(row)

    def _id(self, row: Row) -> Id:
        return tuple([_part(row[name]) for name in self.key])


def _part(value: object) -> Plain:
    """A value of a key: plain, and a structure as text."""
    if type(value) in _AS_IT_IS:
        return value  # type: ignore[return-value]
    found = plain(value)
    return json.dumps(found, sort_keys=True) if isinstance(found, dict | list) else found


def make_shelf(
    system: str,
    collection: Collection,
    table: Table,
    *,
    whole: bool,
    needed: Iterable[str],
    disk: tuple[Path, Room] | None = None,
) -> Shelf:
    """An empty shelf for `collection` as it really is.

    `whole`: read every declared column; else only those a search needs. `disk`: the folder for what does not fit into
    the room in memory. Raises `Unusable` for a missing column.
    """
    exact_key = bool(collection.key or table.key)
    key = collection.key or table.key or tuple(table.columns)
    looked_at = [path.partition(".")[0] for path in needed]
    read = collection.columns if whole else looked_at
    columns = tuple(dict.fromkeys([*read, *key]))
    for name in columns:
        if name not in table.columns:
            raise Unusable(f"system '{system}' has no column '{collection.name}.{name}': run 'catalog check --live'")
    spill = Spill(*disk, [*looked_at, *key]) if disk and not {*looked_at, *key}.issuperset(columns) else None
    return Shelf(system, collection, key, exact_key, columns, spill)


def declared(collection: Collection, columns: Sequence[str]) -> Callable[[Row], Row]:
    """What gives a row's declared fields and no others, nested ones included, from the `columns` that were read."""
    if list(columns) == [one.name for one in collection.fields if not one.fields]:
        return lambda row: row
    plain_names = [str(one.name) for one in collection.fields if not one.fields and one.name in columns]
    nested = [one for one in collection.fields if one.fields and one.name in columns]

    def show(row: Row) -> Row:
        shown = {name: row[name] for name in plain_names}
        return shown | {str(one.name): _pruned(row[str(one.name)], one) for one in nested} if nested else shown

    return show


def _pruned(value: object, one: Field) -> object:
    if not one.fields:
        return value
    if isinstance(value, str):
        value = _json(value)
    if isinstance(value, list):
        return [_pruned(member, one) for member in value]
    if isinstance(value, dict):
        return {str(part.name): _pruned(value[part.name], part) for part in one.fields if part.name in value}
    return value


def _json(text: str) -> object:
    try:
        return json.loads(text)
    except ValueError:
        return text
