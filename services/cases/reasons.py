"""Reasons of the policy table that only some rows have: each says no for its own, or nothing (an empty string)."""

from services.cases.case import Case, Item
from services.cases.decision import DecisionState, decides, pending
from services.cases.fold_clock import BEFORE_WORK, open_question, unanswered
from services.cases.fold_correct import restricts
from services.cases.fold_letters import BREACH_NOTICE, failed_letters
from services.cases.fold_systems import stuck_in
from services.cases.fold_tasks import open_tasks
from services.cases.hold import FLAG
from services.cases.moment import Moment, run_at
from services.cases.weighing import unready
from services.cases.whom import busy, which
from services.clock.waits import CHASES
from services.identity.needs import Delivery
from services.types import Factor, ItemState, Right, Role, Tier

ANSWERED_BY_EXPORT = (Right.ACCESS, Right.PORTABILITY)


def known_who(case: Case, item: Item | None, moment: Moment) -> str:
    return which(case)


def transfer(case: Case, item: Item | None, moment: Moment) -> str:
    """To whom it goes decides which check is led: it is noted before (Art 20(2), CL-PORT-DIR)."""
    noted = Delivery.THIRD_PARTY in case.facts
    return known_who(case, item, moment) or ("" if noted else "note first that it goes to another provider (>)")


def not_busy(case: Case, item: Item | None, moment: Moment) -> str:
    return busy(case)


def erase(case: Case, item: Item | None, moment: Moment) -> str:
    if no := which(case):
        return no
    if item is None or not item.plan:
        return "find the data first (p): an erasure needs its plan"
    return _stays(case, item)


def _stays(case: Case, item: Item) -> str:
    """Why what is planned may not go: what an open access request has to show is not erased first (ACC-7), nor what a
    legal hold covers that was set since (ERA-7)."""
    if not any(item.counts[:2]):
        return ""
    if any(not one.ended and one.right in ANSWERED_BY_EXPORT for one in case.items):
        return "the person's data are asked for too: answer that first (x)"
    return "a legal hold exists: look again (p), nothing may go" if FLAG in case.flags else ""


def approve(case: Case, item: Item | None, moment: Moment) -> str:
    if no := no_decision(case, item, moment):
        return no
    if item is not None and (no := _stays(case, item)):
        return no
    return "you asked for it: a second person approves" if item and item.asked_by == moment.actor else ""


def no_decision(case: Case, item: Item | None, moment: Moment) -> str:
    """What waits for its second person may be a decision, which has acts of its own."""
    return (
        "a decision waits for its second person (y)" if item is not None and pending(item.state, item.decision) else ""
    )


def parts(case: Case, item: Item | None, moment: Moment) -> str:
    """About the parts of an export, unless it is a decision that waits."""
    return no_decision(case, item, moment) or held_or_lead(case, item, moment)


def proposable(case: Case, item: Item | None, moment: Moment) -> str:
    """Who is known, and of what is weighed: what the person says, by somebody without a part in it."""
    return which(case) or (unready(item, moment.actor) if item is not None else "")


def second_word(case: Case, item: Item | None, moment: Moment) -> str:
    """Four eyes on every refusal, whoever may approve (REF-8); about abuse an officer decides (REF-4)."""
    decision = _pending(case, item)
    if decision is None:
        return "no decision waits"
    if not decides(moment.session.role, decision.grounds):
        return "an officer decides about abuse"
    if decision.by == moment.actor:
        return "you proposed it: a second person decides"
    return unready(item, moment.actor) if item is not None and item.decision is decision else ""


def decision_read(case: Case, item: Item | None, moment: Moment) -> str:
    """Who may decide it reads it, and who holds the case."""
    if _pending(case, item) is None:
        return "no decision waits"
    return "" if moment.session.role is Role.OFFICER else held_or_lead(case, item, moment)


def decision_waits(case: Case, item: Item | None, moment: Moment) -> str:
    return "no decision waits" if _pending(case, item) is None else held_or_lead(case, item, moment)


def _pending(case: Case, item: Item | None) -> DecisionState | None:
    """The decision that waits on `item`, else the first of the case."""
    waiting = [one for one in case.items if pending(one.state, one.decision)]
    chosen = item if item in waiting else next(iter(waiting), None)
    return chosen.decision if chosen is not None else None


def held_or_lead(case: Case, item: Item | None, moment: Moment) -> str:
    """Whoever holds the case decides, or a lead, who needs no hold for what leads settle."""
    if moment.session.role is Role.LEAD or case.holder == moment.actor:
        return ""
    return f"held by {case.holder.removeprefix('agent:')}" if case.holder else "take the case first (a)"


def take(case: Case, item: Item | None, moment: Moment) -> str:
    if case.holder == moment.actor and moment.now < case.until:
        return "you hold it already"
    if case.holder and moment.now < case.until:
        return f"held by {case.holder.removeprefix('agent:')}"
    if case.assigned and case.assigned != moment.actor:
        return f"assigned to {case.assigned.removeprefix('agent:')}"
    return ""


def stuck(case: Case, item: Item | None, moment: Moment) -> str:
    return "" if item is not None and stuck_in(item) else "no system has failed"


def second(case: Case, item: Item | None, moment: Moment) -> str:
    """Two of us look at a T3 check: one leads it, another confirms it (rules.md 7.4)."""
    check = case.check
    if check is None or check.ended or check.tier_needed is not Tier.T3:
        return "no check waits for a second colleague"
    if check.actor == moment.actor:
        return "you lead the check: a second person confirms"
    return "somebody did already" if any(factor == Factor.SUP for factor, _ in check.passed) else ""


def lift(case: Case, item: Item | None, moment: Moment) -> str:
    """The last thing done about it must be a restriction; the case may have ended with it, and opens again."""
    if case.bare:
        return "nobody knows any more who it is about; only the record is left"
    done = [i for i in case.items if i.right is Right.RESTRICTION]
    if any(i.state is ItemState.RUNNING for i in done):
        return "it is running"
    return "" if restricts(case) else "nothing is restricted by this case"


def task(case: Case, item: Item | None, moment: Moment) -> str:
    """Whoever does the work answers, holding the case or not: an archive is no contact centre."""
    return "" if any(open_tasks(one) for one in case.items) else "nothing is to be done by hand"


def breach_letter(case: Case, item: Item | None, moment: Moment) -> str:
    """What tells a person of a breach: whoever decides about the breach, whatever it locks (Art 34)."""
    failed = any(one.template == BREACH_NOTICE for one in failed_letters(case))
    return "" if failed else "no letter of a breach has failed"


def letter(case: Case, item: Item | None, moment: Moment) -> str:
    return held_or_lead(case, item, moment) if failed_letters(case) else "no letter has failed"


def run(case: Case, item: Item | None, moment: Moment) -> str:
    if item is not None and moment.now < run_at(item, moment.wait_us):
        return "the waiting period is not over"
    return ""


def marketing(case: Case, item: Item | None, moment: Moment) -> str:
    """A case that has ended opens again for it: the caller may say so last of all (Art 21(3))."""
    return "nobody knows any more who it is about; only the record is left" if case.bare else ""


def aim(case: Case, item: Item | None, moment: Moment) -> str:
    """A lead's say in a check that somebody else leads."""
    check = case.check
    if check is None or check.ended not in ("", "done") or check.tier_needed in (Tier.T0, Tier.TX):
        return "no check that could be lowered"
    return "you lead the check: another person decides" if check.actor == moment.actor else ""


def accept(case: Case, item: Item | None, moment: Moment) -> str:
    check = case.check
    if check is None or check.ended not in ("", "done") or not check.offered:
        return "no check was handed to you"
    return "" if check.offered == moment.actor else f"it was handed to {check.offered.removeprefix('agent:')}"


def question_open(case: Case, item: Item | None, moment: Moment) -> str:
    return "" if open_question(case) else "no question to the person is open"


def chase(case: Case, item: Item | None, moment: Moment) -> str:
    asked = open_question(case)
    if asked is None:
        return "no question to the person is open"
    if asked.waits:
        return "a letter to them has not left yet (t)"
    return "they were asked again twice" if len(asked.chased) >= CHASES else ""


def asked_twice(case: Case, item: Item | None, moment: Moment) -> str:
    """Never silent, and never before both reminders (SUS-5)."""
    if any(one.state not in BEFORE_WORK for one in case.items):
        return "work on it has begun"
    return "" if unanswered(case) else "only who was asked twice again who they are, and does not answer, is told so"


def pause(case: Case, item: Item | None, moment: Moment) -> str:
    return "" if case.questions else "nothing was asked"


def merge(case: Case, item: Item | None, moment: Moment) -> str:
    begun = any(one.state not in BEFORE_WORK for one in case.items)
    return "work on it has begun" if begun else held_or_lead(case, item, moment)
