"""A network between terminals and central that is as bad as its seed says: nothing sleeps, nothing is left to chance.

A call may be lost before it arrives, its answer after it took effect; it may arrive once more, or later than calls
that were made after it. A terminal may be cut off altogether.
"""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from random import Random
from typing import Any

from services.action_log.moment import Moment
from services.errors import DeskError, Unavailable

SECOND = 1_000_000
MINUTE, HOUR = 60 * SECOND, 3600 * SECOND
BEGAN = 1_764_000_000 * SECOND
WRITES = frozenset({"submit", "claim", "renew", "reserve_numbers", "enrol_successor", "report_loss"})


class Clock:
    """The one clock of a simulated centre, in µs."""

    def __init__(self) -> None:
        self.us = BEGAN

    def moment(self) -> Moment:
        return Moment(self.us, self.us - BEGAN, "5" * 32)


@dataclass(frozen=True, slots=True)
class Weather:
    """Of a hundred calls, how many are lost, held up, unanswered and repeated."""

    lost: int = 0
    late: int = 0
    unanswered: int = 0
    repeated: int = 0


CALM, STORM = Weather(), Weather(lost=7, late=4, unanswered=7, repeated=8)
Perform = Callable[[str, str, tuple[Any, ...]], Any]
"""(terminal, call, arguments) → the answer of central as it stands then."""


class Network:
    """Carries calls to central, or not."""

    def __init__(self, random: Random, clock: Clock, perform: Perform) -> None:
        self._random, self._clock, self._perform = random, clock, perform
        self._cut: dict[str, int] = {}
        self._underway: list[tuple[int, str, str, tuple[Any, ...]]] = []
        self.weather = STORM
        self.happened: dict[str, int] = dict.fromkeys(("lost", "late", "unanswered", "repeated", "cut"), 0)

    def cut(self, terminal: str, for_us: int) -> None:
        """Nothing of this terminal's arrives for so long."""
        self._cut[terminal] = self._clock.us + for_us
        self.happened["cut"] += 1

    def heal(self) -> None:
        """From now on every call arrives once and is answered; what is still underway arrives first."""
        self.weather = CALM
        self._cut.clear()
        self._clock.us += 24 * HOUR
        self.deliver()

    def carry(self, terminal: str, name: str, values: tuple[Any, ...]) -> Any:
        """The answer to a call; raises `Unavailable` where the caller hears nothing, whatever became of it."""
        if self._clock.us < self._cut.get(terminal, 0):
            raise Unavailable("the line is down")
        if self._chance("lost"):
            raise Unavailable("nothing came back: it never arrived")
        if name in WRITES and self._chance("late"):
            self._hold(terminal, name, values)
            raise Unavailable("nothing came back: it is still underway")
        answer, refusal = None, None
        try:
            answer = self._perform(terminal, name, values)
        except DeskError as exc:
            refusal = exc
        if name in WRITES and self._chance("repeated"):
            self._hold(terminal, name, values)
        if self._chance("unanswered"):
            raise Unavailable("nothing came back: the answer was lost")
        if refusal is not None:
            raise refusal
        return answer

    def deliver(self) -> None:
        """Let arrive what was held up until now, in an order of its own. Nobody waits for the answers."""
        due = [call for call in self._underway if call[0] <= self._clock.us]
        self._underway = [call for call in self._underway if call[0] > self._clock.us]
        self._random.shuffle(due)
        for _, terminal, name, values in due:
            with suppress(DeskError):
                self._perform(terminal, name, values)

    def _hold(self, terminal: str, name: str, values: tuple[Any, ...]) -> None:
        until = self._clock.us + self._random.choice((SECOND, MINUTE, 20 * MINUTE, 3 * HOUR))
        self._underway.append((until, terminal, name, values))

    def _chance(self, what: str) -> bool:
        happens = self._random.randrange(100) < getattr(self.weather, what)
        self.happened[what] += happens
        return happens


class Line:
    """What a terminal holds for central: every call of `CentralPort`, over the network."""

    IDLE_S = 0.0
    misfit = ""

    def __init__(self, network: Network, terminal: str) -> None:
        self._network, self._terminal = network, terminal

    def __getattr__(self, name: str) -> Callable[..., Any]:
        return lambda *values: self._network.carry(self._terminal, name, values)

    def close(self) -> None:
        """There is nothing to let go of."""
