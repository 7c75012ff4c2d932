"""Folding what people are asked to do by hand, and what they answer. No answer is ever made by a program."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime

from services.action_log import acts
from services.action_log.entry import Entry
from services.cases.case import Case, Item
from services.cases.step import Unfit, by_worker, folds, the_item
from services.task_types import TaskState

FIND, ERASE, RESTRICT, GIVE, WITHDRAW, TELL = WHATS = (
    "find", "erase", "restrict", "consent-give", "consent-withdraw", "tell-controllers",
)  # fmt: skip
"""What people do. `TELL` is done for a system that programs work: its data had been public (Art 17(2))."""
COMPLETED, NOTHING, EXCEPTION = OUTCOMES = ("completed", "nothing-found", "exception")
DONE = (COMPLETED, NOTHING)
BY_HAND = "by-hand"
"""The reason of a result that is what a person says."""


def open_tasks(item: Item) -> tuple[TaskState, ...]:
    """Those that wait for a person: unanswered, or answered with an exception, which somebody may mend."""
    return () if item.ended else tuple(task for task in item.tasks if task.outcome in ("", EXCEPTION))


def hands_in(items: Iterable[Item]) -> frozenset[str]:
    """Systems that people work: what stands of them is what a person says."""
    return frozenset(task.system for item in items for task in item.tasks if task.what != TELL)


def answers(case: Case) -> dict[str, int]:
    """How often each task of the case was answered."""
    return {one.task: one.answers for item in case.items for one in item.tasks}


@folds(acts.TaskAsked)
def _task_asked(case: Case, done: acts.TaskAsked, entry: Entry, at: int) -> Case:
    """Twice is once: every search finds that it still waits. A later round opens it again, unless it is done by then.

    What the same was asked for before and nobody answered, is asked for no longer.
    """
    by_worker(entry)
    item = the_item(case, entry)
    if done.what not in WHATS:
        raise Unfit("nobody does that by hand")
    fresh = TaskState(
        done.task, done.system, done.what, done.responsible, done.due, done.round, done.purpose or ""
    )  # fmt: skip
    known = next((one for one in item.tasks if one.task == done.task), None)
    if known is not None and (known.round >= done.round or known.outcome in DONE):
        return case
    if known is not None:
        again = replace(fresh, answers=known.answers)
        return case.with_item(replace(item, tasks=tuple(again if one is known else one for one in item.tasks)))
    kept = tuple(one for one in item.tasks if one.outcome or _about(one) != _about(fresh))
    return case.with_item(replace(item, tasks=(*kept, fresh)))


def _about(task: TaskState) -> tuple[str, ...]:
    return task.system, task.what, task.purpose


@folds(acts.TaskAnswered)
def _task_answered(case: Case, done: acts.TaskAnswered, entry: Entry, at: int) -> Case:
    item = the_item(case, entry)
    if not entry.actor.startswith("agent:"):
        raise Unfit("a person answers what is done by hand")
    task = next((one for one in item.tasks if (one.task, one.system) == (done.task, done.system)), None)
    if task is None:
        raise Unfit("there is no such task")
    if task not in open_tasks(item):
        raise Unfit(f"it was answered: {task.outcome}")
    if done.outcome not in OUTCOMES or (done.outcome == EXCEPTION) != (done.reason is not None):
        raise Unfit("an answer is completed, nothing-found, or an exception with its reason")
    if (done.outcome == COMPLETED) != (done.count > 0):
        raise Unfit("completed means at least one thing")
    answered = replace(
        task,
        outcome=done.outcome,
        count=done.count,
        reason=done.reason or "",
        by=entry.actor,
        answered_on=datetime.fromtimestamp(entry.ts / 1_000_000, UTC).date().isoformat(),
        answers=task.answers + 1,
        detail=entry.details[0] if entry.details else "",
    )
    return case.with_item(replace(item, tasks=tuple(answered if one is task else one for one in item.tasks)))
