"""Folding what is held back from an export, and what people decide about it (Art 15(4), 20(4))."""

from dataclasses import replace

from services.action_log import acts
from services.action_log.entry import Entry
from services.cases.case import Case
from services.cases.step import Unfit, by_worker, folds, the_item
from services.types import ItemState, Right

DECISIONS = ("disclose", "redact")


@folds(acts.ExportHeld)
def _held(case: Case, done: acts.ExportHeld, entry: Entry, at: int) -> Case:
    """The export waits; what was decided about other parts before stands."""
    by_worker(entry)
    item = the_item(case, entry, ItemState.RUNNING)
    held = tuple((group, count) for group, count in zip(done.groups, done.counts, strict=True) if count)
    return case.with_item(replace(item, state=ItemState.REVIEW, held=held))


@folds(acts.RedactionDecided)
def _decided(case: Case, done: acts.RedactionDecided, entry: Entry, at: int) -> Case:
    """With the last decision the export goes on. Later words about the same part count, as long as it waits."""
    item = the_item(case, entry, ItemState.REVIEW)
    if item.right not in (Right.ACCESS, Right.PORTABILITY):
        raise Unfit(f"nothing is held back from {item.right}")
    if not entry.actor.startswith("agent:"):
        raise Unfit("a person decides what is about others")
    if done.decision not in DECISIONS:
        raise Unfit("that is no decision")
    left = dict(item.held)
    if done.group not in left:
        raise Unfit("that part does not wait for a decision")
    part = done.part or ""
    fresh = all(of != part for _, of, _, _ in item.decided)
    if fresh or not part:
        left[done.group] = max(0, left[done.group] - 1) if part else 0
    before = tuple(one for one in item.decided if one[:2] != (done.group, part))
    decided = (*before, (done.group, part, done.decision, done.reason))
    state = ItemState.REVIEW if any(left.values()) else ItemState.RUNNING
    return case.with_item(replace(item, state=state, held=tuple(left.items()), decided=decided))
