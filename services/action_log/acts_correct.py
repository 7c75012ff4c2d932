"""Acts of correcting data (Art 16), and of lifting a restriction (Art 18(3))."""

from services.action_log.act import Act, act
from services.action_log.shapes import CaseNumber, Code, Count, Id, Key


@act("rectification.asked")
class RectificationAsked(Act):
    """Values are to be corrected; which and how is sealed. `grave`: contact data, identity or money is among them."""

    fields: tuple[Id, ...]
    grave: bool


@act("rectification.started")
class RectificationStarted(Act):
    """The worker found the rows that hold the old values: `rows` in parallel to `systems`."""

    systems: tuple[Key, ...]
    rows: tuple[Count, ...]


@act("rectification.written")
class RectificationWritten(Act):
    """A system holds the new values in so many rows, and says so when it is read again."""

    system: Key
    rows: Count


@act("rectification.failed")
class RectificationFailed(Act):
    """A system did not take it; without a system, the agent has it back."""

    system: Key | None
    reason: Code


@act("restriction.lift_asked")
class RestrictionLiftAsked(Act):
    """A restriction is to be lifted, for this reason; the person is told first."""

    reason: Code


@act("restriction.lifted")
class RestrictionLifted(Act):
    """A system marks the person's data no longer, in so many rows, and says so when it is read again."""

    system: Key
    rows: Count


@act("restriction.kept")
class RestrictionKept(Act):
    """This case wants the person's data restricted no longer, but another one does: the marks stay for that one."""

    case: CaseNumber
