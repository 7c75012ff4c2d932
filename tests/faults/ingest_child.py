"""An ingest to kill: it takes what waits in the inbox of a home and ends when nothing does.

    python -m tests.faults.ingest_child HOME [real|apart]

`apart` is the mistake that the kill tests must catch: entries and what they fold to in two transactions.
"""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from db.central import ENTRY
from db.central_store import IngestTx
from db.kill_points import reach
from tests.centre import Centre


def commit_entries_first() -> None:
    insert = IngestTx.insert_values

    def insert_and_commit(self: IngestTx, table: sa.Table, columns: tuple[str, ...], rows: Sequence[Any]) -> None:
        insert(self, table, columns, rows)
        if table is ENTRY:
            self.conn.exec_driver_sql("COMMIT")
            reach("ingest.between-commits")
            self.conn.exec_driver_sql("BEGIN IMMEDIATE")

    IngestTx.insert_values = insert_and_commit  # type: ignore[method-assign]


def main(home: str, kind: str = "real") -> None:
    centre = Centre(Path(home))
    if kind == "apart":
        commit_entries_first()
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    while centre.ingest.run_once():
        pass


if __name__ == "__main__":
    main(*sys.argv[1:])
