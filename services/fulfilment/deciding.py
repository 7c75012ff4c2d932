"""Telling of a decision: the person, once a second person decided it; the controller, where only it can decide."""

from collections.abc import Mapping
from functools import partial

from services.action_log.acts import DecisionTold, ItemAdded, RestrictionLiftAsked
from services.cases.case import Case, Item
from services.cases.decision import FEE, PARTLY, REFUSED, UPHELD, WEIGHED, DecisionState
from services.cases.fold_correct import restricts
from services.cases.queue import dates_of
from services.cases.weighing import DECIDED
from services.controllers import Controller
from services.errors import BadInput, NotFound, Unavailable
from services.fulfilment.notices import on_file
from services.fulfilment.post import own_letters, send
from services.fulfilment.steps import Task
from services.fulfilment.workroom import Workroom
from services.letters.compose import Letter, compose, spoken
from services.letters.money import money
from services.types import ItemState, Right

EXPLANATION = "explanation"
"""The kind of sealed detail that explains a decision."""
REFERRAL = "decision-referral"
_OUTCOMES = {
    Right.OBJECTION_OTHER: "objection-outcome",
    Right.ADM_REVIEW: "review-outcome",
    Right.COMPLAINT: "complaint-outcome",
}
"""Letters of what is decided either way."""


def decide(task: Task) -> None:
    """The letter to the contact point on file, where it needs no proof of who asks; then the decision counts."""
    case = task.case()
    decision = task.item(case).decision
    if decision is None or not decision.approved_by:
        return
    facts = partial(facts_of, task.room, case, task.item(case), decision)
    item = task.item(case)
    send(task, "letter", case, letter_for(item, decision), decision.language, facts, partial(on_file, task, case))

    def told() -> None:
        today = task.room.today(task.room.controller(case.controller))
        task.report("told", DecisionTold(decision.id, today.isoformat()), case, task.job.item)

    task.step("told", told)
    if item.right is Right.OBJECTION_OTHER and decision.outcome == REFUSED:
        task.patiently("lift", lambda: _lift(task), forever=True)


def _lift(task: Task) -> None:
    """What was restricted while the objection was weighed is lifted, now that the person knows (Art 18(3)); the lifting
    tells them once more before it begins. Raises `Unavailable` while it is still being restricted."""
    task.room.results.settle(stopped=task.room.stopped)
    case, item = task.case(), f"{task.job.item}-lift"
    if any(one.right is Right.RESTRICTION and one.state is ItemState.RUNNING for one in case.items):
        raise Unavailable("it is still being restricted")
    if task.done("lift-asked", case) is None and restricts(case):
        task.report("lift-added", ItemAdded(Right.RESTRICTION), case, item)
        task.report("lift-asked", RestrictionLiftAsked(DECIDED), case, item)


def refer(task: Task) -> None:
    """A processor's proposal by mail to the controller, who alone decides (Art 28(3)(a), REF-8)."""
    case = task.case()
    controller = task.room.controller(case.controller)
    decision = task.item(case).decision
    if decision is None:
        return
    facts = partial(facts_of, task.room, case, task.item(case), decision)
    send(task, "letter", case, REFERRAL, controller.language, facts, lambda: controller.privacy_contact)


def letter_for(item: Item, decision: DecisionState) -> str:
    """The letter that tells the person of it."""
    return _OUTCOMES.get(item.right) or ("fee-notice" if decision.outcome == FEE else "refusal")


def facts_of(
    room: Workroom, case: Case, item: Item, decision: DecisionState, explanation: str = ""
) -> Mapping[str, object]:
    """What its letters say; the sealed explanation unless one is given. Raises `NotFound` once it cannot be opened."""
    controller = room.controller(case.controller)
    dates, language = dates_of(case, controller), spoken(controller, decision.language)
    said = [_sealed(room, case, "view", item.view)] if item.right in WEIGHED else []
    return {
        "received_on": dates.received_on,
        "due_on": dates.notice_by_refusal,
        "right": item.right.value,
        "partly": decision.outcome == PARTLY,
        "proposal": decision.outcome,
        "grounds": list(decision.grounds),
        "earlier": list(decision.earlier),
        "fee": money(decision.amount, controller.country, language),
        "upheld": decision.outcome == UPHELD,
        "view": said[0] if said else "",
        "said": said,
        "instruction": controller.instruction or "-",
        "explanation": explanation or explained(room, case, decision),
    }


def explained(room: Workroom, case: Case, decision: DecisionState) -> str:
    """The explanation in clear. Raises `NotFound`."""
    return _sealed(room, case, EXPLANATION, decision.words)


def _sealed(room: Workroom, case: Case, kind: str, digest: str) -> str:
    text = room.details.own(case.id, kind).get(digest)
    if text is None:
        raise NotFound(f"the {kind} is gone")
    return text.decode("utf-8", "replace")


def as_it_leaves(room: Workroom, case: Case, item: Item, decision: DecisionState, explanation: str = "") -> Letter:
    """The letter to the person as it would leave now. Raises `Refused` naming what it lacks, `BadInput`, `NotFound`."""
    controller: Controller = room.controller(case.controller)
    facts = {"controller": controller, "case_number": case.id}
    facts |= facts_of(room, case, item, decision, explanation)
    if decision.outcome == FEE and not decision.amount:
        raise BadInput("a fee has an amount", place="amount")
    return compose(letter_for(item, decision), decision.language, facts, own=own_letters(room, controller))


def drafted(raw: Mapping[str, object]) -> DecisionState:
    """A decision that somebody is about to propose. Raises `BadInput`."""
    grounds, earlier, amount = raw.get("grounds"), raw.get("earlier"), raw.get("amount")
    if not isinstance(grounds, list) or not isinstance(earlier, list) or not isinstance(amount, int):
        raise BadInput("that is no decision")
    outcome, language = str(raw.get("outcome")), str(raw.get("language"))
    return DecisionState("", outcome, tuple(map(str, grounds)), language, "", "", 0, tuple(map(str, earlier)), amount)
