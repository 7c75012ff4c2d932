"""A console to kill: it logs requests and says each case number when the desk says that it is logged.

    python -m tests.faults.console_child HOME [real|early]

`early` is the mistake that the kill tests must catch: saying "done" and committing afterwards.
"""

import sys
from collections.abc import Sequence
from pathlib import Path

from db.kill_points import reach
from db.log import Detail, LogWriter
from services.action_log.entry import Draft, Entry
from services.demo.make import DEPLOYMENT
from services.desk.open import open_desk
from services.types import Right
from tests.answering import answering
from tests.centre import Centre, request, sign_in


def append_and_commit_next_time(
    self: LogWriter, drafts: Sequence[Draft], details: Sequence[Detail] = ()
) -> tuple[Entry, ...]:
    """Writes inside a transaction that only the next call commits."""
    _, work = self._appending(drafts, details)
    with self._turn:
        if self._db.in_transaction:
            reach("console.before-late-commit")
            self._db.execute("COMMIT")
        self._db.execute("BEGIN IMMEDIATE")
        entries = work()
        assert self._growing is not None
        self._head = self._store_edge(self._growing)
    return entries


def main(home: str, kind: str = "real") -> None:
    centre = Centre(Path(home))
    desk = open_desk(Path(home), "desk-1", demo=True)
    with answering(centre.engine, centre.vault, DEPLOYMENT):
        session = sign_in(desk)
    if kind == "early":
        desk._ctx.link.close()  # it reads and writes the log between our two transactions
        LogWriter.append = append_and_commit_next_time  # type: ignore[method-assign]
    while True:
        opened = desk.intake.open(session, request(Right.ACCESS, Right.ERASURE))
        sys.stdout.write(f"{opened.case}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main(*sys.argv[1:])
