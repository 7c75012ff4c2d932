"""A logbook to kill while its key changes: it writes and changes keys until it is killed.

    python -m tests.faults.key_child HOME OWNER [real|early]

`early` is the mistake that the kill tests must catch: the old key is erased before the log has named the next one.
"""

import sys
from pathlib import Path

from db.log import LogWriter
from services.home import Home
from services.log_seeds import LogSeeds
from services.secrets import open_vault
from services.sync.logbook import EPOCH_ENTRIES, Logbook
from tests.lone_terminal import DEPLOYMENT, beat


def erase_first(seeds: LogSeeds) -> None:
    """The mistake, as a change to the program."""
    rotate = LogWriter.rotate

    def rotate_last(self: LogWriter, seed: bytes) -> None:
        from services.action_log.checkpoint import public_key

        seeds.settle(1, public_key(seed))
        seeds.flush()
        rotate(self, seed)

    LogWriter.rotate = rotate_last  # type: ignore[method-assign]


def main(home: str, owner: str, kind: str = "real") -> None:
    book = Logbook(Home(Path(home)), "terminal", owner, open_vault(Path(home), demo=True), DEPLOYMENT)
    if kind == "early":
        erase_first(book._seeds)
    while True:
        for entry in book.append([beat(owner)] * EPOCH_ENTRIES):
            sys.stdout.write(f"{entry.seq} {entry.op}\n")
        sys.stdout.flush()
        book.tend()


if __name__ == "__main__":
    main(*sys.argv[1:])
