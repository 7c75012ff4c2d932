"""What is decided about a check on plain lines: begun or taken up, raised, lowered, handed over (rules.md 7)."""

from screens.case_checks import CHECKS, DOCUMENTS, FACTS, HAND_OVERS, LOWERED, WARM
from screens.plain.check import check
from screens.plain.picking import open_items, pick
from screens.plain.seat import BACK, Option, Seat
from services.types import CaseView, Right, Tier


def verify(seat: Seat, view: CaseView) -> bool:
    if view.key("accept").allowed:
        seat.say("A colleague checked this caller and handed the check to you.")
        if seat.yes("Go on with the check?", "goes on with it"):
            seat.does(lambda: seat.desk.check.accept(seat.session, view.id), "the check goes on in your name")
            return False
    grave = False
    if open_items(view, (Right.RECTIFICATION,)):
        key = seat.choose("What is to be corrected?", [Option(number, words) for number, words in CHECKS.items()])
        if key == BACK:
            return False
        grave = key == "2"
    check(seat, view.id, grave=grave)
    return False


def graver(seat: Seat, view: CaseView) -> bool:
    fact = pick(seat, "What else is so? It is noted and can only raise the tier", FACTS)
    if fact is not None:
        seat.does(lambda: seat.desk.check.note(seat.session, view.id, fact), "noted")
    return False


def lower(seat: Seat, view: CaseView) -> bool:
    """A lead's say in a check that somebody else leads; each with a reason that is logged."""
    answers = [("2", "lower the tier to T2"), ("1", "lower the tier to T1"), ("d", "let a document be looked at once")]
    key = seat.choose("Decide about the check of a colleague", [Option(*one) for one in answers])
    if key == BACK:
        return False
    reason = pick(seat, "Because", DOCUMENTS if key == "d" else LOWERED)
    if reason is None or not seat.with_pin():
        return False
    if key == "d":
        done = "a document may be looked at; nothing of it is kept"
        seat.does(lambda: seat.desk.check.allow_document(seat.session, view.id, reason), done)
    else:
        tier = {"1": Tier.T1, "2": Tier.T2}[key]
        seat.does(lambda: seat.desk.check.lower(seat.session, view.id, tier, reason), f"lowered to {tier}")
    return False


def hand_over(seat: Seat, view: CaseView) -> bool:
    reason = pick(seat, "Give the case back to the queue, because", {WARM[0]: ("warm", WARM[1]), **HAND_OVERS})
    if reason == "warm":
        seat.say("Only this colleague can go on with the check, once, and no longer than it holds.")
        agent = seat.ask("Who is on the line? Their agent number; empty: back")
        if agent:
            done = f"handed to {agent}: they take the case and verify"
            seat.does(lambda: seat.desk.check.offer(seat.session, view.id, agent), done)
    elif reason is not None:
        done = "handed over; an open check ended with it"
        seat.does(lambda: seat.desk.act.hand_over(seat.session, view.id, reason), done)
    return False
