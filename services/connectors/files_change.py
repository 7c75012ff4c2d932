"""Changing files: a new one is written beside the old, made durable, and takes its place in one step, under a lock."""

import os
from collections.abc import Sequence
from contextlib import ExitStack, suppress
from io import BufferedReader
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from services.connectors.base import Delete, Key, Rewrite, Row, Table
from services.connectors.files_keys import key_of, same_keys
from services.connectors.files_lock import locked
from services.connectors.files_place import CollectionFile, Place
from services.connectors.files_text import MORE, Csv, JsonLines, Record
from services.errors import DeskError, Unavailable, Unusable

if TYPE_CHECKING:
    from services.connectors.files import FilesReader

_ENDING = ".rightsdesk-new"


class FilesChange:
    """`Change` over a folder. Nothing is written until `commit`, which makes all new files before the first swap."""

    reader: "FilesReader"

    def __init__(self, place: Place, collections: dict[str, CollectionFile], wait_s: float) -> None:
        self.place, self.collections, self.wait_s = place, collections, wait_s
        self._files: dict[str, BufferedReader] = {}
        self._deletes: dict[str, list[Delete]] = {}
        self._rewrites: dict[str, list[Rewrite]] = {}
        self._seen: dict[str, tuple[int, int]] = {}
        self._stack = ExitStack()

    def __enter__(self) -> "FilesChange":
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def opened(self, name: str) -> BufferedReader:
        """The file of that name, locked until the change is over; raises `Unavailable` when another has the lock."""
        if name not in self._files:
            self._files[name] = self._stack.enter_context(locked(self.place, name, self.wait_s))
            told = os.fstat(self._files[name].fileno())
            self._seen[name] = told.st_size, told.st_mtime_ns
            with suppress(FileNotFoundError):
                self._new_name(self.place.where(name)).unlink()  # what a kill left
        return self._files[name]

    def faults(self, deletes: Sequence[Delete], rewrites: Sequence[Rewrite]) -> list[str]:
        """Why these cannot be done; nothing is written."""
        faults: list[str] = []
        changes: list[Delete | Rewrite] = [*deletes, *rewrites]
        for name in sorted({change.collection for change in changes}):
            one = self.collections.get(name)
            try:
                table = self.tables([name]).get(name)
            except DeskError as exc:
                faults.append(exc.reason)
                continue
            if one is None or table is None:
                faults.append(f"there is no file for {name}")
                continue
            wanted = [change for change in changes if change.collection == name]
            columns = {column for change in wanted for column in change.key}
            columns |= {column for change in wanted if isinstance(change, Rewrite) for column in change.columns}
            faults += [f"there is no column {name}.{column}" for column in sorted(columns - set(table.columns))]
            faults += self._file_faults(one, [c for c in wanted if isinstance(c, Rewrite)])
        return faults

    def tables(self, names: Sequence[str]) -> dict[str, Table]:
        """Those of the named collections that are there."""
        return self.reader.tables(names)

    def defer(self) -> None:
        """Files refer to nothing."""

    def in_order(self, deletes: Sequence[Delete]) -> list[Delete]:
        """As given."""
        return list(deletes)

    def read(self, collection: str, columns: Sequence[str], key: Sequence[str], rows: Sequence[Key]) -> list[Row]:
        """Rows by their key, as the locked file has them."""
        return list(self.reader.by_key(collection, columns, key, rows))

    def delete(self, delete: Delete) -> int:
        """Rows that are there and go with `commit`."""
        self._deletes.setdefault(delete.collection, []).append(delete)
        wanted = same_keys(delete.rows)
        return sum(key_of(row, delete.key) in wanted for _, row in self.reader.scan(delete.collection))

    def rewrite(self, rewrite: Rewrite) -> int:
        """Rows that are there and are written with `commit`."""
        self._rewrites.setdefault(rewrite.collection, []).append(rewrite)
        wanted = same_keys(rewrite.rows)
        return sum(key_of(row, rewrite.key) in wanted for _, row in self.reader.scan(rewrite.collection))

    def commit(self) -> None:
        """Writes, then swaps; raises `Unavailable` when a file was changed by somebody meanwhile."""
        made: list[tuple[Path, Path, CollectionFile]] = []
        gone: list[Path] = []
        try:
            for name in sorted({*self._deletes, *self._rewrites}):
                one = self.collections[name]
                if one.folder is not None:
                    gone += self._doomed(name)
                else:
                    made.append(self._written(name, one))
            for _, path, one in made:
                self._unchanged(path, one)
            for new, path, _ in made:
                new.replace(path)
            for path in gone:
                path.unlink(missing_ok=True)
            for folder in {path.parent for path in [*gone, *(path for _, path, _ in made)]}:
                _durable(folder)
        except OSError as exc:
            full = exc.errno in (28, 122)  # no room, or over quota
            words = f"system '{self.place.system}': its files cannot be written ({exc.strerror})"
            raise (Unavailable if full else Unusable)(words) from None
        finally:
            for new, _, _ in made:
                new.unlink(missing_ok=True)

    def _file_faults(self, one: CollectionFile, rewrites: list[Rewrite]) -> list[str]:
        if one.folder is not None:
            return [f"a file of {one.collection} cannot be masked: say 'erase: delete'"] if rewrites else []
        path = self.place.where(one.path)
        faults = []
        if not os.access(path.parent, os.W_OK) or not os.access(path, os.R_OK):
            faults.append(f"'{one.path}' cannot be replaced: its folder is not ours to write")
        if os.fstat(self.reader.file(one).fileno()).st_nlink > 1:
            faults.append(f"'{one.path}' has a second name (hard link), under which the old content would stay")
        if any(MORE in rewrite.columns for rewrite in rewrites):
            faults.append(f"fields beyond the header of '{one.path}' cannot be masked")
        form = self.reader.form(one)
        for rewrite in rewrites:
            try:
                self._trial(form, one, rewrite)
            except DeskError as exc:
                faults.append(exc.reason)
        return faults

    def _trial(self, form: Csv | JsonLines, one: CollectionFile, rewrite: Rewrite) -> None:
        wanted, names = same_keys(rewrite.rows), self._names(form, one)
        for record, row in self.reader.scan(rewrite.collection):
            at = wanted.get(key_of(row, rewrite.key))
            if at is not None and isinstance(record, Record):
                form.text.bytes(
                    form.changed(record, names, dict(zip(rewrite.columns, rewrite.values[at], strict=True)))
                )

    def _names(self, form: Csv | JsonLines, one: CollectionFile) -> tuple[str, ...]:
        return form.columns(self.reader.file(one)) if isinstance(form, Csv) else ()

    def _doomed(self, name: str) -> list[Path]:
        """The files of a folder that go."""
        found = []
        for delete in self._deletes.get(name, []):
            wanted = same_keys(delete.rows)
            found += [
                path
                for path, row in self.reader.scan(name)
                if isinstance(path, Path) and key_of(row, delete.key) in wanted
            ]
        return found

    def _written(self, name: str, one: CollectionFile) -> tuple[Path, Path, CollectionFile]:
        """The new file, durable under a name of its own, with the old one's mode and owner; and the old one."""
        path, old = self.place.where(one.path), self.reader.file(one)
        new = self._new_name(path)
        fd = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0), 0o600)
        try:
            with os.fdopen(fd, "wb") as out:
                self._copy(name, one, old, out)
                out.flush()
                _like(old.fileno(), out.fileno(), f"system '{self.place.system}': '{one.path}'")
                os.fsync(out.fileno())
        except BaseException:
            new.unlink(missing_ok=True)
            raise
        return new, path, one

    def _copy(self, name: str, one: CollectionFile, old: BufferedReader, out: BinaryIO) -> None:
        form = self.reader.form(one)
        deletes = [(delete.key, same_keys(delete.rows)) for delete in self._deletes.get(name, [])]
        rewrites = [(rewrite, same_keys(rewrite.rows)) for rewrite in self._rewrites.get(name, [])]
        names, first = self._names(form, one), True
        for record, row in form.rows(old):
            text = record.raw
            if row is not None:
                if any(key_of(row, key) in wanted for key, wanted in deletes):
                    text = "\ufeff" if first and text.startswith("\ufeff") else ""
                for rewrite, wanted in rewrites if text else ():
                    at = wanted.get(key_of(row, rewrite.key))
                    if at is not None:
                        values = dict(zip(rewrite.columns, rewrite.values[at], strict=True))
                        text = form.changed(Record(text, record.start), names, values)
            first = False
            out.write(form.text.bytes(text))

    def _unchanged(self, path: Path, one: CollectionFile) -> None:
        """Raises `Unavailable` unless the file at `path` is still the very one that was read."""
        read, now = os.fstat(self.reader.file(one).fileno()), path.lstat()
        same = (now.st_dev, now.st_ino, now.st_size, now.st_mtime_ns)
        if same != (read.st_dev, read.st_ino, *self._seen[one.path]):
            raise Unavailable(f"system '{self.place.system}': '{one.path}' was changed by somebody meanwhile")

    @staticmethod
    def _new_name(path: Path) -> Path:
        return path.with_name(f".{path.name}{_ENDING}")


def _like(old: int, new: int, place: str) -> None:
    """Gives the new file the owner, mode and further attributes (ACLs) of the old; raises `Unusable` if it cannot."""
    told, made = os.fstat(old), os.fstat(new)
    try:
        if (told.st_uid, told.st_gid) != (made.st_uid, made.st_gid):
            os.fchown(new, told.st_uid, told.st_gid)
        os.fchmod(new, told.st_mode & 0o7777)
        if hasattr(os, "listxattr"):
            for name in os.listxattr(old):
                os.setxattr(new, name, os.getxattr(old, name))
    except PermissionError:
        raise Unusable(f"{place} belongs to somebody else and could not be given back to them") from None
    except OSError:
        return  # a file system without such attributes


def _durable(folder: Path) -> None:
    if os.name != "posix":
        return
    fd = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)
