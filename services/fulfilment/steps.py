"""Steps of a job: errors become reason codes, and a system that is away is tried again after growing pauses."""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import chain, repeat
from typing import TypeVar

import stamina
from sqlalchemy.exc import OperationalError

from db.central_jobs import Job
from db.kill_points import reach
from db.log import Detail
from services.action_log.act import Act, Params
from services.cases.case import Case, Item
from services.errors import BadInput, Conflict, DeskError, NotFound, Refused, Unavailable, Unusable
from services.fulfilment.engine import Engine, Fenced, JobFailed, Result
from services.fulfilment.workroom import Workroom

T = TypeVar("T", bound=Result)

AWAY = "away"
INTERNAL = "internal"
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


@dataclass(frozen=True, slots=True)
class Task:
    """A job under way: its engine, what the worker has at hand, and the job with the fence it was taken with."""

    engine: Engine
    room: Workroom
    job: Job

    def case(self) -> Case:
        """The job's case as it is now."""
        return self.room.case(self.job.case)

    def item(self, case: Case) -> Item:
        """The job's item; raises `JobFailed`."""
        item = case.item(self.job.item)
        if item is None:
            raise JobFailed("no-item")
        return item

    def step(self, name: str, work: Callable[[], T]) -> T:
        """What `work` returns, now or before; raises `JobFailed` with a code, `Fenced` when another has the job.

        The engine records it when central has what was written: whoever adopts the job finds one with the other.
        """

        def held() -> T:
            self.hold()
            try:
                return guarded(self.room, f"{self.job.kind}.{name}", work)
            finally:
                self.room.results.hand_in(self.room.stopped)
                self.hold()

        return self.engine.step(name, held)

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

    def patiently(self, name: str, work: Callable[[], T], *, forever: bool = False) -> T:
        """Like `step`, tried again after each of the worker's pauses while something is away.

        `forever`: the last pause is repeated, for what was begun and must not be left half done.
        """
        pauses = self.room.pauses
        for n, pause in enumerate(chain(pauses, repeat(pauses[-1])) if forever else pauses):
            try:
                return self.step(f"{name}#{n}", work)
            except JobFailed as exc:
                if str(exc) != AWAY:
                    raise
                self.engine.pause(pause)
        return self.step(f"{name}#last", work)


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
    except DeskError as exc:
        room.journal.fault(place, exc)
        raise JobFailed(code_of(exc)) from None
    except Exception as exc:
        room.journal.fault(place, exc)
        raise JobFailed(INTERNAL) from None


def code_of(error: DeskError) -> str:
    """The reason code of an error of ours."""
    return next((code for kind, code in _CODES if isinstance(error, kind)), INTERNAL)
