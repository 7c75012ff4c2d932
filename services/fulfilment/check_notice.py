"""The notice that somebody proved who they are for a grave request, to every contact point on file (rules.md 7.4, T3).

Old addresses and those changed lately get it as well (IDV-10): a notice is no answer, and whoever was robbed of an
address reads it at the others. By text message, where a gateway is set, it is a sentence.
"""

from functools import partial

import orjson

from services.action_log.acts import LetterMade, LetterSent
from services.cases.case import Case
from services.fulfilment import people
from services.fulfilment.post import as_text, post, send
from services.fulfilment.steps import Task
from services.identity.identifiers import EMAIL, PHONE, normalise
from services.letters.compose import Letter

NOTICE = "check-notice"
_TEXTED = "text"


def notify(task: Task) -> None:
    """Tell every contact point which request it is, and until when nothing of it is done."""
    case, at = task.case(), int(orjson.loads(task.job.params)["at"])
    controller = task.room.controller(case.controller)
    facts = {
        "at": task.room.at(controller, at),
        "run_at": task.room.at(controller, at + controller.waiting_period_s * 1_000_000),
        "rights": [item.right.value for item in case.items if not item.ended],
    }
    count = task.patiently("points", lambda: len(_points(task)))
    for n in range(count):
        to = partial(_nth_point, task, n)
        send(task, f"letter{n}", case, NOTICE, controller.language, lambda: facts, to, carry=_carry)


def _points(task: Task) -> list[str]:
    room, case = task.room, task.case()
    held = people.points(room.catalog(case.controller).graph, people.look_up(room, case.id))
    ways = (EMAIL, PHONE) if room.texts is not None else (EMAIL,)
    return sorted(point.value for point in held if point.kind in ways)


def _nth_point(task: Task, n: int) -> str | None:
    held = _points(task)
    return held[n] if n < len(held) else None


def _carry(task: Task, step: str, case: Case, letter: Letter, to: str) -> str:
    """By mail to an address, to a number by text message: sent once, and recorded. Raises as `post` does."""
    texts = task.room.texts
    if "@" in to or texts is None:
        return post(task, step, case, letter, to)
    before = task.done(f"{step}:sent", case)
    if before is not None:
        return str(before["medium"])
    controller = task.room.controller(case.controller)
    made = LetterMade(letter.id, letter.template, letter.version, letter.language)
    task.report(f"{step}:made", made, case, task.job.item)
    task.hold()
    words = f"{letter.subject}. {controller.privacy_contact}"
    texts.send(normalise(PHONE, to, controller.country), words, letter.id)
    sealed = task.room.details.seal(case.id, "letter", as_text(letter))
    task.report(f"{step}:sent", LetterSent(letter.id, _TEXTED), case, task.job.item, (sealed,))
    return _TEXTED
