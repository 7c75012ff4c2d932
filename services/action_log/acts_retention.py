"""Acts of the retention of our own data (rules.md 8.2)."""

from services.action_log.act import Act, act
from services.action_log.shapes import Code, Count


@act("details.dropped")
class DetailsDropped(Act):
    """The time of a kind of the case's sealed details is over (`contact`, `letters`, or all of its `record`)."""

    what: Code
    details: Count


@act("retention.run")
class RetentionRun(Act):
    """A worker looked through all cases that ended: of how many what went, and how many stayed under a hold, a breach,
    or another request of the person that is open."""

    contacts: Count
    letters: Count
    records: Count
    holds: Count
    stayed: Count
