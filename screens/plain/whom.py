"""Which of these people, on plain lines: whom the caller's address or number names, masked; one says which it is."""

from screens.kit.text import count
from screens.people import REASONS, called, reason_of, where
from screens.plain.seat import BACK, Option, Seat
from services.types import CaseView, Matches, PersonMatch


def whom(seat: Seat, view: CaseView) -> None:
    """Say one, several of one person with a reason, or none of them."""
    seat.say("looking who is known by this")
    matches: Matches | None = seat.does(lambda: seat.desk.whom.matches(seat.session, view.id))
    if matches is None:
        return
    if not matches.people:
        seat.say("One person is known by this, and nobody is like them.")
        return
    seat.say("The caller says it, you compare: read nothing out, give no hint.")
    options = [Option(str(n), _words(one)) for n, one in enumerate(matches.people, 1)]
    ways = [Option("y", "it is one of them, or several that are one person"), Option("f", "it is none of them")]
    for one in options:
        seat.say(f"{one.key} {one.words}")
    if matches.more:
        seat.say(f"{count(matches.more)} more like it are not shown")
    if matches.unasked:
        seat.say(f"not looked for in {', '.join(matches.unasked)}")
    key = seat.choose("Which of these people?", ways)
    if key == BACK:
        return
    picked = seat.several("Which?", options) if key == "y" else ()
    people = [matches.people[int(number) - 1] for number in picked]
    reason = ""
    if len(people) > 1:
        key = seat.choose("They are one person, because", [Option(n, words) for n, (_, words) in REASONS.items()])
        if key == BACK:
            return
        reason = REASONS[key][0]
    seat.say("Whoever is not chosen is left untouched: nothing of theirs is given out or erased.")
    if not seat.yes(f"It is {', '.join(called(one) for one in people) or 'none of them'}?", "says so"):
        return

    def choose() -> bool:
        seat.desk.whom.choose(seat.session, matches, [one.id for one in people], reason)
        return True

    done = "it is said who it is: look again (p)" if people else "none of them: nothing is given out or erased"
    seat.does(choose, done)


def _words(one: PersonMatch) -> str:
    said = {"chosen": ", it is", "left": ", it is not"}.get(one.word, "")
    maybe = f", maybe also: {reason_of(one)}" if one.near else ""
    return f"{called(one)}, {', '.join(one.known) or '-'}, {where(one)}{maybe}{said}"
