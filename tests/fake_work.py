"""`desk.work` without stores, and a case in which an erasure runs: for tests of what a lead decides about it."""

from dataclasses import replace
from datetime import UTC, datetime
from threading import Event

from services.errors import Refused
from services.types import CaseView, HistoryLine, ItemState, ItemView, KeyState, Outcome, Right, Session, SystemResult
from tests.fake_case import NOW, CaseDesk, view

FAILED = SystemResult("shop", "failed", reason="locked")
GIVEN_UP = SystemResult("crm", "exception", reason="vendor-late")
DONE = SystemResult("desk", "done", deleted=5, masked=2, kept=1)


def running(*systems: SystemResult, lead: bool = True) -> CaseView:
    """An erasure at work in these systems; `lead`: whether the table lets who looks decide about what failed."""
    item = ItemView("2", Right.ERASURE, ItemState.RUNNING, Outcome.OPEN, "running, 1 system done", systems=systems)
    decides = lead and any(one.state in ("failed", "exception") for one in systems)
    reason = "" if decides else "no system has failed" if lead else "for lead only"
    mine = (KeyState("retry", decides, reason), KeyState("skip", decides, reason))
    return view(items=(item,), keys=(*view().keys, *mine), history=_all_synced())


def _all_synced() -> tuple[HistoryLine, ...]:
    return tuple(replace(line, synced=True) for line in view().history)


class FakeWork:
    """`desk.work`: keeps what it was asked, once `gate` is open; `refuses` is what it answers instead."""

    def __init__(self) -> None:
        self.kept: list[tuple[str, ...]] = []
        self.stopped: tuple[str, ...] = ()
        self.refuses = ""
        self.gate = Event()
        self.gate.set()

    def retry(self, session: Session, case: str, item: str, system: str) -> None:
        self._keep("retry", item, system)

    def skip(self, session: Session, case: str, item: str, system: str, reason: str, words: str) -> None:
        self._keep("skip", item, system, reason, words)

    def halted(self, session: Session) -> tuple[str, ...]:
        return self.stopped

    def halt(self, session: Session, reason: str) -> None:
        self._keep("halt", reason)
        self.stopped = session.controllers

    def resume(self, session: Session) -> None:
        self._keep("resume")
        self.stopped = ()

    def _keep(self, *what: str) -> None:
        assert self.gate.wait(30)
        if self.refuses:
            raise Refused(self.refuses)
        self.kept.append(what)


class WorkDesk(CaseDesk):
    """The door of a case whose erasure runs in `systems`."""

    def __init__(self, *systems: SystemResult, lead: bool = True) -> None:
        super().__init__()
        self.work = FakeWork()
        self.case.view = running(*systems, lead=lead)


def at(day: int, hour: int = 12) -> datetime:
    """A moment of the month in which the tests are."""
    return datetime(NOW.year, NOW.month, day, hour, tzinfo=UTC)
