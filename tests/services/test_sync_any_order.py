"""Sync in any order of things: hand-ins lost before or after they arrived, repeated, restarts, a slow ingest."""

import shutil
import time
from contextlib import suppress
from pathlib import Path

import pytest
import sqlalchemy as sa
from hypothesis import Phase, settings
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from db import central
from db.central_port import CentralPort
from services.action_log.entry import decode
from services.errors import Conflict, Unavailable
from tests.centre import copy_of
from tests.lone_terminal import Terminal


class Line(CentralPort):
    """The way to central: a hand-in may be lost before or after it arrived, or arrive once more later."""

    lose = ""
    last: tuple[object, ...] | None = None

    def submit(self, *batch: object) -> None:  # type: ignore[override]
        lose, self.lose = self.lose, ""
        if lose == "before":
            raise Unavailable("the line is down")
        super().submit(*batch)  # type: ignore[arg-type]
        self.last = batch
        if lose == "after":
            raise Unavailable("the line is down")


class CarelessLine(Line):
    """The control: whoever hands in is taken at their word, whatever central has."""

    def submit(self, *batch: object) -> None:  # type: ignore[override]
        log, start, bodies, details, note = batch
        row = {"log": log, "start": start, "count": 0, "entries": b"\n".join(bodies), "details": details}  # type: ignore[arg-type]
        with self._writing() as conn:
            conn.execute(sa.insert(central.INBOX), [{**row, "checkpoint": note, "received_at": 0}])
        self.last = batch


def machine(template: Path, scratch: Path, line: type[Line]) -> type[RuleBasedStateMachine]:
    """A state machine over one terminal and its central."""

    class Sync(RuleBasedStateMachine):
        def __init__(self) -> None:
            super().__init__()
            self.centre = copy_of(template, scratch / f"home{time.monotonic_ns()}")
            self.terminal = Terminal(self.centre)
            self.line = line(self.centre.engine, self.terminal.owner)
            self.terminal.uplink = self.terminal.connect(self.line)
            self.said: list[tuple[str, int, str]] = []

        @rule()
        def append(self) -> None:
            self.said += [(e.log, e.seq, e.op) for e in self.terminal.append(2)]

        @rule()
        def exchange(self) -> None:
            self.terminal.uplink.run_once()

        @rule()
        def ingest(self) -> None:
            self.centre.ingest.run_once()

        @rule()
        def restart(self) -> None:
            self.terminal.book.close()
            self.terminal.open()
            self.terminal.uplink = self.terminal.connect(self.line)

        @rule()
        def drop_before(self) -> None:
            self.dropped("before")

        @rule()
        def drop_after(self) -> None:
            self.dropped("after")

        def dropped(self, when: str) -> None:
            self.line.lose = when
            with suppress(Unavailable):
                self.terminal.uplink.run_once()
            self.line.lose = ""

        @rule()
        def repeat(self) -> None:
            if self.line.last is not None:
                with suppress(Conflict):
                    self.line.submit(*self.line.last)

        @invariant()
        def nothing_is_refused(self) -> None:
            assert self.terminal.book.alarms == ()

        def teardown(self) -> None:
            try:
                self.terminal.push(len(self.said) + 6)
                held = [decode(b) for b in self.terminal.held()]
                assert [e.seq for e in held] == list(range(len(held)))
                told = [(e.log, e.seq, e.op) for e in held]
                assert [t for t in told if t in set(self.said)] == self.said
                assert self.terminal.uplink.state.waiting == 0
                assert self.terminal.book.alarms == ()
            finally:
                self.terminal.book.close()
                self.centre.engine.dispose()
                shutil.rmtree(self.centre.home.path)

    return Sync


FEW = settings(max_examples=10, stateful_step_count=20, deadline=None, database=None)
MANY = settings(max_examples=300, stateful_step_count=50, deadline=None, database=None)
FIRST_FAILURE = settings(
    max_examples=30, deadline=None, database=None, phases=[Phase.generate], report_multiple_bugs=False
)


@pytest.fixture
def bare_template(centre_template: Path, tmp_path: Path, no_keyring: None) -> Path:
    """The centre without its data systems: quicker to copy."""
    shutil.copytree(centre_template, tmp_path / "bare", ignore=shutil.ignore_patterns("data"))
    return tmp_path / "bare"


def test_every_acknowledged_entry_is_in_central_once_and_in_order(bare_template: Path, tmp_path: Path) -> None:
    run_state_machine_as_test(machine(bare_template, tmp_path, Line), settings=FEW)


@pytest.mark.long
@pytest.mark.timeout(900)
def test_every_acknowledged_entry_is_in_central_once_and_in_order_long(bare_template: Path, tmp_path: Path) -> None:
    run_state_machine_as_test(machine(bare_template, tmp_path, Line), settings=MANY)


def test_control_a_central_that_forgets_to_look_at_the_start_fails(bare_template: Path, tmp_path: Path) -> None:
    with pytest.raises(AssertionError):
        run_state_machine_as_test(machine(bare_template, tmp_path, CarelessLine), settings=FIRST_FAILURE)
