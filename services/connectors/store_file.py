"""What `s3.yml` and `redis.yml` share: where the objects or keys of each collection are, read strictly."""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Literal, TypeVar

from services.catalog.dataset import Dataset
from services.catalog.system import System
from services.connectors.base import Column, ColumnKind, Table
from services.connectors.key_pattern import Pattern, parse
from services.errors import BadInput
from services.strict_yaml import Word, line_of, nearest, read

KEY = ("key",)
"""The key of every row: the object's or the Redis key itself."""
_MOST = 100_000


@dataclass(frozen=True, kw_only=True)
class Place(ABC):
    """Where the rows of a collection are. `fields`: further columns, each with where in the value it stands.

    `scan`: the whole pattern may be read through for a lookup by anything else than a field of the pattern; `limit`:
    how many keys that may be before it is refused.
    """

    name: Word
    pattern: Word
    fields: dict[str, Word] = field(default_factory=dict)
    scan: bool = False
    limit: int = _MOST

    def __post_init__(self) -> None:
        parse(self.pattern)
        if self.limit < 1:
            raise ValueError("limit must be at least 1")

    @cached_property
    def keys(self) -> Pattern:
        """The pattern, parsed."""
        return parse(self.pattern)

    @abstractmethod
    def standard(self) -> dict[str, ColumnKind]:
        """Columns that every row of the kind of store has, `key` first."""

    @abstractmethod
    def field_fault(self, path: str) -> str:
        """Why `path` is no place within a value; nothing when it is one."""

    @property
    def table(self) -> Table:
        """The collection as a table: what stands in its keys, what every row has, and the declared fields."""
        kinds: dict[str, ColumnKind] = dict.fromkeys(self.fields, "other")
        kinds |= dict[str, ColumnKind].fromkeys(self.keys.fields, "text")
        kinds |= self.standard()
        fixed = {*self.keys.fields, *KEY}
        return Table(str(self.name), {n: Column(n, kind, n not in fixed) for n, kind in kinds.items()}, KEY)


P = TypeVar("P", bound=Place)
F = TypeVar("F")


def read_places(system: System, file_name: Literal["s3.yml", "redis.yml"], schema: type[F]) -> tuple[Path, F]:
    """The file beside `system.yml`; raises `BadInput` where there is none."""
    if system.folder is None:
        raise BadInput(f"needs a system folder: {file_name} says where its collections are", place=system.key)
    path = system.folder / file_name
    return path, read(path, schema)


def by_name(path: Path, places: Sequence[P], datasets: Iterable[Dataset]) -> dict[str, P]:
    """The places by collection, held against the datasets; raises `BadInput` with file and line."""
    wanted = {str(c.name) for dataset in datasets for c in dataset.collections}
    found: dict[str, P] = {}
    for place in places:
        name = str(place.name)
        if name in found:
            raise BadInput(f"collection '{name}' stands twice", place=f"{path}:{line_of(place.name)}")
        if name not in wanted:
            raise BadInput(
                f"no dataset has a collection '{name}'{nearest(name, wanted)}", place=f"{path}:{line_of(place.name)}"
            )
        found[name] = place
        _columns(path, place)
    missing = sorted(wanted - set(found))
    if missing:
        raise BadInput(f"does not say where collection '{missing[0]}' is", place=f"{path}:1")
    return found


def drift(datasets: Sequence[Dataset], places: dict[str, P]) -> list[str]:
    """Where the datasets ask for what a store does not have, or cannot look up, as sentences."""
    faults = []
    for dataset in datasets:
        for collection in dataset.collections:
            place, where = places[str(collection.name)], f"{dataset.fides_key}.{collection.name}"
            columns = place.table.columns
            if collection.key not in ((), KEY):
                faults.append(f"{where}: its key is 'key' and no other field")
            faults += [
                f"{where}: there is no field '{name}'{nearest(name, columns)}"
                for name in collection.columns
                if name not in columns
            ]
            for path, one in collection.walk():
                inside = path not in place.keys.fields and path not in KEY
                if one.meta.identity and inside and not place.scan:
                    faults.append(
                        f"{where}: identity '{path}' does not stand in the pattern: it is found with 'scan: true' only"
                    )
    return faults


def _columns(path: Path, place: Place) -> None:
    standard = place.standard()
    for name in place.keys.fields:
        if name in standard:
            raise BadInput(
                f"field '{name}' of the pattern has the name of a column that every row has",
                place=f"{path}:{line_of(place.pattern)}",
            )
    for name, inside in place.fields.items():
        where = f"{path}:{line_of(inside)}"
        if name in standard or name in place.keys.fields:
            raise BadInput(f"field '{name}' has the name of another column", place=where)
        if "." in name:
            raise BadInput(f"'{name}' is not a column's name", place=where)
        fault = place.field_fault(str(inside))
        if fault:
            raise BadInput(fault, place=where)
