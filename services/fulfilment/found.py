"""What a search found: rows by system and collection, whose they are, and what could not be searched."""

import hashlib
import json
from dataclasses import dataclass
from enum import StrEnum

from services.catalog.graph import Node
from services.catalog.values import Plain, plain
from services.fulfilment.persons import OnePerson, undecided
from services.fulfilment.spill import Spilled

MAX_OTHERS = 5
"""More other identities than this and the search has left the person: somebody must look at the path."""


class Reach(StrEnum):
    """How the search of a system ended."""

    FOUND = "found"
    NOTHING = "nothing-found"
    NOT_APPLICABLE = "not-applicable"
    EXCLUDED = "excluded"
    FAILED = "failed"


class Whose(StrEnum):
    """`other`: its own identity names someone else, or it is reached only through such a row. `left`: somebody's who is
    known by the same and was left out by whoever said which of them it is; nothing more is to be decided about it."""

    OWN = "own"
    OTHER = "other"
    SHARED = "shared"
    LEFT = "left"


FOREIGN = frozenset({Whose.OTHER, Whose.LEFT})
"""Rows in which nothing is the person's."""


@dataclass(slots=True)  # to make a frozen one takes three times as long, and an answer may have many
class FoundRow:
    """A row with its key (plain values, in the order of the collection's key) and how often it stands there.

    `held` are its values, or where they lie.
    """

    node: Node
    key: tuple[Plain, ...]
    held: dict[str, object] | Spilled
    whose: Whose
    count: int = 1

    @property
    def values(self) -> dict[str, object]:
        """Declared fields by name; of a large answer they are read from disk at each look: look once."""
        return self.held if isinstance(self.held, dict) else self.held.read()

    @property
    def id(self) -> str:
        """Names the row where its key must not stand: in decisions, for instance."""
        text = json.dumps([*self.node, *self.key], sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:24]


@dataclass(frozen=True)
class FoundCollection:
    """The rows of one collection by key; `exact_key` is False where all columns had to serve as the key."""

    node: Node
    key: tuple[str, ...]
    rows: tuple[FoundRow, ...]
    exact_key: bool = True

    @property
    def count(self) -> int:
        """Rows, repeated ones counted."""
        return sum(row.count for row in self.rows)

    @property
    def fixed(self) -> tuple[str, ...]:
        """The columns that cannot be changed because rows are known by them: none where all columns are the key."""
        return self.key if self.exact_key else ()

    @property
    def own(self) -> tuple[FoundRow, ...]:
        """What may be disclosed and erased without a further decision."""
        return tuple(row for row in self.rows if row.whose is Whose.OWN)


@dataclass(frozen=True)
class FoundSystem:
    """One system: how it went, with the reason where it was excluded or failed.

    `until`: the ISO day by which a vendor answers that took the question; the search has failed there until then.
    """

    key: str
    reach: Reach
    reason: str
    collections: tuple[FoundCollection, ...]
    until: str = ""

    @property
    def count(self) -> int:
        """Rows in all its collections."""
        return sum(collection.count for collection in self.collections)


@dataclass(frozen=True)
class Found:
    """The whole answer, the same in every run.

    `unreachable`: collections these identities cannot lead to. `skipped`: collections that the catalog leaves out.
    `others`: how many other identities were met; `path`: the collections on the way to the first of them. `people`:
    whom the identities name.
    """

    identities: tuple[tuple[str, tuple[str, ...]], ...]
    region: str
    systems: tuple[FoundSystem, ...]
    unreachable: tuple[Node, ...]
    skipped: tuple[Node, ...]
    others: int
    path: tuple[str, ...]
    people: tuple[OnePerson, ...] = ()

    @property
    def undecided(self) -> bool:
        """Whether somebody must say first which of several people it is."""
        return undecided(self.people)

    @property
    def stopped(self) -> bool:
        """Whether too many other people were met for any plan."""
        return self.others > MAX_OTHERS

    @property
    def complete(self) -> bool:
        """Whether no system failed."""
        return all(system.reach is not Reach.FAILED for system in self.systems)

    def collections(self) -> tuple[FoundCollection, ...]:
        """Every collection with rows."""
        return tuple(c for system in self.systems for c in system.collections if c.rows)

    def collection(self, node: Node) -> FoundCollection | None:
        """The collection at `node`, if it was searched."""
        return next((c for system in self.systems for c in system.collections if c.node == node), None)


def shown(row: FoundRow) -> dict[str, Plain]:
    """The row's declared fields for JSON."""
    return {name: plain(value) for name, value in row.values.items()}
