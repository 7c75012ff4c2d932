"""Folding the identity check: factors, strikes, the tier reached (rules.md 7)."""

from dataclasses import replace

from services.action_log import acts
from services.action_log.entry import Entry
from services.cases.case import Case, Check
from services.cases.step import Unfit, by_worker, folds, items_where
from services.identity.engine import COMPARED, MAX_STRIKES, tier_reached
from services.identity.needs import raised
from services.types import Factor, ItemState, Tier

CHECK_US = 30 * 60 * 1_000_000

FACTORS = frozenset(Factor)
DATE_TOLD = "g9"
"""The step whose `y` says that the person knows the request is logged and until when it is answered (G9, INT-6)."""
PRESSURE = "g6"
"""The step whose `f` says that the caller presses; every checklist has it under this id."""

_BEFORE = {ItemState.NEW, ItemState.ACKNOWLEDGED}


def verified_tier(case: Case, session: str, now: int) -> Tier:
    """The tier that holds for this session at `now` (µs): the check dies with the contact (G10)."""
    check = case.check
    if check is None or check.session != session or check.ended not in ("", "done"):
        return Tier.TX if check is not None and check.tier is Tier.TX and check.session == session else Tier.T0
    return check.tier if now <= check.started_at + CHECK_US else Tier.T0


def _the_check(case: Case, wanted: str, entry: Entry) -> Check:
    check = case.check
    if check is None or check.id != wanted:
        raise Unfit("there is no such check")
    if check.ended:
        raise Unfit("the check has ended")
    if entry.ts > check.started_at + CHECK_US:
        raise Unfit("the check has expired")
    return check


@folds(acts.CheckStarted)
def _started(case: Case, done: acts.CheckStarted, entry: Entry, at: int) -> Case:
    """A new check; wrong answers of the same contact count on (G4)."""
    session, earlier = entry.session or "", case.check
    strikes = earlier.strikes if earlier is not None and earlier.session == session else 0
    if strikes >= MAX_STRIKES:
        raise Unfit("two wrong answers in this contact")
    check = Check(
        id=done.check,
        template=done.template,
        version=done.version,
        tier_needed=Tier(done.tier),
        session=session,
        actor=entry.actor,
        started_at=entry.ts,
        strikes=strikes,
    )
    return replace(items_where(case, _BEFORE, ItemState.VERIFYING), check=check)


@folds(acts.FactorAsked)
def _asked(case: Case, done: acts.FactorAsked, entry: Entry, at: int) -> Case:
    check = _the_check(case, done.check, entry)
    return replace(case, check=replace(check, asked=(*check.asked, (done.factor, done.ask or ""))))


@folds(acts.FactorPassed)
def _passed(case: Case, done: acts.FactorPassed, entry: Entry, at: int) -> Case:
    check = _the_check(case, done.check, entry)
    if done.factor not in FACTORS:
        told = case.acknowledged or done.factor == DATE_TOLD
        return _with(replace(case, acknowledged=told), _marked(check, entry, done.factor, "y"))
    if done.factor in COMPARED:
        by_worker(entry)
    elif entry.session != check.session and done.factor != Factor.SUP:
        raise Unfit("another session's check")
    if done.factor == Factor.SUP and entry.actor == check.actor:
        raise Unfit("the second colleague is the same person")
    passed = (*check.passed, (done.factor, done.method))
    return _with(case, replace(check, passed=passed, tier=tier_reached(passed)))


@folds(acts.FactorFailed)
def _failed(case: Case, done: acts.FactorFailed, entry: Entry, at: int) -> Case:
    check = _the_check(case, done.check, entry)
    if done.factor not in FACTORS:
        return _with(case, _marked(check, entry, done.factor, "-" if done.reason == "not-done" else "f"))
    if done.factor in COMPARED:
        by_worker(entry)
    strike = 1 if done.factor in COMPARED and done.reason == "wrong" else 0
    check = replace(check, failed=(*check.failed, (done.factor, done.reason)), strikes=check.strikes + strike)
    if check.strikes >= MAX_STRIKES:
        check = replace(check, tier=Tier.TX, ended="two-wrong")
    return _with(case, check)


def _marked(check: Check, entry: Entry, step: str, mark: str) -> Check:
    """A guard, a sentence said, a thing confirmed: the last mark counts. Pressure (G6 `f`) raises the tier (7.5)."""
    if entry.session != check.session:
        raise Unfit("another session's check")
    before = dict(check.marks)
    check = replace(check, marks=tuple({**before, step: mark}.items()))
    pressed = step == PRESSURE and mark == "f" and before.get(step) != "f"
    return replace(check, tier_needed=raised(check.tier_needed)) if pressed else check


@folds(acts.CheckEnded)
def _ended(case: Case, done: acts.CheckEnded, entry: Entry, at: int) -> Case:
    """A first reason stays, but for `done`: a finished check still ends with its contact (G10)."""
    check = case.check
    if check is None or check.id != done.check:
        raise Unfit("there is no such check")
    if check.ended not in ("", "done"):
        return case
    reason = done.reason or "done"
    tier = Tier.TX if reason == "cannot-verify" else check.tier
    return _with(case, replace(check, ended=reason, tier=tier))


def _with(case: Case, check: Check) -> Case:
    """The case with that check; reaching the tier moves the items on, losing it moves them back."""
    case = replace(case, check=check)
    reached = check.tier not in (Tier.T0, Tier.TX) and check.tier >= check.tier_needed and check.ended in ("", "done")
    if reached or (check.tier_needed is Tier.T0 and check.ended == "done"):
        return items_where(case, {ItemState.VERIFYING}, ItemState.IN_PROGRESS)
    return case
