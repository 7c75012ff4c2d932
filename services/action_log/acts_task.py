"""Acts of work that people do by hand in a system that no program reaches."""

from services.action_log.act import Act, act
from services.action_log.shapes import Code, Count, Id, IsoDate, Key


@act("task.asked")
class TaskAsked(Act):
    """A worker needs people to do `what` (find, erase, restrict, consent-give, consent-withdraw) in a system until the
    day `due`, for the `round`-th time; `purpose` is that of a consent."""

    task: Id
    system: Key
    what: Code
    responsible: Key
    due: IsoDate
    round: Count
    purpose: Key | None


@act("task.answered")
class TaskAnswered(Act):
    """A person did it, found nothing, or could not, with a reason; `count` is how many things it was
    about, as they say. What they typed is a detail."""

    task: Id
    system: Key
    outcome: Code
    count: Count
    reason: Code | None
