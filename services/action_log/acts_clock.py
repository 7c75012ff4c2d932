"""Acts on the legal clock of a case: questions to the person, whether the time stands still, later receipts."""

from services.action_log.act import Act, act
from services.action_log.shapes import CaseNumber, Code, Id, IsoDate, Micros


@act("clock.asked")
class ClockAsked(Act):
    """The person was asked for `what` on the day `on`; `fair`: for no more than is needed (rules.md SUS-3).

    `by` is `mail` or `paper` where our letter asks: then it counts from the day that it left (`question.sent`).
    """

    question: Id
    what: Code
    ground: Code
    fair: bool
    on: IsoDate
    by: Code


@act("clock.chased")
class ClockChased(Act):
    """Nothing came, and they were asked again (SUS-5), `by` as in `clock.asked`."""

    question: Id
    on: IsoDate
    by: Code


@act("question.sent")
class QuestionSent(Act):
    """The letter that asks, or asks again, left on the day `on`, or reached the person otherwise."""

    question: Id
    letter: Id
    on: IsoDate


@act("clock.answered")
class ClockAnswered(Act):
    """The answer came."""

    question: Id
    on: IsoDate


@act("extension.failed")
class ExtensionFailed(Act):
    """The notice of an extension did not leave: nothing is extended, and a lead may decide anew."""

    reason: Code


@act("suspension.accepted")
class SuspensionAccepted(Act):
    """A lead lets the later date lead (SUS-2)."""

    reason: Code


@act("suspension.refused")
class SuspensionRefused(Act):
    """A lead lets the hard date lead, as it does while nobody decided."""

    reason: Code


@act("receipt.noted")
class ReceiptNoted(Act):
    """It was asked for again: a reminder, or in the case `number`, which ended in this one (INT-8, INT-9)."""

    kind: Code
    received_at: Micros
    received_on: IsoDate
    number: CaseNumber | None


@act("case.merged")
class CaseMerged(Act):
    """The same request is the case `into`, which goes on."""

    into: CaseNumber
