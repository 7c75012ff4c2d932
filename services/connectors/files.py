"""Files as a data system: CSV, JSON lines, and folders of files that are named by an identifier.

Tested on real files. What erasing means here stands in docs/connectors.md.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from io import BufferedReader
from pathlib import Path

from services.catalog.dataset import Dataset
from services.catalog.identifiers import PHONE_MARKS
from services.catalog.system import System
from services.catalog.values import join_key, join_keys, values_at
from services.connectors.base import Column, Key, Lookup, Row, Table
from services.connectors.files_change import FilesChange
from services.connectors.files_keys import key_of, same_keys
from services.connectors.files_place import CollectionFile, Place, declared
from services.connectors.files_text import MORE, Csv, JsonLines, Record, shown
from services.errors import DeskError, Unusable
from services.strict_yaml import nearest

_MARKS = re.compile(f"[{re.escape(PHONE_MARKS)}]")
_FILE_COLUMNS = ("name", "identifier", "size", "modified", "content")
_SHOWN_FAULTS = 5


class FilesConnector:
    """One folder; every use opens its files anew."""

    def __init__(self, system: System, password: str | None) -> None:
        self.key = system.key
        self.read_only = system.read_only
        self.wait_s = system.limits.connect_s
        self.place = Place(system)
        self.collections = declared(system)
        self._fields: dict[str, tuple[str, ...]] = {}
        for dataset in system.datasets:
            for collection in dataset.collections:
                before = self._fields.get(str(collection.name), ())
                self._fields[str(collection.name)] = tuple(dict.fromkeys([*before, *collection.columns]))

    def check(self, datasets: Sequence[Dataset]) -> list[str]:
        """Where the files differ from `datasets`, and lines that are not as they should be: every file is read once."""
        faults: list[str] = []
        with self.read() as reader:
            for dataset in datasets:
                for collection in dataset.collections:
                    name = str(collection.name)
                    try:
                        table = reader.tables([name]).get(name)
                        if table is None:
                            faults.append(f"there is no file for {dataset.fides_key}.{name}: see files.yml")
                            continue
                        faults += [
                            f"there is no column {dataset.fides_key}.{name}.{column}{nearest(column, table.columns)}"
                            for column in collection.columns
                            if column not in table.columns
                        ]
                        faults += reader.oddities(name)
                    except DeskError as exc:
                        faults.append(exc.reason)
        return faults

    def describe(self) -> dict[str, Table]:
        """Every declared collection that is there."""
        with self.read() as reader:
            return reader.tables(list(self.collections))

    @contextmanager
    def read(self) -> Iterator["FilesReader"]:
        """A reader. A file that is replaced meanwhile is read on as it was."""
        with FilesReader(self.place, self.collections, self._fields) as reader:
            yield reader

    @contextmanager
    def change(self) -> Iterator[FilesChange]:
        """Files are locked while it is open, and replaced when it is left without an error."""
        if self.read_only:
            raise Unusable(f"system '{self.key}' can only be read, the catalog says")
        with (
            FilesChange(self.place, self.collections, self.wait_s) as change,
            FilesReader(self.place, self.collections, self._fields, change.opened) as reader,
        ):
            change.reader = reader
            yield change
            change.commit()

    def verify(self, lookups: Sequence[Lookup]) -> list[list[Row]]:
        """What each lookup finds, in files opened anew."""
        with self.read() as reader:
            return [list(reader.rows(lookup)) for lookup in lookups]


class FilesReader:
    """`Reader`: each lookup reads its file through, one record in memory at a time.

    `opened` gives the open file of a name; without it the reader opens and closes its own.
    """

    def __init__(
        self,
        place: Place,
        collections: dict[str, CollectionFile],
        fields: dict[str, tuple[str, ...]],
        opened: Callable[[str], BufferedReader] | None = None,
    ) -> None:
        self.place, self.collections, self._fields, self._opened = place, collections, fields, opened
        self._files: dict[str, BufferedReader] = {}
        self._stack = ExitStack()

    def __enter__(self) -> "FilesReader":
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def tables(self, names: Sequence[str]) -> dict[str, Table]:
        """Those of the named collections that are there. No column is a key unless the dataset says so."""
        found = {}
        for name in names:
            one = self.collections.get(name)
            if one is not None and self.place.there(one):
                key = ("name",) if one.folder is not None else ()
                found[name] = Table(name, {column.name: column for column in self._columns(one)}, key)
        return found

    def rows(self, lookup: Lookup) -> Iterator[Row]:
        """The rows asked for."""
        self._with(lookup.collection, [*lookup.columns, *(path.partition(".")[0] for path in lookup.on)])
        wanted = {key[0] for key in lookup.keys} if lookup.how != "exact" else set[str]()
        exact = set(lookup.keys)
        content = "content" in lookup.columns
        for _, row in self.scan(lookup.collection, content=content):
            if lookup.how == "exact":
                fits = bool(set(join_keys(row, lookup.on)) & exact)
            else:
                texts = [join_key(value) for value in values_at(row, lookup.on[0])]
                fits = any(bool(_forms(text, lookup.how) & wanted) for text in texts if text)
            if fits:
                yield {name: row.get(name) for name in lookup.columns}

    def by_key(self, collection: str, columns: Sequence[str], key: Sequence[str], rows: Sequence[Key]) -> Iterator[Row]:
        """Rows by their key."""
        self._with(collection, [*columns, *key])
        wanted = same_keys(rows)
        for _, row in self.scan(collection, content="content" in columns):
            if key_of(row, key) in wanted:
                yield {name: row.get(name) for name in columns}

    def every(self, collection: str, columns: Sequence[str]) -> Iterator[Row]:
        """Every row."""
        self._with(collection, columns)
        for _, row in self.scan(collection, content="content" in columns):
            yield {name: row.get(name) for name in columns}

    def scan(self, collection: str, *, content: bool = False) -> Iterator[tuple[Record | Path, Row]]:
        """Every row with the record or the file that it is."""
        one = self.collections[collection]
        if one.folder is None:
            yield from ((record, row) for record, row in self.form(one).rows(self.file(one)) if row is not None)
            return
        for path, within, identifier in self.place.files(one):
            if identifier is not None:
                yield path, self._file_row(path, within, identifier, content=content)

    def form(self, one: CollectionFile) -> Csv | JsonLines:
        """How a text file is written."""
        place = f"system '{self.place.system}': {one.path}"
        return Csv(place, one.layout) if one.csv is not None else JsonLines(place, one.encoding)

    def file(self, one: CollectionFile) -> BufferedReader:
        """The open file of a collection: the same one as long as this reader lives."""
        if self._opened is not None:
            return self._opened(one.path)
        if one.path not in self._files:
            self._files[one.path] = self._stack.enter_context(self.place.open(one.path))
        return self._files[one.path]

    def oddities(self, collection: str) -> list[str]:
        """Lines that are not as they should be, and files that no name fits; the first few of them."""
        one = self.collections[collection]
        if one.folder is not None:
            odd = sum(identifier is None for _, _, identifier in self.place.files(one))
            return [f"{one.path}: {odd} files have names that 'names' does not fit: they are not searched"] * bool(odd)
        form, found, count = self.form(one), list[str](), 0
        for record, row in form.rows(self.file(one)):
            fault = form.fault(row, record) if row is not None else ""
            count += bool(fault)
            if fault and len(found) < _SHOWN_FAULTS:
                found.append(f"{one.path}:{record.start}: {fault}")
        return [*found, f"{one.path}: {count - len(found)} more such lines"] if count > len(found) else found

    def _columns(self, one: CollectionFile) -> list[Column]:
        if one.folder is not None:
            kinds = {"size": "integer", "modified": "time", "content": "binary"}
            return [Column(name, kinds.get(name, "text"), nullable=False) for name in _FILE_COLUMNS]  # type: ignore[arg-type]
        form = self.form(one)
        if isinstance(form, Csv):
            return [Column(name, "text", nullable=True) for name in (*form.columns(self.file(one)), MORE)]
        return [Column(name, "other", nullable=True) for name in self._fields[str(one.collection)]]

    def _file_row(self, path: Path, within: str, identifier: str, *, content: bool) -> Row:
        try:
            told = path.lstat()
            data = path.read_bytes() if content else b""
        except OSError as exc:
            raise Unusable(f"system '{self.place.system}': a file cannot be read ({exc.strerror})") from None
        return {
            "name": shown(within),
            "identifier": shown(identifier),
            "size": told.st_size,
            "modified": datetime.fromtimestamp(told.st_mtime, UTC),
            "content": data,
        }

    def _with(self, collection: str, columns: Sequence[str]) -> None:
        table = self.tables([collection]).get(collection)
        if table is None:
            raise Unusable(f"system '{self.place.system}' has no file for '{collection}': run 'catalog check --live'")
        for name in columns:
            if name not in table.columns:
                raise Unusable(
                    f"system '{self.place.system}' has no column '{collection}.{name}': run 'catalog check --live'"
                )


def _forms(text: str, how: str) -> set[str]:
    """A value in the forms that an identity is looked for in."""
    text = text.strip()
    if how == "phone":
        return {_MARKS.sub("", text)}
    return {text.lower(), "".join(char.lower() if char.isascii() else char for char in text)}
