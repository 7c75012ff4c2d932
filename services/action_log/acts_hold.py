"""Acts about legal holds (rules.md 9): set, looked at again, lifted by two persons. Their matter is sealed."""

from services.action_log.act import Act, act
from services.action_log.shapes import CaseNumber, Code, Count, Digest, Id, IsoDate, Key


@act("hold.set")
class HoldSet(Act):
    """Nothing under it is erased (Art 17(3)(e)). Of the person of `case`, of those whom that many sealed `identifiers`
    name, or of everybody; in all that is held, or only in these collections and data categories.

    `key` is the hold's public key (X25519, hex): matter and identifiers are sealed to it.
    """

    hold: Id
    case: CaseNumber | None
    identifiers: Count
    collections: tuple[Key, ...]
    categories: tuple[Key, ...]
    issuer: Code
    since: IsoDate
    review_on: IsoDate
    key: Digest


@act("hold.reviewed")
class HoldReviewed(Act):
    """Looked at again and still needed: the next look is due on `review_on`."""

    hold: Id
    review_on: IsoDate


@act("hold.lift_asked")
class HoldLiftAsked(Act):
    """One person wants it lifted; it stands until another agrees."""

    hold: Id
    reason: Code


@act("hold.kept")
class HoldKept(Act):
    """The wish to lift it was turned down or taken back."""

    hold: Id


@act("hold.lifted")
class HoldLifted(Act):
    """A second person agreed: it holds nothing any more."""

    hold: Id
