"""The letter of an item that came back and that the agent ended after it was done by hand (Art 12(3), 16, 18)."""

from functools import partial

from services.cases.case import Case, Item
from services.cases.fold_correct import LIFT
from services.fulfilment.correction_plan import CorrectionPlan, from_json, together
from services.fulfilment.notices import given_or_on_file
from services.fulfilment.post import send
from services.fulfilment.rectifying import facts_of
from services.fulfilment.steps import Task
from services.types import Right


def closing_letter(task: Task) -> None:
    """What the job itself would have written to the person, had every system taken it."""
    case = task.case()
    item = task.item(case)
    language = task.room.controller(case.controller).language
    if item.right is Right.RECTIFICATION:
        send(
            task,
            "letter",
            case,
            "rectification-outcome",
            language,
            lambda: facts_of(task, case, _plan(task), language, item.asked_at),
            lambda: _plan(task).to,
        )
    elif item.right is Right.RESTRICTION and item.ground != LIFT:  # of a lifting they were told before it began
        to = partial(given_or_on_file, task, case)
        send(task, "letter", case, "restriction-set", language, lambda: _since(task, case, item), to)


def _plan(task: Task) -> CorrectionPlan:
    """All that was to be corrected in this case."""
    return together([from_json(text) for text in task.room.details.own(task.job.case, "correction-plan").values()])


def _since(task: Task, case: Case, item: Item) -> dict[str, object]:
    return {"at": task.room.at(task.room.controller(case.controller), item.asked_at)}
