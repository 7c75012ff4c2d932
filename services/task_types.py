"""What crosses to the screens of work that people do by hand, and what a case keeps of it."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class TaskState:
    """One task of an item, asked for the `round`-th time. Days are ISO; `outcome` is empty until a person (`by`)
    answered this round.

    `what` is find, erase, restrict, consent-give or consent-withdraw (of `purpose`); `count` is how many things it was
    about, as that person says; `detail` names what they typed, sealed; `answers` counts answers of every round.
    """

    task: str
    system: str
    what: str
    responsible: str
    due: str
    round: int = 1
    purpose: str = ""
    outcome: str = ""
    count: int = 0
    reason: str = ""
    by: str = ""
    answered_on: str = ""
    answers: int = 0
    detail: str = ""


@dataclass(frozen=True, slots=True)
class TaskView:
    """A task as a list shows it: `waits` for a person, `late` when its day is over; `why_not` says why this person may
    not answer it."""

    case: str
    item: str
    state: TaskState
    waits: bool = False
    late: bool = False
    why_not: str = ""


@dataclass(frozen=True, slots=True)
class TaskForm:
    """What whoever does it needs to know: what to do, in words, and by what the person is known there."""

    say: str
    identities: tuple[tuple[str, str], ...] = field(repr=False)
