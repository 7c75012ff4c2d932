"""The dates of a case on plain lines: the same questions, reasons and acts as behind `d` on the case screen."""

from collections.abc import Mapping

from screens.case_clock import ACCEPTED, EXTENSIONS, FAIR, LEAVES, MAILED, OFFERED, QUESTIONS, REFUSED, WAYS
from screens.plain.seat import BACK, Option, Seat
from services.types import CaseView, DutyRole


def dates(seat: Seat, view: CaseView) -> bool:
    """Say every date with its reason, then do one of what is open now. The case is not left."""
    for date in view.dates:
        seat.say(f"{date.name}: {date.day:%d %b %Y}" + (f", {date.why}" if date.why else ""))
    open_now = [Option(key, words) for key, row, words in OFFERED if view.key(row).allowed]
    for row in ("chase", "extend"):
        if not view.key(row).allowed:
            seat.say(f"{row}, closed: {view.key(row).reason}")
    key = seat.choose("The dates of this case", open_now)
    clock, case = seat.desk.clock, view.id
    if key == "y":
        seat.does(lambda: clock.answered(seat.session, case), "kept: the answer came")
    elif key == "c":
        way = _way(seat, "How are they asked again?")
        if way != BACK:
            done = "a letter asks them again" if way == "m" else "kept: they were asked again"
            seat.does(lambda: clock.chase(seat.session, case, mail=way == "m"), done)
    elif key == "k":
        _ask(seat, case)
    elif key == "n":
        if seat.with_pin():
            seat.does(lambda: clock.unanswered(seat.session, case), "ended: a letter says why, and how it goes on")
    elif key in ("p", "h"):
        _pause(seat, case, accept=key == "p")
    elif key == "x":
        seat.say("It counts once the letter left. Effort as such is no reason.")
        reason = _reason(seat, "Two months more, because", EXTENSIONS)
        if reason is not None:
            _extend(seat, view, reason)
    elif key == "e":
        seat.does(lambda: clock.remind(seat.session, case), "kept: asked for again, no new clock")
    elif key == "m":
        into = seat.ask("The number of the case that goes on; empty: back")
        if into:
            seat.does(lambda: clock.merge(seat.session, case, into), "ended here: it goes on there")
    return False


def _extend(seat: Seat, view: CaseView, reason: str) -> None:
    """A processor names where the controller said so, or proposes it (Art 28)."""
    reference = ""
    if view.duty is DutyRole.PROCESSOR:
        reference = seat.ask("The controller decides that: its reference for it; empty: it is asked by mail")
    asked = view.duty is DutyRole.PROCESSOR and not reference
    words = "proposed: the controller is asked" if asked else "the notice is being sent"
    seat.does(lambda: seat.desk.clock.extend(seat.session, view.id, reason, reference), words)


def _ask(seat: Seat, case: str) -> None:
    key = seat.choose("What is asked for?", [Option(number, words) for number, (*_, words) in QUESTIONS.items()])
    if key == BACK:
        return
    what, ground, _ = QUESTIONS[key]
    asked = seat.desk.clock.ask
    way = _way(seat, "How are they asked?") if what in MAILED else "o"
    if way == "m":
        done = "a letter asks them: it stands under t whether it left"
        seat.does(lambda: asked(seat.session, case, what, ground, mail=True), done)
    elif way != BACK:
        fair = seat.choose("The question asks for", [Option(k, w) for k, w in FAIR.items()])
        if fair != BACK:
            seat.does(lambda: asked(seat.session, case, what, ground, fair=fair == "y"), "kept: they were asked")


def _way(seat: Seat, question: str) -> str:
    seat.say(LEAVES)
    return seat.choose(question, [Option(key, words) for key, words in WAYS.items()])


def _pause(seat: Seat, case: str, *, accept: bool) -> None:
    leads = "the later date leads" if accept else "the hard date leads"
    reason = _reason(seat, f"Because of this {leads}", ACCEPTED if accept else REFUSED)
    if reason is not None:
        pause = seat.desk.clock.pause
        seat.does(lambda: pause(seat.session, case, accept=accept, reason=reason), leads)


def _reason(seat: Seat, question: str, table: Mapping[str, tuple[str, str]]) -> str | None:
    key = seat.choose(question, [Option(number, words) for number, (_, words) in table.items()])
    return None if key == BACK else table[key][0]
