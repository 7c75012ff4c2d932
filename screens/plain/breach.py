"""Breaches on plain lines: raise one; for leads and the officer the register, and who is told (Art 33, 34)."""

from collections.abc import Callable
from functools import partial
from typing import Any, Final

from screens import times
from screens.breach import CONTAINED, ONGOING
from screens.breach_deciding import ADDED, ANSWERS, CLOSINGS, NOT_TOLD, RELEASES, TOLD
from screens.breaches import facts
from screens.kit.text import count
from screens.plain.breach_notice import notice, one_person
from screens.plain.seat import BACK, WIDE, Option, Seat
from screens.plain.written import written
from screens.words import BREACH_REASONS, BREACH_WHOM
from services.errors import BadInput
from services.types import BreachForm, BreachLine, BreachRaise, BreachTexts

REGISTER: Final = "reg"


def raise_breach(seat: Seat, case: str = "") -> None:
    """What happened, never who did it; everybody may, and nobody takes it back."""
    form: BreachForm | None = seat.does(lambda: seat.desk.breach.form(seat.session, case))
    if form is None:
        return
    about = f"about {case}, which is locked until a lead releases it" if case else "about no case"
    seat.say(f"A breach {about}. Nobody is blamed; nothing is deleted.")
    controller = form.controllers[0]
    if len(form.controllers) > 1:
        options = [Option(str(n), name) for n, (_, name, _) in enumerate(form.controllers, 1)]
        key = seat.choose("Which controller?", options)
        if key == BACK:
            return
        controller = form.controllers[int(key) - 1]
    text = seat.ask("What happened, in a few words: what, not who did it; empty: back")
    settled = written(seat, text, controller[0]) if text else None
    if settled is None:
        return
    breach = _asked(seat, form, controller, case, settled.text)

    def keep() -> str:
        raised = seat.desk.breach.raise_(seat.session, breach)
        for kind, found in settled.kinds:
            seat.desk.act.flagged(seat.session, kind, "breach", found, settled.choice)
        return f"{raised.number} is raised. {raised.say}"

    if breach is not None:
        seat.say(seat.does(keep) or "")


def _asked(seat: Seat, form: BreachForm, controller: tuple[str, str, str], case: str, words: str) -> BreachRaise | None:
    """The rest of the form; nothing of it is needed but the words."""
    categories: tuple[str, ...] = ()
    if seat.yes("Do you know which data?", "names them"):
        codes = {key: code for key, code, _ in form.categories}
        picked = seat.several("Which data?", [Option(key, said) for key, _, said in form.categories])
        categories = tuple(codes[key] for key in picked)
    persons = seat.ask("About how many persons; empty: nobody knows yet")
    try:
        aware = times.typed(
            seat.ask(f"Noticed when ({controller[2]}): {times.SHAPES}; empty: now"), controller[2], seat.now()
        )
        if persons and not (persons.isascii() and persons.isdecimal()):
            raise BadInput("a number, or nothing while nobody knows")
    except BadInput as error:
        seat.say(f"no: {error.reason}; nothing was raised")
        return None
    ongoing = seat.choose("Does it still go on?", [Option(one.key, one.words) for one in ONGOING])
    contained = seat.choose("Is it contained?", [Option(one.key, one.words) for one in CONTAINED])
    if BACK in (ongoing, contained):
        return None
    return BreachRaise(
        controller=controller[0],
        case=case,
        words=words,
        aware_at=aware,
        categories=categories,
        persons=int(persons) if persons else None,
        ongoing=next(one.value for one in ONGOING if one.key == ongoing),
        contained=next(one.value for one in CONTAINED if one.key == contained),
    )


# ── the register ──────────────────────────────────────────────────────────────────────────────────────────────


def register(seat: Seat) -> None:
    """Every breach of this person's controllers; one at a time is read and decided about."""
    while True:
        found: tuple[BreachLine, ...] | None = seat.does(lambda: seat.desk.breach.register(seat.session))
        if found is None:
            return
        seat.say(f"{count(len(found))} breaches, {count(sum(not one.closed for one in found))} open")
        if not found:
            return
        key = seat.choose("Which?", [Option(str(n), _line(one)) for n, one in enumerate(found, 1)])
        if key == BACK:
            return
        _breach(seat, found[int(key) - 1].number)


def _line(one: BreachLine) -> str:
    about = f", about {one.about}{', LOCKED' if one.locks else ''}" if one.about else ""
    return f"{one.light}, {one.number}, {one.controller_name}{about}" + (f": {one.missing}" if one.missing else "")


def _breach(seat: Seat, number: str) -> None:
    """Say what is new of it, and do one thing after the other."""
    said: list[str] = []
    texts: BreachTexts | None = None
    while True:
        one: BreachLine | None = seat.does(lambda: seat.desk.breach.read(seat.session, number))
        if one is None:
            return
        lines = [line.plain for line in facts(one, texts, WIDE)]
        for line in lines:
            if line not in said:
                seat.say(line)
        said, acts = lines, _acts(seat, one)
        options = [Option(key, words) for key, (words, _) in acts.items()]
        key = seat.choose(f"{number}. What next?", options, again="reads it again")
        if key == BACK:
            return
        if key == "t":
            texts = seat.does(lambda: seat.desk.breach.texts(seat.session, number)) or texts
        elif key:
            acts[key][1]()


def _acts(seat: Seat, one: BreachLine) -> dict[str, tuple[str, Callable[[], None]]]:
    """What can be done about it, by the letters of the register."""
    acts: dict[str, tuple[str, Callable[[], None]]] = {"t": ("read what happened, logged", lambda: None)}
    if one.closed:
        return acts
    whom = BREACH_WHOM[one.first]
    acts["y"] = (f"{whom}: told", partial(_told, seat, one, one.first))
    acts["n"] = (f"{whom}: not told, because", partial(_not_told, seat, one, one.first))
    if one.first == "authority":
        acts["w"] = ("write to the persons (Art 34), with the PIN", partial(notice, seat, one))
        failed = sum(person.state == "failed" for person in one.people)
        if failed:
            again = partial(_keep, seat, "sent again", seat.desk.notice.again, one.number)
            acts["b"] = (f"send {count(failed)} again that did not leave", again)
        if any(person.open for person in one.people):
            acts["o"] = ("one person: told otherwise, or no letter", partial(one_person, seat, one))
        acts["p"] = ("the persons: were told in another way", partial(_told, seat, one, "persons"))
        acts["k"] = ("the persons: not told, because", partial(_not_told, seat, one, "persons"))
    acts["a"] = ("add what is known by now", partial(_add, seat, one))
    if one.locks:
        acts["r"] = (f"release {one.about}, with the PIN", partial(_end, seat, one, "release", RELEASES))
    acts["c"] = ("close the breach, with the PIN", partial(_end, seat, one, "close", CLOSINGS))
    return acts


def _keep(seat: Seat, done: str, call: Callable[..., object], number: str, *args: object) -> None:
    def kept() -> bool:
        call(seat.session, number, *args)
        return True

    seat.does(kept, done)


def _reason(seat: Seat, question: str, codes: tuple[str, ...]) -> str:
    """One of the reasons, or nothing; where there is one only, nobody is asked."""
    if len(codes) == 1:
        return codes[0]
    key = seat.choose(question, [Option(str(n), BREACH_REASONS[code]) for n, code in enumerate(codes, 1)])
    return "" if key == BACK else codes[int(key) - 1]


def _told(seat: Seat, one: BreachLine, whom: str) -> None:
    reason = _reason(seat, f"{BREACH_WHOM[whom]}: told, because", TOLD[whom])
    if not reason:
        return
    now = seat.now()
    try:
        at = times.typed(seat.ask(f"When ({one.zone}): {times.SHAPES}"), one.zone, now) or now
    except BadInput as error:
        seat.say(f"no: {error.reason}")
        return
    why = ""
    if whom == "authority" and at > one.safe:
        reason, why = "told-late", seat.ask("It is later than 72 hours: why? (Art 33(1))")
    _keep(seat, f"{BREACH_WHOM[whom]}: told", seat.desk.breach.decide, one.number, whom, reason, why, at)


def _not_told(seat: Seat, one: BreachLine, whom: str) -> None:
    reason = _reason(seat, f"{BREACH_WHOM[whom]}: not told, because", NOT_TOLD[whom])
    why = seat.ask("Why? The register keeps it (Art 33(5)); empty: back") if reason else ""
    if why:
        _keep(seat, f"{BREACH_WHOM[whom]}: not told", seat.desk.breach.decide, one.number, whom, reason, why)


def _add(seat: Seat, one: BreachLine) -> None:
    key = seat.choose("Add what is known by now", [Option(key, words) for key, (_, words) in ADDED.items()])
    if key == BACK:
        return
    what, words = ADDED[key]
    if what == "person":
        number = seat.ask("The number of their case, as C-26-000017; empty: back").upper()
        if number:
            _keep(seat, f"it is about the person of {number}, too", seat.desk.notice.add, one.number, number)
        return
    said: dict[str, Any] = ANSWERS.get(what, {})
    value = seat.choose(words, [Option(letter, code) for letter, code in said.items()]) if said else seat.ask(words)
    if value not in ("", BACK) or (value == "0" and not said):
        _keep(seat, f"added: {words}", seat.desk.breach.update, one.number, what, said.get(value, value))


def _end(seat: Seat, one: BreachLine, act: str, codes: tuple[str, ...]) -> None:
    """Release the case, or close the breach."""
    if act == "close" and one.missing:
        seat.say(f"no: {one.missing}; decide it first")
        return
    what = one.about if act == "release" else one.number
    reason = _reason(seat, f"{act.capitalize()} {what}, because", codes)
    if reason and seat.with_pin():
        done = f"{what} is {'released' if act == 'release' else 'closed; the register keeps it'}"
        _keep(seat, done, getattr(seat.desk.breach, act), one.number, reason)
