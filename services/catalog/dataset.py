"""Dataset files in the format of the Fides project, read strictly into frozen dataclasses."""

import dataclasses
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Literal, TypeVar

from services.catalog.console_keys import CollectionConsole, DatasetConsole, Facts, FieldConsole, TableRules
from services.catalog.strategies import Mask
from services.catalog.taxonomy import personal
from services.strict_yaml import Word, read

T = TypeVar("T", bound=Facts)
DataType = Literal[
    "string", "integer", "float", "boolean", "object_id", "object",
    "string[]", "integer[]", "float[]", "boolean[]", "object_id[]", "object[]",
]  # fmt: skip
Extra = dict[str, str | int | bool | None]


@dataclasses.dataclass(frozen=True)
class Reference:
    """This field joins `field` (`collection.field`) of `dataset`; without a direction both ways."""

    dataset: Word
    field: Word
    direction: Literal["from", "to"] | None = None


@dataclasses.dataclass(frozen=True)
class FieldMeta:
    """`fides_meta` of a field; `length` in characters."""

    references: tuple[Reference, ...] | None = None
    identity: str | None = None
    primary_key: bool | None = None
    data_type: DataType | None = None
    length: int | None = None
    return_all_elements: bool | None = None
    read_only: bool | None = None
    custom_request_field: str | None = None
    masking_strategy_override: Mask | None = None
    redact: Literal["name"] | None = None


@dataclasses.dataclass(frozen=True)
class Field:
    """A column, or a part of a JSON column when nested."""

    name: Word
    description: str | None = None
    data_categories: tuple[Word, ...] | None = None
    data_qualifier: str | None = None
    fides_meta: FieldMeta | None = None
    fields: tuple["Field", ...] | None = None
    x_console: FieldConsole | None = None

    @property
    def meta(self) -> FieldMeta:
        """Its `fides_meta`, empty when none was written."""
        return self.fides_meta or FieldMeta()

    @property
    def console(self) -> FieldConsole:
        """Its `x_console`, empty when none was written."""
        return self.x_console or FieldConsole()

    @property
    def mask(self) -> Mask | None:
        """The declared strategy: ours before that of Fides."""
        return self.console.mask or self.meta.masking_strategy_override

    @property
    def waits(self) -> bool:
        """Whether a person is still to judge what a draft says of it."""
        return any(evidence.review for evidence in self.console.evidence)

    @property
    def personal(self) -> bool:
        """Whether it, or a part of it, is data about a person."""
        return personal(self.data_categories or ()) or any(part.personal for part in self.fields or ())


@dataclasses.dataclass(frozen=True)
class CollectionMeta:
    """`fides_meta` of a collection."""

    after: tuple[Word, ...] | None = None
    erase_after: tuple[Word, ...] | None = None
    skip_processing: bool | None = None
    masking_strategy_override: Mask | None = None
    partitioning: Extra | None = None


@dataclasses.dataclass(frozen=True)
class Collection:
    """A table."""

    name: Word
    fields: tuple[Field, ...]
    description: str | None = None
    data_categories: tuple[Word, ...] | None = None
    fides_meta: CollectionMeta | None = None
    x_console: CollectionConsole | None = None

    @property
    def meta(self) -> CollectionMeta:
        """Its `fides_meta`, empty when none was written."""
        return self.fides_meta or CollectionMeta()

    @property
    def console(self) -> CollectionConsole:
        """Its `x_console`, empty when none was written."""
        return self.x_console or CollectionConsole()

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of its columns, in the order of the file."""
        return tuple(str(field.name) for field in self.fields)

    @property
    def key(self) -> tuple[str, ...]:
        """The declared primary key; empty when none is declared."""
        return tuple(path for path, field in self.walk() if field.meta.primary_key)

    def walk(self) -> Iterator[tuple[str, Field]]:
        """Every field with its dotted path, parents first."""
        yield from _walk(self.fields, "")

    def field(self, path: str) -> Field | None:
        """The field at a dotted path, if there is one."""
        return next((field for at, field in self.walk() if at == path), None)


@dataclasses.dataclass(frozen=True)
class DatasetMeta:
    """`fides_meta` of a dataset."""

    resource_id: str | None = None
    after: tuple[Word, ...] | None = None
    namespace: Extra | None = None


@dataclasses.dataclass(frozen=True)
class Dataset:
    """The tables of one data system, or of a part of it."""

    fides_key: Word
    collections: tuple[Collection, ...]
    name: str | None = None
    description: str | None = None
    organization_fides_key: str | None = None
    tags: tuple[str, ...] | None = None
    meta: Extra | None = None
    data_categories: tuple[Word, ...] | None = None
    data_qualifier: str | None = None
    retention: str | None = None
    fides_meta: DatasetMeta | None = None
    x_console: DatasetConsole | None = None

    def collection(self, name: str) -> Collection | None:
        """The collection of that name, if there is one."""
        return next((c for c in self.collections if c.name == name), None)

    def rules(self, collection: Collection) -> TableRules:
        """What holds for rows of `collection`, with what the dataset says for all."""
        return _nearest(TableRules, collection.x_console, self.x_console)

    def facts(self, collection: Collection, field: Field | None = None) -> Facts:
        """The letter's facts of `collection`, or of one field of it."""
        return _nearest(Facts, field.x_console if field else None, collection.x_console, self.x_console)


@dataclasses.dataclass(frozen=True)
class DatasetFile:
    """A whole file."""

    dataset: tuple[Dataset, ...]


def load_dataset(path: Path) -> tuple[Dataset, ...]:
    """The datasets of one file, checked; raises `BadInput` with file and line.

    References into datasets of other files are judged when these are together (`services.catalog.system`).
    """
    from services.catalog.checks import check_dataset  # it knows this module

    found = read(path, DatasetFile).dataset
    for dataset in found:
        check_dataset(dataset, found, str(path))
    return found


def _walk(fields: tuple[Field, ...], before: str) -> Iterator[tuple[str, Field]]:
    for field in fields:
        path = f"{before}{field.name}"
        yield path, field
        yield from _walk(field.fields or (), f"{path}.")


def _nearest(kind: type[T], *levels: Facts | None) -> T:
    """A `kind` whose every key has the value of the first level that has one."""
    names = [field.name for field in dataclasses.fields(kind)]
    values = {name: [getattr(level, name, None) for level in levels] for name in names}
    make: Callable[..., T] = kind
    return make(**{name: next((value for value in found if value is not None), None) for name, found in values.items()})
