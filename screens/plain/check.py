"""The identity check on plain lines, a step at a time with the words to say (rules.md 7.5)."""

from typing import Final

from screens.checklist import TIPS
from screens.checklist_proofs import (
    AUTHORITY,
    CALL_BACK,
    CODE,
    LETTER,
    NO_NUMBER,
    SCOPES,
    TYPED,
    authority_days,
)
from screens.plain.picking import pick
from screens.plain.seat import BACK, Option, Seat
from screens.words import left
from services.types import ChecklistView, Step

NUMBER: Final = "ANI"
MARKS: Final = {"y": "passed", "f": "failed", "-": "not done"}


def check(seat: Seat, case: str, *, grave: bool = False) -> None:
    """Lead the checklist until it is over or left; it stays open until the contact ends."""
    seat.patient = True
    try:
        view = seat.does(lambda: seat.desk.check.start(seat.session, case, grave=grave))
        if view is not None:
            seat.say(f"{view.title}: aims at {view.tier_needed}, holds for {left(view.until, seat.now())}")
            _lead(seat, case, view)
    finally:
        seat.patient = False


def _lead(seat: Seat, case: str, view: ChecklistView) -> None:
    place: str | None = None
    while not view.ended:
        step = next((one for one in view.steps if one.id == place), None) or view.steps[view.current]
        place = None
        seat.say(f"Step {view.steps.index(step) + 1} of {len(view.steps)}: {step.title}")
        seat.say(f'Say: "{step.say or step.title}"')
        tip = "" if step.compared else TIPS[step.kind]
        key = seat.choose(tip, _options(step), back="leave the checklist", again="looks again")
        if key == BACK:
            return
        if key == "j":
            place = _another(seat, view)
            continue
        after = _done(seat, case, view, step, key)
        if after is not None:
            _say_result(seat, view, after)
            view = after
    seat.say(f'Say: "{view.ended}"')
    seat.say(f"the check is over: {view.tier_reached} is reached")


def _options(step: Step) -> list[Option]:
    closed = f"this way is closed: {step.blocked}" if step.blocked else ""
    if step.compared:
        ask = "type the code they read to you" if step.factor in TYPED else "the question to ask, then their answer"
        ask = "type the number that the telephone shows" if step.factor == NUMBER else ask
        options = [Option("a", ask, closed)]
        if step.factor == LETTER:
            options.insert(0, Option("s", "have a letter with a code printed to the postal address on file"))
        if step.factor == CODE:
            options.insert(0, Option("s", "send the code to the contact point on file", closed))
    else:
        options = [Option(mark, words, closed) for mark, words in MARKS.items()]
        if step.factor == CALL_BACK:
            options.insert(0, Option("s", "the caller has hung up: the number on file to call", closed))
    return [*options, Option("j", "another step")]


def _another(seat: Seat, view: ChecklistView) -> str | None:
    """The step to look at next."""
    options = [Option(str(n), f"{one.title}, {one.state}", one.blocked) for n, one in enumerate(view.steps, 1)]
    key = seat.choose("Which step?", options)
    return None if key == BACK else view.steps[int(key) - 1].id


def _done(seat: Seat, case: str, view: ChecklistView, step: Step, key: str) -> ChecklistView | None:
    desk, session = seat.desk, seat.session
    if not key:  # a way that was closed while no worker answered may be open now
        return seat.does(lambda: desk.check.view(session, case))
    if step.factor == AUTHORITY and key == "y":
        return _authority(seat, case)
    if key in MARKS:
        return seat.does(lambda: desk.check.mark(session, case, step.id, key))
    if key == "s" and step.factor == CALL_BACK:
        number = seat.does(lambda: desk.check.number(session, case, step.id))
        if number is not None:
            seat.say(f"Call this number and no other: {number}" if number else NO_NUMBER)
        return seat.does(lambda: desk.check.view(session, case))
    if key == "s" and step.factor == LETTER:
        words = seat.does(lambda: desk.check.post_code(session, case, step.id))
        if words is not None:
            seat.say(f'Say: "{words}"')
        return seat.does(lambda: desk.check.view(session, case))
    if key == "s":
        way = "1"
        if view.texts:
            way = seat.choose("Send the code", [Option("1", "by mail"), Option("2", "by text message")])
        if way == BACK:
            return None
        by = "phone" if way == "2" else "email"
        words = seat.does(lambda: desk.check.send_code(session, case, step.id, by))
        return _answered(seat, case, step, "", words) if words else None
    if step.factor in TYPED:
        return _answered(seat, case, step, "", TYPED[step.factor])
    asked = seat.does(lambda: desk.check.question(session, case, step.id))
    return _answered(seat, case, step, asked.key, asked.text) if asked is not None else None


def _answered(seat: Seat, case: str, step: Step, key: str, words: str) -> ChecklistView | None:
    seat.say(f'Say: "{words}"')
    said = seat.ask("What the caller says, as it is said; empty: back")
    if not said:
        return None
    seat.say("comparing")
    return seat.does(lambda: seat.desk.check.answer(seat.session, case, step.id, key, said))


def _say_result(seat: Seat, before: ChecklistView, after: ChecklistView) -> None:
    """What came of a step, without a word about which answer or why (G4)."""
    if after.strikes > before.strikes:
        seat.say(f"that did not pass; give no hint. {after.strikes} of 2 wrong")
    elif after.tier_reached != before.tier_reached:
        seat.say(f"{after.tier_reached} is reached")


def _authority(seat: Seat, case: str) -> ChecklistView | None:
    """What the representative acts under was looked at: scope, day and end are noted, nothing of it is kept."""
    scope = pick(seat, "Seen: what is it for?", SCOPES)
    typed = (
        seat.ask("Of which day, until when: 2026-01-31 2027-01-31, without an end one day; empty: back")
        if scope
        else ""
    )
    days = authority_days(typed)
    if scope is None or days is None:
        if typed:
            seat.say("that is not one day, or two; nothing was noted")
        return None
    return seat.does(lambda: seat.desk.check.authority(seat.session, case, scope, *days))
