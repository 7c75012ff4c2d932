"""Who may do what, as one table with a reason for every no.

The screen dims a key with this reason, the desk refuses with it, and the fold's own checks stand behind both.
"""

from collections.abc import Callable
from dataclasses import dataclass

from services.cases.aims import barred, needed
from services.cases.case import Case, Item
from services.cases.fold_acts import OPEN
from services.cases.fold_check import verified_tier
from services.cases.fold_clock import BEFORE_WORK, open_question, unanswered
from services.cases.fold_correct import restricts
from services.cases.fold_letters import failed_letters
from services.cases.fold_people import MOVED
from services.cases.fold_systems import stuck_in
from services.cases.fold_tasks import open_tasks
from services.cases.fold_wait import WAITING
from services.cases.hold import FLAG
from services.cases.whom import busy, which
from services.clock.waits import CHASES
from services.identity.needs import not_a_subject
from services.types import Factor, ItemState, Right, Role, Session, Tier

_PERSONS = (Role.AGENT, Role.LEAD)
_ANSWERED_BY_EXPORT = (Right.ACCESS, Right.PORTABILITY)
_ERASED = (Right.ERASURE,)
"""Only an erasure goes on without a system, so far."""
_CORRECTED = (Right.RECTIFICATION,)
LOCKED = "a breach is open: locked until a lead or the officer releases it (:breaches)"
"""Until then nothing is given out, changed or sent (rules.md 5)."""
_OF_BREACH = ("note", "breach", "breach-decide", "breach-release")
_LOOKS = ("find", "people")
_GIVEN = (*OPEN, ItemState.RUNNING)
_CONSENT = (Right.CONSENT_GIVE, Right.CONSENT_WITHDRAW)


@dataclass(frozen=True, slots=True)
class Moment:
    """The circumstances of one question to the table. `now` is µs UTC; `online` whether central answers."""

    session: Session
    now: int
    online: bool
    wait_us: int

    @property
    def actor(self) -> str:
        return self.session.actor


@dataclass(frozen=True, slots=True)
class Rule:
    """One row: what it takes to do `act`. `item` picks the item it acts on; `more` says no for its own reasons."""

    act: str
    roles: tuple[Role, ...] = _PERSONS
    claim: bool = True
    tier: Tier = Tier.T0
    rights: tuple[Right, ...] = ()
    states: tuple[ItemState, ...] = ()
    online: bool = True
    ended_ok: bool = False
    locked_ok: bool = False
    more: Callable[[Case, Item | None, Moment], str] | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """Whether, on which item, and why not."""

    act: str
    allowed: bool
    reason: str = ""
    item: str = ""


def run_at(item: Item, wait_us: int) -> int:
    """When an approved erasure may begin: the waiting period starts at approval (rules.md ERA-7). µs UTC."""
    return item.approved_at + wait_us


def may(act: str, case: Case, moment: Moment, item: str | None = None, *, again: bool = False) -> Answer:
    """What the table says; `item` narrows it to one item of the case.

    With `again` something that did not count is done anew: a lead needs no claim for it, as for all that leads settle.
    """
    rule = RULES[act]
    fitting = [i for i in case.items if not rule.rights or i.right in rule.rights]
    fitting = [i for i in fitting if item is None or i.id == item]
    in_state = [i for i in fitting if not rule.states or i.state in rule.states]
    chosen = next(iter(in_state or fitting), None)
    free = again and moment.session.role is Role.LEAD
    reason = _no(rule, case, chosen, bool(in_state), moment, claim=rule.claim and not free)
    return Answer(act, not reason, reason, chosen.id if chosen else "")


def may_settle(actor: str, controller: str, moment: Moment) -> str:
    """Why this person may not settle what `actor` did and did not count; empty when they may."""
    session = moment.session
    if session.role not in _PERSONS:
        return f"for {' or '.join(_PERSONS)} only"
    if controller not in session.controllers:
        return "this controller is not yours"
    if session.role is Role.AGENT and actor != moment.actor:
        return f"{actor.partition(':')[2]} did it: they settle it, or a lead"
    return "" if moment.online else "central does not answer: this waits until it does"


def _no(rule: Rule, case: Case, item: Item | None, in_state: bool, moment: Moment, *, claim: bool) -> str:
    session = moment.session
    if session.role not in rule.roles:
        return f"for {' or '.join(rule.roles)} only"
    if case.controller not in session.controllers:
        return "this controller is not yours"
    if case.breach is not None and rule.act not in _OF_BREACH:
        return "this is a breach: a lead or the officer decides about it (:breaches)"
    if case.closed and not rule.ended_ok:
        return "the case is closed"
    if case.locked and not rule.locked_ok:
        return LOCKED
    if case.bare and not rule.ended_ok:
        return "nobody knows any more who it is about; only the record is left"
    if rule.online and not moment.online:
        return "central does not answer: this waits until it does"
    if rule.rights and item is None:
        return f"nobody asked for {_words(rule.rights)} in this case"
    if rule.states and not in_state:
        return _state_words(item) if item else "nothing waits for it"
    if claim and case.holder != moment.actor:
        return f"held by {case.holder.removeprefix('agent:')}" if case.holder else "take the case first (a)"
    return _unproven(rule, case, item, moment) or (rule.more(case, item, moment) if rule.more else "")


def _unproven(rule: Rule, case: Case, item: Item | None, moment: Moment) -> str:
    """Looking takes the rule's own tier, so that what makes a request graver can be found at all."""
    if rule.tier is Tier.T0:
        return ""
    if why := not_a_subject(case.requester):
        return why
    tier = rule.tier if rule.act in _LOOKS else needed(case, item if rule.rights else None, rule.tier)
    reached = verified_tier(case, moment.session.id, moment.now)
    if reached is Tier.TX or reached < tier:
        return _tier_words(tier, reached, case)
    return barred(case)


def _words(rights: tuple[Right, ...]) -> str:
    return " or ".join(r.value for r in rights)


def _state_words(item: Item) -> str:
    if item.ended:
        return f"{item.right} has ended: {item.outcome}"
    if item.state is ItemState.RUNNING:
        return "it is running"
    if item.undecided and item.state is ItemState.REVIEW:
        return "parts of it wait for a decision (e)"
    if item.state is ItemState.REVIEW:
        return "it waits for a second person"
    if item.state is ItemState.READY:
        return f"it {'is approved and ' if item.approved_by else ''}waits for its time (u withdraws)"
    return f"it is {item.state}"


def _tier_words(needed: Tier, reached: Tier, case: Case) -> str:
    if reached is Tier.TX:
        return "the check ended without result: nothing can be given in this contact"
    if case.check is None:
        return f"needs {needed}: no check yet (v)"
    if case.check.ended == MOVED:
        return f"needs {needed}: check again, with what the person you chose knows (v)"
    if case.check.ended not in ("", "done"):
        return f"needs {needed}: the check ended with the contact (v)"
    return f"needs {needed}, reached {reached} (v)"


def _which_more(case: Case, item: Item | None, moment: Moment) -> str:
    return which(case)


def _people_more(case: Case, item: Item | None, moment: Moment) -> str:
    return busy(case)


def _erase_more(case: Case, item: Item | None, moment: Moment) -> str:
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
    if any(not one.ended and one.right in _ANSWERED_BY_EXPORT for one in case.items):
        return "the person's data are asked for too: answer that first (x)"
    return "a legal hold exists: look again (p), nothing may go" if FLAG in case.flags else ""


def _approve_more(case: Case, item: Item | None, moment: Moment) -> str:
    if item is not None and (no := _stays(case, item)):
        return no
    return "you asked for it: a second person approves" if item and item.asked_by == moment.actor else ""


def _decide_more(case: Case, item: Item | None, moment: Moment) -> str:
    """Whoever holds the case decides, or a lead, who needs no hold for what leads settle."""
    if moment.session.role is Role.LEAD or case.holder == moment.actor:
        return ""
    return f"held by {case.holder.removeprefix('agent:')}" if case.holder else "take the case first (a)"


def _take_more(case: Case, item: Item | None, moment: Moment) -> str:
    if case.holder == moment.actor and moment.now < case.until:
        return "you hold it already"
    if case.holder and moment.now < case.until:
        return f"held by {case.holder.removeprefix('agent:')}"
    if case.assigned and case.assigned != moment.actor:
        return f"assigned to {case.assigned.removeprefix('agent:')}"
    return ""


def _stuck_more(case: Case, item: Item | None, moment: Moment) -> str:
    return "" if item is not None and stuck_in(item) else "no system has failed"


def _second_more(case: Case, item: Item | None, moment: Moment) -> str:
    """Two of us look at a T3 check: one leads it, another confirms it (rules.md 7.4)."""
    check = case.check
    if check is None or check.ended or check.tier_needed is not Tier.T3:
        return "no check waits for a second colleague"
    if check.actor == moment.actor:
        return "you lead the check: a second person confirms"
    return "somebody did already" if any(factor == Factor.SUP for factor, _ in check.passed) else ""


def _lift_more(case: Case, item: Item | None, moment: Moment) -> str:
    """The last thing done about it must be a restriction; the case may have ended with it, and opens again."""
    if case.bare:
        return "nobody knows any more who it is about; only the record is left"
    done = [i for i in case.items if i.right is Right.RESTRICTION]
    if any(i.state is ItemState.RUNNING for i in done):
        return "it is running"
    return "" if restricts(case) else "nothing is restricted by this case"


def _task_more(case: Case, item: Item | None, moment: Moment) -> str:
    """Whoever does the work answers, holding the case or not: an archive is no contact centre."""
    return "" if any(open_tasks(one) for one in case.items) else "nothing is to be done by hand"


def _letter_more(case: Case, item: Item | None, moment: Moment) -> str:
    return _decide_more(case, item, moment) if failed_letters(case) else "no letter has failed"


def _run_more(case: Case, item: Item | None, moment: Moment) -> str:
    if item is not None and moment.now < run_at(item, moment.wait_us):
        return "the waiting period is not over"
    return ""


def _marketing_more(case: Case, item: Item | None, moment: Moment) -> str:
    """A case that has ended opens again for it: the caller may say so last of all (Art 21(3))."""
    return "nobody knows any more who it is about; only the record is left" if case.bare else ""


def _aim_more(case: Case, item: Item | None, moment: Moment) -> str:
    """A lead's say in a check that somebody else leads."""
    check = case.check
    if check is None or check.ended not in ("", "done") or check.tier_needed in (Tier.T0, Tier.TX):
        return "no check that could be lowered"
    return "you lead the check: another person decides" if check.actor == moment.actor else ""


def _accept_more(case: Case, item: Item | None, moment: Moment) -> str:
    check = case.check
    if check is None or check.ended not in ("", "done") or not check.offered:
        return "no check was handed to you"
    return "" if check.offered == moment.actor else f"it was handed to {check.offered.removeprefix('agent:')}"


def _open_more(case: Case, item: Item | None, moment: Moment) -> str:
    return "" if open_question(case) else "no question to the person is open"


def _chase_more(case: Case, item: Item | None, moment: Moment) -> str:
    asked = open_question(case)
    if asked is None:
        return "no question to the person is open"
    if asked.waits:
        return "a letter to them has not left yet (t)"
    return "they were asked again twice" if len(asked.chased) >= CHASES else ""


def _unanswered_more(case: Case, item: Item | None, moment: Moment) -> str:
    """Never silent, and never before both reminders (SUS-5)."""
    if any(one.state not in BEFORE_WORK for one in case.items):
        return "work on it has begun"
    return "" if unanswered(case) else "only who was asked twice again who they are, and does not answer, is told so"


def _pause_more(case: Case, item: Item | None, moment: Moment) -> str:
    return "" if case.questions else "nothing was asked"


def _merge_more(case: Case, item: Item | None, moment: Moment) -> str:
    begun = any(one.state not in BEFORE_WORK for one in case.items)
    return "work on it has begun" if begun else _decide_more(case, item, moment)


RULES: dict[str, Rule] = {
    rule.act: rule
    for rule in (
        Rule("take", claim=False, locked_ok=True, more=_take_more),
        Rule("assign", roles=(Role.LEAD,), claim=False, locked_ok=True),
        Rule("verify"),
        Rule("fact", claim=False, online=False, locked_ok=True),
        Rule("lower", (Role.LEAD,), claim=False, more=_aim_more),
        Rule("accept", more=_accept_more),
        Rule("second", (Role.LEAD,), claim=False, more=_second_more),
        Rule("find", tier=Tier.T1, rights=(*_ANSWERED_BY_EXPORT, Right.ERASURE)),
        Rule("people", tier=Tier.T1, more=_people_more),
        Rule("export", tier=Tier.T2, rights=_ANSWERED_BY_EXPORT, states=OPEN, more=_which_more),
        Rule("redact", claim=False, rights=_ANSWERED_BY_EXPORT, states=(ItemState.REVIEW,), more=_decide_more),
        Rule("disclose", claim=False, rights=_ANSWERED_BY_EXPORT, states=(ItemState.REVIEW,), more=_decide_more),
        Rule("erase", tier=Tier.T2, rights=(Right.ERASURE,), states=OPEN, more=_erase_more),
        Rule(
            "approve",
            roles=(Role.LEAD,),
            claim=False,
            rights=(Right.ERASURE,),
            states=(ItemState.REVIEW,),
            more=_approve_more,
        ),
        Rule("return", (Role.LEAD,), False, rights=_ERASED, states=(ItemState.REVIEW,), locked_ok=True),
        Rule("withdraw", claim=False, rights=_ERASED, states=(ItemState.REVIEW, ItemState.READY), locked_ok=True),
        Rule("recall", claim=False, rights=WAITING, states=(ItemState.READY,), locked_ok=True),
        Rule("execute", tuple(Role), False, states=(ItemState.READY,), locked_ok=True, more=_run_more),  # its job waits
        Rule("retry", (Role.LEAD,), False, rights=_ERASED, states=(ItemState.RUNNING,), more=_stuck_more),
        Rule("skip", (Role.LEAD,), False, rights=_ERASED, states=(ItemState.RUNNING,), more=_stuck_more),
        Rule("task", claim=False, locked_ok=True, more=_task_more),
        Rule("letter", claim=False, ended_ok=True, more=_letter_more),
        Rule("read-letter", claim=False, ended_ok=True, locked_ok=True, more=_decide_more),
        Rule("consent", rights=_CONSENT, online=False),
        Rule("consent-give", tier=Tier.T1, rights=(Right.CONSENT_GIVE,), states=_GIVEN, more=_which_more),
        Rule("consent-withdraw", rights=(Right.CONSENT_WITHDRAW,), states=(*OPEN, ItemState.RUNNING), online=False),
        Rule("restrict", tier=Tier.T1, rights=(Right.RESTRICTION,), states=OPEN, more=_which_more),
        Rule("rectify", tier=Tier.T1, rights=_CORRECTED, states=OPEN, more=_which_more),
        Rule("rectify-grave", tier=Tier.T3, rights=_CORRECTED, states=OPEN, more=_which_more),
        Rule("lift", (Role.LEAD,), False, rights=(Right.RESTRICTION,), ended_ok=True, more=_lift_more),
        Rule("hold", (Role.LEAD, Role.OFFICER), claim=False, ended_ok=True, locked_ok=True),
        Rule("marketing", online=False, ended_ok=True, locked_ok=True, more=_marketing_more),
        Rule("note", online=False, ended_ok=True, locked_ok=True),
        Rule("reveal", tier=Tier.T2, ended_ok=True),  # the key of a package is told after it was sent
        Rule("resolve"),
        Rule("extend", roles=(Role.LEAD,), claim=False),
        Rule("pause", roles=(Role.LEAD,), claim=False, more=_pause_more),
        Rule("ask", online=False),
        Rule("chase", online=False, more=_chase_more),
        Rule("answered", online=False, more=_open_more),
        Rule("unanswered", more=_unanswered_more),
        Rule("remind", claim=False, online=False),
        Rule("merge", claim=False, more=_merge_more),
        Rule("hand-over", online=False, locked_ok=True),
        Rule("wrap-up", online=False, ended_ok=True, locked_ok=True),
        Rule("breach", tuple(Role), False, online=False, ended_ok=True, locked_ok=True),
        Rule("breach-decide", (Role.LEAD, Role.OFFICER), False, ended_ok=True, locked_ok=True),
        Rule("breach-release", (Role.LEAD, Role.OFFICER), False, ended_ok=True, locked_ok=True),
    )
}
