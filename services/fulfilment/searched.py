"""A search as a step of a job: as the limits of the systems allow, shown on the case, complete or tried again."""

from services.cases.fold_tasks import answers as answers_of
from services.errors import Pending, Unavailable
from services.fulfilment import people
from services.fulfilment.by_hand import is_by_hand, searching
from services.fulfilment.found import Found, FoundSystem, Reach
from services.fulfilment.steps import Shown, Task
from services.fulfilment.waits import FOR_PEOPLE, WAITING, day_us


def look_everywhere(task: Task, *, answers: bool = True) -> Found:
    """Everything the controller's systems hold of the case's person.

    Raises `Unavailable` when a system could not be searched, `Pending` when a vendor answers later: it is asked again
    then, and the others with it, so that the answer is of one day. People are asked to look where no program
    can; `JobFailed` where they could not. `answers`: what was found is what the job is about.
    """
    room, case = task.room, task.case()
    systems = room.catalog(case.controller).connectors
    task.show(dict.fromkeys(systems, Shown("queued")))

    def look() -> Found:
        task.show(dict.fromkeys(systems, Shown("running")))
        return people.look_up(room, case.id)

    task.leg.seen = answers_of(case)
    found = task.inside(systems, look)
    hands = {key for key, one in systems.items() if is_by_hand(one)}
    task.show({one.key: _shown(one, answers, one.key in hands) for one in found.systems if one.key in systems})
    searching(task, case, found)
    away = next((one.key for one in found.systems if one.reach is Reach.FAILED and not one.until), None)
    if away is not None:
        raise Unavailable(f"system '{away}' could not be searched")
    latest = max((one.until for one in found.systems if one.until), default="")
    if latest:
        raise Pending("a data system answers later", until=latest)
    return found


def _shown(one: FoundSystem, answers: bool, by_hand: bool) -> Shown:
    if one.until:
        return Shown(FOR_PEOPLE if by_hand else WAITING, until=day_us(one.until))
    if one.reach is Reach.FAILED:
        return Shown("failed", reason="away")
    if not answers:
        return Shown("queued")
    return Shown("done", one.count) if one.count else Shown("nothing found")
