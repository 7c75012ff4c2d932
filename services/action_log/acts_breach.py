"""Acts on a personal data breach (Art 33, 34; rules.md 5). Codes and counts only: what happened is a sealed detail.

A breach is an entry of the register: a number and a key of its own, so that what is known of it outlives the case that
it is about. That case is locked by an act of its own.
"""

from services.action_log.act import Act, act
from services.action_log.shapes import CaseNumber, Code, Count, Digest, Id, IsoDate, Language, Micros


@act("breach.raised")
class BreachRaised(Act):
    """Somebody noticed at `aware_at` (µs UTC; `aware_on`: the day in the controller's zone) what may be a breach.

    The hours run from there. `about`: the case, if it is about one. `persons`: about how many, None while nobody knows.
    `ongoing`: yes, no or unknown; `contained`: yes, partly or no. `key`: X25519, hex, what is kept is sealed to it.
    """

    number: CaseNumber
    regime: Code
    role: Code
    aware_at: Micros
    aware_on: IsoDate
    about: CaseNumber | None
    categories: tuple[Code, ...]
    persons: Count | None
    ongoing: Code
    contained: Code
    key: Digest


@act("breach.updated")
class BreachUpdated(Act):
    """More is known (Art 33(4)): `what` is consequences or measures, whose words are sealed, or a number or a state."""

    what: Code
    count: Count | None
    state: Code | None


@act("breach.decided")
class BreachDecided(Act):
    """Whether `whom` (authority, persons, or as a processor the controller) is told: at `told_at` (µs UTC), or not.

    `reason` is a word of a closed list; more words are sealed.
    """

    whom: Code
    told_at: Micros | None
    reason: Code


@act("breach.closed")
class BreachClosed(Act):
    """Nothing more is to be done about it. The register keeps it (Art 33(5))."""

    reason: Code


@act("breach.locked")
class BreachLocked(Act):
    """The case that the breach `number` is about: nothing is given out, changed or sent until it is released."""

    number: CaseNumber


@act("breach.released")
class BreachReleased(Act):
    """A lead or the officer lets work on the case go on; the breach itself stays open."""

    number: CaseNumber
    reason: Code


@act("breach.person_added")
class BreachPersonAdded(Act):
    """The breach is about the person of `case`, too."""

    case: CaseNumber


@act("breach.notice_asked")
class BreachNoticeAsked(Act):
    """The persons of `cases` are to be told by letter (Art 34(1)); what it says of the breach is sealed.

    `reason` is `high-risk` or `by-choice`; `categories` are those of the data that the letter names.
    """

    notice: Id
    reason: Code
    language: Language
    categories: tuple[Code, ...]
    cases: tuple[CaseNumber, ...]


@act("breach.person_told")
class BreachPersonTold(Act):
    """The `letter` of a notice reached the person of `case` by `medium`."""

    case: CaseNumber
    notice: Id
    letter: Id
    medium: Code


@act("breach.person_failed")
class BreachPersonFailed(Act):
    """The letter of a notice did not leave: the person of `case` is not told."""

    case: CaseNumber
    notice: Id
    letter: Id
    reason: Code


@act("breach.person_settled")
class BreachPersonSettled(Act):
    """The person of `case` gets no letter, for a reason of Art 34(3) or as they are not concerned; why is sealed."""

    case: CaseNumber
    reason: Code
