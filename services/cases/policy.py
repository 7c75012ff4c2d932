"""Who may do what, as one table with a reason for every no.

The screen dims a key with this reason, the desk refuses with it, and the fold's own checks stand behind both.
"""

from collections.abc import Callable
from dataclasses import dataclass

from services.cases import reasons
from services.cases.aims import barred, needed
from services.cases.case import Case, Item
from services.cases.decision import GROUNDS
from services.cases.fold_acts import OPEN
from services.cases.fold_check import verified_tier
from services.cases.fold_people import MOVED
from services.cases.fold_wait import WAITING
from services.cases.moment import Moment
from services.cases.reasons import ANSWERED_BY_EXPORT
from services.identity.needs import not_a_subject
from services.types import ItemState, Right, Role, Tier

_PERSONS = (Role.AGENT, Role.LEAD)
_DECIDERS = (Role.LEAD, Role.OFFICER)
"""Of a breach and of a legal hold."""
_ERASED = (Right.ERASURE,)
"""Only an erasure goes on without a system, so far."""
_CORRECTED = (Right.RECTIFICATION,)
LOCKED = "a breach is open: locked until a lead or the officer releases it (:breaches)"
"""Until then nothing is given out, changed or sent (rules.md 5)."""
_OF_BREACH = ("note", "breach", "breach-decide", "breach-notice", "breach-release")
_LOOKS = ("find", "people")
_GIVEN = (*OPEN, ItemState.RUNNING)
_REVIEW = (ItemState.REVIEW,)
_UNDONE = (ItemState.REVIEW, ItemState.READY)
_WEIGHED = (Right.OBJECTION_OTHER, Right.ADM_REVIEW)
_CONSENT = (Right.CONSENT_GIVE, Right.CONSENT_WITHDRAW)


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


RULES: dict[str, Rule] = {
    rule.act: rule
    for rule in (
        Rule("take", claim=False, locked_ok=True, more=reasons.take),
        Rule("assign", roles=(Role.LEAD,), claim=False, locked_ok=True),
        Rule("verify"),
        Rule("fact", claim=False, online=False, locked_ok=True),
        Rule("lower", (Role.LEAD,), claim=False, more=reasons.aim),
        Rule("accept", more=reasons.accept),
        Rule("second", (Role.LEAD,), claim=False, more=reasons.second),
        Rule("find", tier=Tier.T1, rights=(*ANSWERED_BY_EXPORT, Right.ERASURE)),
        Rule("people", tier=Tier.T1, more=reasons.not_busy),
        Rule("export", tier=Tier.T2, rights=ANSWERED_BY_EXPORT, states=OPEN, more=reasons.known_who),
        Rule("transfer", tier=Tier.T3, rights=(Right.PORTABILITY,), states=OPEN, more=reasons.transfer),
        Rule("redact", claim=False, rights=ANSWERED_BY_EXPORT, states=_REVIEW, more=reasons.parts),
        Rule("disclose", claim=False, rights=ANSWERED_BY_EXPORT, states=_REVIEW, more=reasons.parts),
        Rule("erase", tier=Tier.T2, rights=(Right.ERASURE,), states=OPEN, more=reasons.erase),
        Rule(
            "approve",
            roles=(Role.LEAD,),
            claim=False,
            rights=(Right.ERASURE,),
            states=(ItemState.REVIEW,),
            more=reasons.approve,
        ),
        Rule("weigh", tier=Tier.T1, rights=_WEIGHED, states=OPEN, more=reasons.known_who),
        Rule("complaint", rights=(Right.COMPLAINT,), states=OPEN),
        Rule("refuse", rights=tuple(GROUNDS), states=OPEN, more=reasons.proposable),
        Rule("decide", _DECIDERS, claim=False, more=reasons.second_word),
        Rule("read-decision", (*_PERSONS, Role.OFFICER), claim=False, locked_ok=True, more=reasons.decision_read),
        Rule("unrefuse", claim=False, locked_ok=True, more=reasons.decision_waits),
        Rule("return", (Role.LEAD,), False, Tier.T0, _ERASED, _REVIEW, locked_ok=True, more=reasons.no_decision),
        Rule("withdraw", _PERSONS, False, Tier.T0, _ERASED, _UNDONE, locked_ok=True, more=reasons.no_decision),
        Rule("recall", claim=False, rights=WAITING, states=(ItemState.READY,), locked_ok=True),
        Rule(
            "execute", tuple(Role), False, states=(ItemState.READY,), locked_ok=True, more=reasons.run
        ),  # its job waits
        Rule("retry", (Role.LEAD,), False, rights=_ERASED, states=(ItemState.RUNNING,), more=reasons.stuck),
        Rule("skip", (Role.LEAD,), False, rights=_ERASED, states=(ItemState.RUNNING,), more=reasons.stuck),
        Rule("task", claim=False, locked_ok=True, more=reasons.task),
        Rule("letter", claim=False, ended_ok=True, more=reasons.letter),
        Rule("read-letter", claim=False, ended_ok=True, locked_ok=True, more=reasons.held_or_lead),
        Rule("print-letter", _DECIDERS, claim=False, ended_ok=True),
        Rule("print-notice", _DECIDERS, claim=False, ended_ok=True, locked_ok=True),  # of a breach: no breach stops it
        Rule("consent", rights=_CONSENT, online=False),
        Rule("consent-give", tier=Tier.T1, rights=(Right.CONSENT_GIVE,), states=_GIVEN, more=reasons.known_who),
        Rule("consent-withdraw", rights=(Right.CONSENT_WITHDRAW,), states=(*OPEN, ItemState.RUNNING), online=False),
        Rule("restrict", tier=Tier.T1, rights=(Right.RESTRICTION,), states=OPEN, more=reasons.known_who),
        Rule("rectify", tier=Tier.T1, rights=_CORRECTED, states=OPEN, more=reasons.known_who),
        Rule("rectify-grave", tier=Tier.T3, rights=_CORRECTED, states=OPEN, more=reasons.known_who),
        Rule("lift", (Role.LEAD,), False, rights=(Right.RESTRICTION,), ended_ok=True, more=reasons.lift),
        Rule("hold", _DECIDERS, claim=False, ended_ok=True, locked_ok=True),
        Rule("marketing", online=False, ended_ok=True, locked_ok=True, more=reasons.marketing),
        Rule("note", online=False, ended_ok=True, locked_ok=True),
        Rule("reveal", tier=Tier.T2, ended_ok=True),  # the key of a package is told after it was sent
        Rule("resolve"),
        Rule("extend", roles=(Role.LEAD,), claim=False),
        Rule("pause", roles=(Role.LEAD,), claim=False, more=reasons.pause),
        Rule("ask", online=False),
        Rule("chase", online=False, more=reasons.chase),
        Rule("answered", online=False, more=reasons.question_open),
        Rule("unanswered", more=reasons.asked_twice),
        Rule("remind", claim=False, online=False),
        Rule("merge", claim=False, more=reasons.merge),
        Rule("hand-over", online=False, locked_ok=True),
        Rule("wrap-up", online=False, ended_ok=True, locked_ok=True),
        Rule("breach", tuple(Role), False, online=False, ended_ok=True, locked_ok=True),
        Rule("breach-decide", _DECIDERS, False, ended_ok=True, locked_ok=True),
        Rule("breach-notice", _DECIDERS, False, ended_ok=True, locked_ok=True),
        Rule("breach-letter", _DECIDERS, False, ended_ok=True, locked_ok=True, more=reasons.breach_letter),
        Rule("breach-release", _DECIDERS, False, ended_ok=True, locked_ok=True),
    )
}
