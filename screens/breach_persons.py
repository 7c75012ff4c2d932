"""Who of a breach is told (Art 34): the letter to write, one that failed, one person who gets none and why."""

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Final

from screens.kit.screen import KitScreen
from screens.kit.text import count
from screens.kit.widgets.ask import Ask
from screens.kit.widgets.confirm import Choice
from screens.letter_words import HANDED, MEDIA
from screens.words import BREACH_REASONS
from services.types import BreachLine, BreachPerson

WITHOUT: Final = ("no-high-risk", "unreadable", "risk-removed", "public-notice", "not-about")
OFFERED: Final = 9  # persons that a choice can name
STATES: Final = {
    "added": "not told yet",
    "asked": "the letter is on its way",
    "waiting": "the letter waits",
    "told": "told",
    "failed": "NOT TOLD",
    "public": "told in public",
    "not-needed": "no letter",
}


def person_words(one: BreachPerson, at: Callable[[BreachPerson], str]) -> str:
    """Where a person stands, in words; `at` says the time."""
    when, state = at(one), STATES.get(one.state, one.state)
    if one.state == "told":
        how = MEDIA.get(one.medium, "in another way" if one.medium == "otherwise" else f"by {one.medium}")
        return f"{state} {how}, {when}"
    if one.state == "waiting":
        return f"{state} ({one.reason}), next try {when}"
    if one.state == "failed":
        return f"{state}: {one.reason}, {when}"
    why = BREACH_REASONS.get(one.reason, one.reason)
    return f"{state}: {why}, by {one.by}" if why else state


class BreachPersons(KitScreen):
    """Mixed into what decides about a breach: `keep` writes one decision."""

    if TYPE_CHECKING:  # of what decides

        def keep(self, one: BreachLine, words: str, call: Callable[..., object], *args: object) -> None: ...

    def person_answers(self, one: BreachLine) -> dict[str, tuple[str, Callable[[], None]]]:
        """What can be done about the persons, by key."""
        answers: dict[str, tuple[str, Callable[[], None]]] = {
            "w": ("write to the persons (Art 34), with the PIN", partial(self.host.show, "notice", one.number))
        }
        failed = sum(person.state == "failed" for person in one.people)
        if failed:
            words = f"send {count(failed)} again that did not leave"
            answers["b"] = (words, partial(self.keep, one, "sent again", self.desk.notice.again))
        if one.people:
            answers["o"] = ("one person: told otherwise, or no letter", partial(self._which, one))
        return answers

    def ask_person(self, one: BreachLine) -> None:
        """The breach is about the person of another case, too."""

        def named(text: str | None) -> None:
            if text:
                number = text.upper()
                self.keep(one, f"it is about the person of {number}, too", self.desk.notice.add, number)

        self.app.push_screen(Ask("The number of their case", max_length=20, placeholder="C-26-000017"), named)

    def _which(self, one: BreachLine) -> None:
        left = [person for person in one.people if person.state != "told"]
        if not left:
            self.flash("each of them is told", "good")
        elif len(left) == 1:
            self._person(one, left[0])
        elif len(left) <= OFFERED:
            answers = {str(n): f"{x.case}: {STATES.get(x.state, x.state)}" for n, x in enumerate(left, 1)}
            self.app.push_screen(
                Choice("Which person?", [], answers), lambda key: self._person(one, left[int(key) - 1]) if key else None
            )
        else:
            self._typed(one, left)

    def _typed(self, one: BreachLine, left: list[BreachPerson]) -> None:
        def named(text: str | None) -> None:
            found = next((person for person in left if text and person.case == text.upper()), None)
            if found is not None:
                self._person(one, found)
            elif text:
                self.flash("nobody of that case waits here", "no")

        title = f"Which of the {count(len(left))} persons? The number of their case"
        self.app.push_screen(Ask(title, max_length=20, placeholder=left[0].case), named)

    def _person(self, one: BreachLine, person: BreachPerson) -> None:
        handed = {letter: HANDED[key] for letter, key in zip("ptv", "123", strict=True)}
        told = {letter: words for letter, (_, words) in handed.items()} if person.state == "failed" else {}
        without = {str(n): f"no letter: {BREACH_REASONS[code]}" for n, code in enumerate(WITHOUT, 1)}

        def chosen(key: str | None) -> None:
            if key in told:
                medium, words = handed[key]
                self.keep(one, f"{person.case}: {words}", self.desk.notice.handed, person.case, medium)
            elif key is not None:
                self._without(one, person, WITHOUT[int(key) - 1])

        state = STATES.get(person.state, person.state)
        lines = [f"{state}: {person.reason}" if person.reason else state]
        self.app.push_screen(Choice(f"The person of {person.case}", lines, {**told, **without}), chosen)

    def _without(self, one: BreachLine, person: BreachPerson, reason: str) -> None:
        def typed(why: str | None) -> None:
            if why:
                self.keep(one, f"{person.case}: no letter", self.desk.notice.settle, person.case, reason, why)

        title = "Where and when was it made public?" if reason == "public-notice" else "Why? The register keeps it"
        self.app.push_screen(Ask(f"{title} (Art 33(5))", max_length=1_000), typed)
