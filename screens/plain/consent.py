"""Consent on plain lines: a purpose at a time, with the text to read out; no bundled yes (Art 7)."""

from screens.consent import ASK_AGE, CONSENTERS, PROVEN, SIDES, asked_for
from screens.plain.seat import BACK, Option, Seat
from services.types import CaseView, PurposeView


def consent(seat: Seat, view: CaseView) -> None:
    """Until nothing more is to be changed."""
    while True:
        purposes: tuple[PurposeView, ...] | None = seat.does(lambda: seat.desk.act.purposes(seat.session, view.id))
        if not purposes:
            return
        options = [Option(str(n), _words(one)) for n, one in enumerate(purposes, 1)]
        key = seat.choose("Which purpose?", options)
        if key == BACK:
            return
        _change(seat, view, purposes[int(key) - 1])


def _words(one: PurposeView) -> str:
    marketing = ", marketing" if one.marketing else ""
    return f"{one.title}{marketing}" + (f", on file: {one.status}" if one.status else "")


def _change(seat: Seat, view: CaseView, one: PurposeView) -> None:
    seat.say(f'Read out, text {one.text_version}: "{one.text}"')
    seat.say(f"It means: {one.effect}")
    sides = [Option("y", "the caller says yes to this purpose", _no_giving(view)),
             Option("f", "the caller says no to this purpose", _no_taking(view))]  # fmt: skip
    key = seat.choose(one.title, sides)
    if key == BACK:
        return
    given, by = key == "y", ""
    if given and view.consent_age:
        seat.say(ASK_AGE.format(age=view.consent_age))
        who = [Option(letter, words.format(age=view.consent_age)) for letter, (_, words) in CONSENTERS.items()]
        who_key = seat.choose("It is about a minor: who consents?", who)
        if who_key == BACK:
            return
        by = CONSENTERS[who_key][0]

    def write() -> bool:
        if not asked_for(seat.desk.case.read(seat.session, view.id), given=given):
            seat.desk.intake.add_item(seat.session, view.id, SIDES[given].value)
        seat.desk.act.consent(seat.session, view.id, one.key, given=given, by=by)
        return True

    seat.does(write, f"{one.key} {'given' if given else 'withdrawn'}; it is written now")


def _no_giving(view: CaseView) -> str:
    if asked_for(view, given=True):
        return view.key("consent-give").reason
    return "" if view.verification.tier in PROVEN else "needs T1: the person is not known yet (v)"


def _no_taking(view: CaseView) -> str:
    return view.key("consent-withdraw").reason if asked_for(view, given=False) else view.key("note").reason
