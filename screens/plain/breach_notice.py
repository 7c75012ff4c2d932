"""The letter to the persons of a breach on plain lines, and one person by themselves (Art 34)."""

from collections.abc import Callable

from screens.breach_persons import STATES, WITHOUT
from screens.kit.text import count
from screens.letter_words import HANDED
from screens.notice import PARTS, REASONS
from screens.plain.seat import BACK, Option, Seat
from screens.plain.written import written
from screens.words import BREACH_REASONS
from services.types import BreachLine, LetterText, NoticeForm, NoticeWords


def notice(seat: Seat, one: BreachLine) -> None:
    """Write it, hear it as it would leave, send it with the PIN."""
    form: NoticeForm | None = seat.does(lambda: seat.desk.notice.form(seat.session, one.number))
    words = _words(seat, form) if form is not None else None
    if words is None:
        seat.say("nothing was sent")
        return
    letter: LetterText | None = seat.does(lambda: seat.desk.notice.preview(seat.session, one.number, words[0]))
    if letter is None:
        return
    seat.say(f"As it would leave to {count(len(words[0].cases))} of them:\n{letter.subject}\n{letter.text}")
    if not seat.yes("Send it?", "sends it, with your PIN") or not seat.with_pin():
        seat.say("nothing was sent")
        return

    def send() -> int:
        persons: int = seat.desk.notice.send(seat.session, one.number, words[0])
        for kind, times, choice in words[1]:
            seat.desk.act.flagged(seat.session, kind, "breach", times, choice)
        return persons

    persons = seat.does(send)
    if persons is not None:
        seat.say(f"asked for: the letter to {count(persons)} of them; reading the breach again says whether it left")


def _words(seat: Seat, form: NoticeForm) -> tuple[NoticeWords, list[tuple[str, int, str]]] | None:
    """What the letter says, with what was done about risky words; None when the person goes back."""
    waiting = ", ".join(form.cases)
    typed = seat.ask(f"Whose persons: numbers of cases with commas between; empty: {waiting or 'back'}") or waiting
    languages = [Option(str(n), code) for n, code in enumerate(form.languages, 1)]
    language = seat.choose("In which language do you write?", languages) if typed else BACK
    if language == BACK:
        return None
    reason = seat.choose("They are told, because", [Option(one.key, one.words) for one in REASONS])
    if reason == BACK:
        return None
    texts: dict[str, str] = {}
    kinds: list[tuple[str, int, str]] = []
    for name, label, hint in PARTS:
        text = seat.ask(f"{label}: {hint}; empty: back")
        settled = written(seat, text, form.controller) if text else None
        if settled is None:
            return None
        texts[name] = settled.text
        kinds += [(kind, times, settled.choice) for kind, times in settled.kinds]
    words = NoticeWords(
        reason=next(one.value for one in REASONS if one.key == reason),
        language=form.languages[int(language) - 1],
        cases=tuple(dict.fromkeys(typed.upper().replace(",", " ").split())),
        categories=_categories(seat, form),
        **texts,
    )
    return words, kinds


def _categories(seat: Seat, form: NoticeForm) -> tuple[str, ...]:
    """Those that were named, unless the person names others."""
    named = ", ".join(words for _, code, words in form.categories if code in form.named)
    if named and not seat.yes(f"The letter names: {named}. Name others?", "names others"):
        return form.named
    codes = {key: code for key, code, _ in form.categories}
    return tuple(codes[key] for key in seat.several("Which data?", [Option(k, w) for k, _, w in form.categories]))


def one_person(seat: Seat, one: BreachLine) -> None:
    """What reached them otherwise, or why they get no letter."""
    left = [person for person in one.people if person.state != "told"]
    options = [Option(str(n), f"{x.case}: {STATES.get(x.state, x.state)}") for n, x in enumerate(left, 1)]
    key = seat.choose("Which person?", options) if len(left) > 1 else "1"
    if key == BACK or not left:
        return
    person = left[int(key) - 1]
    no = "" if person.state == "failed" else "no letter to them has failed"
    ways = [Option(letter, HANDED[n][1], no) for letter, n in zip("ptv", "123", strict=True)]
    without = [Option(str(n), f"no letter: {BREACH_REASONS[code]}") for n, code in enumerate(WITHOUT, 1)]
    key = seat.choose(f"The person of {person.case}", [*without, *ways])
    if key == BACK:
        return
    desk, session = seat.desk.notice, seat.session
    if key in "ptv":
        medium, words = HANDED["123"["ptv".index(key)]]
        seat.does(lambda: _done(desk.handed, session, one.number, person.case, medium), f"kept: {words}")
        return
    why = seat.ask("Why? Of a public notice where and when. The register keeps it (Art 33(5)); empty: back")
    if why:
        reason = WITHOUT[int(key) - 1]
        seat.does(lambda: _done(desk.settle, session, one.number, person.case, reason, why), "kept: no letter")


def _done(call: Callable[..., object], *args: object) -> bool:
    call(*args)
    return True
