"""A mailbox over IMAP: folders are collections, messages are rows, known by the folder's UIDVALIDITY and their UID.

Tested against Dovecot. What erasing means here stands in docs/connectors.md.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from services.catalog.dataset import Dataset
from services.catalog.system import System
from services.catalog.values import Plain, join_keys
from services.connectors.base import Key, Lookup, Row, Table
from services.connectors.mailbox_change import MailboxChange
from services.connectors.mailbox_message import BODY, COLUMNS, HEADERS, KEY, row_of
from services.connectors.mailbox_wire import Address, NoCharset, Session, signed_in
from services.errors import BadInput, Unusable
from services.strict_yaml import Word, line_of, nearest, read


@dataclass(frozen=True)
class Folder:
    """One folder of the mailbox, and the collection of the dataset it is."""

    collection: Word
    folder: Word

    def __post_init__(self) -> None:
        if not self.folder or any(ord(char) < 32 or ord(char) == 127 for char in self.folder):
            raise ValueError("a folder's name has no control characters")


@dataclass(frozen=True)
class MailboxFile:
    """`mailbox.yml`. `ca`: a PEM file beside it with the authority that the server's certificate is of."""

    folders: tuple[Folder, ...]
    ca: Word | None = None


class MailboxConnector:
    """One account; every use is a connection of its own."""

    def __init__(self, system: System, password: str | None) -> None:
        self.key = system.key
        self.read_only = system.read_only
        self.folders, ca = _declared(system)
        self._address, self._password = Address.of(system, ca), password

    def check(self, datasets: Sequence[Dataset]) -> list[str]:
        """Where the mailbox differs from `datasets`, and what a dataset wants that no mailbox can do."""
        faults = []
        with self.read() as reader:
            for dataset in datasets:
                there = reader.tables([str(collection.name) for collection in dataset.collections])
                for collection in dataset.collections:
                    place = f"{dataset.fides_key}.{collection.name}"
                    if collection.name not in there:
                        faults.append(f"there is no folder for {place}: see mailbox.yml")
                        continue
                    faults += [
                        f"there is no field {place}.{name}{nearest(name, COLUMNS)}"
                        for name in collection.columns
                        if name not in COLUMNS
                    ]
                    if collection.key and set(collection.key) != set(KEY):
                        faults.append(f"the key of {place} must be {', '.join(KEY)}: a UID alone is not for ever")
                    if dataset.rules(collection).erase not in ("delete", "keep"):
                        faults.append(f"{place} cannot be masked, only deleted or kept: say 'erase: delete'")
            if not self.read_only and "UIDPLUS" not in reader.session.capabilities:
                faults.append("the server cannot delete single messages (UIDPLUS): nothing will be erased there")
        return faults

    def describe(self) -> dict[str, Table]:
        """Every declared folder that is there."""
        with self.read() as reader:
            return reader.tables(list(self.folders))

    @contextmanager
    def read(self) -> Iterator["MailboxReader"]:
        """A reader; nothing it reads is marked as read."""
        with signed_in(self.key, self._address, self._password) as session:
            yield MailboxReader(self.key, session, self.folders)

    @contextmanager
    def change(self) -> Iterator[MailboxChange]:
        """Messages are marked while it is open, and gone when it is left without an error."""
        if self.read_only:
            raise Unusable(f"system '{self.key}' can only be read, the catalog says")
        with signed_in(self.key, self._address, self._password) as session:
            change = MailboxChange(self.key, session, self.folders, MailboxReader(self.key, session, self.folders))
            try:
                yield change
            except BaseException:
                change.undo()
                raise
            change.commit()

    def verify(self, lookups: Sequence[Lookup]) -> list[list[Row]]:
        """What each lookup finds, on a new connection."""
        with self.read() as reader:
            return [list(reader.rows(lookup)) for lookup in lookups]


class MailboxReader:
    """`Reader` over a signed-in session."""

    def __init__(self, system: str, session: Session, folders: dict[str, str]) -> None:
        self.system, self.session, self.folders = system, session, folders

    def tables(self, names: Sequence[str]) -> dict[str, Table]:
        """Those of the named collections whose folder is there."""
        return {
            name: Table(name, dict(COLUMNS), KEY)
            for name in names
            if name in self.folders and self.session.open(self.folders[name])
        }

    def rows(self, lookup: Lookup) -> Iterator[Row]:
        """The messages asked for; a server's search finds parts of words, so references are compared here again."""
        columns = tuple(dict.fromkeys([*lookup.columns, *(path.partition(".")[0] for path in lookup.on)]))
        self._open(lookup.collection, columns)
        wanted = set(lookup.keys)
        for row in self._fetch(self._candidates(lookup), columns):
            if lookup.how != "exact" or set(join_keys(row, lookup.on)) & wanted:
                yield {name: row[name] for name in lookup.columns}

    def by_key(self, collection: str, columns: Sequence[str], key: Sequence[str], rows: Sequence[Key]) -> Iterator[Row]:
        """Messages by UIDVALIDITY and UID; those of a folder that was made anew since are not there."""
        self._open(collection, [*columns, *key])
        yield from self._fetch(self.session.there(self.uids(key, rows)), columns)

    def every(self, collection: str, columns: Sequence[str]) -> Iterator[Row]:
        """Every message of the folder, one in memory at a time."""
        self._open(collection, columns)
        yield from self._fetch(self.session.all(), columns)

    def uids(self, key: Sequence[str], rows: Sequence[Key]) -> list[int]:
        """UIDs of `rows` in the open folder as it is now; raises `Unusable` for another key than the folder has."""
        if set(key) != set(KEY):
            raise Unusable(f"system '{self.system}': messages are known by {', '.join(KEY)}: correct the dataset")
        validity, uid = key.index(KEY[0]), key.index(KEY[1])
        return [n for row in rows if _whole(row[validity]) == self.session.validity and (n := _whole(row[uid]))]

    def _candidates(self, lookup: Lookup) -> Iterable[int]:
        """UIDs that may fit: by the server's own search where it has one, else all."""
        texts = sorted({text for key in lookup.keys for text in key})
        if len(lookup.on) == 1 and lookup.how in ("exact", "email"):
            path = lookup.on[0]
            terms = [_TERM[header] for header in HEADERS.get(path, ())]
            terms += ["HEADER Message-ID"] if path == "message_id" else []
            if terms:
                try:
                    return self.session.search(terms, texts)
                except NoCharset:
                    return self.session.all()
        if set(lookup.on) == set(KEY):
            return self.session.there(self.uids(lookup.on, lookup.keys))
        return self.session.all()

    def _fetch(self, uids: Iterable[int], columns: Sequence[str]) -> Iterator[Row]:
        whole = bool(set(columns) & set(BODY))
        validity = self.session.validity
        for uid, size, received, raw in self.session.fetch(uids, whole=whole):
            yield row_of(columns, validity, uid, size, received, raw)

    def _open(self, collection: str, columns: Sequence[str]) -> None:
        if collection not in self.folders or not self.session.open(self.folders[collection]):
            raise Unusable(f"system '{self.system}' has no folder for '{collection}': run 'catalog check --live'")
        for name in columns:
            if name not in COLUMNS:
                raise Unusable(f"system '{self.system}' has no column '{collection}.{name}'{nearest(name, COLUMNS)}")


_TERM = {"From": "FROM", "To": "TO", "Cc": "CC", "Reply-To": "HEADER Reply-To"}


def _whole(value: Plain) -> int:
    try:
        return int(str(value))
    except ValueError:
        return 0


def _declared(system: System) -> tuple[dict[str, str], Path | None]:
    """Folder by collection, and the authority's file. Raises `BadInput` with file and line."""
    names = [str(collection.name) for dataset in system.datasets for collection in dataset.collections]
    if system.folder is None:
        return {name: name for name in names}, None
    path = system.folder / "mailbox.yml"
    file = read(path, MailboxFile)
    found: dict[str, str] = {}
    for one in file.folders:
        at = f"{path}:{line_of(one.collection)}"
        if one.collection not in names:
            raise BadInput(f"no dataset has a collection '{one.collection}'{nearest(one.collection, names)}", place=at)
        if one.collection in found or one.folder in found.values():
            raise BadInput(f"'{one.collection}' or its folder stands twice", place=at)
        found[str(one.collection)] = str(one.folder)
    for name in names:
        if name not in found:
            raise BadInput(f"collection '{name}' has no folder here", place=f"{path}:1")
    if file.ca is None:
        return found, None
    ca = system.folder / file.ca
    if Path(file.ca).name != file.ca or not ca.is_file():
        raise BadInput(f"'{file.ca}' is not a file of this folder", place=f"{path}:{line_of(file.ca)}")
    return found, ca
