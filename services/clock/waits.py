"""Questions to the person while whose answer is awaited the clock may stand still (rules.md 2.2 and 2.6)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from services.clock.calendar import LAST_YEAR
from services.clock.rules import ClockRules
from services.errors import BadInput
from services.types import Wait

GROUNDS: dict[Wait, tuple[str, ...]] = {
    Wait.IDENTITY: ("identity-doubt", "authority-doubt"),
    Wait.CLARIFICATION: ("large-quantity",),
    Wait.FEE: ("unfounded", "excessive", "further-copy"),
}
"""What a question may rest on: Art 12(6), recital 63, Art 12(5) and 15(3). Nothing else stops a clock (SUS-3)."""

DECIDED = ("unfounded", "excessive")
"""Grounds of a fee that is decided by two people first (Art 12(5), REF-8); a further copy is simply charged."""

RESTARTS = (Wait.IDENTITY, Wait.FEE)
"""After these the month begins anew where the law says so (UK Art 12A)."""

CHASE_DAYS, CHASES = 7, 2
"""Who does not answer is asked again after 7 and 14 days, and a week later at the latest it ends (SUS-5)."""

_ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Question:
    """The person was asked for `what` on the day `asked` and answered on `answered`, if they did.

    `fair`: it asked for no more than it needed. `chased`: the days on which they were asked again. Days are of the
    controller's zone. Raises `BadInput` for an answer before the question, and for days that no calendar reaches.
    """

    what: Wait
    asked: date
    answered: date | None = None
    ground: str = ""
    fair: bool = True
    chased: tuple[date, ...] = ()

    def __post_init__(self) -> None:
        if self.answered is not None and self.answered < self.asked:
            raise BadInput("an answer comes after its question", place="answered")
        if max(self.asked, self.answered or self.asked, *self.chased).year > LAST_YEAR:
            raise BadInput(f"holidays are not known after {LAST_YEAR}", place="asked")

    @property
    def chase_on(self) -> date:
        """The day on which it is to be asked again, or ended after that was done twice."""
        week = timedelta(days=CHASE_DAYS)
        return max([self.asked + week * (min(len(self.chased), CHASES) + 1), *(day + week for day in self.chased)])

    @property
    def until(self) -> date:
        """The day of the answer. While it is open the next day to chase: who does not chase loses the pause."""
        return self.answered or self.chase_on


def no_pause_because(question: Question, received: date, rules: ClockRules, ask_days: int | None = None) -> str:
    """Why the question stops no clock, as a sentence; empty when it does (SUS-3). `ask_days`: the controller's own."""
    allowed = rules.ask_days if rules.ask_days is None or ask_days is None else ask_days
    late = (question.asked - received).days
    if question.ground not in GROUNDS[question.what]:
        return "no ground for it is recorded"
    if not question.fair:
        return "it asked for more than it needed"
    if late < 0:
        return "it was asked before the request came"
    if allowed is not None and late > allowed:
        return f"it was asked {late} days after receipt, more than {allowed}"
    return ""


def relevant_day(received: date, questions: Iterable[Question], rules: ClockRules) -> date:
    """The day from which the month runs: the receipt, or a later identity or fee where the law says so."""
    later = [q.until for q in questions if rules.by_law and q.what in RESTARTS]
    return max([received, *later])


def days_paused(questions: Iterable[Question], start: date, rules: ClockRules) -> int:
    """Calendar days that do not count, overlapping ones once (SUS-4).

    From question to answer, the day of the answer not included; where the law says so both days are, after `start`.
    """
    if rules.by_law:
        asked = [q for q in questions if q.what not in RESTARTS]
        spans = [(max(q.asked, start + _ONE_DAY), q.until + _ONE_DAY) for q in asked]
    else:
        spans = [(q.asked, q.until) for q in questions]
    days, end = 0, date.min
    for first, after in sorted(spans):
        days += max(0, (after - max(first, end)).days)
        end = max(end, after)
    return days
