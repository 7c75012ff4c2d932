"""What a lead or the officer decides about a breach: small questions, one after the other, then one action."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Final

from textual.message import Message

from screens import times
from screens.breach_persons import BreachPersons
from screens.kit.widgets.ask import Ask
from screens.kit.widgets.confirm import Choice
from screens.words import BREACH_REASONS, BREACH_WHOM
from services.errors import BadInput
from services.types import BreachLine, BreachTexts

TOLD: Final = {"authority": ("told",), "persons": ("high-risk", "by-choice"), "controller": ("told",)}
NOT_TOLD: Final = {
    "authority": ("risk-unlikely", "no-breach"),
    "persons": ("no-high-risk", "unreadable", "risk-removed", "public-notice"),
    "controller": ("no-breach",),
}
RELEASES: Final = ("contained", "not-concerned", "right-comes-first", "no-breach")
CLOSINGS: Final = ("all-done", "no-breach", "reported-twice")
ADDED: Final = {
    "1": ("consequences", "what it may cause for the persons"),
    "2": ("measures", "what was done or is to be done about it"),
    "3": ("persons", "about how many persons"),
    "4": ("records", "about how many records"),
    "5": ("ongoing", "whether it still goes on"),
    "6": ("contained", "whether it is contained"),
    "7": ("person", "a person it is about, by the number of their case"),
}
ANSWERS: Final = {
    "ongoing": {"y": "yes", "n": "no", "u": "unknown"},
    "contained": {"y": "yes", "p": "partly", "n": "no"},
}


@dataclass
class Decided(Message):
    """`words` say what is kept; or what is sealed was opened."""

    number: str
    words: str = ""
    texts: BreachTexts | None = None


class BreachDeciding(BreachPersons):
    """Mixed into the register, which handles `Decided`."""

    if TYPE_CHECKING:  # the register's own

        def show_all(self, one: BreachLine) -> None: ...

    def choose(self, one: BreachLine) -> None:
        """Ask what is to be done about it."""
        answers: dict[str, tuple[str, Callable[[], None]]] = {
            "t": ("read what happened", partial(self._read, one)),
            "i": ("all that is known, to scroll", partial(self.show_all, one)),
        }
        if not one.closed:
            whom = BREACH_WHOM[one.first]
            answers["y"] = (f"{whom}: told", partial(self._told, one, one.first))
            answers["n"] = (f"{whom}: not told, because", partial(self._not_told, one, one.first))
            if one.first == "authority":
                answers |= self.person_answers(one)
                answers["p"] = ("the persons: were told in another way", partial(self._told, one, "persons"))
                answers["k"] = ("the persons: not told, because", partial(self._not_told, one, "persons"))
            answers["a"] = ("add what is known by now", partial(self._add, one))
            if one.locks:
                answers["r"] = (f"release {one.about}, with the PIN", partial(self._release, one))
            answers["c"] = ("close the breach, with the PIN", partial(self._close, one))

        def chosen(key: str | None) -> None:
            if key is not None:
                answers[key][1]()

        words = {key: said for key, (said, _) in answers.items()}
        self.app.push_screen(Choice(f"The breach {one.number}", [one.missing] if one.missing else [], words), chosen)

    def _read(self, one: BreachLine) -> None:
        self.run(
            self.desk.breach.texts, self.host.session, one.number,
            reply=lambda texts: Decided(one.number, texts=texts), serial="texts", write=True, stage="opening it",
        )  # fmt: skip

    def _told(self, one: BreachLine, whom: str) -> None:
        def reasoned(reason: str) -> None:
            title = f"When was it told to {BREACH_WHOM[whom]}? ({one.zone})"
            self._ask(title, lambda text: timed(reason, text), longest=25, placeholder=times.SHAPES)

        def timed(reason: str, text: str) -> None:
            now = self.host.clock().astimezone()
            try:
                at = times.typed(text, one.zone, now) or now
            except BadInput as error:
                self.flash(error.reason, "no")
                return
            if whom == "authority" and at > one.safe:
                self._ask("It is later than 72 hours: why? (Art 33(1))", lambda why: keep("told-late", why, at))
            else:
                keep(reason, "", at)

        def keep(reason: str, why: str, at: datetime) -> None:
            words = f"{BREACH_WHOM[whom]}: told"
            self.keep(one, words, self.desk.breach.decide, whom, reason, why, at)

        self._reason(f"{BREACH_WHOM[whom]}: told, because", TOLD[whom], reasoned)

    def _not_told(self, one: BreachLine, whom: str) -> None:
        def reasoned(reason: str) -> None:
            title = "Why? The register keeps it (Art 33(5))"
            words = f"{BREACH_WHOM[whom]}: not told"
            self._ask(title, lambda why: self.keep(one, words, self.desk.breach.decide, whom, reason, why))

        self._reason(f"{BREACH_WHOM[whom]}: not told, because", NOT_TOLD[whom], reasoned)

    def _add(self, one: BreachLine) -> None:
        def chosen(key: str | None) -> None:
            if key is None:
                return
            what, words = ADDED[key]
            if what == "person":
                self.ask_person(one)
                return
            keep = partial(self.keep, one, f"added: {words}", self.desk.breach.update, what)
            if what in ANSWERS:
                said = ANSWERS[what]
                self.app.push_screen(Choice(words, [], said), lambda key: keep(said[key]) if key else None)
            else:
                self._ask(words, keep, longest=9 if what in ("persons", "records") else 1_000)

        self.app.push_screen(Choice("Add what is known by now", [], {k: w for k, (_, w) in ADDED.items()}), chosen)

    def _release(self, one: BreachLine) -> None:
        def reasoned(reason: str) -> None:
            words = f"{one.about} is released"
            self.host.with_pin(lambda: self.keep(one, words, self.desk.breach.release, reason))

        self._reason(f"Release {one.about}, because", RELEASES, reasoned)

    def _close(self, one: BreachLine) -> None:
        if one.missing:
            self.flash(f"{one.missing}: decide it first", "no")
            return

        def reasoned(reason: str) -> None:
            words = f"{one.number} is closed; the register keeps it"
            self.host.with_pin(lambda: self.keep(one, words, self.desk.breach.close, reason))

        self._reason(f"Close {one.number}, because", CLOSINGS, reasoned)

    # --- small questions ---------------------------------------------------------------------------------------------

    def _reason(self, title: str, codes: tuple[str, ...], then: Callable[[str], None]) -> None:
        """One of the reasons; where there is one only, nobody is asked."""
        if len(codes) == 1:
            then(codes[0])
            return
        answers = {str(n): BREACH_REASONS[code] for n, code in enumerate(codes, 1)}
        self.app.push_screen(Choice(title, [], answers), lambda key: then(codes[int(key) - 1]) if key else None)

    def _ask(self, title: str, then: Callable[[str], None], *, longest: int = 1_000, placeholder: str = "") -> None:
        self.app.push_screen(
            Ask(title, max_length=longest, placeholder=placeholder), lambda text: then(text) if text else None
        )

    def keep(self, one: BreachLine, words: str, call: Callable[..., object], *args: object) -> None:
        self.run(
            call, self.host.session, one.number, *args, reply=lambda _: Decided(one.number, words), serial="decide",
            write=True, stage="keeping it",
        )  # fmt: skip
