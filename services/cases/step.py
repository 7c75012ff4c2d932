"""What every fold step uses: being listed for its act, saying that an action does not fit, moving items."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any, TypeVar

from services.action_log.act import Act
from services.action_log.entry import Entry
from services.cases.case import Case, Item
from services.types import ItemState

A = TypeVar("A", bound=Act)
Step = Callable[[Case, A, Entry, int], Case]

STEPS: dict[str, Step[Any]] = {}
"""The step of each act that changes a case, by act name."""


def folds(*kinds: type[A]) -> Callable[[Step[A]], Step[A]]:
    """Lists a step `(case, act, entry, at) -> case` for one act or several."""

    def listed(step: Step[A]) -> Step[A]:
        for kind in kinds:
            STEPS[kind.NAME] = step
        return step

    return listed


class Unfit(Exception):
    """The action does not fit the state it meets; the sentence goes into `conflicts`."""


def the_item(case: Case, entry: Entry, *states: ItemState) -> Item:
    """The entry's item, open and in one of `states` (any open state when none is given); raises `Unfit`."""
    item = case.item(entry.item)
    if item is None:
        raise Unfit("there is no such item")
    if item.ended:
        raise Unfit("the item has ended")
    if states and item.state not in states:
        raise Unfit(f"the item is {item.state}")
    return item


def by_worker(entry: Entry) -> None:
    """Raises `Unfit` unless a worker wrote the entry: results are theirs alone."""
    if not entry.actor.startswith("worker:"):
        raise Unfit("only a worker reports results")


def items_where(case: Case, states: set[ItemState], to: ItemState) -> Case:
    """The case with every item in one of `states` moved to `to`."""
    return replace(case, items=tuple(replace(i, state=to) if i.state in states else i for i in case.items))
