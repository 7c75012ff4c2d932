"""The rows of one collection while a search runs: each once, by its key."""

import json
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from services.catalog.dataset import Collection, Field
from services.catalog.values import Plain, plain
from services.connectors.base import Row, Table
from services.errors import Unusable

Id = tuple[Plain, ...]


@dataclass
class Held:
    """A row with its raw columns."""

    columns: Row
    count: int = 1


@dataclass
class Shelf:
    """Rows by key. `key` is the declared one, else the live one, else every column, with a count."""

    system: str
    collection: Collection
    key: tuple[str, ...]
    exact_key: bool
    columns: tuple[str, ...]
    rows: dict[Id, Held] = field(default_factory=dict)

    def add(self, fetched: Iterable[Row]) -> list[Id]:
        """Takes in what one query gave, answers the keys that are new.

        Raises `Unusable` when a key names two rows: then it is none, and an erasure by it would reach others.
        """
        seen: Counter[Id] = Counter()
        fresh = []
        for row in fetched:
            at = tuple(_hashable(plain(row[name])) for name in self.key)
            seen[at] += 1
            held = self.rows.get(at)
            if held is None:
                self.rows[at] = Held(row)
                fresh.append(at)
            elif self.exact_key and (seen[at] > 1 or held.columns != row):
                raise Unusable(
                    f"system '{self.system}': ({', '.join(self.key)}) is not a key of '{self.collection.name}', "
                    "several rows share it: correct the dataset"
                )
            else:
                held.count = max(held.count, seen[at])
        return fresh


def make_shelf(system: str, collection: Collection, table: Table, *, whole: bool, needed: Iterable[str]) -> Shelf:
    """An empty shelf for `collection` as it really is.

    `whole`: read every declared column; else only those a search needs. Raises `Unusable` for a missing column.
    """
    exact_key = bool(collection.key or table.key)
    key = collection.key or table.key or tuple(table.columns)
    read = collection.columns if whole else tuple(path.partition(".")[0] for path in needed)
    columns = tuple(dict.fromkeys([*read, *key]))
    for name in columns:
        if name not in table.columns:
            raise Unusable(f"system '{system}' has no column '{collection.name}.{name}': run 'catalog check --live'")
    return Shelf(system, collection, key, exact_key, columns)


def declared(collection: Collection, columns: Sequence[str]) -> Callable[[Row], Row]:
    """What gives a row's declared fields and no others, nested ones included, from the `columns` that were read."""
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


def _hashable(value: Plain) -> Plain:
    """A structure within a key, as text."""
    return json.dumps(value, sort_keys=True) if isinstance(value, dict | list) else value
