"""Steps of a job: errors become reason codes, and a system that is away is tried again after growing pauses."""

import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from itertools import count
from typing import NamedTuple, NoReturn, TypeVar

import stamina
from sqlalchemy.exc import OperationalError

from db.central_jobs import Job
from db.kill_points import reach
from db.log import Detail
from services.action_log.act import Act, Params
from services.cases.case import Case, Item
from services.cases.fold_tasks import answers
from services.errors import BadInput, Conflict, DeskError, NotFound, Pending, Refused, Unavailable, Unusable
from services.fulfilment.engine import Engine, Fenced, JobFailed, Parked, Result
from services.fulfilment.waits import AWAY, LATE, ask_again, busy, day_of, pending, turn_of, waits
from services.fulfilment.workroom import Workroom

T = TypeVar("T", bound=Result)
A = TypeVar("A")

INTERNAL = "internal"
OF_BREACH = ("breach-alert", "breach-notice")
"""Jobs that no breach stops: the word of the breach itself, to the controller and to the persons."""
RELEASED = 4_102_444_800_000_000
"""A time (µs) that does not come: the release of the case wakes what waits for it."""
_QUICK = 3
_AWAY = (Unavailable, OperationalError)
_CODES: tuple[tuple[type[DeskError], str], ...] = (
    (Unavailable, AWAY),
    (Unusable, "unusable"),
    (Refused, "refused"),
    (Conflict, "changed"),
    (NotFound, "gone"),
    (BadInput, "bad-input"),
)


_MOMENT_US, _NAP_S = 2_000_000, 0.1
"""Waits up to a moment are slept through."""


def never() -> bool:
    """Nothing wakes it."""
    return False


class Shown(NamedTuple):
    """Where a job is in a system: the columns of `progress`; `until` in µs, 0: none."""

    state: str
    done: int = 0
    reason: str = ""
    until: int = 0


@dataclass(slots=True)
class Leg:
    """One run of a job by one worker; `live` once a step was done anew, not only read back.

    `seen`: how often each task by hand was answered when the job last looked; None while it did not.
    """

    live: bool = False
    seen: dict[str, int] | None = None


@dataclass(frozen=True, slots=True)
class Task:
    """A job under way: its engine, what the worker has at hand, and the job with the fence it was taken with."""

    engine: Engine
    room: Workroom
    job: Job
    leg: Leg = field(default_factory=Leg)

    def case(self) -> Case:
        """The job's case as it is now."""
        return self.room.case(self.job.case)

    def item(self, case: Case) -> Item:
        """The job's item; raises `JobFailed`."""
        item = case.item(self.job.item)
        if item is None:
            raise JobFailed("no-item")
        return item

    def step(self, name: str, work: Callable[[], T], *, within: bool = False) -> T:
        """What `work` returns, now or before; raises `JobFailed` with a code, `Fenced` when another has the job.

        The engine records it when central has what was written: whoever adopts the job finds one with the other.
        Before it is a safe place to stop for whoever halts the execution, unless it is `within` a system's work.
        """

        def held() -> T:
            self.leg.live = True
            self.hold()
            if not within and self.room.halted(self.job.controller):
                self.park(0)
            if not within and self.locked():
                self.park(RELEASED, stirred=lambda: not self.locked())
            try:
                return guarded(self.room, f"{self.job.kind}.{name}", work)
            finally:
                self.room.results.hand_in(self.room.stopped)
                self.hold()
                reach("step.done")
                reach(f"step.{self.job.kind}")

        return self.engine.step(name, held)

    def wait(self, until: int, *, stirred: Callable[[], bool] = never) -> None:
        """Go on at `until` (µs), or when the job is woken: then `stirred` says that there is something to look at.

        What is longer than a moment holds no thread and no place at a worker: the job is put down (`Parked`) and taken
        up again from its steps by whoever has room. So a wait that is met before any step was done anew is over.
        """
        if not self.leg.live:
            return
        if until - self.room.now() > _MOMENT_US:
            self.park(until, stirred)
        while (left := until - self.room.now()) > 0 and not self.room.stopped():
            time.sleep(min(left / 1_000_000, _NAP_S))

    def park(self, until: int, stirred: Callable[[], bool] = never) -> NoReturn:
        """Put the job down until `until` (µs). Raises `Parked`, or `Fenced`."""
        room, job = self.room, self.job
        room.fold_all()
        room.store.leave_systems(job.id)
        room.store.park_job(job.id, job.fence, until)
        if stirred():
            room.store.wake_job(job.id)
        room.journal.say("parked", kind=job.kind, job=job.id)
        reach("job.parked")
        raise Parked

    def locked(self) -> bool:
        """Whether a breach keeps the job from going on (rules.md 5): all but the word of the breach itself waits."""
        return self.job.kind not in OF_BREACH and bool(self.job.case) and self.case().locked

    def answered(self) -> bool:
        """Whether people answered something by hand since the job looked; also when nobody knows what it saw."""
        now, seen = answers(self.case()), self.leg.seen
        return bool(now) if seen is None else any(n > seen.get(task, 0) for task, n in now.items())

    def inside(self, systems: Iterable[str], work: Callable[[], A]) -> A:
        """`work` while the job is in these systems, as their limits allow; raises `Wait` when it is not its turn."""
        gates = self.room.gates(self.job.controller, systems)
        if not gates:
            return work()
        turn = self.room.store.enter(self.job.id, gates, self.room.lease_us)
        if turn:
            raise busy(turn)
        try:
            return work()
        finally:
            with suppress(OperationalError):  # then the lease ends by itself
                self.room.store.leave_systems(self.job.id)

    def show(self, states: Mapping[str, Shown]) -> None:
        """Say where the job is in each system: for the case screen, not for the log; what central misses, it misses."""
        row = {"job": self.job.id, "case_id": self.job.case, "item": self.job.item}
        rows = [{**row, "system": system, **one._asdict()} for system, one in sorted(states.items())]
        with suppress(OperationalError):
            if rows:
                self.room.store.put_progress(rows)

    def hold(self) -> None:
        """Raises `Fenced` unless the job is still this worker's, as central sees it now."""
        if not self.room.holds(self.job):
            raise Fenced

    def report(self, step: str, act: Act, case: Case, item: str = "", details: tuple[Detail | None, ...] = ()) -> None:
        """Write the act of a step, once, unless the job is another worker's by now (`Fenced`)."""
        self.hold()
        reach("job.held")
        self.room.results.report(self.job.id, step, act, case, item, details, self.job.fence)

    def done(self, step: str, case: Case) -> Params | None:
        """The params of a step's act that was written before, by this worker or the one before it."""
        return self.room.results.done(self.job.id, step, case, self.job.fence)

    def patiently(
        self,
        name: str,
        work: Callable[[], T],
        *,
        forever: bool = False,
        within: bool = False,
        by_hand: bool = False,
        waiting: Callable[[str, int], None] = lambda code, until: None,
    ) -> T:
        """Like `step`, tried again after each of the worker's pauses while something is away.

        `forever`: the last pause is repeated, for what was begun and must not be left half done. What a vendor answers
        later is asked again at its day, what is full when there is a turn; `by_hand`: what people answer, at once.
        `waiting` is told the code of what failed and when it is tried next (µs).
        Raises `JobFailed` when the day and its grace are over.
        """
        pauses, tried = self.room.pauses, 0
        for n in count():
            try:
                return self.step(f"{name}#{n}", work, within=within)
            except JobFailed as exc:
                code = str(exc)
                if not waits(code) or (code == AWAY and tried == len(pauses) and not forever):
                    raise
                pause = pauses[min(tried, len(pauses) - 1)]
                tried += code == AWAY
            until = self.step(f"{name}#{n}~", partial(self.due, code, pause), within=True)
            if not until:
                raise JobFailed(LATE)
            waiting(code, until)
            self.wait(until, stirred=self.answered if by_hand else never)
        raise AssertionError("unreachable")

    def due(self, code: str, pause_s: float, system: str = "") -> int:
        """When to try again what ended with `code` (µs); 0 when a vendor is too late."""
        now, day, turn = self.room.now(), day_of(code), turn_of(code)
        if day is not None:
            at = self.room.at(self.room.controller(self.job.controller), now)
            return ask_again(day, at, self.room.pauses[-1], self.room.grace_days(self.job.controller, system))
        return turn if turn is not None else now + int(pause_s * 1_000_000)


def guarded(room: Workroom, place: str, work: Callable[[], T]) -> T:
    """`work`, with three quick tries at what is away; raises `JobFailed` with a code and nothing else."""
    try:
        for attempt in stamina.retry_context(on=_AWAY, attempts=_QUICK, wait_initial=0.1, wait_max=1.0):
            with attempt:
                return work()
        raise JobFailed(AWAY)
    except JobFailed:
        raise
    except OperationalError as exc:
        room.journal.fault(place, exc)
        raise JobFailed(AWAY) from None
    except Pending as exc:
        raise pending(exc.until) from None
    except DeskError as exc:
        room.journal.fault(place, exc)
        raise JobFailed(code_of(exc)) from None
    except Exception as exc:
        room.journal.fault(place, exc)
        raise JobFailed(INTERNAL) from None


def code_of(error: DeskError) -> str:
    """The reason code of an error of ours."""
    return next((code for kind, code in _CODES if isinstance(error, kind)), INTERNAL)
