"""Folding the identity check: factors, strikes, the tier reached (rules.md 7)."""

from collections.abc import Collection
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

from services.action_log import acts
from services.action_log.entry import Entry
from services.cases.case import Case, Check
from services.cases.step import Unfit, by_worker, folds, items_where
from services.identity.engine import COMPARED, MAX_STRIKES, tier_reached
from services.identity.needs import NOTED, no_change_because, raised
from services.types import Factor, ItemState, Role, Tier

CHECK_US = 30 * 60 * 1_000_000

FACTORS = frozenset(Factor)
READ_BACK = "g1"
"""The step whose `y` says that the right was read back to the person (G1, INT-5)."""
DATE_TOLD = "g9"
"""The step whose `y` says that the person knows the request is logged and until when it is answered (G9, INT-6)."""
NO_NUMBER = "no-number"
"""Why a call-back failed: nothing on file that was left unchanged for 30 days (IDV-10)."""
PRESSURE = "g6"
"""The step whose `f` says that the caller presses; every checklist has it under this id."""

_BEFORE = {ItemState.NEW, ItemState.ACKNOWLEDGED}


def verified_tier(case: Case, session: str, now: int) -> Tier:
    """The tier that holds for this session at `now` (µs): the check dies with the contact (G10)."""
    check = case.check
    if check is None or not session or check.session != session or check.ended not in ("", "done"):
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
        told, heard = case.acknowledged or done.factor == DATE_TOLD, case.read_back or done.factor == READ_BACK
        return _with(replace(case, acknowledged=told, read_back=heard), _marked(check, entry, done.factor, "y"))
    if done.factor in COMPARED:
        by_worker(entry)
    else:
        _vouched(check, done.factor, entry)
    passed = (*check.passed, (done.factor, done.method))
    return _with(case, replace(check, passed=passed, tier=tier_reached(passed)))


def _vouched(check: Check, factor: str, entry: Entry) -> None:
    """Raises `Unfit` where a person's word alone is not enough (rules.md 7.3)."""
    if entry.session != check.session and factor != Factor.SUP:
        raise Unfit("another session's check")
    if factor == Factor.SUP and entry.actor == check.actor:
        raise Unfit("the second colleague is the same person")
    if factor == Factor.CBK and (
        Factor.CBK not in {f for f, _ in check.asked} or (Factor.CBK, NO_NUMBER) in check.failed
    ):
        raise Unfit("the number on file was not called")
    if factor == Factor.DOC and not check.document:
        raise Unfit("no lead allowed a document")
    if factor == Factor.REP:
        raise Unfit("an authority is noted with its scope and its end")


@folds(acts.AuthoritySeen)
def _authority(case: Case, done: acts.AuthoritySeen, entry: Entry, at: int) -> Case:
    """Seen, with scope and end; what is over, or not begun, is none (rules.md 6)."""
    check, day = _the_check(case, done.check, entry), datetime.fromtimestamp(entry.ts / 1e6, UTC).date()
    if entry.session != check.session:
        raise Unfit("another session's check")
    if done.until is not None and date.fromisoformat(done.until) < day:
        raise Unfit("the authority has expired")
    if date.fromisoformat(done.dated) > day + timedelta(days=1):  # the controller's day may be ahead of UTC's
        raise Unfit("the authority is dated in the future")
    passed = (*check.passed, (Factor.REP.value, done.scope))
    return _with(case, replace(check, passed=passed, tier=tier_reached(passed)))


@folds(acts.DocumentAllowed)
def _document(case: Case, done: acts.DocumentAllowed, entry: Entry, at: int) -> Case:
    check = _the_check(case, done.check, entry)
    _another_lead(check, entry)
    return replace(case, check=replace(check, document=done.reason))


def _another_lead(check: Check, entry: Entry) -> None:
    if entry.as_ != Role.LEAD or not entry.actor.startswith("agent:"):
        raise Unfit("a lead decides that")
    if entry.actor == check.actor:
        raise Unfit("who leads the check cannot decide that: four eyes")


@folds(acts.CheckAimed)
def _aimed(case: Case, done: acts.CheckAimed, entry: Entry, at: int) -> Case:
    """Anyone raises the tier, a lead alone lowers it (rules.md 7.4); what was proven stays proven."""
    check = _in_hand(case, done.check, entry)
    tier = Tier(done.tier)
    lower = tier < check.tier_needed
    why = no_change_because(check.tier_needed, tier, Role.LEAD)
    if why:
        raise Unfit(why)
    if lower:
        _another_lead(check, entry)
    elif entry.session != check.session and entry.as_ != Role.LEAD:
        raise Unfit("another session's check")
    led = replace(check, template=done.template, version=done.version, tier_needed=tier, ended="")
    return _with(case, replace(led, lowered=done.reason if lower else ""))


@folds(acts.FactNoted)
def _noted(case: Case, done: acts.FactNoted, entry: Entry, at: int) -> Case:
    if done.fact not in NOTED:
        raise Unfit("that is no fact a person notes")
    return with_facts(case, [done.fact])


def with_facts(case: Case, facts: Collection[str]) -> Case:
    """The case with these facts as well; something new undoes what a lead lowered before it was known."""
    new = [one for one in facts if one not in case.facts]
    if not new:
        return case
    check = case.check and replace(case.check, lowered="")
    return replace(case, facts=tuple(sorted({*case.facts, *new})), check=check)


def _in_hand(case: Case, wanted: str, entry: Entry) -> Check:
    """The check, open or done, within its time."""
    check = case.check
    if check is None or check.id != wanted:
        raise Unfit("there is no such check")
    if check.ended not in ("", "done"):
        raise Unfit("the check has ended")
    if entry.ts > check.started_at + CHECK_US:
        raise Unfit("the check has expired")
    return check


@folds(acts.CheckOffered)
def _offered(case: Case, done: acts.CheckOffered, entry: Entry, at: int) -> Case:
    """A warm transfer: whoever led it gives it away with this, and one colleague may take it up (G10)."""
    check = _in_hand(case, done.check, entry)
    if entry.session != check.session:
        raise Unfit("another session's check")
    if done.to == entry.actor:
        raise Unfit("it is handed to another person")
    return replace(case, check=replace(check, session="", offered=done.to))


@folds(acts.CheckAccepted)
def _accepted(case: Case, done: acts.CheckAccepted, entry: Entry, at: int) -> Case:
    """Once, by the colleague that was named: tier, factors, strikes and the end of its time stay as they are."""
    check = _in_hand(case, done.check, entry)
    if not check.offered or check.offered != entry.actor or not entry.session:
        raise Unfit("this check was not handed to you")
    return replace(case, check=replace(check, session=entry.session, actor=entry.actor, offered=""))


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
