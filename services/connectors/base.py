"""The interface every kind of data system is reached by: check, describe, read, change, verify.

Errors are `Unavailable` (away, slow, busy: try again) and `Unusable` (a person must mend something). They name the
system, never a value of a row and never a password.
"""

from collections.abc import Collection, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Literal, Protocol, runtime_checkable

from services.catalog.dataset import Dataset
from services.catalog.identifiers import How
from services.catalog.values import Plain

Row = dict[str, object]
Key = tuple[Plain, ...]
ColumnKind = Literal["text", "integer", "number", "boolean", "date", "time", "uuid", "binary", "json", "other"]


@dataclass(frozen=True)
class Column:
    """A live column; `length` in characters where the system bounds it."""

    name: str
    kind: ColumnKind
    nullable: bool
    length: int | None = None


@dataclass(frozen=True)
class Table:
    """A live table: its columns, primary key and unique sets of columns."""

    name: str
    columns: dict[str, Column]
    key: tuple[str, ...]
    unique: tuple[tuple[str, ...], ...] = ()


@dataclass(frozen=True)
class Lookup:
    """Rows of `collection` whose fields `on` (dotted paths) hold one of `keys`; `columns` are read.

    `keys` are join keys (`catalog.values.join_key`), or for another `how` the forms of an identity. A lookup by
    identity may give more rows than were asked for: the caller compares.
    """

    collection: str
    columns: tuple[str, ...]
    on: tuple[str, ...]
    keys: tuple[tuple[str, ...], ...]
    how: How = "exact"


@dataclass(frozen=True)
class Delete:
    """Rows of `collection` that go, by their key."""

    collection: str
    key: tuple[str, ...]
    rows: tuple[Key, ...]


@dataclass(frozen=True)
class Rewrite:
    """Rows of `collection` that get new values in `columns`, by their key: `rows[i]` gets `values[i]`.

    With `while_in`, a row is written only while these columns hold `held[i]`, where a system
    can look and write at once.
    """

    collection: str
    key: tuple[str, ...]
    columns: tuple[str, ...]
    rows: tuple[Key, ...]
    values: tuple[tuple[object, ...], ...]
    while_in: tuple[str, ...] = ()
    held: tuple[Key, ...] = ()


class Reader(Protocol):
    """One read-only connection; what it reads is one moment."""

    def tables(self, names: Sequence[str]) -> dict[str, Table]:
        """Those of the named tables that exist."""
        ...

    def rows(self, lookup: Lookup) -> Iterator[Row]:
        """The rows asked for, in no particular order."""
        ...

    def by_key(self, collection: str, columns: Sequence[str], key: Sequence[str], rows: Sequence[Key]) -> Iterator[Row]:
        """Rows by their key, streamed in batches."""
        ...

    def every(self, collection: str, columns: Sequence[str]) -> Iterator[Row]:
        """Every row, streamed in batches."""
        ...


@runtime_checkable
class FewReader(Protocol):
    """A reader that can be asked for a bounded part of what fits a question; not every system can."""

    def few(self, lookup: Lookup, most: int, begin: Sequence[str], letters: Collection[str]) -> list[Row]:
        """At most `most` rows of `lookup`; each field of `begin` begins with one of `letters` (small), or is empty."""
        ...


class Change(Protocol):
    """One open transaction; leaving it without an error commits."""

    def faults(self, deletes: Sequence[Delete], rewrites: Sequence[Rewrite]) -> list[str]:
        """Why these cannot be done, as sentences; nothing is written."""
        ...

    def tables(self, names: Sequence[str]) -> dict[str, Table]:
        """Those of the named tables that exist."""
        ...

    def defer(self) -> None:
        """Has references judged at the commit, where the system can."""
        ...

    def in_order(self, deletes: Sequence[Delete]) -> list[Delete]:
        """Children before parents."""
        ...

    def read(self, collection: str, columns: Sequence[str], key: Sequence[str], rows: Sequence[Key]) -> list[Row]:
        """Rows by their key, as this transaction sees them."""
        ...

    def delete(self, delete: Delete) -> int:
        """Rows really deleted."""
        ...

    def rewrite(self, rewrite: Rewrite) -> int:
        """Rows written."""
        ...


class Connector(Protocol):
    """A data system."""

    key: str

    def check(self, datasets: Sequence[Dataset]) -> list[str]:
        """Where the live system differs from `datasets`, as sentences."""
        ...

    def describe(self) -> dict[str, Table]:
        """Every live table."""
        ...

    def read(self) -> AbstractContextManager[Reader]:
        """A reader on a new connection."""
        ...

    def change(self) -> AbstractContextManager[Change]:
        """A transaction on a new connection."""
        ...

    def verify(self, lookups: Sequence[Lookup]) -> list[list[Row]]:
        """What each lookup finds, on a new connection."""
        ...
