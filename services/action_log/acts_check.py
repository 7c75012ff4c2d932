"""Acts of the identity check: led by a checklist, proven by factors, raised, lowered, passed on (rules.md 7)."""

from services.action_log.act import Act, act
from services.action_log.shapes import Actor, Code, Id, IsoDate


@act("check.started")
class CheckStarted(Act):
    """An identity check by a checklist template, aiming at `tier`."""

    template: Code
    version: Code
    tier: Code
    check: Id


@act("check.ended")
class CheckEnded(Act):
    """The tier that was reached, and why it ended."""

    check: Id
    tier: Code
    reason: Code | None


@act("factor.asked")
class FactorAsked(Act):
    """A factor is being tried; `ask` is the random id of what went to the workers."""

    check: Id
    factor: Code
    ask: Id | None


@act("factor.passed")
class FactorPassed(Act):
    """A factor held, by `method`."""

    check: Id
    factor: Code
    method: Code
    ask: Id | None


@act("factor.failed")
class FactorFailed(Act):
    """A factor did not hold."""

    check: Id
    factor: Code
    method: Code
    ask: Id | None
    reason: Code


@act("fact.noted")
class FactNoted(Act):
    """Something about the request that asks for a higher tier or another checklist."""

    fact: Code


@act("check.aimed")
class CheckAimed(Act):
    """The check goes on by `template` and aims at `tier`, for a reason: anyone raises it, a lead alone lowers it."""

    check: Id
    template: Code
    version: Code
    tier: Code
    reason: Code


@act("check.offered")
class CheckOffered(Act):
    """Whoever leads the check hands the caller over to one colleague; until that one accepts it proves nothing."""

    check: Id
    to: Actor


@act("check.accepted")
class CheckAccepted(Act):
    """That colleague goes on with it, once, in their own session, for what is left of its time."""

    check: Id


@act("document.allowed")
class DocumentAllowed(Act):
    """A lead lets a document be looked at by way of exception, and why. Nothing of it is kept."""

    check: Id
    reason: Code


@act("authority.seen")
class AuthoritySeen(Act):
    """What a representative acts under was seen: its scope, its date, its end if it has one. No copy exists."""

    check: Id
    scope: Code
    dated: IsoDate
    until: IsoDate | None
