"""Work that people do by hand in systems no program reaches: what waits, what to do, and their answers."""

from hashlib import sha256

from db.log import Detail
from services.action_log import acts
from services.action_log.sealing import seal
from services.cases.case import Case, Item
from services.cases.fold_tasks import COMPLETED, EXCEPTION, FIND, OUTCOMES, open_tasks
from services.cases.policy import may
from services.desk.asks import Asks
from services.desk.cases import Cases
from services.desk.context import Context
from services.desk.task_views import task_view
from services.errors import BadInput, NotFound
from services.types import Session, TaskForm, TaskState, TaskView

TASK_REASONS = ("not-reachable", "legal-hold", "unreadable", "not-ours", "needs-decision")
"""Why somebody could not do it: words of a closed list, for the log takes no free text."""
KIND = "task"
MOST_FOUND = 4_000


class Tasks:
    """Every answer is a person's action; nothing here makes one up."""

    def __init__(self, ctx: Context, cases: Cases, asks: Asks) -> None:
        self._ctx, self._cases, self._asks = ctx, cases, asks

    def of(self, session: Session, case: str) -> tuple[TaskView, ...]:
        """The tasks of a case, those that wait first, the earliest day before the others."""
        self._ctx.require(session)
        state = self._cases.state(case)
        today, moment = self._ctx.today(state.controller), self._ctx.moment(session, state.controller)
        why_not = may("task", state, moment).reason
        found = [task_view(case, item, task, today, why_not) for item in state.items for task in item.tasks]
        return tuple(sorted(found, key=lambda one: (not one.waits, one.state.due, one.state.task)))

    def form(self, session: Session, case: str, task: str, language: str = "") -> TaskForm:
        """What to do and by what the person is known there, in clear: a look that is an action."""
        state, item, wanted = self._waiting(session, case, task)
        viewed = acts.DataViewed(what="task", reason="answer-request", system=wanted.system, count=1)
        self._ctx.record(session, viewed, state, item.id)
        language = language or self._ctx.controller(state.controller).language
        told = self._asks.ask("task", {"case": case, "task": task, "language": language})
        return TaskForm(str(told["say"]), tuple((str(kind), str(value)) for kind, value in told["identities"]))

    def answer(
        self, session: Session, case: str, task: str, outcome: str, count: int = 0, reason: str = "", found: str = ""
    ) -> None:
        """Say how it ended: completed (with a count), nothing-found, or exception (with one of `TASK_REASONS`).

        `found`: what a search met, as text that goes to the person it is about; sealed into the case.
        """
        state, item, wanted = self._waiting(session, case, task)
        if outcome not in OUTCOMES:
            raise BadInput(f"an answer is one of {', '.join(OUTCOMES)}", place="outcome")
        if (outcome == EXCEPTION) != bool(reason) or (reason and reason not in TASK_REASONS):
            raise BadInput(f"an exception, and nothing else, has a reason: {', '.join(TASK_REASONS)}", place="reason")
        if not 0 <= count <= 999_999 or (outcome == COMPLETED) != (count > 0):
            raise BadInput("how many things it was about: at least one when completed, else none", place="count")
        if found and (outcome != COMPLETED or wanted.what != FIND):
            raise BadInput("only what was found has words", place="found")
        if len(found) > MOST_FOUND or "\0" in found:
            raise BadInput(f"what was found has up to {MOST_FOUND:,} characters of text", place="found")
        act = acts.TaskAnswered(task=task, system=wanted.system, outcome=outcome, count=count, reason=reason or None)
        details = [self._sealed(state, found)] if found.strip() else []
        self._ctx.write([self._ctx.draft(session, act, state, item.id, tuple(d.hash for d in details))], details)

    def _sealed(self, case: Case, found: str) -> Detail:
        blob = seal(
            self._ctx.sealing_key(case), found.encode(), deployment=self._ctx.deployment, owner=case.id, kind=KIND
        )
        return Detail(sha256(blob).hexdigest(), case.id, KIND, blob)

    def _waiting(self, session: Session, case: str, task: str) -> tuple[Case, Item, TaskState]:
        """Case, item and task; raises `NotFound` unless it waits for a person, `Refused` where it is not this one."""
        state = self._cases.state(case)
        self._ctx.permit("task", state, session)
        for item in state.items:
            for one in open_tasks(item):
                if one.task == task:
                    return state, item, one
        raise NotFound("there is no such task, or it was answered")
