"""Work that waits before it begins because it takes the highest tier (rules.md 7.4, T3)."""

import orjson

from services.action_log.acts import WaitEnded
from services.cases.moment import run_at
from services.fulfilment.steps import Task
from services.types import ItemState


def begins(task: Task) -> bool:
    """Whether the job may begin: its item is running, or waited until now and nobody took it back.

    Asked for twice it begins once, when the newer time is over. Two steps of the job.
    """
    if not task.step("may", lambda: _may(task)):
        return False
    return not _waited(task) or bool(task.patiently("begun", lambda: _begun(task), forever=True))


def _waited(task: Task) -> bool:
    return bool(orjson.loads(task.job.params).get("waits"))


def _may(task: Task) -> bool:
    room, case = task.room, task.case()
    item = task.item(case)
    if not _waited(task):
        return item.state is ItemState.RUNNING
    wait = room.controller(case.controller).waiting_period_s * 1_000_000
    return item.state is ItemState.READY and room.now() >= run_at(item, wait)


def _begun(task: Task) -> bool:
    """The act that it begins; False where it was taken back in the last moment, and that came first."""
    case = task.case()
    task.report("begun", WaitEnded(), case, task.job.item)
    task.room.results.settle(stopped=task.room.stopped)
    return task.item(task.case()).state is ItemState.RUNNING
