"""Versions of catalogs in central: what would be published, publishing it, and the newest that checks."""

import shutil
import tempfile
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from db.central_catalog import CatalogStore
from services.action_log.act import Act
from services.action_log.acts import CatalogPublished
from services.action_log.entry import decode
from services.catalog.compare import Change, changes
from services.catalog.overview import shown_of
from services.catalog.system import load_controller_systems
from services.catalog.version import (
    Head,
    Stored,
    checked_note,
    digest_of,
    files_in,
    pack,
    unpack,
    write_files,
)
from services.catalog_check import ACT, Published, published
from services.connectors.registry import open_connector
from services.errors import BadInput, NotFound, Unusable


@dataclass(frozen=True, slots=True)
class Prepared:
    """What would be published as version `number`; `before` is the newest version so far.

    `waiting`: so many fields of each system are a draft's, and nobody judged them yet; systems without are left out.
    """

    controller: str
    number: int
    note: str
    files: Mapping[str, str]
    changes: tuple[Change, ...]
    shown: bytes
    before: Head | None
    waiting: Mapping[str, int]

    @property
    def new(self) -> bool:
        """Whether the files are otherwise than those of the newest version."""
        return self.before is None or self.before.files != digest_of(self.files)

    def head(self, by: str, at: int) -> Head:
        """The head it gets when `by` publishes it `at` (µs UTC)."""
        files, shown = digest_of(self.files), sha256(self.shown).hexdigest()
        return Head(self.controller, self.number, at, by, self.note, files, shown)


class Versions:
    """The published catalogs of a central."""

    def __init__(self, store: CatalogStore) -> None:
        self.store = store

    def heads(self, controller: str = "") -> list[Head]:
        """The head of every version, or of one controller's, newest first; one that somebody changed says so."""
        return [_head(row[0], row[1], row[2], row[3]) for row in self.store.listed(controller)]

    def version(self, controller: str, number: int = 0) -> Stored:
        """One version whole, the newest for 0; raises `NotFound`."""
        if not number:
            number = next((row[1] for row in self.store.listed(controller)), 0)
        row = self.store.version(controller, number)
        if row is None:
            words = f"version {number} of the catalog of {controller}" if number else f"a catalog of {controller}"
            raise NotFound(f"{words} was never published", next_key=f"rightsdesk catalog publish {controller}")
        return Stored(*row)

    def prepare(self, controller: str, folder: Path, note: str = "") -> Prepared:
        """The catalog in a controller's folder, valid as a whole. Raises `BadInput` with file and line."""
        note = checked_note(note)
        if not load_controller_systems(folder):
            raise BadInput("describes no system", place=str(folder / "systems"))
        files = files_in(folder / "systems")
        with tempfile.TemporaryDirectory() as copy:  # what is published is what was looked at, and nothing beside it
            write_files(files, Path(copy) / folder.name / "systems")
            systems = load_controller_systems(Path(copy) / folder.name, folder)
            for system in systems.values():
                open_connector(system, None)  # reads the file that a kind of system has beside its datasets
        listed = self.store.listed(controller)
        last = self.version(controller, listed[0][1]) if listed else None
        whole = last is not None and not last.fault()  # what somebody changed is replaced whole
        before, old = (Head.from_json(last.head), unpack(last.files)) if last and whole else (None, {})
        changed = changes(old, files) if old else ()
        number = last.number + 1 if last else 1
        waiting = {key: system.waiting for key, system in systems.items() if system.waiting}
        return Prepared(controller, number, note, files, changed, shown_of(systems, changed), before, waiting)

    def put(self, prepared: Prepared, by: str, at: int, record: Callable[[Act], None]) -> Head:
        """Publish it: `record` gets the act first, so that no version is without one. Raises `Conflict`."""
        head = prepared.head(by, at)
        record(CatalogPublished(head.controller, head.number, head.digest, by))
        row = (head.controller, head.number, head.digest, head.to_json(), prepared.shown, pack(prepared.files))
        self.store.add(row)
        return head

    def published(self) -> set[Published]:
        """What was published by who may, by their logs as central accepted them."""
        bodies = self.store.publishers_entries()
        return published(decode(body) for body in bodies if ACT.encode() in body)

    def newest_that_checks(self, controller: str, named: Iterable[Published]) -> tuple[Head, dict[str, str]] | None:
        """Head and files of the newest version that is in `named` and whole; None when there is none."""
        wanted = set(named)
        for _, number, digest, _ in self.store.listed(controller):
            row = self.store.version(controller, number)
            if row is not None and (controller, number, digest) in wanted and not Stored(*row).fault():
                return Head.from_json(row[3]), unpack(row[5])
        return None


def _head(controller: str, number: int, digest: str, head: bytes) -> Head:
    try:
        found = Head.from_json(head)
    except Unusable:
        found = None
    if found is None or (found.controller, found.number, found.digest) != (controller, number, digest):
        return Head(controller, number, 0, "nobody", "this is not what was published: central check", "", "")
    return found


def put_on_disk(files: Mapping[str, str], controller: str, to: Path) -> Path:
    """The files in the folder `to`, whole or not at all; the controller's folder in it. What lies there is checked."""
    folder = to / controller
    if to.is_dir():
        if on_disk(folder) == dict(files):
            return folder
        shutil.rmtree(to)
    half = to.with_name(f"{to.name}.half")
    shutil.rmtree(half, ignore_errors=True)
    write_files(files, half / controller / "systems")
    half.replace(to)
    return folder


def on_disk(folder: Path) -> dict[str, str] | None:
    """The files of a controller's folder; None when they cannot be read."""
    try:
        return files_in(folder / "systems")
    except BadInput:
        return None
