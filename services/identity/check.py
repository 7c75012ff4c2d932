"""The state of one identity check, and what can be read from it (rules.md 7.4, 7.5)."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from services.identity.engine import STRONG, channel, tier_reached
from services.identity.template import Template, TemplateStep
from services.identity.ways import Ways, blocked
from services.types import Factor, Tier

CHECK_US = 30 * 60 * 1_000_000
"""A check holds for 30 minutes of this contact (G10)."""

_TRIES = {Factor.KBS: 2, Factor.KBD: 2, Factor.ANI: 2}
_TRIES_ELSE = 3

Mark = Literal["y", "f", "-"]


class Result(StrEnum):
    """What a comparison on a worker said. Only WRONG is a strike; LATE is a code older than its five minutes."""

    SAME = "same"
    WRONG = "wrong"
    LATE = "late"
    NOT_ANSWERED = "not-answered"


class End(StrEnum):
    """Why a check is over."""

    DONE = "done"
    TWO_WRONG = "two-wrong"
    CANNOT_VERIFY = "cannot-verify"
    EXPIRED = "expired"
    LOCKED = "locked"
    SWITCHED = "switched"
    HANDED_OVER = "handed-over"
    CONTACT_ENDED = "contact-ended"


@dataclass(frozen=True, slots=True)
class Check:
    """A check of one contact. Times are µs since 1970, UTC.

    `passed` holds (factor, method), `failed` (factor, reason), `marks` (step, y|f|-). Codes only: no answer and no
    expected value is ever in here (G8, IDV-11).
    """

    template: Template
    tier_needed: Tier
    session: str
    actor: str
    started_at: int
    passed: tuple[tuple[str, str], ...] = ()
    failed: tuple[tuple[str, str], ...] = ()
    marks: tuple[tuple[str, str], ...] = ()
    strikes: int = 0
    ended: str = ""
    document: str = ""
    """Why a lead lets a document be looked at; empty: nobody does."""


def why_over(check: Check, now: int, session: str) -> str:
    """The reason the check does not hold (any more), empty while it does. A clock set back counts as over."""
    if check.ended and check.ended != End.DONE:
        return check.ended
    if session != check.session:
        return End.SWITCHED
    return "" if 0 <= now - check.started_at <= CHECK_US else End.EXPIRED


def tier_now(check: Check, now: int, session: str) -> Tier:
    """The tier that holds now for that session: TX after a failed check, T0 once it is over."""
    if check.ended in (End.TWO_WRONG, End.CANNOT_VERIFY):
        return Tier.TX
    return Tier.T0 if why_over(check, now, session) else tier_reached(check.passed)


def shown(check: Check) -> tuple[TemplateStep, ...]:
    """The steps at the tier that is needed now."""
    return tuple(s for s in check.template.steps if s.from_tier <= check.tier_needed)


def proven_by(check: Check) -> dict[str, Factor]:
    """Which passed factor serves which factor step, by step id.

    A factor serves one step; two strong ones must differ in channel.
    """
    left, channels, served = list(check.passed), set(), {}
    for step in (s for s in shown(check) if s.kind == "factor"):
        for factor, method in [(Factor(f), m) for f, m in left if f in step.factors]:
            way = channel(factor, method) if factor in STRONG else ""
            if way not in channels:
                left.remove((factor, method))
                channels |= {way} - {""}
                served[step.id] = factor
                break
    return served


def closed_because(check: Check, factor: Factor, ways: Ways) -> str:
    """Why `factor` is not open in this check, as words for the agent; empty when it is.

    Tries are few: no shopping among questions, no endless codes.
    """
    if factor not in check.template.offers(check.tier_needed):
        return "this checklist does not use it"
    if factor is Factor.DOC and not check.document:
        return "by way of exception only: a lead lets it be looked at, with a reason"
    if sum(f == factor for f, _ in check.passed) >= (2 if factor is Factor.OTP and ways.texts else 1):
        return "passed already: another one is needed"
    if sum(f == factor for f, _ in check.failed) >= _TRIES.get(factor, _TRIES_ELSE):
        return "tried often enough in this contact"
    return blocked(factor, ways)


def missing(check: Check) -> tuple[TemplateStep, ...]:
    """The factor steps that still need a factor: none once the tier is reached (IDV-4: no more than needed), but for
    the authority of whoever acts for somebody else, which proves no person and is seen all the same (rules.md 6)."""
    reached, served = tier_reached(check.passed) >= check.tier_needed, proven_by(check)
    left = (s for s in shown(check) if s.kind == "factor" and s.id not in served)
    return tuple(s for s in left if not reached or s.factors == (Factor.REP,))


def next_step(check: Check, ways: Ways) -> str:
    """The id of the first step still to do; empty when nothing is left or the check is over.

    A factor step with no open way left is passed over here and makes the check `stuck`.
    """
    if check.ended:
        return ""
    marks = dict(check.marks)
    can = {s.id for s in missing(check) if not all(closed_because(check, f, ways) for f in s.factors)}
    return next((s.id for s in shown(check) if s.id in can or (s.kind != "factor" and s.id not in marks)), "")


def stuck(check: Check, ways: Ways) -> bool:
    """Whether the tier can no longer be reached: the check should end with CANNOT_VERIFY.

    Offline nothing is known of the ways: they may open again, so that alone ends no check.
    """
    left = missing(check)
    reached = tier_reached(check.passed) >= check.tier_needed and not left
    if ways.offline or check.tier_needed is Tier.TX or reached:
        return False
    return not left or any(all(closed_because(check, f, ways) for f in s.factors) for s in left)


def finished(check: Check) -> bool:
    """Whether the tier is reached and every other step has its mark."""
    marks = dict(check.marks)
    unmarked = [s for s in shown(check) if s.kind != "factor" and s.id not in marks]
    reached = tier_reached(check.passed) >= check.tier_needed and not missing(check)
    return check.tier_needed is not Tier.TX and reached and not unmarked
