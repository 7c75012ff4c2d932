"""A process to kill: it appends to a log and says each entry only when the writer says that it is done.

`python -m tests.faults.log_child FOLDER [real|early|split|normal]`. The others are the mistakes that tests must catch:
acknowledging before the commit, entry and head in two transactions, and a commit that does not wait for the disk.
"""

import sys
from collections.abc import Callable
from pathlib import Path
from threading import Semaphore
from typing import Any

from db.kill_points import reach
from db.log import LogWriter
from db.log_request import Request
from services.action_log.entry import Entry
from tests.log_samples import LOG, ORIGIN, SEED, numbered

SAID = Semaphore(0)


class AcknowledgesBeforeCommit(LogWriter):
    """Says "done" and commits afterwards."""

    def _commit(self, batch: list[Request]) -> list[Any]:
        assert self._growing is not None
        self._db.execute("BEGIN IMMEDIATE")
        results = [request.work() for request in batch]
        head = self._store_edge(self._growing)
        for request, result in zip(batch, results, strict=True):
            request.settle(result)
            SAID.acquire(timeout=0.5)  # nobody says the opening of the log
        reach("log.before-commit")
        self._db.execute("COMMIT")
        self._head = head
        return results

    def _commit_or_split(self, batch: list[Request]) -> None:
        self._commit(batch)


class WritesEntryAndHeadApart(LogWriter):
    """Commits the entries, then the head."""

    def _commit(self, batch: list[Request]) -> list[Any]:
        assert self._growing is not None
        self._db.execute("BEGIN IMMEDIATE")
        results = [request.work() for request in batch]
        self._db.execute("COMMIT")
        reach("log.between-commits")
        self._db.execute("BEGIN IMMEDIATE")
        self._head = self._store_edge(self._growing)
        self._db.execute("COMMIT")
        return results


class DoesNotWaitForTheDisk(LogWriter):
    """Commits, and leaves it to the system when the disk has it."""

    def _commit(self, batch: list[Request]) -> list[Any]:
        self._db.execute("PRAGMA synchronous = NORMAL")
        return super()._commit(batch)


WRITERS = {
    "real": LogWriter,
    "early": AcknowledgesBeforeCommit,
    "split": WritesEntryAndHeadApart,
    "normal": DoesNotWaitForTheDisk,
}


def say(wait: Callable[[], tuple[Entry, ...]]) -> None:
    entry = wait()[0]
    sys.stdout.write(f"{entry.seq} {entry.params['seconds']}\n")
    sys.stdout.flush()
    SAID.release()


def main() -> None:
    kind = sys.argv[2] if len(sys.argv) > 2 else "real"
    writer = WRITERS[kind](Path(sys.argv[1]) / "log-1.db", log=LOG, origin=ORIGIN, seed=SEED)
    number = writer.size
    while True:
        for wait in [writer.append_later([draft]) for draft in numbered(3, number)]:
            say(wait)
        number += 3


if __name__ == "__main__":
    main()
