"""A version of a controller's catalog: the files of all its systems, what screens show of them, and who made it when.

Each part is bytes with a digest; the head names the digests of the others, and its own digest is the version's.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from hashlib import sha256
from pathlib import Path, PurePosixPath
from typing import Final

import orjson

from services.catalog.system import KIND_SCHEMES, SystemFile
from services.errors import BadInput, Unusable
from services.strict_yaml import read

SYSTEM: Final = "system.yml"
MOST_BYTES: Final = 16 * 1024 * 1024
LONGEST_NOTE: Final = 200


@dataclass(frozen=True, slots=True)
class Head:
    """Which version, who made it (`operator:…`, `agent:…`, `worker:…`) when (µs UTC), why, and what it consists of."""

    controller: str
    number: int
    at: int
    by: str
    note: str
    files: str
    shown: str

    def to_json(self) -> bytes:
        """Canonical: equal heads give equal bytes."""
        return orjson.dumps(asdict(self), option=orjson.OPT_SORT_KEYS)

    @property
    def digest(self) -> str:
        """What the version is called by in the log: SHA-256, hex."""
        return sha256(self.to_json()).hexdigest()

    @staticmethod
    def from_json(data: bytes) -> "Head":
        """Back from `to_json`; raises `Unusable` for anything else."""
        try:
            raw = orjson.loads(data)
            head = Head(**raw)
        except (orjson.JSONDecodeError, TypeError):
            raise Unusable("a catalog's head cannot be read") from None
        whole = all(isinstance(raw[name], str) for name in ("controller", "by", "note", "files", "shown"))
        if not whole or type(head.number) is not int or type(head.at) is not int or head.to_json() != data:
            raise Unusable("a catalog's head cannot be read")
        return head


@dataclass(frozen=True, slots=True)
class Stored:
    """A version as it is kept; `digest` is what the store says it is called by."""

    controller: str
    number: int
    digest: str
    head: bytes
    shown: bytes
    files: bytes = b""

    def fault(self, *, whole: bool = True) -> str:
        """What does not fit together, empty when all does; without `whole` the files are not looked at."""
        try:
            head = Head.from_json(self.head)
        except Unusable as exc:
            return exc.reason
        if head.digest != self.digest or (head.controller, head.number) != (self.controller, self.number):
            return "its head is not the one that was published"
        if sha256(self.shown).hexdigest() != head.shown:
            return "what it shows is not what was published"
        if whole and sha256(self.files).hexdigest() != head.files:
            return "its files are not those that were published"
        return ""


def pack(files: Mapping[str, str]) -> bytes:
    """The files as one canonical text of bytes, by `<system>/<file>`."""
    return orjson.dumps(dict(files), option=orjson.OPT_SORT_KEYS)


def unpack(data: bytes) -> dict[str, str]:
    """Back from `pack`; raises `Unusable` for anything else, and for a name that leads out of its folder."""
    try:
        files = orjson.loads(data)
        names = [PurePosixPath(name) for name in files]
        safe = all(
            len(n.parts) == 2 and not n.is_absolute() and ".." not in n.parts and "\\" not in str(n) for n in names
        )
        if not safe or not all(isinstance(text, str) for text in files.values()):
            raise Unusable("the files of a catalog have names that none may have")
    except (orjson.JSONDecodeError, TypeError, AttributeError):
        raise Unusable("the files of a catalog cannot be read") from None
    return dict(files)


def digest_of(files: Mapping[str, str]) -> str:
    """SHA-256 of the files, hex: equal catalogs have equal ones, whoever published them."""
    return sha256(pack(files)).hexdigest()


def files_in(systems: Path) -> dict[str, str]:
    """Text of every file of a catalog that is read, by `<system>/<file>`; others of its folders are not part of it.

    Raises `BadInput` with file and line.
    """
    found: dict[str, str] = {}
    for path in sorted(systems.glob(f"*/{SYSTEM}")):
        folder = path.parent
        described = read(path, SystemFile)
        own = [folder / f"{kind}.yml" for kind in KIND_SCHEMES]
        for file in {path, *(folder / Path(name).name for name in described.datasets), *filter(Path.is_file, own)}:
            found[f"{folder.name}/{file.name}"] = _text(file)
    if sum(map(len, found.values())) > MOST_BYTES:
        raise BadInput(f"the catalog is larger than {MOST_BYTES // 1024 // 1024} MiB", place=str(systems))
    return dict(sorted(found.items()))


def _text(path: Path) -> str:
    try:
        return path.read_bytes().decode("utf-8")
    except OSError as exc:
        raise BadInput(f"cannot be read: {exc.strerror or 'no reason given'}", place=str(path)) from exc
    except UnicodeDecodeError as exc:
        raise BadInput(f"is not UTF-8 text (byte {exc.start})", place=str(path)) from exc


def write_files(files: Mapping[str, str], systems: Path) -> None:
    """The files in a new folder, 0600 in 0700."""
    make_private(systems)
    for name, text in files.items():
        path = systems / name
        make_private(path.parent)
        path.touch(mode=0o600)
        path.write_bytes(text.encode("utf-8"))


def make_private(folder: Path) -> None:
    """The folder and those above it that are not there yet, 0700 whatever the umask."""
    if not folder.is_dir():
        make_private(folder.parent)
        folder.mkdir(mode=0o700, exist_ok=True)


def checked_note(note: str) -> str:
    """`note`, when it is one line of at most 200 characters; raises `BadInput`."""
    if len(note) > LONGEST_NOTE or not note.isprintable():
        raise BadInput(f"is not one line of at most {LONGEST_NOTE} characters", place="--note")
    return note.strip()
