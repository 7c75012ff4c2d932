"""What can happen to a check: started, compared, vouched for, marked, raised, unlocked, ended."""

from dataclasses import replace

from services.errors import Refused
from services.identity.check import Check, End, Mark, Result, closed_because, shown, why_over
from services.identity.engine import COMPARED, MAX_STRIKES, TICKED
from services.identity.needs import no_change_because, raised
from services.identity.template import Template
from services.identity.ways import Ways
from services.types import Factor, Role, Tier

LOCK_US = 2 * 60 * 1_000_000
"""The same person may unlock within 2 minutes and keep the check (screens: Checklist)."""


def start(
    template: Template, session: str, actor: str, now: int, *, needed: Tier | None = None, earlier: Check | None = None
) -> Check:
    """A new check at `now` (µs). `needed` may raise the template's tier.

    `earlier` is the case's last check: in the same session its wrong answers count on, or beginning again would wash
    them off. Raises `Refused` when they were two (G4).
    """
    strikes = earlier.strikes if earlier is not None and earlier.session == session else 0
    if strikes >= MAX_STRIKES:
        raise Refused("this contact cannot be verified any more: the answer goes the written way", next_key="t")
    return Check(template, max(template.tier, needed or Tier.T0), session, actor, now, strikes=strikes)


def compared(check: Check, factor: Factor, method: str, result: Result, ways: Ways, now: int, session: str) -> Check:
    """The check after a worker compared an answer. Two wrong ones, of any factor, end it (G4).

    Raises `Refused` if the check is over or the factor not open, and for factors that a person vouches for.
    """
    _open(check, now, session)
    if factor not in COMPARED:
        raise Refused(f"{factor} is vouched for by a person, not compared")
    _usable(check, factor, ways)
    if result is Result.SAME:
        return replace(check, passed=(*check.passed, (factor, method)))
    strikes = check.strikes + (result is Result.WRONG)
    ended = End.TWO_WRONG if strikes >= MAX_STRIKES else ""
    return replace(check, failed=(*check.failed, (factor, result)), strikes=strikes, ended=ended)


def vouched(
    check: Check, factor: Factor, mark: Mark, ways: Ways, now: int, session: str, *, by: str, method: str = ""
) -> Check:
    """The check after `by` (an actor) marked CBK, DOC, REP or SUP.

    Raises `Refused` as `compared` does, for any other factor, and for SUP by the person who leads the check.
    """
    _open(check, now, session)
    if factor not in TICKED:
        raise Refused(f"{factor} passes by a comparison only: type what the caller says")
    if factor is Factor.SUP and by == check.actor:
        raise Refused("the second colleague must be another person")
    _usable(check, factor, ways)
    if mark == "y":
        return replace(check, passed=(*check.passed, (factor, method)))
    return replace(check, failed=(*check.failed, (factor, "denied" if mark == "f" else Result.NOT_ANSWERED)))


def marked(check: Check, step: str, mark: Mark, now: int, session: str) -> Check:
    """The check after a guard, say or confirm step was marked; the last mark counts.

    Pressure (G6 with `f`) raises the tier by one. Raises `Refused` for a factor step and for no step.
    """
    _open(check, now, session)
    found = next((s for s in shown(check) if s.id == step and s.kind != "factor"), None)
    if found is None:
        raise Refused("there is no such step to mark")
    before = dict(check.marks)
    after = replace(check, marks=tuple({**before, step: mark}.items()))
    if found.guard == "G6" and mark == "f" and before.get(step) != "f":
        return replace(after, tier_needed=raised(check.tier_needed))
    return after


def aimed(check: Check, tier: Tier, role: Role, template: Template | None = None) -> Check:
    """The check with another tier needed, by another checklist if one is given; what was proven stays proven.

    Anyone may raise it, a lead may lower it. Raises `Refused` otherwise.
    """
    reason = no_change_because(check.tier_needed, tier, role)
    if reason:
        raise Refused(reason)
    goes_on = "" if check.ended == End.DONE else check.ended
    return replace(check, tier_needed=tier, template=template or check.template, ended=goes_on)


def unlocked(check: Check, locked_us: int, actor: str) -> Check:
    """The check after the terminal was locked for that long (µs) and `actor` unlocked it."""
    if actor != check.actor:
        return end(check, End.SWITCHED)
    return check if 0 <= locked_us <= LOCK_US else end(check, End.LOCKED)


def end(check: Check, reason: End) -> Check:
    """The check, over. A first reason stays, but for DONE: a finished check still ends with its contact."""
    return check if check.ended and check.ended != End.DONE else replace(check, ended=reason)


def _open(check: Check, now: int, session: str) -> None:
    over = check.ended or why_over(check, now, session)
    if over:
        raise Refused(f"the check is over ({over})", kept="the request stays logged", next_key="v")


def _usable(check: Check, factor: Factor, ways: Ways) -> None:
    reason = closed_because(check, factor, ways)
    if reason:
        raise Refused(f"{factor} cannot be used: {reason}")
