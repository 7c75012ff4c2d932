"""What crosses from the desk to a screen about what a second person decides."""

from dataclasses import dataclass, field
from datetime import datetime

from services.enums import DutyRole, Right


@dataclass(frozen=True, slots=True)
class Proposal:
    """What somebody would decide: `refused`, `partly` or `fee`, on which grounds, explained in the person's words.

    `earlier`: numbers of cases in which the same was asked for. `amount` in hundredths, for a fee.
    """

    outcome: str
    grounds: tuple[str, ...]
    explanation: str = field(repr=False)
    earlier: tuple[str, ...] = ()
    amount: int = 0
    language: str = ""


@dataclass(frozen=True, slots=True)
class DecisionView:
    """A decision of an item: who proposed it, whether it waits, lies with the controller, was decided, was told."""

    id: str
    outcome: str
    grounds: tuple[str, ...]
    by: str
    at: datetime
    earlier: tuple[str, ...] = ()
    fee: str = ""
    waits: bool = False
    referred_at: datetime | None = None
    approved_by: str = ""
    told_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Approval:
    """What a second person is asked to decide: the plan of an erasure, parts of an export, or a `decision`.

    `mine`: this person asked for it, so that another one decides.
    """

    case: str
    item: str
    right: Right
    asked_by: str
    asked_at: datetime
    digest: str
    preview: str
    due: str
    mine: bool
    controller: str = ""
    duty: DutyRole = DutyRole.CONTROLLER
    decision: DecisionView | None = None
