"""Wide rows of a large answer, on disk while a search and a package need them, sealed under a key in memory alone."""

import os
import pickle
import tempfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from services.connectors.base import Row
from services.errors import Unavailable

ROOM = 24 * 1024 * 1024
"""Bytes of an answer, roughly, that stay in memory; what comes after them is written down."""
_CELL = 50
_NONCE = 12


class Slim(Row):
    """The columns of a row that a search looks at; the whole row lies at `start` of a spill, `length` bytes long."""

    __slots__ = ("length", "start")

    start: int
    length: int


@dataclass(slots=True)
class Room:
    """What an answer may still keep in memory; all its collections share it."""

    left: int = ROOM


class Spill:
    """Rows of one collection in a file without a name in `folder`, which is gone with this object.

    `kept` are the columns that stay in memory.

    Each is sealed by itself (AES-GCM, its place as the nonce), so what is read back is what was written: only
    therefore may it be a pickle, which gives back every type a database knows. Not thread-safe.
    """

    def __init__(self, folder: Path, room: Room, kept: Iterable[str]) -> None:
        self._folder, self._room, self._kept = folder, room, tuple(dict.fromkeys(kept))
        self._end = 0

    def keep(self, rows: Iterable[Row]) -> Iterator[Row]:
        """The rows as they come, as `Slim` once memory has no room. Raises `Unavailable` when the disk is full."""
        room = self._room
        for row in rows:
            if room.left > 0:
                room.left -= sum([_size(value) for value in row.values()])
                yield row
                continue
            try:
                yield self._write(row)
            except OSError as exc:
                why = exc.strerror or "no reason given"
                raise Unavailable(f"a large answer cannot be kept on this machine's disk ({why})") from None

    def whole(self, row: Row) -> Row:
        """The row with all its columns."""
        if not isinstance(row, Slim):
            return row
        self._file.seek(row.start)
        whole: Row = pickle.loads(self._aead.decrypt(_nonce(row.start), self._file.read(row.length), None))  # noqa: S301
        return whole

    def _write(self, row: Row) -> Slim:
        if not self._end:
            self._open()
        sealed = self._aead.encrypt(_nonce(self._end), pickle.dumps(row, pickle.HIGHEST_PROTOCOL), None)
        self._file.seek(0, os.SEEK_END)
        self._file.write(sealed)
        slim = Slim((name, row[name]) for name in self._kept)
        slim.start, slim.length = self._end, len(sealed)
        self._end += len(sealed)
        return slim

    def _open(self) -> None:
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._file = tempfile.TemporaryFile(dir=self._folder)  # noqa: SIM115 - lives as long as the spill
        self._aead = AESGCM(AESGCM.generate_key(256))


class Spilled:
    """A row to show that is read back when it is looked at."""

    __slots__ = ("_row", "_show", "_spill")

    def __init__(self, spill: Spill, row: Slim, show: Callable[[Row], Row]) -> None:
        self._spill, self._row, self._show = spill, row, show

    def read(self) -> Row:
        """The values to show."""
        return self._show(self._spill.whole(self._row))


def _size(value: object) -> int:
    if isinstance(value, str | bytes):
        return _CELL + len(value)
    return _CELL + (len(repr(value)) if isinstance(value, dict | list) else 0)


def _nonce(start: int) -> bytes:
    """A place is written once under a key, so it may serve as the nonce."""
    return start.to_bytes(_NONCE, "big")
