"""Saying no on plain lines: proposed with its letter, and decided by a second person with it before their eyes."""

from functools import partial

from screens.plain.picking import which_item
from screens.plain.seat import BACK, Option, Seat
from screens.plain.written import written
from screens.refuse import CODES, LETTERS, REPETITIVE, hundredths
from screens.refusing_words import (
    EITHER_NOTE,
    GROUNDS,
    NEVER,
    RETURNS,
    UPHELD,
    WEIGHED,
    grounds_of,
    outcomes_of,
    proposal_words,
)
from screens.watched_text import Settled
from screens.words import right
from services.errors import BadInput
from services.types import CaseView, DutyRole, ItemView, LetterText, Proposal


def refuse(seat: Seat, view: CaseView) -> bool:
    """Decide about what waits, else propose."""
    waiting = next((item for item in view.items if item.decision is not None and item.decision.waits), None)
    if waiting is not None:
        _waiting(seat, view, waiting)
    elif not view.key("refuse").allowed:
        seat.say(f"no: {view.key('refuse').reason}")
    elif (item := which_item(seat, view, tuple(GROUNDS), "Refuse what?")) is not None:
        _propose(seat, view, item)
    return False


def _propose(seat: Seat, view: CaseView, item: ItemView) -> None:
    weighed, known = item.right in WEIGHED, outcomes_of(item.right)
    seat.say(f"Item {item.id}: {right(item.right)}. {EITHER_NOTE if weighed else NEVER}")
    outcomes = {CODES[code]: code for code in known}
    asked = "Decide" if weighed else "Refuse"
    key = seat.choose(asked, [Option(letter, known[code]) for letter, code in outcomes.items()])
    if key == BACK:
        return
    upheld = outcomes[key] == UPHELD
    grounds = () if upheld else _grounds(seat, item)
    if not grounds and not upheld:
        return
    earlier = seat.ask("The earlier case or cases, as C-26-004107") if REPETITIVE in grounds else ""
    amount = _amount(seat) if outcomes[key] == "fee" else 0
    text = seat.ask("Say why, to the person, in plain words; empty: back")
    settled = written(seat, text, view.controller) if text and amount is not None else None
    if settled is not None and amount is not None:
        numbers = tuple(one.strip() for one in earlier.split(",") if one.strip())
        _with_letter(seat, view, item, Proposal(outcomes[key], grounds, settled.text, numbers, amount), settled)


def _grounds(seat: Seat, item: ItemView) -> tuple[str, ...]:
    codes = dict(zip(LETTERS, grounds_of(item.right).items(), strict=False))
    picked = seat.several("Because", [Option(letter, words) for letter, (_, words) in codes.items()])
    return tuple(codes[letter][0] for letter in picked)


def _amount(seat: Seat) -> int | None:
    try:
        return hundredths(seat.ask("The fee, as 25.00"))
    except BadInput as error:
        seat.say(f"no: {error.reason}")
        return None


def _with_letter(seat: Seat, view: CaseView, item: ItemView, proposal: Proposal, settled: Settled) -> None:
    desk, session = seat.desk, seat.session
    letter = seat.does(lambda: desk.decision.preview(session, view.id, item.id, proposal))
    if letter is None:
        return
    _read_out(seat, letter)
    if not seat.yes("Put this to a second person?", "proposes it") or not seat.with_pin():
        return

    def propose() -> bool:
        desk.decision.propose(session, view.id, item.id, proposal)
        for kind, times in settled.kinds:
            desk.act.flagged(session, kind, "explanation", times, settled.choice)
        return True

    seat.does(propose, "proposed: a second person decides, and then the letter leaves")


def _waiting(seat: Seat, view: CaseView, item: ItemView) -> None:
    decision = item.decision
    if decision is None:
        return
    desk, session = seat.desk.decision, seat.session
    seat.say(f"Proposed by {decision.by}: {proposal_words(decision)}.")
    letter = seat.does(lambda: desk.read(session, view.id, item.id))
    if letter is None:
        return
    _read_out(seat, letter)
    no, back, processor = view.key("decide").reason, view.key("unrefuse").reason, view.duty is DutyRole.PROCESSOR
    options = [Option("y", "the controller decided so" if processor else "decide so", no), Option("f", "not so", no)]
    options += [Option("r", "put it to the controller", no)] if processor else []
    key = seat.choose("What is it to be?", [*options, Option("u", "take the proposal back", back)])
    call = {"y": desk.approve, "r": desk.refer, "f": desk.send_back, "u": desk.withdraw}.get(key)
    more: tuple[str, ...] = () if key == "u" else (decision.id,)
    if key == "f":
        reason = seat.choose("Not so, because", [Option(number, words) for number, (_, words) in RETURNS.items()])
        call, more = (None if reason == BACK else call), (*more, RETURNS.get(reason, ("",))[0])
    if key == "y" and processor:
        more = (*more, seat.ask("The controller's reference, as in its answer"))
    if call is not None and (key == "u" or seat.with_pin()):
        done = {"y": "decided: the letter leaves now", "r": "the controller is asked by mail", "f": "sent back"}
        seat.does(partial(call, session, view.id, item.id, *more), done.get(key, "taken back: nothing was decided"))


def _read_out(seat: Seat, letter: LetterText) -> None:
    seat.say(f"{letter.subject}\n\n{letter.text}")
