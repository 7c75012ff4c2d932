"""Folding corrections (Art 16) and the lifting of restrictions (Art 18(3))."""

from dataclasses import replace

from services.action_log import acts
from services.action_log.entry import Entry
from services.cases.aims import needed
from services.cases.case import Case
from services.cases.fold_acts import OPEN, asked_anew, failed_or_back, needs_tier
from services.cases.fold_systems import with_system
from services.cases.fold_wait import waits
from services.cases.step import Unfit, by_worker, folds, the_item
from services.cases.weighing import DECIDED, objection_lost
from services.types import ItemState, Outcome, Right, SystemResult, Tier

LIFT = "18-3"
"""The ground of an item that lifts a restriction."""


@folds(acts.RectificationAsked)
def _asked(case: Case, done: acts.RectificationAsked, entry: Entry, at: int) -> Case:
    """Contact data, identity and money are what a thief would change: T3 (rules.md 7.4, 7.6 CL-RECT-CRIT)."""
    item = the_item(case, entry, *OPEN)
    if item.right is not Right.RECTIFICATION:
        raise Unfit(f"a correction does not answer {item.right}")
    least = Tier.T3 if done.grave else Tier.T1
    needs_tier(case, entry, item, least)
    asked = asked_anew(item, entry, ItemState.RUNNING)
    return case.with_item(waits(asked, at) if needed(case, item, least) is Tier.T3 else asked)


@folds(acts.RectificationStarted)
def _started(case: Case, done: acts.RectificationStarted, entry: Entry, at: int) -> Case:
    by_worker(entry)
    the_item(case, entry, ItemState.RUNNING)
    return case


@folds(acts.RectificationWritten)
def _written(case: Case, done: acts.RectificationWritten, entry: Entry, at: int) -> Case:
    return _done_in(case, entry, done.system, done.rows)


def _done_in(case: Case, entry: Entry, system: str, rows: int) -> Case:
    by_worker(entry)
    item = the_item(case, entry, ItemState.RUNNING)
    return case.with_item(with_system(item, SystemResult(system, "done", masked=rows)))


@folds(acts.RestrictionLiftAsked)
def _lift_asked(case: Case, done: acts.RestrictionLiftAsked, entry: Entry, at: int) -> Case:
    """A lead decides for the controller: what was contested is checked, weighed or over (Art 18(1), (3)). After an
    objection that two people decided against the person, a worker does, once they were told."""
    item = the_item(case, entry, *OPEN)
    if item.right is not Right.RESTRICTION:
        raise Unfit(f"a lifting does not answer {item.right}")
    lost = entry.actor.startswith("worker:") and done.reason == DECIDED and objection_lost(case)
    if not lost and (entry.as_ != "lead" or not entry.actor.startswith("agent:")):
        raise Unfit("a lead lifts a restriction")
    return case.with_item(replace(asked_anew(item, entry, ItemState.RUNNING), ground=LIFT))


@folds(acts.RestrictionLifted)
def _lifted(case: Case, done: acts.RestrictionLifted, entry: Entry, at: int) -> Case:
    return _done_in(case, entry, done.system, done.rows)


@folds(acts.RestrictionKept)
def _kept(case: Case, done: acts.RestrictionKept, entry: Entry, at: int) -> Case:
    by_worker(entry)
    return case.with_item(replace(the_item(case, entry, ItemState.RUNNING), kept_by=done.case))


def restricts(case: Case) -> bool:
    """Whether the case wants the person's data stored only: asked for or done, and not lifted since."""
    said = [
        item
        for item in case.items
        if item.right is Right.RESTRICTION
        if any(one.state == "done" for one in item.systems)
        or (item.outcome is Outcome.DONE if item.ground == LIFT else item.state is ItemState.RUNNING)
    ]
    return not case.shredded and bool(said) and said[-1].ground != LIFT


def is_lifting(case: Case) -> bool:
    """Whether a restriction of the case is being lifted."""
    return any(item.ground == LIFT and item.state is ItemState.RUNNING for item in case.items)


@folds(acts.RectificationFailed)
def _failed(case: Case, done: acts.RectificationFailed, entry: Entry, at: int) -> Case:
    """In one system: the others go on. At the end, or before anything was written (no system): back to the agent."""
    return failed_or_back(case, entry, done.system, done.reason)
