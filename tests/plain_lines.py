"""A person at plain lines: lines go in, lines come out, in one process, on the real desk."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from queue import Empty, Queue

from screens.plain.desk import sit_down
from screens.plain.seat import IdleTooLong, Leave, Seat
from services.demo.people import Person
from services.desk.open import open_desk

PATIENCE_S = 40.0


class Typist:
    """Reads what is written and types lines. The desk runs in a thread of its own, as it would at a terminal."""

    def __init__(self, home: Path, terminal: str = "desk-1", idle_s: float = 180) -> None:
        self._typed: Queue[str | None] = Queue()
        self._lock = threading.Condition()
        self.lines: list[str] = []
        self._asked = 0  # how many prompts were answered
        self.prompts: list[tuple[str, bool]] = []
        self.cleared = 0
        self.desk = open_desk(home, terminal, demo=True)
        seat = Seat(self.desk, self, now=lambda: datetime.now().astimezone(), idle_s=idle_s)
        self._thread = threading.Thread(target=lambda: sit_down(seat), daemon=True)
        self._thread.start()

    # what the seat asks of a terminal

    def read(self, prompt: str, *, secret: bool, idle_s: float | None) -> str:
        with self._lock:
            self.prompts.append((prompt, secret))
            self._lock.notify_all()
        try:
            line = self._typed.get(timeout=idle_s)
        except Empty:
            raise IdleTooLong from None
        if line is None:
            raise Leave
        return line

    def write(self, line: str) -> None:
        with self._lock:
            self.lines.append(line)
            self._lock.notify_all()

    def rest(self, seconds: float) -> bool:
        time.sleep(seconds)
        return True

    def clear(self) -> None:
        self.cleared += 1

    # what the person does

    def types(self, *lines: str) -> list[str]:
        """Each line as an answer to its own prompt; what was written after the last one, up to the next prompt."""
        for line in lines:
            self.prompt()
            begin = len(self.lines)
            self._asked += 1
            self._typed.put(line)
        self.prompt()
        return self.lines[begin:]

    def prompt(self) -> str:
        """Wait for the prompt that is not answered yet."""
        self._until(lambda: len(self.prompts) > self._asked or not self._thread.is_alive(), "a prompt")
        return self.prompts[-1][0] if self.prompts else ""

    def leaves(self) -> None:
        self._typed.put(None)
        self._thread.join(PATIENCE_S)

    def said(self) -> str:
        return "\n".join(self.lines)

    def sees(self, words: str) -> None:
        self._until(lambda: words in self.said(), f"'{words}'")

    def _until(self, what: Callable[[], bool], words: str) -> None:
        end = time.monotonic() + PATIENCE_S
        with self._lock:
            while not what():
                left = end - time.monotonic()
                assert left > 0, f"waited in vain for {words}:\n" + "\n".join(self.lines[-30:])
                self._lock.wait(min(left, 0.2))

    def waits_for_central(self) -> None:
        """Until central has all of this desk, and this desk all of central."""
        assert self.desk.synced()
        assert self.desk.caught_up()

    # what is done again and again

    def signs_in(self, agent: str, pin: str) -> None:
        for _ in range(40):
            if any("signed in" in line for line in self.types(agent, pin)):
                return
        raise AssertionError("nobody could sign in")

    def logs(self, person: Person | str, letters: str, words: str = "") -> str:
        """Log a request for the German controller; its case number."""
        self.types("i", "2", "1", "1", letters, "y", "")
        who = person if isinstance(person, str) else person.email
        written = "\n".join(self.types(who, words))
        start = written.index("Case C-") + len("Case ")
        return written[start : start + len("C-26-000001")]

    def leads_check(self, answers: Callable[[str], str]) -> str:
        """Follow the checklist to its end; what was written."""
        begin = len(self.lines)
        self.types("v")
        while "the check is over" not in "\n".join(self.lines[begin:]):
            options = self._options()
            if "a" in options and "s" not in options:
                said = self.types("a")
                question = next(line for line in said if line.startswith("Say:"))
                self.types(answers(question))
            elif "y" in options:
                self.types("y")
            else:
                self.types("j")
                self._next_open()
        return "\n".join(self.lines[begin:])

    def _options(self) -> set[str]:
        """The letters that are open now."""
        open_ones = [line for line in self.types("?") if "closed:" not in line]
        return {line.split("(")[1].split(")")[0] for line in open_ones if "(" in line[:5]}

    def _next_open(self) -> None:
        """Of the steps that are offered the one with the PIN; while its way is closed, look again."""
        while True:
            pin = next((line for line in self.types("?") if "PIN" in line), "")
            assert pin, "\n".join(self.lines[-60:])
            if "closed:" not in pin:
                self.types(pin.partition(" ")[0])
                return
            self.types("0", "", "j")


@contextmanager
def plain_lines(home: Path, terminal: str = "desk-1", idle_s: float = 180) -> Iterator[Typist]:
    """Somebody at plain lines on a real home, nobody signed in yet."""
    typist = Typist(home, terminal, idle_s)
    try:
        yield typist
    finally:
        typist.leaves()
        typist.desk.close()
