"""Whoever sits at plain lines: what is said to them, what they type, who they are."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final, Protocol, TypeVar

from screens.kit.deskside import sentences
from screens.kit.text import clean
from services.errors import DeskError, Refused

if TYPE_CHECKING:
    from services.types import Session

T = TypeVar("T")
WIDE: Final = 10_000
"""Cells of a line: a screen reader wants sentences whole, and a terminal wraps by itself."""
SPOKEN: Final = str.maketrans({"·": ";", "…": "...", "▲": "!", "“": '"', "”": '"', "→": "to"})
"""Signs that are read out by their names, or not at all."""
BACK: Final = "0"
TRIES: Final = 3


class Leave(Exception):
    """The person goes: the input ended, or they said so."""


class IdleTooLong(Exception):
    """Nobody typed for so long that the desk locks."""


class SignedOut(Exception):
    """The session is over: somebody else signs in."""


class Lines(Protocol):
    """What reads and writes: the terminal, or a test."""

    def read(self, prompt: str, *, secret: bool, idle_s: float | None) -> str:
        """A line that was typed; raises `Leave` at the end of input, `IdleTooLong` after `idle_s` without a line."""
        ...

    def write(self, line: str) -> None:
        """One line more."""
        ...

    def rest(self, seconds: float) -> bool:
        """Do nothing for so long; whether the person let it be so."""
        ...

    def clear(self) -> None:
        """What was written can be read on this terminal no more (TRM-4)."""
        ...


@dataclass(frozen=True, slots=True)
class Option:
    """One answer: `key` is the letter it has on the other screens, `no` says why it is closed."""

    key: str
    words: str
    no: str = ""


class Seat:
    """`session` is set once somebody signed in; `idle_s` and `checklist_s` are how long the desk waits for a line."""

    def __init__(
        self, desk: Any, lines: Lines, *, now: Callable[[], datetime], idle_s: float = 180, checklist_s: float = 600
    ) -> None:
        self.desk, self._lines, self.now = desk, lines, now
        self.idle_s, self.checklist_s = idle_s, checklist_s
        self.patient = False
        """A checklist is open: the caller looks for something while we wait."""
        self._session: Session | None = None
        self._listed: tuple[Option | str, ...] = ()

    @property
    def session(self) -> "Session":
        if self._session is None:
            raise SignedOut
        return self._session

    # --- saying and asking -------------------------------------------------------------------------------------------

    def say(self, words: object = "") -> None:
        """Lines of ours or of data, made inert; empty ones fall out."""
        for line in clean(str(words), lines=True).splitlines():
            if line.strip():
                self._lines.write(" ".join(line.translate(SPOKEN).split()))

    def ask(self, prompt: str, *, secret: bool = False) -> str:
        """What is typed, without the blanks around it. `L` alone locks; a desk that nobody uses locks by itself."""
        while True:
            try:
                text = self._lines.read(f"{prompt}: ", secret=secret, idle_s=self._idle()).strip()
            except IdleTooLong:
                self.lock("idle")
                continue
            if text == "L" and not secret and self._session is not None:
                self.lock("key")
                continue
            return text

    def _idle(self) -> float | None:
        if self._session is None:
            return None
        return self.checklist_s if self.patient else self.idle_s

    def choose(self, question: str, options: Sequence[Option], *, back: str = "back", again: str = "") -> str:
        """The key of the option that was chosen by its number or letter; `BACK` for back, empty for an empty line.

        Closed options say why and are not chosen. `again` is what an empty line does, if anything. A list that was
        said last is not said again: `?` says it.
        """
        self.say(question)
        if (*options, back) != self._listed:
            self._list(options, back)
        hint = f", Enter {again}" if again else ""
        while True:
            typed = self.ask(f"Number or letter{hint}")
            if typed == BACK or (not typed and again):
                return typed
            found = _picked(options, typed)
            if typed == "?":
                self._list(options, back)
            elif found is None:
                self.say(
                    f"There is no {typed}: ? says the list." if typed else "Type a number or a letter: ? says the list."
                )
            elif found.no:
                self.say(f"no: {found.no}")
            else:
                return found.key

    def _list(self, options: Sequence[Option], back: str) -> None:
        self._listed = (*options, back)
        for number, one in enumerate(options, 1):
            letter = f" ({one.key})" if not one.key.isdigit() else ""
            self.say(f"{number}{letter} {one.words}" + (f"; closed: {one.no}" if one.no else ""))
        self.say(f"{BACK} {back}")

    def several(self, question: str, options: Sequence[Option]) -> tuple[str, ...]:
        """The keys of all that were chosen in one line, as `1 3` or `ae`."""
        self.say(question)
        for number, one in enumerate(options, 1):
            self.say(f"{number} ({one.key}) {one.words}")
        while True:
            typed = self.ask("Numbers or letters, several at once").replace(",", " ")
            words = typed.split() if any(c.isdigit() for c in typed) else list(typed.replace(" ", ""))
            found = [_picked(options, word) for word in words]
            if found and None not in found:
                return tuple(dict.fromkeys(one.key for one in found if one is not None))
            self.say("Type numbers or letters of the list.")

    def yes(self, question: str, words: str) -> bool:
        """Whether they say so: `y`, not a number, so that nothing is done by a finger that slips."""
        return self.ask(f"{question} y {words}, anything else: no").lower() == "y"

    # --- acting ------------------------------------------------------------------------------------------------------

    def does(self, work: Callable[[], T], done: str = "") -> T | None:
        """Call the desk; what it refuses is said and None comes back, else `done` is said."""
        try:
            found = work()
        except DeskError as error:
            self.say(f"{'no' if isinstance(error, Refused) else 'failed'}: {sentences(error)}")
            return None
        if done:
            self.say(done)
        return found

    def rest(self, seconds: float) -> bool:
        """Wait for so long; False when the person has enough of waiting."""
        if self._lines.rest(seconds):
            return True
        self.say("stopped waiting; what was asked for goes on by itself")
        return False

    def with_pin(self) -> bool:
        """The PIN again before a grave act (TRM-6); whether it was right."""
        for _ in range(TRIES):
            pin = self.ask("Your PIN again, please: this act needs it; empty: back", secret=True)
            if not pin:
                return False
            if self.does(lambda pin=pin: self.desk.sign.step_up(self.session, pin)) is not None:  # type: ignore[misc]
                return True
        return False

    # --- who sits here -----------------------------------------------------------------------------------------------

    def sit(self, session: "Session") -> None:
        self._session = session

    def stand_up(self, reason: str) -> None:
        """End the session, if there is one."""
        session, self._session, self.patient = self._session, None, False
        if session is not None:
            self.does(lambda: self.desk.sign.sign_out(session, reason))

    def lock(self, reason: str) -> None:
        """Nothing goes on until the same person types their PIN; anything else ends the session."""
        session = self.session
        self.desk.sign.lock(session, reason)
        self._lines.clear()
        self.say(f"The desk is locked: {session.agent} signed in. Empty line: somebody else signs in.")
        for _ in range(TRIES):
            pin = self._lines.read("PIN: ", secret=True, idle_s=None).strip()
            if not pin:
                break
            if self.does(lambda pin=pin: self.desk.sign.unlock(session, pin), "unlocked") is not None:  # type: ignore[misc]
                return
        self.stand_up("switch")
        raise SignedOut


def _picked(options: Sequence[Option], typed: str) -> Option | None:
    """By its number in the list, else by its letter."""
    if typed.isascii() and typed.isdigit() and typed[0] != "0" and int(typed[:6]) <= len(options):
        return options[int(typed) - 1]
    return next((one for one in options if one.key == typed), None)
