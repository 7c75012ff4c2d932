"""The letters of a case on plain lines: read them, see one before it leaves, send again or tell otherwise."""

from screens.kit.keys import ACTIONS
from screens.letter_words import HANDED, NOW, named, print_row_of, printed_words, row_of, state_words
from screens.letters import rows
from screens.plain.seat import BACK, Option, Seat
from services.types import CaseView, LetterView

PRINT = ACTIONS["print_letter"].words


def letter(seat: Seat, view: CaseView) -> bool:
    """One letter out of all; what failed stands first."""
    letters = rows(view)
    options = [Option(str(n), f"{named(one.template)}: {_state(one)}") for n, one in enumerate(letters, 1)]
    key = seat.choose("Which letter?", options)
    if key == BACK:
        return False
    one = letters[int(key) - 1]
    if one.failed and (said := _decided(seat, view, one)) is not None:
        return said
    if not one.failed and one.id and view.key(print_row_of(one)).allowed:
        key = seat.choose(_state(one), [Option("r", "read it"), Option("p", PRINT)])
        if key == "p":
            _print(seat, view, one)
        if key != "r":
            return False
    _read(seat, view, one)
    return False


def _state(one: LetterView) -> str:
    return state_words(one, None) if one.id else NOW


def _decided(seat: Seat, view: CaseView, one: LetterView) -> bool | None:
    """What is done about a letter that did not leave; None to read it."""
    no = view.key(row_of(one)).reason
    options = [Option("r", "read it"), Option("b", "send it again", no)]
    options.append(Option("p", PRINT, view.key(print_row_of(one)).reason))
    key = seat.choose("It did not leave", [*options, *(Option(n, words, no) for n, (_, words) in HANDED.items())])
    if key == "r":
        return None
    if key == "b":
        seat.does(lambda: seat.desk.letter.retry(seat.session, view.id, one.id), "it is sent again")
    elif key == "p":
        _print(seat, view, one)
    elif key != BACK:
        medium, words = HANDED[key]
        seat.does(lambda: seat.desk.letter.handed(seat.session, view.id, one.id, medium), f"kept: {words}")
    return False


def _print(seat: Seat, view: CaseView, one: LetterView) -> None:
    printed = seat.does(lambda: seat.desk.letter.print(seat.session, view.id, one.id))
    seat.say(printed_words(printed) if printed is not None else "")


def _read(seat: Seat, view: CaseView, one: LetterView) -> None:
    desk, session = seat.desk.letter, seat.session
    if one.id:
        found = seat.does(lambda: desk.read(session, view.id, one.id))
    else:
        found = seat.does(lambda: desk.preview(session, view.id, one.template))
    if found is not None:
        seat.say(f"{found.subject}\n\n{found.text}")
