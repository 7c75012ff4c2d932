"""The letters that ask the person something, or ask again. Nobody was asked before the letter left (SUS-3, SUS-5)."""

from datetime import date
from functools import partial

import orjson

from services.action_log.acts import QuestionSent
from services.cases.asked import Asked
from services.cases.case import Case
from services.cases.fold_clock import CODE_LETTER, LETTER_OF, PAPER, REMINDING
from services.cases.queue import dates_of, day_of
from services.fulfilment.engine import JobFailed
from services.fulfilment.factors import POST
from services.fulfilment.notices import given_mail, given_or_on_file
from services.fulfilment.paper import DOTS, print_code
from services.fulfilment.people import look_up, points
from services.fulfilment.post import Carry, Watch, post, send
from services.fulfilment.steps import Task
from services.identity.codes import LETTER_DAYS
from services.types import Tier, Wait


def ask(task: Task) -> None:
    """Mail the question, or the reminder of it, while it is open; its day is the one on which the letter left."""
    params = orjson.loads(task.job.params)
    question, case = str(params["question"]), task.case()
    template = REMINDING if params["again"] else LETTER_OF[Wait(_asked(case, question).what)]
    to = partial(_where, task)
    carry: Carry = post
    if params["by"] == PAPER:
        template, to, carry = CODE_LETTER, partial(_postal, task), print_code
    language = task.room.controller(case.controller).language
    facts, watch = partial(_facts, task, question), Watch(over=partial(_over, task, question))
    letter = send(task, "letter", case, template, language, facts, to, watch, carry)
    if letter:
        task.patiently("left", partial(_left, task, question, letter), forever=True)


def _asked(case: Case, question: str) -> Asked:
    found = next((one for one in case.questions if one.id == question), None)
    if found is None:
        raise JobFailed("no-question")
    return found


def _over(task: Task, question: str) -> bool:
    """Whether it need not be asked any more: an answer came in another way, or the case has ended."""
    case = task.case()
    asked = _asked(case, question)
    return not asked.waits or bool(asked.answered) or case.closed


def _facts(task: Task, question: str) -> dict[str, object]:
    case = task.case()
    asked = _asked(case, question)
    return {
        "received_on": dates_of(case, task.room.controller(case.controller)).received_on,
        "asked_on": date.fromisoformat(asked.on),
        "ground": asked.ground,
        "what": asked.what,
        "code": DOTS,
        "days": LETTER_DAYS,
    }


def _where(task: Task) -> str | None:
    """The address that the requester gave; one on file only where the check got so far that a search may be made.

    Below it, whether the letter left would tell the agent that there is an account (rules.md 7.6).
    """
    case = task.case()
    known = case.check is not None and Tier.T1 <= case.check.tier < Tier.TX
    return given_or_on_file(task, case) if known else given_mail(task, case)


def _postal(task: Task) -> str | None:
    """The postal address on file, a line each, left unchanged for 30 days (IDV-10)."""
    case = task.case()
    room = task.room
    held = points(room.catalog(case.controller).graph, look_up(room, case.id))
    today = room.today(room.controller(case.controller))
    return next((one.value for one in held if one.kind == POST and one.proven(today)), None)


def _left(task: Task, question: str, letter: str) -> None:
    room = task.room
    room.results.settle(stopped=room.stopped)
    case = task.case()
    at = next((one.at for one in case.letters if one.id == letter), room.now())
    on = day_of(at, room.controller(case.controller))
    task.report("left", QuestionSent(question, letter, on.isoformat()), case)
