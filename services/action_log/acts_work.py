"""Acts of the work on a request: find, export, erasure, consent."""

from services.action_log.act import Act, act
from services.action_log.shapes import Code, Count, Digest, Id, Key, Language


@act("find.asked")
class FindAsked(Act):
    """A search over all systems by identifiers of these kinds."""

    ask: Id
    kinds: tuple[Code, ...]


@act("find.done")
class FindDone(Act):
    """Rows found: `counts` in parallel to `systems`; `others` is how many other people showed up.

    `facts`: what of it makes the request graver, such as data of a special category (rules.md 7.4).
    """

    ask: Id
    systems: tuple[Key, ...]
    counts: tuple[Count, ...]
    others: Count
    outcome: Code
    facts: tuple[Code, ...] = ()


@act("plan.made")
class PlanMade(Act):
    """What an erasure will do: rows deleted, masked and kept, in parallel to `systems`."""

    plan: Id
    digest: Digest
    systems: tuple[Key, ...]
    deletes: tuple[Count, ...]
    masks: tuple[Count, ...]
    keeps: tuple[Count, ...]


@act("export.asked")
class ExportAsked(Act):
    """A package was ordered: to the contact point on file, or (`direct`) to another controller, who is a detail."""

    format: Code
    language: Language
    delivery: Code


@act("export.held")
class ExportHeld(Act):
    """No package yet: parts that may be about others wait for a decision; how many, in parallel to `groups`."""

    groups: tuple[Id, ...]
    counts: tuple[Count, ...]


@act("redaction.decided")
class RedactionDecided(Act):
    """A part that was held back goes out or stays out, or with no `part` all of its group that stand open."""

    group: Id
    part: Id | None
    decision: Code
    reason: Code


@act("export.built")
class ExportBuilt(Act):
    """The package exists: digests of its manifest and archive, rows in parallel to `systems`."""

    package: Id
    manifest: Digest
    archive: Digest
    systems: tuple[Key, ...]
    counts: tuple[Count, ...]


@act("export.delivered")
class ExportDelivered(Act):
    """The package went out with `letter`."""

    package: Id
    letter: Id | None


@act("export.failed")
class ExportFailed(Act):
    """No package."""

    reason: Code


@act("package.destroyed")
class PackageDestroyed(Act):
    """The time of a package is over: archive and key are gone."""

    package: Id


@act("erase.asked")
class EraseAsked(Act):
    """Somebody asked for a plan to be carried out, on a ground of Art 17(1)."""

    plan: Id
    digest: Digest
    ground: Code
    language: Language


@act("erase.approved")
class EraseApproved(Act):
    """A second person approved exactly this plan."""

    digest: Digest


@act("erase.returned")
class EraseReturned(Act):
    """The second person sent it back."""

    reason: Code


@act("erase.withdrawn")
class EraseWithdrawn(Act):
    """Undone in the waiting period."""

    reason: Code | None


@act("erase.started")
class EraseStarted(Act):
    """The worker began."""

    plan: Id


@act("erase.system_done")
class EraseSystemDone(Act):
    """One system's transaction is committed; `reason` says why rows were kept. Of those that a law keeps, `stored_only`
    are marked there as that, and `not_marked` are not."""

    system: Key
    deleted: Count
    masked: Count
    kept: Count
    reason: Code | None
    stored_only: Count
    not_marked: Count


@act("erase.verified")
class EraseVerified(Act):
    """Read again: `left` rows are there that should not be."""

    left: Count


@act("erase.failed")
class EraseFailed(Act):
    """A system refused."""

    system: Key | None
    reason: Code


@act("system.given_up")
class SystemGivenUp(Act):
    """The worker goes on without a system until a lead decides."""

    system: Key
    reason: Code


@act("system.retry_asked")
class SystemRetryAsked(Act):
    """A lead wants a system tried again, now."""

    system: Key


@act("system.skip_asked")
class SystemSkipAsked(Act):
    """A lead wants a system left as it is; the words are sealed."""

    system: Key
    reason: Code


@act("system.skipped")
class SystemSkipped(Act):
    """The worker left a system as it is, as a lead asked: nothing was done there."""

    system: Key
    reason: Code


@act("recipient.told")
class RecipientTold(Act):
    """Somebody who had received the data was told what became of it (Art 19), with `letter`."""

    recipient: Key
    letter: Id


@act("recipient.failed")
class RecipientFailed(Act):
    """The notice did not leave."""

    recipient: Key
    reason: Code


@act("recipient.impossible")
class RecipientImpossible(Act):
    """There is no way to tell them (Art 19 asks for no more than is possible)."""

    recipient: Key
    reason: Code


@act("work.halted")
class WorkHalted(Act):
    """All execution stopped, for a controller or (None) for every one."""

    controller: Key | None
    reason: Code


@act("work.resumed")
class WorkResumed(Act):
    """What was halted goes on."""

    controller: Key | None


@act("replay.done")
class ReplayDone(Act):
    """A system was restored, and an erasure or a marketing stop repeated there; `left` rows need somebody's look."""

    system: Key
    deleted: Count
    masked: Count
    stopped: Count
    left: Count


@act("consent.given")
class ConsentGiven(Act):
    """Consent to a purpose, after the text with this id or digest was read out in `language`."""

    purpose: Key
    text: Code
    language: Language


@act("consent.withdrawn")
class ConsentWithdrawn(Act):
    """Consent taken back; `marketing` when all marketing stops with it."""

    purpose: Key
    text: Code | None
    language: Language
    marketing: bool


@act("consent.written")
class ConsentWritten(Act):
    """A system holds the change in `rows` rows; `read_back` when it was read again and is so."""

    purpose: Key
    system: Key
    rows: Count
    read_back: bool


@act("consent.failed")
class ConsentFailed(Act):
    """A system did not take the change."""

    purpose: Key
    system: Key | None
    reason: Code


@act("marketing.stopped")
class MarketingStopped(Act):
    """Art 21(2): no more marketing over these channels."""

    channels: tuple[Code, ...]


@act("restriction.asked")
class RestrictionAsked(Act):
    """Art 18: the person's data are to be stored only, on this ground (Art 18(1)(a)-(d))."""

    ground: Code


@act("restriction.written")
class RestrictionWritten(Act):
    """A system marks the person's data as stored only, in so many rows, and says so when it is read again."""

    system: Key
    rows: Count


@act("restriction.failed")
class RestrictionFailed(Act):
    """A system did not take it; without a system, somebody has to do it by hand."""

    system: Key | None
    reason: Code
