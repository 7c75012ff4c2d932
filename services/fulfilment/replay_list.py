"""The replay list with a copy beside the worker's own log: a central that is restored has lost its newest rows.

The copy is added to first, and both are brought together whenever they differ, so that each worker has the whole list.
It holds keyed digests and case numbers; without the lookup key nobody can tell whose.
"""

import os
import threading
import time
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

import orjson

from db.central_replay import Repeat, ReplayStore, over

FILE = "replay.jsonl"


class ReplayList:
    """`store` and the copy in `file` as one list. Safe from any thread."""

    def __init__(self, store: ReplayStore, file: Path) -> None:
        self._store, self._file = store, file
        self._lock = threading.Lock()
        self._seen: tuple[int, str] | None = None

    def put(self, digests: Iterable[str], controller: str, case: str, kind: str) -> None:
        """Remember a person durably, here and in central; a repeat changes nothing."""
        at = time.time_ns() // 1000
        with self._lock:
            known = {(r.digest, r.controller, r.case, r.kind): r for r in self._kept()}
            wanted = [Repeat(digest, controller, case, kind, at) for digest in dict.fromkeys(digests)]
            rows = [known.get(row[:4], row) for row in wanted]
            self._keep([row for row in rows if row[:4] not in known])
            self._store.add(rows)

    def merge(self) -> bool:
        """Give each what only the other has, but what ended; whether there was any. Cheap while nothing changed."""
        with self._lock:
            if self._store.mark() == self._seen:
                return False
            there, here = self._store.rows(), self._kept()
            gone = over(there | here)
            self._store.add(here - there - gone)
            self._store.drop(there & gone)
            if here & gone:
                self._keep_only((there | here) - gone)
            else:
                self._keep(there - here)
            self._seen = self._store.mark()
            return there != here or bool(gone)

    def _kept(self) -> set[Repeat]:
        rows = set()
        for line in self._file.read_bytes().splitlines() if self._file.exists() else ():
            with suppress(orjson.JSONDecodeError, TypeError):  # a line that a power cut tore was not acknowledged
                rows.add(Repeat(*orjson.loads(line)))
        return rows

    def _keep(self, rows: Iterable[Repeat]) -> None:
        if lines := _lines(rows):
            _write(self._file, os.O_APPEND, b"\n" + lines)

    def _keep_only(self, rows: Iterable[Repeat]) -> None:
        """The file anew, whole or as it was."""
        new = self._file.with_name(self._file.name + ".new")
        _write(new, os.O_TRUNC, _lines(rows))
        new.replace(self._file)


def _lines(rows: Iterable[Repeat]) -> bytes:
    return b"".join(orjson.dumps(list(row)) + b"\n" for row in sorted(rows))


def _write(file: Path, how: int, lines: bytes) -> None:
    handle = os.open(file, os.O_WRONLY | os.O_CREAT | how, 0o600)
    try:
        os.write(handle, lines)
        os.fsync(handle)
    finally:
        os.close(handle)
