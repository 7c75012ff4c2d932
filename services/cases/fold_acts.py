"""Folding what is done for a person: find, export, erase, consent."""

from dataclasses import replace

from services.action_log import acts
from services.action_log.entry import Entry
from services.cases.aims import barred, needed
from services.cases.case import Case, Item
from services.cases.decision import PARTLY, WEIGHED, pending
from services.cases.fold_check import verified_tier, with_facts
from services.cases.fold_minor import consented
from services.cases.fold_systems import SKIPPED, state_in, with_system
from services.cases.fold_tasks import BY_HAND, hands_in
from services.cases.fold_wait import waits
from services.cases.step import Unfit, by_worker, folds, the_item
from services.cases.whom import which
from services.identity.needs import FOUND, Delivery
from services.types import ItemState, Outcome, Right, SystemResult, Tier

DIRECT = "direct"
"""A package that goes straight to another controller."""
OPEN = (ItemState.NEW, ItemState.ACKNOWLEDGED, ItemState.VERIFYING, ItemState.IN_PROGRESS)


def known_who(case: Case) -> None:
    if reason := which(case):
        raise Unfit(reason)


def needs_tier(case: Case, entry: Entry, item: Item | None, least: Tier) -> None:
    """Raises `Unfit` unless the entry's session has proven enough for an act on `item` that takes `least`.

    Without an item `least` is all it takes: what makes a request graver must be found first.
    """
    tier = least if item is None else needed(case, item, least)
    reached = verified_tier(case, entry.session or "", entry.ts)
    if reached is Tier.TX or reached < tier:
        raise Unfit(f"needs {tier}, reached {reached}")
    if why := barred(case):
        raise Unfit(why)


@folds(acts.FindDone)
def _found(case: Case, done: acts.FindDone, entry: Entry, at: int) -> Case:
    by_worker(entry)
    found = replace(case, found=_counted(done.systems, done.counts, case.items))
    return with_facts(found, [one for one in done.facts if one in FOUND])


def _counted(systems: tuple[str, ...], counts: tuple[int, ...], items: tuple[Item, ...]) -> tuple[SystemResult, ...]:
    """What was found, system by system; what people found by hand is marked as that."""
    hands = hands_in(items)
    return tuple(
        SystemResult(s, "found" if n else "nothing found", found=n, reason=BY_HAND if s in hands else "")
        for s, n in zip(systems, counts, strict=True)
    )


def _chosen(item: Item, system: str, rows: int, *, read_back: bool) -> SystemResult:
    """A choice that was written; by hand nobody reads it back, and it is marked as what people say."""
    if system in hands_in([item]):
        return SystemResult(system, "done", masked=rows, reason=BY_HAND)
    return SystemResult(system, "done" if read_back else "not read back", masked=rows)


@folds(acts.PlanMade)
def _plan_made(case: Case, done: acts.PlanMade, entry: Entry, at: int) -> Case:
    by_worker(entry)
    item = the_item(case, entry, *OPEN)
    counts = (sum(done.deletes), sum(done.masks), sum(done.keeps))
    return case.with_item(replace(item, plan=done.plan, digest=done.digest, counts=counts))


@folds(acts.ExportAsked)
def _export_asked(case: Case, done: acts.ExportAsked, entry: Entry, at: int) -> Case:
    item = the_item(case, entry, *OPEN)
    if item.right not in (Right.ACCESS, Right.PORTABILITY):
        raise Unfit(f"an export does not answer {item.right}")
    known_who(case)
    target = _target(case, done, entry, item)
    least = Tier.T3 if target else Tier.T2
    needs_tier(case, entry, item, least)
    asked = replace(asked_anew(item, entry, ItemState.RUNNING), language=done.language, held=(), target=target)
    return case.with_item(waits(asked, at) if needed(case, item, least) is Tier.T3 else asked)


def _target(case: Case, done: acts.ExportAsked, entry: Entry, item: Item) -> str:
    """Straight to another controller goes what is portable, and only what the check was led for (Art 20(2))."""
    if done.delivery != DIRECT:
        return ""
    if item.right is not Right.PORTABILITY:
        raise Unfit("only portable data go straight to another controller")
    if Delivery.THIRD_PARTY not in case.facts:
        raise Unfit("that it goes to another controller was not noted before the check")
    if len(entry.details) != 1:
        raise Unfit("nobody is named who gets it")
    return entry.details[0]


def asked_anew(item: Item, entry: Entry, state: ItemState) -> Item:
    return replace(item, state=state, asked_by=entry.actor, asked_at=entry.ts, returned="", systems=())


@folds(acts.ExportBuilt)
def _export_built(case: Case, done: acts.ExportBuilt, entry: Entry, at: int) -> Case:
    by_worker(entry)
    item = the_item(case, entry, ItemState.RUNNING)
    return case.with_item(replace(item, package=done.package, systems=_counted(done.systems, done.counts, case.items)))


@folds(acts.ExportDelivered)
def _export_delivered(case: Case, done: acts.ExportDelivered, entry: Entry, at: int) -> Case:
    by_worker(entry)
    return case.with_item(replace(the_item(case, entry, ItemState.RUNNING), state=ItemState.SENT))


@folds(acts.ExportFailed)
def _back(case: Case, done: acts.ExportFailed, entry: Entry, at: int) -> Case:
    by_worker(entry)
    item = the_item(case, entry, ItemState.RUNNING)
    return case.with_item(replace(item, state=ItemState.IN_PROGRESS, returned=done.reason))


@folds(acts.EraseAsked)
def _erase_asked(case: Case, done: acts.EraseAsked, entry: Entry, at: int) -> Case:
    item = the_item(case, entry, *OPEN)
    if item.right is not Right.ERASURE:
        raise Unfit(f"an erasure does not answer {item.right}")
    known_who(case)
    if done.plan != item.plan or done.digest != item.digest:
        raise Unfit("the plan is not the one that was made")
    needs_tier(case, entry, item, Tier.T2)
    return case.with_item(
        replace(asked_anew(item, entry, ItemState.REVIEW), ground=done.ground, language=done.language, approved_by="")
    )


@folds(acts.EraseApproved)
def _erase_approved(case: Case, done: acts.EraseApproved, entry: Entry, at: int) -> Case:
    item = _erasure(case, entry, ItemState.REVIEW)
    if entry.as_ != "lead" or not entry.actor.startswith("agent:"):
        raise Unfit("a lead approves")
    if entry.actor == item.asked_by:
        raise Unfit("who asked cannot approve: four eyes")
    if done.digest != item.digest:
        raise Unfit("the plan changed since it was shown")
    return case.with_item(replace(item, state=ItemState.READY, approved_by=entry.actor, approved_at=at))


@folds(acts.EraseReturned)
def _erase_returned(case: Case, done: acts.EraseReturned, entry: Entry, at: int) -> Case:
    item = _erasure(case, entry, ItemState.REVIEW)
    return case.with_item(replace(item, state=ItemState.IN_PROGRESS, returned=done.reason))


@folds(acts.EraseWithdrawn)
def _erase_withdrawn(case: Case, done: acts.EraseWithdrawn, entry: Entry, at: int) -> Case:
    item = _erasure(case, entry, ItemState.REVIEW, ItemState.READY)
    return case.with_item(replace(item, state=ItemState.IN_PROGRESS, approved_by="", approved_at=0))


def _erasure(case: Case, entry: Entry, *states: ItemState) -> Item:
    """The item whose erasure waits: a decision that waits is no erasure."""
    item = the_item(case, entry, *states)
    if pending(item.state, item.decision):
        raise Unfit("a decision waits, no erasure")
    return item


@folds(acts.EraseStarted)
def _erase_started(case: Case, done: acts.EraseStarted, entry: Entry, at: int) -> Case:
    by_worker(entry)
    return case.with_item(replace(the_item(case, entry, ItemState.READY), state=ItemState.RUNNING, systems=()))


@folds(acts.EraseSystemDone)
def _system_done(case: Case, done: acts.EraseSystemDone, entry: Entry, at: int) -> Case:
    by_worker(entry)
    item = the_item(case, entry, ItemState.RUNNING)
    if state_in(item, done.system).state == SKIPPED:
        raise Unfit("it was skipped")
    state = "done" if done.deleted or done.masked or done.kept else "nothing found"
    result = SystemResult(done.system, state, 0, done.deleted, done.masked, done.kept, done.reason or "")
    result = replace(result, stored_only=done.stored_only, not_marked=done.not_marked)
    return case.with_item(with_system(item, result))


def failed_in(item: Item, system: str, reason: str) -> Item:
    if state_in(item, system).state == SKIPPED:
        raise Unfit("it was skipped")
    return with_system(item, SystemResult(system, "failed", reason=reason))


def failed_or_back(case: Case, entry: Entry, system: str | None, reason: str) -> Case:
    """A worker could not write in one system: the others go on. In none (no system): back to the agent."""
    by_worker(entry)
    item = the_item(case, entry, ItemState.RUNNING)
    if system is None:
        return case.with_item(replace(item, state=ItemState.IN_PROGRESS, returned=reason))
    return case.with_item(failed_in(item, system, reason))


@folds(acts.EraseVerified)
def _erase_verified(case: Case, done: acts.EraseVerified, entry: Entry, at: int) -> Case:
    by_worker(entry)
    item, left = the_item(case, entry, ItemState.RUNNING), done.left
    if left:
        again = replace(item, state=ItemState.IN_PROGRESS, plan="", digest="")
        return case.with_item(replace(again, returned=f"{left} rows were left"))
    return case.with_item(replace(item, state=ItemState.SENT))


@folds(acts.EraseFailed)
def _erase_failed(case: Case, done: acts.EraseFailed, entry: Entry, at: int) -> Case:
    """In one system: the others go on. Before anything was touched (no system): back, for a new plan and approval."""
    by_worker(entry)
    if done.system is None:
        item = the_item(case, entry, ItemState.READY, ItemState.RUNNING)
        back = replace(item, state=ItemState.IN_PROGRESS, plan="", digest="", approved_by="", approved_at=0)
        return case.with_item(replace(back, returned=done.reason))
    return case.with_item(failed_in(the_item(case, entry, ItemState.RUNNING), done.system, done.reason))


@folds(acts.ConsentGiven)
def _consent_given(case: Case, done: acts.ConsentGiven, entry: Entry, at: int) -> Case:
    needs_tier(case, entry, the_item(case, entry, *OPEN, ItemState.RUNNING), Tier.T1)
    return _consent(consented(case), entry, Right.CONSENT_GIVE, done.purpose)


@folds(acts.ConsentWithdrawn)
def _consent_withdrawn(case: Case, done: acts.ConsentWithdrawn, entry: Entry, at: int) -> Case:
    """As easy as giving: the address or number is enough (Art 7(3), rules.md 4.6)."""
    return _consent(case, entry, Right.CONSENT_WITHDRAW, done.purpose)


def _consent(case: Case, entry: Entry, right: Right, purpose: str) -> Case:
    item = the_item(case, entry, *OPEN, ItemState.RUNNING)
    if item.right is not right:
        raise Unfit(f"that does not answer {item.right}")
    return case.with_item(replace(asked_anew(item, entry, ItemState.RUNNING), purpose=purpose))


@folds(acts.MarketingStopped)
def _marketing_stopped(case: Case, done: acts.MarketingStopped, entry: Entry, at: int) -> Case:
    """Absolute and at once: no tier, no reason (Art 21(2)-(3), rules.md 4.5)."""
    item = the_item(case, entry, *OPEN)
    if item.right is not Right.OBJECTION_MARKETING:
        raise Unfit(f"a marketing stop does not answer {item.right}")
    return case.with_item(asked_anew(item, entry, ItemState.RUNNING))


@folds(acts.ReplayDone)
def _repeated(case: Case, done: acts.ReplayDone, entry: Entry, at: int) -> Case:
    """After a restore: it changes nothing about the case, whatever became of it."""
    by_worker(entry)
    return case


@folds(acts.ConsentWritten)
def _consent_written(case: Case, done: acts.ConsentWritten, entry: Entry, at: int) -> Case:
    by_worker(entry)
    item = the_item(case, entry, ItemState.RUNNING)
    return case.with_item(with_system(item, _chosen(item, done.system, done.rows, read_back=done.read_back)))


@folds(acts.ConsentFailed)
def _consent_failed(case: Case, done: acts.ConsentFailed, entry: Entry, at: int) -> Case:
    """In one system: the others go on. Before anything was written (no system): back to the agent."""
    return failed_or_back(case, entry, done.system, done.reason)


@folds(acts.RestrictionAsked)
def _restriction_asked(case: Case, done: acts.RestrictionAsked, entry: Entry, at: int) -> Case:
    item = the_item(case, entry, *OPEN)
    if item.right is not Right.RESTRICTION:
        raise Unfit(f"a restriction does not answer {item.right}")
    needs_tier(case, entry, item, Tier.T1)
    return case.with_item(replace(asked_anew(item, entry, ItemState.RUNNING), ground=done.ground))


@folds(acts.RestrictionWritten)
def _restriction_written(case: Case, done: acts.RestrictionWritten, entry: Entry, at: int) -> Case:
    by_worker(entry)
    item = the_item(case, entry, ItemState.RUNNING)
    return case.with_item(with_system(item, _chosen(item, done.system, done.rows, read_back=True)))


@folds(acts.RestrictionFailed)
def _restriction_failed(case: Case, done: acts.RestrictionFailed, entry: Entry, at: int) -> Case:
    """In one system: the others go on. At the end (no system): back to the agent, who has it done by hand."""
    return failed_or_back(case, entry, done.system, done.reason)


@folds(acts.ItemResolved)
def _resolved(case: Case, done: acts.ItemResolved, entry: Entry, at: int) -> Case:
    """A bot or worker may fulfil; a negative outcome needs a person (Art 22, rules.md 4.5)."""
    item, outcome = the_item(case, entry), Outcome(done.outcome)
    person = entry.actor.startswith("agent:")
    # A lead who approves a plan by which nothing goes has refused: a legal hold keeps all of it (Art 17(3)(e)).
    refused = outcome is Outcome.REFUSED and bool(item.approved_by) and not any(item.counts[:2])
    if person and outcome is Outcome.REFUSED:
        raise Unfit("a refusal is proposed, and decided by a second person")
    if not person and item.right is Right.ADM_REVIEW:
        raise Unfit("a person looks at it, no machine (Art 22(3))")
    if item.right in WEIGHED and outcome in (Outcome.DONE, Outcome.PARTLY, Outcome.NOTHING_HELD):
        raise Unfit("it is weighed: two people decide, and the person is told (R)")
    if not person and not refused and outcome not in (Outcome.DONE, Outcome.PARTLY, Outcome.NOTHING_HELD):
        raise Unfit("only a person refuses")
    if person and outcome in (Outcome.DONE, Outcome.PARTLY) and item.state not in OPEN:
        raise Unfit("the worker ends what it runs")
    if person and outcome is Outcome.NOTHING_HELD:  # a disclosure, too (rules.md 7.6)
        needs_tier(case, entry, item, Tier.T2)
    if outcome is Outcome.DONE and item.decision is not None and item.decision.outcome == PARTLY:
        outcome = Outcome.PARTLY  # the other part was refused, and the person told
    return case.with_item(replace(item, state=ItemState.CLOSED, outcome=outcome))


@folds(acts.ItemWithdrawn)
def _withdrawn(case: Case, done: acts.ItemWithdrawn, entry: Entry, at: int) -> Case:
    item = the_item(case, entry, *OPEN, ItemState.REVIEW, ItemState.READY)
    return case.with_item(replace(item, state=ItemState.CLOSED, outcome=Outcome.WITHDRAWN))
