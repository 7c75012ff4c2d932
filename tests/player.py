"""A pair of hands and eyes at the real console: keys go in, what the screen shows and what the logs hold comes out."""

import re
import time
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from textual.pilot import Pilot

from console.app import DeskApp
from db.log_reader import LogReader
from services.action_log.entry import Entry
from services.demo.people import Person
from services.desk.open import open_desk
from services.home import Home, owner_of

GAP_S, POLL_S = 0.09, 0.15
"""Between acting keys: faster ones count as a paste and do nothing."""
TYPE_S = 0.025
PATIENCE_S = 40.0
OTHER_WAYS = ("s sends the code", "s shows the number", "y: confirmed", "closed: ")
SIGNS = {
    " ": "space", ".": "full_stop", "@": "at", "-": "minus", "+": "plus", ",": "comma", "/": "slash", "[": "[",
    ":": "colon", "?": "question_mark", "!": "exclamation_mark",
}  # fmt: skip


class Player:
    """Whoever sits at the console. `person` is who is on the line and knows their own answers."""

    def __init__(self, app: DeskApp, pilot: Pilot[Any]) -> None:
        self.app, self._pilot = app, pilot

    async def press(self, *keys: str) -> None:
        """Each key with a human pause after it."""
        for key in keys:
            await self._pilot.press(key)
            await self._pilot.pause(GAP_S)

    async def write(self, text: str) -> None:
        """Type `text` into the field that has the keys."""
        for sign in text:
            await self._pilot.press(SIGNS.get(sign, sign))
            await self._pilot.pause(TYPE_S)
        await self._pilot.pause(GAP_S)

    def screen(self) -> str:
        """What the screen shows now, line by line."""
        compositor = self.app.screen._compositor
        return "\n".join("".join(segment.text for segment in strip) for strip in compositor.render_strips())

    async def sees(self, words: str, *, seconds: float = PATIENCE_S) -> None:
        """Wait until the screen shows `words`."""
        await self.until(lambda: words in self.screen(), f"'{words}' on the screen", seconds)

    async def until(self, what: Callable[[], object], words: str, seconds: float = PATIENCE_S) -> None:
        end = time.monotonic() + seconds
        while not what():
            assert time.monotonic() < end, f"waited in vain for {words}; the screen:\n{self.screen()}"
            await self._pilot.pause(POLL_S)
        await self._pilot.pause(GAP_S)

    async def rest(self, seconds: float = 0.5) -> None:
        """Wait as a person does before a dialog that is not armed yet."""
        await self._pilot.pause(seconds)

    async def still(self) -> str:
        """The screen, once it has stopped changing; its first and last lines hold clocks."""
        before, now = "", self.screen()
        while before.splitlines()[1:-1] != now.splitlines()[1:-1]:
            await self._pilot.pause(0.1)
            before, now = now, self.screen()
        return now

    # --- what is done again and again ------------------------------------------------------------------------------

    async def sign_in(self, agent: str, pin: str, *, sees: str = " cases ·") -> None:
        await self.until(lambda: self.app.desk is not None and self.app.status is not None, "the desk")
        await self.until(lambda: self.app.status is None or self.app.status.central == "reached", "central")
        for _ in range(40):  # a terminal that was never used learns its agents from central first
            await self.write(agent)
            await self.press("enter")
            await self.write(pin)
            await self.press("enter")
            await self.until(lambda: sees in self.screen() or "do not fit" in self.screen(), "an answer")
            if sees in self.screen():
                return
            await self.press("shift+tab")
            await self._pilot.press(*["backspace"] * len(agent))
        raise AssertionError("nobody could sign in")

    async def log_request(self, person: Person | str, rights: str, words: str = "", *, controller: str = "2") -> str:
        """Intake with the letters of `rights`; the case that was opened. Controller 2 is the German one."""
        await self.press("i")
        await self.sees("Legal end")
        await self.press(*["shift+tab"] * 4, controller, *["tab"] * 4, *rights, "tab")
        await self.write(person if isinstance(person, str) else person.email)
        await self.press("tab")
        if words:
            await self.write(words)
        await self.press("enter")
        await self.sees("Newest action")
        await self.sees("v  verify" if set(rights) & set("aep") else "Next")
        found = re.search(r"C-\d\d-\d{6}", self.screen())
        assert found is not None
        return found.group()

    async def open_check(self) -> None:
        await self.press("v")
        await self.sees("aims at")

    async def lead_check(self, answers: Callable[[str], str]) -> None:
        """Follow the checklist to its end as the screen leads: `answers` gives what the caller says to a question."""
        while " over" not in (before := await self.still()).splitlines()[2]:
            if "Enter shows the question" in before:
                await self.press("enter")
                await self.sees("type what the caller says, Enter")
                question = self.said()
                await self.write(answers(question))
                await self.press("enter")
            elif any(words in before for words in OTHER_WAYS):
                await self.press("j")
                continue
            else:
                await self.press("y")
            await self.until(lambda before=before: self._moved_on(before), "the next step")  # type: ignore[misc]

    def _moved_on(self, before: str) -> bool:
        """A mark more, a strike more, or the end; and the step is no longer being kept."""
        now = self.screen()
        settled = "type what the caller says, Enter" not in now and "…" not in now.splitlines()[-5]
        return settled and _marks(now) != _marks(before)

    def said(self) -> str:
        """The words to say, as the checklist shows them."""
        lines = self.screen().splitlines()
        start = next(n for n, line in enumerate(lines) if line.strip().startswith("Say "))
        return " ".join(line.strip() for line in lines[start : start + 3])

    async def wrap_up(self, letter: str) -> None:
        """End the contact with a code's letter; back in the queue."""
        await self.press("w")
        await self.sees("Wrap up the contact")
        await self.rest()
        await self.press(letter)
        await self.sees("wrapped up: ")

    async def type_pin(self, pin: str) -> None:
        await self.sees("Your PIN again")
        await self.write(pin)
        await self.press("enter")


def _marks(screen: str) -> tuple[str, str]:
    """The step in hand, and what is reached and wrong so far."""
    here = next((line for line in screen.splitlines() if line.startswith(" ▶")), "")
    return here, screen.splitlines()[2].split("holds")[0]


def knows(person: Person) -> Callable[[str], str]:
    """What the person says to a question of the checklist, in either language."""

    def answer(question: str) -> str:
        low = question.lower()
        for words, value in (
            (("geboren", "geburt", "birth"), person.date_of_birth.isoformat()),
            (("postleitzahl", "postcode", "post code"), person.postcode),
            (("pin",), person.pin),
            (("kundennummer", "customer number"), person.customer_number),
        ):
            if any(word in low for word in words):
                return value
        raise AssertionError(f"nobody knows an answer to: {question}")

    return answer


@asynccontextmanager
async def console(home: Path, terminal: str = "desk-1", size: tuple[int, int] = (80, 24)) -> AsyncIterator[Player]:
    """The real app on a real home, nobody signed in yet."""
    app = DeskApp(lambda: open_desk(home, terminal, demo=True), home / "logs")
    async with app.run_test(size=size) as pilot:
        try:
            yield Player(app, pilot)
        finally:
            if app.desk is not None:
                app.desk.close()


# --- the logs, and nothing but the logs ------------------------------------------------------------------------------


def terminal_log(home: Path, terminal: str = "desk-1") -> list[Entry]:
    """Every entry of a terminal's log, as its file has it."""
    place = Home(home)
    return _entries(place.log("terminal", owner_of(place, "terminal", terminal)))


def worker_log(home: Path) -> list[Entry]:
    """Every entry of the worker's log."""
    place = Home(home)
    return _entries(place.log("worker", owner_of(place, "worker", "worker-1")))


def _entries(path: Path) -> list[Entry]:
    with LogReader(path) as reader:
        return list(reader.entries())


def of_case(entries: Sequence[Entry], case: str) -> list[Entry]:
    return [entry for entry in entries if entry.case == case]


def acts(entries: Sequence[Entry]) -> list[str]:
    return [entry.act for entry in entries]


def only(entries: Sequence[Entry], act: str) -> Entry:
    """The one entry of that act."""
    found = [entry for entry in entries if entry.act == act]
    assert len(found) == 1, f"{len(found)} times {act} in {acts(entries)}"
    return found[0]


def in_order(entries: Sequence[Entry], *wanted: str) -> bool:
    """Whether the acts stand in this order, others between them."""
    names: Iterator[str] = iter(acts(entries))
    return all(any(name == act for name in names) for act in wanted)
