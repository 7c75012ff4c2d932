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

from db.central_replay import Repeat, ReplayStore

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
        """Give each what only the other has; whether there was anything. Cheap while nothing changed."""
        with self._lock:
            if self._store.mark() == self._seen:
                return False
            there, here = self._store.rows(), self._kept()
            self._store.add(here - there)
            self._keep(there - here)
            self._seen = self._store.mark()
            return there != here

    def _kept(self) -> set[Repeat]:
        rows = set()
        for line in self._file.read_bytes().splitlines() if self._file.exists() else ():
            with suppress(orjson.JSONDecodeError, TypeError):  # a line that a power cut tore was not acknowledged
                rows.add(Repeat(*orjson.loads(line)))
        return rows

    def _keep(self, rows: Iterable[Repeat]) -> None:
        lines = b"".join(orjson.dumps(list(row)) + b"\n" for row in sorted(rows))
        if not lines:
            return
        handle = os.open(self._file, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        try:
            os.write(handle, b"\n" + lines)
            os.fsync(handle)
        finally:
            os.close(handle)
