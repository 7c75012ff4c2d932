"""A pruning to kill: `python -m tests.faults.prune_child FILE CUT [real|apart]`.

`apart` takes the old file away before the new one is whole: the mistake that the kill tests must catch.
"""

import sys
from pathlib import Path

import db.log_prune as pruning
from services.action_log.known import Known


def take_the_old_file_first() -> None:
    copy_of = pruning._copy

    def copy_and_remove(path: Path, copy: Path, cut: int) -> None:
        copy_of(path, copy, cut)
        path.unlink()

    pruning._copy = copy_and_remove


def main(file: str, cut: str, kind: str = "real") -> None:
    if kind == "apart":
        take_the_old_file_first()
    pruning.prune(Path(file), int(cut), Known())


if __name__ == "__main__":
    main(*sys.argv[1:])
