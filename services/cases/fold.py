"""The one pure fold: a case from its actions, the same on the terminal and in central (design.md 2, 7.4).

Total: an action that does not fit becomes one of `conflicts`, never an exception. What comes twice under one `op` is
skipped: a worker's step, and what a person repeated out of a conflict or a closed log. `at` is central's accept time in
µs; a terminal folding its own unsynced actions gives their `ts`.
"""

from collections.abc import Iterable
from dataclasses import replace
from functools import lru_cache
from typing import Any

from services.action_log import acts
from services.action_log.act import Act, from_params
from services.action_log.entry import Entry
from services.cases import (  # noqa: F401  (each lists its steps)
    fold_acts,
    fold_breach,
    fold_check,
    fold_clock,
    fold_correct,
    fold_decision,
    fold_instruct,
    fold_letters,
    fold_minor,
    fold_notice,
    fold_people,
    fold_redactions,
    fold_systems,
    fold_tasks,
    fold_wait,
    fold_weigh,
)
from services.cases.case import Case, Item, conflict_of
from services.cases.effort import with_effort
from services.cases.fold_instruct import uninstructed
from services.cases.fold_letters import untold
from services.cases.fold_settle import AGAIN
from services.cases.step import STEPS, Step, Unfit, by_worker, folds, items_where
from services.errors import BadInput
from services.types import Channel, DutyRole, ItemState, Outcome, Regime, Requester, Right

OPENING = ("case.opened", "case.imported", "breach.raised")
"""Acts that start a case, or an entry of the register of breaches."""
LEASE_US = 15 * 60 * 1_000_000
MAX_CONFLICTS = 200
"""More of them than anybody settles; older ones stand in the history all the same."""


def fold(case: Case | None, entry: Entry, at: int) -> Case | None:
    """The case after `entry`; None while no entry has opened it."""
    if case is None:
        opened = _open(entry, at)
        return None if opened is None else with_effort(opened, opened, entry)
    if entry.op in case.seen:
        return case
    step = STEPS.get(entry.act)
    try:
        if entry.op in case.dropped:
            raise Unfit("it was dropped before it was repeated")
        if not entry.actor.startswith("worker:") and (why := uninstructed(case, entry.act)):
            raise Unfit(why)  # what a worker reports was asked for by somebody, under the case's instruction
        folded = case if step is None else _stepped(case, step, entry, at)
    except Unfit as exc:
        folded = _conflict(case, entry, str(exc), at)
    except (BadInput, ValueError):
        folded = _conflict(case, entry, "holds what no rule knows", at)
    return with_effort(case, _after(folded, entry, at), entry)


def _stepped(case: Case, step: Step[Any], entry: Entry, at: int) -> Case:
    _fence(case, entry)
    return step(case, from_params(entry.act, entry.params), entry, at)


def _conflict(case: Case, entry: Entry, reason: str, at: int) -> Case:
    met = conflict_of(entry, reason, at)
    return replace(case, conflicts=(*case.conflicts, met)[-MAX_CONFLICTS:])


def counted(case: Case, entry: Entry) -> bool:
    """Whether `entry`, the last one folded into `case`, did what it says; else it is its newest conflict."""
    newest = case.conflicts[-1] if case.conflicts else None
    return newest is None or (newest.log, newest.seq) != (entry.log, entry.seq)


def fold_all(case: Case | None, entries: Iterable[tuple[Entry, int]]) -> Case | None:
    """`fold` over (entry, at) in accept order."""
    for entry, at in entries:
        case = fold(case, entry, at)
    return case


def _after(case: Case, entry: Entry, at: int) -> Case:
    once = (entry.actor.startswith("worker:") and entry.act in STEPS) or entry.op.startswith(AGAIN)
    waits = untold(case)
    done = bool(case.items) and all(i.ended for i in case.items) and not waits
    return replace(
        case,
        revision=case.revision + 1,
        seen=(*case.seen, entry.op) if once else case.seen,
        closed=(case.closed and not waits) or done,
        closed_at=0 if waits else case.closed_at or (at if done else 0),
    )


def _fence(case: Case, entry: Entry) -> None:
    """The claim holder's acts carry its fence, which must be the newest (design.md 7.5). A worker's is its job's.

    Nor is the fence enough: a central restored from a backup may have given it to two; who is heard first has it.
    """
    if entry.fence is None or entry.act == "case.claimed" or entry.actor.startswith("worker:"):
        return
    if entry.fence != case.fence:
        raise Unfit(f"the hold it was done under is over: hold {entry.fence}, now {case.fence}")
    if entry.actor != case.holder:
        raise Unfit(f"hold {entry.fence} is {case.holder.partition(':')[2] or 'nobody'}'s")


def _open(entry: Entry, at: int) -> Case | None:
    """The case that one of `OPENING` starts; None for any other action, or one no rule knows."""
    if entry.act not in OPENING or entry.case is None:
        return None
    try:
        done = from_params(entry.act, entry.params)
        if isinstance(done, acts.CaseImported):
            return _imported(done, entry, at)
        if isinstance(done, acts.BreachRaised):
            return fold_breach.raised(done, entry, at)
        return _opened(done, entry, at) if isinstance(done, acts.CaseOpened) else None
    except (BadInput, ValueError):
        return None


def _opened(done: acts.CaseOpened, entry: Entry, at: int) -> Case:
    duty = DutyRole(done.role or DutyRole.CONTROLLER)
    case = _new(done, entry, at)
    case = replace(case, line=done.line or "", read_back=bool(done.read_back))
    return replace(case, duty=duty, holder=entry.actor, fence=1, until=entry.ts + LEASE_US)


def _imported(done: acts.CaseImported, entry: Entry, at: int) -> Case:
    items = _items(done.rights, done.states, done.outcomes)
    closed = all(i.ended for i in items)
    return _new(done, entry, at, items, closed=closed, source=done.source)


@lru_cache(maxsize=1024)
def _items(rights: tuple[str, ...], states: tuple[str, ...], outcomes: tuple[str | None, ...]) -> tuple[Item, ...]:
    """The items of an imported case; an import has many cases with the same ones."""
    triples = enumerate(zip(rights, states, outcomes, strict=True), 1)
    return tuple(Item(str(n), Right(r), ItemState(s), Outcome(o or Outcome.OPEN)) for n, (r, s, o) in triples)


def _new(
    done: acts.CaseOpened | acts.CaseImported,
    entry: Entry,
    at: int,
    items: tuple[Item, ...] = (),
    *,
    closed: bool = False,
    source: str = "",
) -> Case:
    return Case(
        id=entry.case or "",
        controller=entry.controller or "",
        subject=entry.subject or "",
        channel=Channel(done.channel),
        regime=Regime(done.regime),
        requester=Requester(done.requester),
        duty=DutyRole.CONTROLLER,
        received_at=done.received_at,
        received_on=done.received_on,
        opened_by=entry.actor,
        opened_at=at,
        items=items,
        acknowledged=any(i.state is not ItemState.NEW for i in items),
        closed=closed,
        closed_at=at if closed else 0,
        revision=1,
        training=entry.training,
        source=source,
        key=done.key or "",
    )


@folds(acts.CaseOpened, acts.CaseImported)
def _opened_again(case: Case, done: Act, entry: Entry, at: int) -> Case:
    raise Unfit("the number is another case's already")


@folds(acts.CaseClaimed)
def _claimed(case: Case, done: acts.CaseClaimed, entry: Entry, at: int) -> Case:
    if entry.fence is None or entry.fence <= case.fence:
        raise Unfit(f"the claim is older than fence {case.fence}")
    return replace(case, holder=entry.actor, fence=entry.fence, until=done.until)


@folds(acts.CaseReleased)
def _released(case: Case, done: acts.CaseReleased, entry: Entry, at: int) -> Case:
    return replace(case, holder="", until=0)


@folds(acts.CaseAssigned)
def _assigned(case: Case, done: acts.CaseAssigned, entry: Entry, at: int) -> Case:
    if entry.as_ != "lead":
        raise Unfit("only a lead assigns")
    return replace(case, assigned=done.agent or "", holder="", until=0)


@folds(acts.CaseAcknowledged)
def _acknowledged(case: Case, done: acts.CaseAcknowledged, entry: Entry, at: int) -> Case:
    moved = items_where(case, {ItemState.NEW}, ItemState.ACKNOWLEDGED)
    return replace(moved, acknowledged=True)


@folds(acts.CaseClosed)
def _closed(case: Case, done: acts.CaseClosed, entry: Entry, at: int) -> Case:
    if any(not i.ended for i in case.items):
        raise Unfit("an item is still open")
    return replace(case, closed=True, closed_at=at)


@folds(acts.ItemAdded)
def _item_added(case: Case, done: acts.ItemAdded, entry: Entry, at: int) -> Case:
    if case.breach is not None:
        raise Unfit("nobody asks for a right in a breach")
    if entry.item is None or case.item(entry.item) is not None:
        raise Unfit("the item is there already")
    return replace(case, items=(*case.items, Item(entry.item, Right(done.right))), closed=False, closed_at=0)


@folds(acts.RiskFlagged)
def _flagged(case: Case, done: acts.RiskFlagged, entry: Entry, at: int) -> Case:
    flag = f"risk:{entry.params['kind']}"
    return case if flag in case.flags else replace(case, flags=(*case.flags, flag))


@folds(acts.DetailsDropped)
def _dropped(case: Case, done: acts.DetailsDropped, entry: Entry, at: int) -> Case:
    by_worker(entry)
    if not case.closed:
        raise Unfit("the case is open")
    return case if done.what in case.reduced else replace(case, reduced=(*case.reduced, done.what))


@folds(acts.SubjectShredded)
def _shredded(case: Case, done: acts.SubjectShredded, entry: Entry, at: int) -> Case:
    by_worker(entry)
    return replace(case, shredded=True)
