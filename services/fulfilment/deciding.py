"""Telling of a decision: the person, once a second person decided it; the controller, where only it can decide."""

from collections.abc import Mapping
from functools import partial

from services.action_log.acts import DecisionTold
from services.cases.case import Case, Item
from services.cases.decision import FEE, PARTLY, DecisionState
from services.cases.queue import dates_of
from services.controllers import Controller
from services.errors import BadInput, NotFound
from services.fulfilment.notices import on_file
from services.fulfilment.post import own_letters, send
from services.fulfilment.steps import Task
from services.fulfilment.workroom import Workroom
from services.letters.compose import Letter, compose, spoken
from services.letters.money import money

EXPLANATION = "explanation"
"""The kind of sealed detail that explains a decision."""
REFERRAL = "decision-referral"


def decide(task: Task) -> None:
    """The letter to the contact point on file, where it needs no proof of who asks; then the decision counts."""
    case = task.case()
    decision = task.item(case).decision
    if decision is None or not decision.approved_by:
        return
    facts = partial(facts_of, task.room, case, task.item(case), decision)
    send(task, "letter", case, letter_for(decision), decision.language, facts, partial(on_file, task, case))

    def told() -> None:
        today = task.room.today(task.room.controller(case.controller))
        task.report("told", DecisionTold(decision.id, today.isoformat()), case, task.job.item)

    task.step("told", told)


def refer(task: Task) -> None:
    """A processor's proposal by mail to the controller, who alone decides (Art 28(3)(a), REF-8)."""
    case = task.case()
    controller = task.room.controller(case.controller)
    decision = task.item(case).decision
    if decision is None:
        return
    facts = partial(facts_of, task.room, case, task.item(case), decision)
    send(task, "letter", case, REFERRAL, controller.language, facts, lambda: controller.privacy_contact)


def letter_for(decision: DecisionState) -> str:
    """The letter that tells the person of it."""
    return "fee-notice" if decision.outcome == FEE else "refusal"


def facts_of(
    room: Workroom, case: Case, item: Item, decision: DecisionState, explanation: str = ""
) -> Mapping[str, object]:
    """What its letters say; the sealed explanation unless one is given. Raises `NotFound` once it cannot be opened."""
    controller = room.controller(case.controller)
    dates, language = dates_of(case, controller), spoken(controller, decision.language)
    return {
        "received_on": dates.received_on,
        "due_on": dates.notice_by_refusal,
        "right": item.right.value,
        "partly": decision.outcome == PARTLY,
        "proposal": decision.outcome,
        "grounds": list(decision.grounds),
        "earlier": list(decision.earlier),
        "fee": money(decision.amount, controller.country, language),
        "instruction": controller.instruction or "-",
        "explanation": explanation or explained(room, case, decision),
    }


def explained(room: Workroom, case: Case, decision: DecisionState) -> str:
    """The explanation in clear. Raises `NotFound`."""
    text = room.details.own(case.id, EXPLANATION).get(decision.words)
    if text is None:
        raise NotFound("the explanation is gone")
    return text.decode("utf-8", "replace")


def as_it_leaves(room: Workroom, case: Case, item: Item, decision: DecisionState, explanation: str = "") -> Letter:
    """The letter to the person as it would leave now. Raises `Refused` naming what it lacks, `BadInput`, `NotFound`."""
    controller: Controller = room.controller(case.controller)
    facts = {"controller": controller, "case_number": case.id}
    facts |= facts_of(room, case, item, decision, explanation)
    if decision.outcome == FEE and not decision.amount:
        raise BadInput("a fee has an amount", place="amount")
    return compose(letter_for(decision), decision.language, facts, own=own_letters(room, controller))


def drafted(raw: Mapping[str, object]) -> DecisionState:
    """A decision that somebody is about to propose. Raises `BadInput`."""
    grounds, earlier, amount = raw.get("grounds"), raw.get("earlier"), raw.get("amount")
    if not isinstance(grounds, list) or not isinstance(earlier, list) or not isinstance(amount, int):
        raise BadInput("that is no decision")
    outcome, language = str(raw.get("outcome")), str(raw.get("language"))
    return DecisionState("", outcome, tuple(map(str, grounds)), language, "", "", 0, tuple(map(str, earlier)), amount)
