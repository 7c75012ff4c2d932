"""`files.yml`: which collections a folder holds and how they are written; opening its files and none outside of it."""

import os
import re
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from io import BufferedReader
from pathlib import Path
from typing import Literal

from services.catalog.system import System
from services.connectors.files_text import MORE, Layout
from services.errors import BadInput, Unavailable, Unusable
from services.strict_yaml import Word, line_of, nearest, read

Encoding = Literal["utf-8", "ascii", "iso-8859-1", "iso-8859-15", "cp1252", "utf-16-le", "utf-16-be"]
IDENTIFIER = "{identifier}"


@dataclass(frozen=True)
class CollectionFile:
    """One collection: a `csv` or `lines` (JSON lines) file, or a `folder` of files whose `names` hold an identifier.

    `names` is a path within the folder: `{identifier}.pdf`, `{identifier}/*`; a star is anything but a slash. The
    identifier is as long as it can be.
    """

    collection: Word
    csv: Word | None = None
    lines: Word | None = None
    folder: Word | None = None
    names: Word | None = None
    encoding: Encoding = "utf-8"
    delimiter: str = ","
    quote: str = '"'
    quoting: Literal["minimal", "all"] = "minimal"
    header: bool = True
    columns: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if sum(one is not None for one in (self.csv, self.lines, self.folder)) != 1:
            raise ValueError("a collection is one of 'csv', 'lines' and 'folder'")
        if (self.folder is None) != (self.names is None):
            raise ValueError("a 'folder' needs 'names', and nothing else does")
        if self.names is not None and self.names.count(IDENTIFIER) != 1:
            raise ValueError(f"'names' holds {IDENTIFIER} once")
        if len(self.delimiter) != 1 or self.delimiter in '\r\n"':
            raise ValueError("a delimiter is one character, and no quote")
        if len(self.quote) > 1 or (self.quote and self.quote in f"\r\n{self.delimiter}"):
            raise ValueError("a quote is one character or none")
        if self.csv is not None and self.header == bool(self.columns):
            raise ValueError("a file without a header needs 'columns', one with a header has them")
        if len(set(self.columns)) < len(self.columns) or MORE in self.columns:
            raise ValueError("'columns' names each once")

    @property
    def path(self) -> str:
        """Where it lies within the system's folder."""
        return str(self.csv or self.lines or self.folder)

    @property
    def layout(self) -> Layout:
        """How the CSV is written."""
        return Layout(self.encoding, self.delimiter, self.quote, self.quoting, self.header, self.columns)


@dataclass(frozen=True)
class FilesFile:
    """`files.yml`."""

    collections: tuple[CollectionFile, ...]


def declared(system: System) -> dict[str, CollectionFile]:
    """The collections by name. Raises `BadInput` with file and line."""
    names = [str(collection.name) for dataset in system.datasets for collection in dataset.collections]
    if system.folder is None:
        return {name: CollectionFile(Word(name), csv=Word(f"{name}.csv")) for name in names}
    path = system.folder / "files.yml"
    found: dict[str, CollectionFile] = {}
    for one in read(path, FilesFile).collections:
        at = f"{path}:{line_of(one.collection)}"
        if one.collection not in names:
            raise BadInput(f"no dataset has a collection '{one.collection}'{nearest(one.collection, names)}", place=at)
        if one.collection in found or one.path in {other.path for other in found.values()}:
            raise BadInput(f"'{one.collection}' or its file stands twice", place=at)
        if Path(one.path).is_absolute() or ".." in Path(one.path).parts:
            raise BadInput(f"'{one.path}' leads out of the system's folder", place=at)
        found[str(one.collection)] = one
    for name in names:
        if name not in found:
            raise BadInput(f"collection '{name}' has no file here", place=f"{path}:1")
    return found


class Place:
    """The folder of a system. Errors name its files as `files.yml` does, and no file found in a folder."""

    def __init__(self, system: System) -> None:
        self.system = system.key
        self.root = Path(system.url.partition("file://")[2])

    def where(self, name: str, *, folder: bool = False) -> Path:
        """The real path of a declared file; raises `Unusable` where a link leads out, `Unavailable` if it is away."""
        if not self.root.is_dir():
            raise Unavailable(f"system '{self.system}' does not answer: its folder is not there")
        try:
            found = (self.root / name).resolve(strict=True)
        except FileNotFoundError:
            raise Unavailable(f"system '{self.system}' has no '{name}' just now") from None
        except (OSError, RuntimeError):
            raise Unusable(f"system '{self.system}': '{name}' cannot be reached") from None
        if not found.is_relative_to(self.root.resolve()):
            raise Unusable(f"system '{self.system}': '{name}' is a link that leads out of its folder")
        if folder != found.is_dir() or not (folder or found.is_file()):
            raise Unusable(f"system '{self.system}': '{name}' is no {'folder' if folder else 'file'}")
        return found

    def there(self, one: CollectionFile) -> bool:
        """Whether the collection's file or folder exists; raises as `where` does for one that may not be used."""
        try:
            self.where(one.path, folder=one.folder is not None)
        except Unavailable:
            if not self.root.is_dir():
                raise
            return False
        return True

    def open(self, name: str) -> BufferedReader:
        """A declared file, for reading. Raises `Unavailable`, `Unusable`."""
        path = self.where(name)
        try:
            # Not through a link that was put there since; and a pipe must not keep us waiting.
            fd = os.open(path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0))
        except OSError as exc:
            raise Unusable(f"system '{self.system}': '{name}' cannot be read ({exc.strerror})") from None
        file = os.fdopen(fd, "rb")
        if not stat.S_ISREG(os.fstat(fd).st_mode):
            file.close()
            raise Unusable(f"system '{self.system}': '{name}' is no file")
        return file

    def files(self, one: CollectionFile) -> Iterator[tuple[Path, str, str | None]]:
        """Every file of a folder: where, its path within, and the identifier in it (None where `names` does not fit).

        Raises `Unusable` for a link: what it leads to is not of this folder.
        """
        root = self.where(one.path, folder=True)
        fits = pattern(str(one.names))

        def fails(exc: OSError) -> None:
            raise Unusable(f"system '{self.system}': '{one.path}' cannot be read whole ({exc.strerror})") from None

        for above, folders, names in os.walk(root, followlinks=False, onerror=fails):
            folders.sort()
            for name in sorted(names):
                path = Path(above) / name
                kind = path.lstat().st_mode
                if not stat.S_ISREG(kind):
                    raise Unusable(f"system '{self.system}': '{one.path}' holds a link or what is no file")
                within = path.relative_to(root).as_posix()
                found = fits.fullmatch(within)
                yield path, within, found["identifier"] if found else None
            for name in folders:
                if (Path(above) / name).is_symlink():
                    raise Unusable(f"system '{self.system}': '{one.path}' holds a link or what is no file")


def pattern(names: str) -> re.Pattern[str]:
    """`names` of a folder as an expression: the identifier is as long as it can be."""
    before, _, after = names.partition(IDENTIFIER)
    head, tail = ("[^/]*".join(map(re.escape, part.split("*"))) for part in (before, after))
    return re.compile(f"{head}(?P<identifier>[^/]+){tail}", re.DOTALL)
