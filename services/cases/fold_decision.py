"""Folding decisions against a person: two people, the second one's word counts, and only once the person was told."""

from dataclasses import replace

from services.action_log import acts
from services.action_log.entry import Entry
from services.cases.asked import Asked
from services.cases.case import Case, Item
from services.cases.decision import ABUSE, FEE, REFUSED, UNFOUNDED, UPHELD, DecisionState, decides, pending, why_not
from services.cases.fold_acts import OPEN, known_who
from services.cases.step import Unfit, by_worker, folds, the_item
from services.cases.weighing import unready
from services.types import DutyRole, ItemState, Outcome, Role, Wait


@folds(acts.DecisionProposed)
def _proposed(case: Case, done: acts.DecisionProposed, entry: Entry, at: int) -> Case:
    item = the_item(case, entry, *OPEN)
    _person(entry)
    if why := unready(item, entry.actor):
        raise Unfit(why)
    if why := why_not(item.right, done.outcome, done.grounds, done.earlier, done.amount or 0):
        raise Unfit(why)
    if len(entry.details) != 1:
        raise Unfit("a decision is explained")
    known_who(case)
    decision = DecisionState(
        done.decision, done.outcome, done.grounds, done.language, entry.details[0], entry.actor, entry.ts,
        done.earlier, done.amount or 0,
    )  # fmt: skip
    proposed = replace(item, state=ItemState.REVIEW, asked_by=entry.actor, asked_at=entry.ts, returned="")
    return case.with_item(replace(proposed, decision=decision))


@folds(acts.DecisionReferred)
def _referred(case: Case, done: acts.DecisionReferred, entry: Entry, at: int) -> Case:
    item, decision = _waiting(case, entry, done.decision)
    _second(entry, decision)
    if case.duty is not DutyRole.PROCESSOR:
        raise Unfit("we are the controller: it is decided here")
    return case.with_item(replace(item, decision=replace(decision, referred_at=entry.ts)))


@folds(acts.DecisionApproved)
def _approved(case: Case, done: acts.DecisionApproved, entry: Entry, at: int) -> Case:
    """A processor decides nothing: it needs the controller's own word (Art 28(3)(a), REF-8)."""
    item, decision = _waiting(case, entry, done.decision)
    _second(entry, decision)
    if why := unready(item, entry.actor):
        raise Unfit(why)
    if case.duty is DutyRole.PROCESSOR and not done.instruction:
        raise Unfit("only the controller decides that: its instruction is not named")
    approved = replace(decision, approved_by=entry.actor, approved_at=at)
    return case.with_item(replace(item, state=ItemState.RUNNING, decision=approved))


@folds(acts.DecisionReturned)
def _returned(case: Case, done: acts.DecisionReturned, entry: Entry, at: int) -> Case:
    item, decision = _waiting(case, entry, done.decision)
    _second(entry, decision)
    return case.with_item(replace(item, state=ItemState.IN_PROGRESS, returned=done.reason, decision=None))


@folds(acts.DecisionWithdrawn)
def _withdrawn(case: Case, done: acts.DecisionWithdrawn, entry: Entry, at: int) -> Case:
    item, _ = _waiting(case, entry, done.decision)
    _person(entry)
    return case.with_item(replace(item, state=ItemState.IN_PROGRESS, decision=None))


@folds(acts.DecisionTold)
def _told(case: Case, done: acts.DecisionTold, entry: Entry, at: int) -> Case:
    """A refusal ends the item. The rest of what was refused in part is still to be answered, and a fee to be paid."""
    by_worker(entry)
    item = the_item(case, entry, ItemState.RUNNING)
    decision = item.decision
    if decision is None or decision.id != done.decision or not decision.approved_by:
        raise Unfit("nothing of the kind was decided")
    told = replace(item, decision=replace(decision, told_at=entry.ts))
    if decision.outcome == REFUSED:
        return case.with_item(replace(told, state=ItemState.CLOSED, outcome=Outcome.REFUSED))
    if decision.outcome == UPHELD:
        return case.with_item(replace(told, state=ItemState.CLOSED, outcome=Outcome.DONE))
    goes_on = case.with_item(replace(told, state=ItemState.IN_PROGRESS))
    if decision.outcome != FEE:
        return goes_on
    ground = "unfounded" if UNFOUNDED in decision.grounds else "excessive"
    asked = Asked(decision.id, Wait.FEE, ground, True, done.on)
    return replace(goes_on, questions=(*goes_on.questions, asked))


def _person(entry: Entry) -> None:
    if not entry.actor.startswith("agent:"):
        raise Unfit("only a person says no (Art 22)")


def _second(entry: Entry, decision: DecisionState) -> None:
    _person(entry)
    if entry.as_ not in (Role.LEAD, Role.OFFICER) or not decides(Role(entry.as_), decision.grounds):
        raise Unfit("an officer decides about abuse" if ABUSE in decision.grounds else "a lead or an officer decides")
    if entry.actor == decision.by:
        raise Unfit("who proposed it cannot decide it: four eyes")


def _waiting(case: Case, entry: Entry, decision: str) -> tuple[Item, DecisionState]:
    item = the_item(case, entry, ItemState.REVIEW)
    found = item.decision
    if found is None or not pending(item.state, found):
        raise Unfit("no decision waits")
    if found.id != decision:
        raise Unfit("another decision was proposed since")
    return item, found
