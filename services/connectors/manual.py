"""A system without a door for programs: people look and erase by hand, and what they answer is all that is known.

Nothing is reached over a network here. Until the answer of a task is there, a search or a change is `Pending`.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date, timedelta

from services.catalog.console_keys import Words
from services.catalog.dataset import Dataset
from services.catalog.identifiers import kind_of
from services.catalog.system import System
from services.catalog.values import join_keys
from services.connectors.base import Column, Delete, Key, Lookup, Rewrite, Row, Table
from services.errors import Pending, Unusable
from services.strict_yaml import Word, nearest, read

FIND, ERASE, RESTRICT, GIVE, WITHDRAW = "find", "erase", "restrict", "consent-give", "consent-withdraw"
COMPLETED, NOTHING, EXCEPTION = "completed", "nothing-found", "exception"
ANSWERS = (COMPLETED, NOTHING, EXCEPTION)
_KEY = "task"
_COLUMNS = (_KEY, "count", "found", "answered_on")
_REFUSED = "only a person changes it"


@dataclass(frozen=True)
class Days:
    """How long people have, from the day of the order."""

    find: int = 10
    erase: int = 14
    restrict: int = 3
    consent: int = 3

    def __post_init__(self) -> None:
        if not all(0 < days <= 90 for days in (self.find, self.erase, self.restrict, self.consent)):
            raise ValueError("a task has 1 to 90 days")

    def of(self, what: str) -> int:
        """For one kind of task."""
        return {FIND: self.find, ERASE: self.erase, RESTRICT: self.restrict}.get(what, self.consent)


_RESTRICT = {
    "en": "Mark what you hold of this person as stored only: nobody uses it until they say otherwise",
    "de": "Als nur noch gespeichert kennzeichnen, was von der Person da ist: niemand nutzt es bis auf Weiteres",
    "fr": "Marquer les données de cette personne comme seulement conservées : personne ne les utilise",
}
_CONSENT = {
    "en": "Write down what this person chose, and act by it",
    "de": "Vermerken, was die Person gewählt hat, und danach handeln",
    "fr": "Noter le choix de cette personne et s'y tenir",
}


@dataclass(frozen=True)
class ManualFile:
    """`manual.yml`: what to do, in words; by which identities; whose work it is (a short key of a team); how long.

    `consents`: the purposes whose consents are kept there.
    """

    find: Words
    erase: Words
    responsible: Word
    identities: tuple[Word, ...]
    days: Days = Days()
    restrict: Words = field(default_factory=lambda: dict(_RESTRICT))
    consent: Words = field(default_factory=lambda: dict(_CONSENT))
    consents: tuple[Word, ...] = ()

    def __post_init__(self) -> None:
        if not self.identities:
            raise ValueError("'identities' names at least one kind to look by")

    def say(self, what: str) -> Words:
        """What to do in one kind of task."""
        return {FIND: self.find, ERASE: self.erase, RESTRICT: self.restrict}.get(what, self.consent)


@dataclass(frozen=True)
class HandTask:
    """One task as the case has it; `outcome` is empty until a person answered. `due`, `answered_on` are ISO days.

    `found`: what that person typed, as it goes to whom it is about.
    """

    task: str
    what: str
    due: str
    outcome: str = ""
    count: int = 0
    reason: str = ""
    answered_on: str = ""
    found: str = field(default="", repr=False)


class ManualConnector:
    """One system. `bound` gives it the tasks of a case; without them everything is still to be asked."""

    def __init__(self, system: System, password: str | None) -> None:
        self.key, self.read_only = system.key, system.read_only
        self.file = _file(system)
        self._datasets = system.datasets
        self._tasks: dict[str, HandTask] = {}
        self._known: dict[str, str] = {}
        self._today = date.max

    def bound(self, tasks: Mapping[str, HandTask], known: Mapping[str, str], today: date) -> "ManualConnector":
        """The same system as one case sees it: its newest task of each kind, what the person is known by, the day."""
        made = object.__new__(ManualConnector)
        made.__dict__.update(self.__dict__)
        made._tasks, made._today = dict(tasks), today
        made._known = {kind_of(kind): value for kind, value in known.items()}
        return made

    def due(self, what: str, today: date) -> date:
        """The last day of a task that is ordered today."""
        return today + timedelta(days=self.file.days.of(what))

    def check(self, datasets: Sequence[Dataset]) -> list[str]:
        """What a dataset wants that no answer of a person holds."""
        faults = []
        if len(self._names()) > 1:
            faults.append(f"a person's answer is one row: '{self.key}' has one collection, and no more")
        held = set(self._identities().values())
        faults += [
            f"nothing in '{self.key}' has the identity '{kind}' of manual.yml"
            for kind in self.file.identities
            if kind_of(kind) not in held
        ]
        for dataset in datasets:
            for collection in dataset.collections:
                known = self._table(str(collection.name)).columns
                place = f"{dataset.fides_key}.{collection.name}"
                faults += [
                    f"there is no field {place}.{name}{nearest(name, known)}"
                    for name in collection.columns
                    if name not in known
                ]
                if collection.key != (_KEY,):
                    faults.append(f"the key of {place} must be '{_KEY}': a row is what a person answered")
                if dataset.rules(collection).erase not in ("delete", "keep"):
                    faults.append(f"{place} is erased or kept by hand: say 'erase: delete'")
        return faults

    def describe(self) -> dict[str, Table]:
        """Every declared collection."""
        return {name: self._table(name) for name in self._names()}

    @contextmanager
    def read(self) -> Iterator["ManualReader"]:
        """What was found by hand. Raises `Pending` until somebody answered, `Unusable` where they could not look.

        Of a search that is late the day is today: it is waited for however long it takes.
        """
        found = self._answered(FIND)
        erased = self._tasks.get(ERASE)
        gone = erased is not None and erased.outcome in (COMPLETED, NOTHING)
        held = found.outcome == COMPLETED and not gone
        yield ManualReader({name: self._table(name) for name in self._names()}, self._row(found) if held else None)

    @contextmanager
    def change(self) -> Iterator["ManualChange"]:
        """What was erased by hand. Raises `Pending` until somebody answered, `Unusable` where they could not."""
        if self.read_only:
            raise Unusable(f"system '{self.key}' can only be read, the catalog says")
        self._answered(ERASE)
        with self.read() as reader:
            yield ManualChange(reader)

    def verify(self, lookups: Sequence[Lookup]) -> list[list[Row]]:
        """What each lookup finds."""
        with self.read() as reader:
            return [list(reader.rows(lookup)) for lookup in lookups]

    def _answered(self, what: str) -> HandTask:
        task = self._tasks.get(what)
        if task is None or not task.outcome:
            today = _or_now(self._today)
            due = task.due if task else self.due(what, today).isoformat()
            late = " (late)" if due < today.isoformat() else ""
            until = max(due, today.isoformat()) if what == FIND else due
            raise Pending(f"system '{self.key}' waits for {self.file.responsible} until {due}{late}", until=until)
        if task.outcome == EXCEPTION:
            did = "be searched" if what == FIND else "be erased"
            raise Unusable(f"system '{self.key}' could not {did} by hand ({task.reason or 'no reason given'})")
        return task

    def _row(self, found: HandTask) -> Row:
        row: Row = {_KEY: found.task, "count": found.count, "found": found.found, "answered_on": found.answered_on}
        return row | {name: self._known.get(kind) for name, kind in self._identities().items()}

    def _identities(self) -> dict[str, str]:
        """Fields that hold what the person is known by."""
        return {
            str(field.name): kind_of(field.meta.identity)
            for dataset in self._datasets
            for collection in dataset.collections
            for field in collection.fields
            if field.meta.identity
        }

    def _names(self) -> list[str]:
        return [str(collection.name) for dataset in self._datasets for collection in dataset.collections]

    def _table(self, name: str) -> Table:
        kinds = {"count": "integer"}
        names = (*_COLUMNS, *self._identities())
        columns = {one: Column(one, kinds.get(one, "text"), nullable=one != _KEY) for one in names}  # type: ignore[arg-type]
        return Table(name, columns, (_KEY,))


class ManualReader:
    """`Reader` over the one row that a person's answer is, in the first of the collections; None is no row."""

    def __init__(self, tables: dict[str, Table], row: Row | None) -> None:
        self._tables, self._row = tables, row

    def tables(self, names: Sequence[str]) -> dict[str, Table]:
        """Those of the named collections that are declared."""
        return {name: self._tables[name] for name in names if name in self._tables}

    def rows(self, lookup: Lookup) -> Iterator[Row]:
        """The row, where it is asked for; for an identity always: the caller compares."""
        for row in self.every(lookup.collection, tuple({*lookup.columns, *lookup.on})):
            if lookup.how != "exact" or set(join_keys(row, lookup.on)) & set(lookup.keys):
                yield {name: row[name] for name in lookup.columns}

    def by_key(self, collection: str, columns: Sequence[str], key: Sequence[str], rows: Sequence[Key]) -> Iterator[Row]:
        """The row, if it is one of them."""
        for row in self.every(collection, tuple({*columns, *key})):
            if tuple(row[name] for name in key) in rows:
                yield {name: row[name] for name in columns}

    def every(self, collection: str, columns: Sequence[str]) -> Iterator[Row]:
        """The row, if there is one."""
        if self._row is not None and collection == next(iter(self._tables)):
            yield {name: self._row.get(name) for name in columns}


class ManualChange:
    """`Change` after people answered: there is nothing left for a program to do, and it says so by counting nothing."""

    def __init__(self, reader: ManualReader) -> None:
        self._reader = reader

    def faults(self, deletes: Sequence[Delete], rewrites: Sequence[Rewrite]) -> list[str]:
        """A masked answer makes no sense."""
        return [f"{one.collection} cannot be masked: say 'erase: delete'" for one in rewrites]

    def tables(self, names: Sequence[str]) -> dict[str, Table]:
        """Those of the named collections that are declared."""
        return self._reader.tables(names)

    def defer(self) -> None:
        """Nothing refers to anything."""

    def in_order(self, deletes: Sequence[Delete]) -> list[Delete]:
        """As given."""
        return list(deletes)

    def read(self, collection: str, columns: Sequence[str], key: Sequence[str], rows: Sequence[Key]) -> list[Row]:
        """The row, if it is still there."""
        return list(self._reader.by_key(collection, columns, key, rows))

    def delete(self, delete: Delete) -> int:
        """None: what was erased by hand stands in the answer, and nowhere as a deed of this program."""
        return 0

    def rewrite(self, rewrite: Rewrite) -> int:
        """Refuses."""
        raise Unusable(_REFUSED)


def newest(tasks: Sequence[HandTask]) -> dict[str, HandTask]:
    """The last task of each kind; answered ones before open ones, so that one item's answer serves the next."""
    found: dict[str, HandTask] = {}
    for task in tasks:
        before = found.get(task.what)
        if before is None or task.outcome or not before.outcome:
            found[task.what] = replace(task)
    return found


def _or_now(today: date) -> date:
    """Unbound, it is tried from a command line."""
    return date.today() if today == date.max else today


def _file(system: System) -> ManualFile:
    """Raises `BadInput` with file and line."""
    if system.folder is None:
        return ManualFile("", "", Word("nobody"), (Word("email"),))
    return read(system.folder / "manual.yml", ManualFile)
