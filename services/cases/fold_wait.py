"""Folding what waits before it is done: what takes T3 waits as an erasure does (rules.md 7.4)."""

from dataclasses import replace

from services.action_log import acts
from services.action_log.entry import Entry
from services.cases.case import Case, Item
from services.cases.step import Unfit, by_worker, folds, the_item
from services.types import ItemState, Right

WAITING = (Right.ACCESS, Right.PORTABILITY, Right.RECTIFICATION)
"""What waits by itself when it takes T3; an erasure waits whenever it was approved (ERA-7)."""


def waits(item: Item, at: int) -> Item:
    """The item, asked for and waiting from `at` (µs), the time at which central took it."""
    return replace(item, state=ItemState.READY, approved_by="", approved_at=at)


@folds(acts.WaitEnded)
def _ended(case: Case, done: acts.WaitEnded, entry: Entry, at: int) -> Case:
    by_worker(entry)
    return case.with_item(replace(_waiting(case, entry), state=ItemState.RUNNING))


@folds(acts.WaitWithdrawn)
def _withdrawn(case: Case, done: acts.WaitWithdrawn, entry: Entry, at: int) -> Case:
    return case.with_item(replace(_waiting(case, entry), state=ItemState.IN_PROGRESS, approved_at=0))


def _waiting(case: Case, entry: Entry) -> Item:
    item = the_item(case, entry, ItemState.READY)
    if item.right not in WAITING:
        raise Unfit("an erasure is taken back as an erasure")
    return item
