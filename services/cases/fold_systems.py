"""Folding what is decided about single systems, and who was told: retry, skip, giving up, recipients (Art 19)."""

from dataclasses import replace

from services.action_log import acts
from services.action_log.entry import Entry
from services.cases.case import Case, Item
from services.cases.step import Unfit, by_worker, folds, the_item
from services.types import ItemState, RecipientState, Right, SystemResult

GIVEN_UP = "exception"
RETRY, SKIP, SKIPPED = "retry asked", "skip asked", "skipped"
STUCK = ("failed", GIVEN_UP)
"""States of a system about which a lead may decide."""


def with_system(item: Item, result: SystemResult) -> Item:
    """The item with what is now known of one system."""
    return replace(item, systems=(*(s for s in item.systems if s.system != result.system), result))


def state_in(item: Item, system: str) -> SystemResult:
    """What is known of a system; nothing yet is an empty state."""
    return next((s for s in item.systems if s.system == system), SystemResult(system, ""))


def stuck_in(item: Item) -> tuple[str, ...]:
    """Systems about which a lead may decide: nothing but an erasure goes on without a system."""
    if item.right is not Right.ERASURE or item.state is not ItemState.RUNNING:
        return ()
    return tuple(one.system for one in item.systems if one.state in STUCK)


@folds(acts.SystemGivenUp)
def _given_up(case: Case, done: acts.SystemGivenUp, entry: Entry, at: int) -> Case:
    by_worker(entry)
    item = the_item(case, entry, ItemState.RUNNING)
    return case.with_item(with_system(item, SystemResult(done.system, GIVEN_UP, reason=done.reason)))


@folds(acts.SystemRetryAsked)
def _retry_asked(case: Case, done: acts.SystemRetryAsked, entry: Entry, at: int) -> Case:
    return _asked(case, entry, SystemResult(done.system, RETRY))


@folds(acts.SystemSkipAsked)
def _skip_asked(case: Case, done: acts.SystemSkipAsked, entry: Entry, at: int) -> Case:
    return _asked(case, entry, SystemResult(done.system, SKIP, reason=done.reason))


def _asked(case: Case, entry: Entry, wanted: SystemResult) -> Case:
    """A lead asks, the worker alone says what came of it: so a skip and a success never both stand."""
    item = the_item(case, entry, ItemState.RUNNING)
    if entry.as_ != "lead" or not entry.actor.startswith("agent:"):
        raise Unfit("a lead decides about a system")
    if item.right is not Right.ERASURE:
        raise Unfit(f"{item.right} goes on without no system")
    if state_in(item, wanted.system).state not in STUCK:
        raise Unfit(f"{wanted.system} did not fail")
    return case.with_item(with_system(item, wanted))


@folds(acts.SystemSkipped)
def _skipped(case: Case, done: acts.SystemSkipped, entry: Entry, at: int) -> Case:
    by_worker(entry)
    item = the_item(case, entry, ItemState.RUNNING)
    if state_in(item, done.system).state != SKIP:
        raise Unfit("nobody asked to skip it")
    return case.with_item(with_system(item, SystemResult(done.system, SKIPPED, reason=done.reason)))


@folds(acts.RecipientTold)
def _told(case: Case, done: acts.RecipientTold, entry: Entry, at: int) -> Case:
    return _recipient(case, entry, RecipientState(done.recipient, "told"))


@folds(acts.RecipientFailed)
def _not_told(case: Case, done: acts.RecipientFailed, entry: Entry, at: int) -> Case:
    return _recipient(case, entry, RecipientState(done.recipient, "failed", done.reason))


@folds(acts.RecipientImpossible)
def _cannot_tell(case: Case, done: acts.RecipientImpossible, entry: Entry, at: int) -> Case:
    return _recipient(case, entry, RecipientState(done.recipient, "impossible", done.reason))


def _recipient(case: Case, entry: Entry, told: RecipientState) -> Case:
    by_worker(entry)
    item = the_item(case, entry)
    others = (one for one in item.recipients if one.recipient != told.recipient)
    return case.with_item(replace(item, recipients=(*others, told)))
