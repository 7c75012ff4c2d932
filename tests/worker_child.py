"""What the tests start as a worker process: the real command with short pauses.

python -m tests.worker_child HOME [WORKER] [row-by-row] [unfenced] [watch] [moody] [overdue] [turns]

`row-by-row` and `unfenced` are the controls' workers: one commits every statement, the other never asks whether a job
is still its own. `watch` holds systems against the catalog at once; without it that waits for an hour.
`moody`: data systems answer as the files in HOME/moods say: `<system>` holds `away`, `unusable`, or the day by which a
vendor answers; a system without a file does what it is told. `<system>.read` is the day by which it answers a question.
`overdue`: what people are asked to do by hand was to be done twenty days ago.
`turns`: a job stands still at the end of each step, says `<n> <its name without tries>` in HOME/turns/at, and goes on
when HOME/turns/go says the same.
"""

import os
import sys
from dataclasses import replace
from pathlib import Path

ROW_BY_ROW = "row-by-row"
UNFENCED = "unfenced"
WATCH = "watch"
MOODY = "moody"
OVERDUE = "overdue"
TURNS = "turns"
MODES = (ROW_BY_ROW, UNFENCED, WATCH, MOODY, OVERDUE, TURNS)
PAUSES_S = (0.2, 0.4)
LEASE_S = 2.0


def main(home: str, *words: str) -> None:
    """A worker until standard input ends: the one named, else the only one enrolled."""
    from console.commands.worker import order
    from services.fulfilment import worker

    if ROW_BY_ROW in words:
        _commit_row_by_row()
    if UNFENCED in words:
        _ask_nobody()
    if OVERDUE in words:
        _ask_too_late()
    if TURNS in words:
        _take_turns(Path(home) / TURNS)
    if MOODY in words:
        _listen_to_moods(Path(home) / "moods")
    wanted = replace(
        order(Path(home), "".join(w for w in words if w not in MODES)),
        pauses=PAUSES_S,
        sweep_s=0.5,
        lease_s=LEASE_S,
        watch_s=0.3 if WATCH in words else 3600.0,
    )
    worker.run(wanted, with_parent=True, say=lambda line: print(line, flush=True))
    os._exit(0)


def _ask_nobody() -> None:
    """The mistake that fences rule out: what was begun is gone on with, whoever has it now."""
    from services.fulfilment.workroom import Workroom

    Workroom.holds = lambda self, job: True  # type: ignore[method-assign]


def _ask_too_late() -> None:
    """The day of every task by hand is over when it is asked."""
    from datetime import timedelta

    from services.connectors.manual import ManualConnector

    ManualConnector.due = lambda self, what, today: today - timedelta(days=20)  # type: ignore[method-assign]


def _take_turns(folder: Path) -> None:
    """Whoever tests goes step by step. One job at a time."""
    import re
    import time
    from itertools import count

    from services.fulfilment import steps
    from services.fulfilment.engine import Engine

    turns, reach, do_step, doing = count(1), steps.reach, Engine.step, [""]
    folder.mkdir(exist_ok=True)

    def step(self: Engine, name: str, work):  # type: ignore[no-untyped-def]
        doing[0] = re.sub(r"([:#]\d+~?)+$", "", name)
        return do_step(self, name, work)

    def turn(name: str) -> None:
        reach(name)
        if name == "step.done":
            n = f"{next(turns)} {doing[0]}"
            (folder / "new").write_text(n)
            (folder / "new").replace(folder / "at")
            while not (folder / "go").is_file() or (folder / "go").read_text() != n:
                time.sleep(0.005)

    Engine.step, steps.reach = step, turn  # type: ignore[method-assign]


def _listen_to_moods(moods: Path) -> None:
    """A vendor that takes an order and answers later, and systems that are away or refuse: when they are to change."""
    from collections.abc import Iterator
    from contextlib import contextmanager

    from services.connectors.sql import SqlConnector
    from services.connectors.sql_change import SqlChange
    from services.connectors.sql_read import SqlReader
    from services.errors import Pending, Unavailable, Unusable

    change = SqlConnector.change
    moods.mkdir(exist_ok=True)

    @contextmanager
    def moody(self: SqlConnector) -> Iterator[SqlChange]:
        file = moods / self.key
        mood = file.read_text() if file.is_file() else ""
        with (moods / "asked").open("a") as asked:
            asked.write(f"{self.key} {mood}\n")
        if mood == "away":
            raise Unavailable(f"system '{self.key}' does not answer")
        if mood == "unusable":
            raise Unusable(f"system '{self.key}' refuses")
        if mood:
            raise Pending(f"system '{self.key}' answers later", until=mood)
        with change(self) as open_change:
            yield open_change

    read = SqlConnector.read

    @contextmanager
    def moody_read(self: SqlConnector) -> Iterator[SqlReader]:
        file = moods / f"{self.key}.read"
        if file.is_file() and (day := file.read_text()):
            with (moods / "asked").open("a") as asked:
                asked.write(f"{self.key}.read {day}\n")
            raise Pending(f"system '{self.key}' answers later", until=day)
        with read(self) as reader:
            yield reader

    SqlConnector.read = moody_read  # type: ignore[method-assign,assignment]
    SqlConnector.change = moody  # type: ignore[method-assign,assignment]


def _commit_row_by_row() -> None:
    """The mistake that one transaction a system rules out: every statement is committed by itself."""
    from services.connectors.sql_change import SqlChange

    run = SqlChange._run

    def run_and_commit(self: SqlChange, statement: object) -> int:
        count = run(self, statement)  # type: ignore[arg-type]
        self.connection.commit()
        self.connection.exec_driver_sql("BEGIN IMMEDIATE")
        return count

    SqlChange._run = run_and_commit  # type: ignore[assignment,method-assign]


if __name__ == "__main__":
    main(*sys.argv[1:])
