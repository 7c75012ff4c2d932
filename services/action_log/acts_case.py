"""Acts on contacts, cases and items, on letters and notes, and on the subject behind a case."""

from services.action_log.act import Act, act
from services.action_log.shapes import (
    Actor,
    CaseNumber,
    Code,
    Count,
    Digest,
    Id,
    IsoDate,
    Key,
    Language,
    LogId,
    Micros,
)


@act("contact.started")
class ContactStarted(Act):
    """Somebody called, wrote or came."""

    channel: Code


@act("contact.ended")
class ContactEnded(Act):
    """The contact is over after `seconds`."""

    seconds: Count


@act("case.opened")
class CaseOpened(Act):
    """A request was logged; `received_at` µs UTC, `received_on` the date in the controller's zone.

    `key` is the case's public key (X25519, hex): what is kept of the person is sealed to it. Of a request by mouth:
    the controller's `line` that was called, and whether it was read back (INT-5).
    """

    number: CaseNumber
    channel: Code
    regime: Code
    requester: Code
    received_at: Micros
    received_on: IsoDate
    role: Code | None
    key: Digest
    line: Key | None
    read_back: bool | None


@act("case.imported")
class CaseImported(Act):
    """A case from elsewhere; `rights`, `states` and `outcomes` (`none` while open) run in parallel, one an item."""

    number: CaseNumber
    channel: Code
    regime: Code
    requester: Code
    received_at: Micros
    received_on: IsoDate
    rights: tuple[Code, ...]
    states: tuple[Code, ...]
    outcomes: tuple[Code | None, ...]
    source: Code
    key: Digest | None


@act("case.claimed")
class CaseClaimed(Act):
    """Central granted the lease until `until` (µs UTC); the entry's fence is its number."""

    until: Micros


@act("case.released")
class CaseReleased(Act):
    """The lease was given back."""

    reason: Code | None


@act("case.assigned")
class CaseAssigned(Act):
    """A lead gave the case to somebody; None takes it back to the queue."""

    agent: Actor | None


@act("case.acknowledged")
class CaseAcknowledged(Act):
    """The requester was told that the request arrived."""

    letter: Id | None


@act("case.extended")
class CaseExtended(Act):
    """A lead decided on two further months (Art 12(3)); they count once the `notice` that says so left in time."""

    reason: Code
    notice: Id | None


@act("case.closed")
class CaseClosed(Act):
    """Nothing more is to be done."""

    reason: Code


@act("item.added")
class ItemAdded(Act):
    """The entry's `item` is one right used in this case."""

    right: Code


@act("item.withdrawn")
class ItemWithdrawn(Act):
    """The requester no longer wants it."""

    reason: Code | None


@act("item.resolved")
class ItemResolved(Act):
    """The item has its outcome; `ground` is the article or code it rests on."""

    outcome: Code
    ground: Code | None


@act("letter.made")
class LetterMade(Act):
    """A letter was written from a template; its text is a sealed detail."""

    letter: Id
    template: Code
    version: Code
    language: Language


@act("letter.sent")
class LetterSent(Act):
    """A letter left by `medium`."""

    letter: Id
    medium: Code


@act("letter.failed")
class LetterFailed(Act):
    """A letter did not leave."""

    letter: Id
    reason: Code


@act("data.viewed")
class DataViewed(Act):
    """Somebody looked at `count` values of the kind `what`, and why."""

    what: Code
    reason: Code
    system: Key | None
    count: Count


@act("note.kept")
class NoteKept(Act):
    """A note was sealed as a detail; `flags` are kinds of personal data kept in it on purpose."""

    kind: Code
    reason: Code | None
    flags: tuple[Code, ...]


@act("risk.flagged")
class RiskFlagged(Act):
    """What was typed held `count` values of a risky kind; `choice` is what the agent did about it."""

    kind: Code
    field: Code
    count: Count
    choice: Code


@act("wrap.coded")
class WrapCoded(Act):
    """How the contact ended, for the cost of a case."""

    code: Code


@act("conflict.settled")
class ConflictSettled(Act):
    """The entry `seq` of `log`, whose op is `op` and which did not count, was repeated or dropped (`how`).

    It stood in a conflict of the case, or in a closed log from which central never took it.
    """

    how: Code
    log: LogId
    seq: Count
    op: Id
    reason: Code | None


@act("consenter.named")
class ConsenterNamed(Act):
    """Who gives the next consent for a minor: the `child`, who is `age` or older, or below it who holds `parental`
    responsibility (Art 8)."""

    who: Code
    age: Count


@act("subject.linked")
class SubjectLinked(Act):
    """The entry's subject and `subject` are one person."""

    subject: Id


@act("subject.shredded")
class SubjectShredded(Act):
    """The case's key and `details` sealed details are gone."""

    details: Count
