"""The desk: every group of acts behind one name. Calls are synchronous; screens make them in thread jobs."""

import time

from db.central_shapes import ALL, halts_in
from services.catalog.seen import alarms
from services.desk.acting import Acting
from services.desk.asks import Asks
from services.desk.breach_notices import BreachNotices
from services.desk.breaches import Breaches
from services.desk.cases import Cases
from services.desk.catalog import Catalogs
from services.desk.checks import Checks
from services.desk.clock import Clock
from services.desk.context import Context
from services.desk.decisions import Decisions
from services.desk.drafts import Drafts
from services.desk.figures import FiguresDesk
from services.desk.finding import Finding
from services.desk.intake import IntakeDesk
from services.desk.legal_holds import LegalHolds
from services.desk.letters import Letters
from services.desk.logs import Logs
from services.desk.pins import Pins
from services.desk.practice import Practice
from services.desk.queue import Queue
from services.desk.rectify import Rectify
from services.desk.redactions import Held
from services.desk.review import Review
from services.desk.reviewing import Reviewing
from services.desk.settle import Settle
from services.desk.sign import Sign
from services.desk.tasks import Tasks
from services.desk.weighing import Weighing
from services.desk.whom import Whom
from services.desk.work import Work
from services.types import Status


class Desk:
    """`sign`, `queue`, `intake`, `case`, `check`, `find`, `act`, `clock`, `settle`, `review`, `decision`, `weigh`,
    `hold`, `held`, `whom`, `rectify`, `letter`, `task`, `work`, `breach`, `notice`, `figures`, `log`, `catalog`,
    `reviewing`, `draft` and `practice`.

    Opened by `open_desk`.
    """

    def __init__(self, ctx: Context) -> None:
        self._ctx = ctx
        asks = Asks(ctx)
        self.case = Cases(ctx)
        self.sign = Sign(ctx, Pins(ctx, asks))
        self.settle = Settle(ctx, self.case)
        self.queue = Queue(ctx, self.case, self.settle)
        self.intake = IntakeDesk(ctx, self.case)
        self.check = Checks(ctx, self.case, asks)
        self.find = Finding(ctx, self.case, asks)
        self.act = Acting(ctx, self.case, asks)
        self.clock = Clock(ctx, self.case)
        self.review = Review(ctx, self.case)
        self.decision = Decisions(ctx, self.case, asks)
        self.weigh = Weighing(ctx, self.case)
        self.work = Work(ctx, self.case)
        self.task = Tasks(ctx, self.case, asks)
        self.hold = LegalHolds(ctx, self.case, asks)
        self.held = Held(ctx, self.case, asks)
        self.whom = Whom(ctx, self.case, asks)
        self.rectify = Rectify(ctx, self.case, asks)
        self.letter = Letters(ctx, self.case, asks)
        self.breach = Breaches(ctx, self.case, self.intake, asks)
        self.notice = BreachNotices(ctx, self.case, self.breach, self.letter, asks)
        self.figures = FiguresDesk(ctx, asks)
        self.log = Logs(ctx)
        self.catalog = Catalogs(ctx)
        self.reviewing = Reviewing(ctx)
        self.draft = Drafts(ctx)
        self.practice = Practice(ctx)

    @property
    def training(self) -> bool:
        """Whether everything here is practice."""
        return self._ctx.training

    def controllers(self) -> tuple[tuple[str, str], ...]:
        """(key, name) of the controllers this terminal knows."""
        return tuple((k, self._ctx.controller(k).name) for k in self._ctx.controller_keys())

    def connect(self) -> None:
        """Reach for central now, if opening put it off."""
        self._ctx.link.begin()

    def status(self) -> Status:
        """What the status line shows; costs no query."""
        state, size = self._ctx.link.state, self._ctx.book.writer.size
        age = max(0, self._ctx.now() - state.oldest_ts) // 1_000_000 if state.oldest_ts and state.waiting else None
        return Status(
            sync_text=_sync_words(state.online, state.waiting, age, state.synced_at),
            waiting=state.waiting,
            oldest_s=age,
            log_ok=not self.alarms(),
            log_size=size,
            key_store=self._ctx.vault.kind,
            central="reached" if state.online else "unreachable",
            worker_alive=state.worker_alive,
            training=self._ctx.training,
            system_alarms=len(self.system_alarms()),
            halted=_halt_words(state.halts),
            breaches=self.breach.open(),
        )

    def alarms(self) -> tuple[str, ...]:
        """What leads must be told about this terminal's log, as sentences."""
        found = tuple(a.sentence for a in self._ctx.book.alarms)
        return (*found, self._ctx.link.state.alarm) if self._ctx.link.state.alarm and self._ctx.online else found

    def system_alarms(self) -> tuple[str, ...]:
        """What leads and the officer must be told about data systems, as sentences."""
        return tuple(alarms(self._ctx.link.systems, self._ctx.now()))

    def synced(self, timeout: float = 10.0) -> bool:
        """Wait until central has accepted everything written here; whether it has."""
        until = time.monotonic() + timeout
        while time.monotonic() < until:
            self._ctx.link.wake()
            state = self._ctx.link.state
            if state.online and not state.waiting and state.synced_size >= self._ctx.book.writer.size:
                return True
            time.sleep(0.02)
        return False

    def caught_up(self, timeout: float = 10.0) -> bool:
        """Wait until this terminal has everything that central had when asked; whether it has."""
        until = time.monotonic() + timeout
        port = self._ctx.link.wait_ready(timeout)
        if port is None or not self._ctx.online:
            return False
        newest = port.latest_rev()
        while int(self._ctx.store.meta("rev", "0")) < newest:
            if time.monotonic() > until:
                return False
            self._ctx.link.wake()
            time.sleep(0.02)
        return True

    def close(self) -> None:
        """Send what waits, keep the anchor, let go of every file."""
        self._ctx.link.close()
        self._ctx.book.close()
        self._ctx.store.close()


def _halt_words(halts: str) -> str:
    """What is halted, by whom and why, controllers of one stop together; empty when nothing is."""
    found = halts_in(halts)
    if ALL in found:
        found = {"": found[ALL]}
    stops: dict[tuple[str, str], list[str]] = {}
    for key, one in sorted(found.items()):
        stops.setdefault((one.by.partition(":")[2], one.reason), []).append(key)
    return "; ".join(
        f"WORK STOPPED{' for ' if any(keys) else ''}{', '.join(keys)} by {who}: {why}"
        for (who, why), keys in stops.items()
    )


def _sync_words(online: bool, waiting: int, age: int | None, synced_at: float) -> str:
    if waiting:
        oldest = f", oldest {_span(age)}" if age is not None else ""
        return (
            f"{waiting} waiting{oldest}"
            if online
            else f"central unreachable, working offline, {waiting} waiting{oldest}"
        )
    if not online:
        return "central unreachable, working offline"
    return f"synced {_span(int(time.monotonic() - synced_at))} ago"


def _span(seconds: int) -> str:
    if seconds < 60:
        return f"{seconds} s"
    minutes = seconds // 60
    return f"{minutes} min" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"
