"""A task that people do by hand, as screens show it."""

from datetime import date

from services.cases.case import Item
from services.cases.fold_tasks import open_tasks
from services.types import TaskState, TaskView


def task_view(case: str, item: Item, task: TaskState, today: date, why_not: str = "") -> TaskView:
    """`today` is the day in the controller's zone."""
    waits = task in open_tasks(item)
    return TaskView(case, item.id, task, waits, waits and not task.outcome and task.due < today.isoformat(), why_not)
