"""Rectification on plain lines: which values there are, masked, and what shall stand there instead (Art 16)."""

from screens.kit.text import count
from screens.plain.news import NEWS_S, facts, wait
from screens.plain.seat import BACK, Option, Seat
from screens.rectify import DOTS, HINTS
from services.types import CaseView, CorrectableLine


def rectify(seat: Seat, view: CaseView) -> None:
    """Take what is right for a value at a time, then have all of it corrected."""
    seat.say("searching every system")
    lines: tuple[CorrectableLine, ...] | None = seat.does(lambda: seat.desk.rectify.lines(seat.session, view.id))
    if not lines:
        if lines is not None:
            seat.say("Nothing that is held can be corrected here.")
        return
    wanted: dict[CorrectableLine, str] = {}
    while True:
        options = [Option(str(n), _words(one, wanted), _closed(view, one)) for n, one in enumerate(lines, 1)]
        if wanted:
            options.append(Option("y", f"have {count(len(wanted))} corrected, in every system"))
        key = seat.choose("What is wrong? Let the caller say it, read nothing out", options)
        if key == BACK:
            return
        if key == "y":
            _carry_out(seat, view, wanted)
            return
        _type(seat, view, lines[int(key) - 1], wanted)


def _words(one: CorrectableLine, wanted: dict[CorrectableLine, str]) -> str:
    new = f", becomes {_shown(one, wanted[one])}" if one in wanted else ""
    kept = f", {count(one.kept)} more that a law has us keep as they are" if one.kept else ""
    return f"{one.category}, {one.field}: {one.value}, {count(one.rows)} rows{kept}{new}"


def _shown(one: CorrectableLine, value: str) -> str:
    return DOTS if one.sensitive else value


def _closed(view: CaseView, one: CorrectableLine) -> str:
    return view.key("rectify-grave" if one.grave else "rectify").reason


def _type(seat: Seat, view: CaseView, one: CorrectableLine, wanted: dict[CorrectableLine, str]) -> None:
    value = seat.ask(f"What is right, {HINTS.get(one.kind, 'as it is said')}; empty: drop it", secret=one.sensitive)
    if not value:
        wanted.pop(one, None)
        return
    why = seat.does(lambda: seat.desk.rectify.why_not(view.id, one, value))
    if why:
        seat.say(f"no: {why}")
    elif why is not None:
        wanted[one] = value


def _carry_out(seat: Seat, view: CaseView, wanted: dict[CorrectableLine, str]) -> None:
    for one, value in wanted.items():
        seat.say(f"{one.category}, {one.field}: {one.value} becomes {_shown(one, value)}")
    if not seat.yes(f"Correct {count(sum(one.rows for one in wanted))} rows?", "has it written, read again, and told"):
        return
    before = facts(seat, view)

    def order() -> bool:
        seat.desk.rectify.ask(seat.session, view.id, wanted)
        return True

    if seat.does(order, "it is being corrected"):
        wait(seat, view.id, before, NEWS_S)
