"""Acts on saying no: proposed by one person, decided by another, told to whom it concerns (rules.md 3)."""

from services.action_log.act import Act, act
from services.action_log.shapes import CaseNumber, Code, Count, Id, IsoDate, Language


@act("decision.proposed")
class DecisionProposed(Act):
    """Somebody would refuse an item, refuse it in part, or ask a fee (`amount` in hundredths) on these grounds.

    The entry's detail is the explanation; `earlier` are cases in which the same was asked for.
    """

    decision: Id
    outcome: Code
    grounds: tuple[Code, ...]
    earlier: tuple[CaseNumber, ...]
    amount: Count | None
    language: Language


@act("decision.referred")
class DecisionReferred(Act):
    """A processor's proposal goes to the controller, who decides (Art 28)."""

    decision: Id


@act("decision.approved")
class DecisionApproved(Act):
    """A second person decides exactly this; as a processor, on the controller's `instruction`."""

    decision: Id
    instruction: Code | None


@act("decision.returned")
class DecisionReturned(Act):
    """The second person, or the controller, does not decide so."""

    decision: Id
    reason: Code


@act("decision.withdrawn")
class DecisionWithdrawn(Act):
    """Taken back before it was decided."""

    decision: Id


@act("decision.told")
class DecisionTold(Act):
    """The letter that says so left, or people told the person otherwise, on the day `on`."""

    decision: Id
    on: IsoDate
