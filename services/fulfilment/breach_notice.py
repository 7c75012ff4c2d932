"""A person is told of a breach that is a high risk for them (Art 34): a letter, whatever the breach locks.

It waits for its mail as long as that takes. Where it cannot leave the register says so, and people decide; nobody
counts as told by a letter that did not leave.
"""

from collections.abc import Mapping
from functools import partial
from typing import Any

import orjson

from services.action_log.act import Act
from services.action_log.acts import BreachPersonFailed, BreachPersonTold
from services.cases.breach import BreachState, Notice
from services.cases.case import Case
from services.cases.fold_letters import BREACH_NOTICE, SENT
from services.controllers import Controller
from services.errors import BadInput, NotFound, Refused
from services.fulfilment import people
from services.fulfilment.engine import JobFailed
from services.fulfilment.notices import given_mail
from services.fulfilment.post import Watch, letter_id, own_letters, send
from services.fulfilment.steps import Task
from services.fulfilment.workroom import Workroom
from services.letters.compose import Letter, compose
from services.letters.lexicon import in_words

STEP = "letter"
NOT_ASKED = "not-asked"
TEXTS = ("happened", "consequences", "measures", "advice")
"""What people write; the rest of the letter is ours."""


def breach_notice(task: Task) -> None:
    """The letter to the person of the job's case, and what came of it in the register."""
    number, notice = _params(task)
    try:
        language = task.step("person", lambda: _language(task, number, notice))
        case = task.case()
    except JobFailed as exc:
        reason = str(exc)
        task.patiently("not-begun", lambda: _failed(task, number, notice, "not-begun", reason), forever=True)
        return
    facts, to = partial(_facts, task, number, notice), partial(address, task, case)
    watch = Watch(
        over=lambda: _over(task.room, number, notice, task.job.case),
        failed=lambda step, reason: _failed(task, number, notice, step, reason),
    )
    if send(task, STEP, case, BREACH_NOTICE, language, facts, to, watch):
        task.patiently("told", lambda: _told(task, number, notice), forever=True)


def _params(task: Task) -> tuple[str, str]:
    raw = orjson.loads(task.job.params)
    return str(raw["breach"]), str(raw["notice"])


def _language(task: Task, number: str, notice: str) -> str:
    """The language of the letter. Raises `JobFailed` unless a lead asked for it, for a person of the controller."""
    breach, case = task.room.case(number), task.case()
    person = _breach(breach).person(case.id)
    if case.controller != breach.controller or person is None or person.notice != notice:
        raise JobFailed(NOT_ASKED)
    return _notice(_breach(breach), notice).language


def _facts(task: Task, number: str, notice: str) -> Mapping[str, object]:
    breach = task.room.case(number)
    known = _notice(_breach(breach), notice)
    sealed = task.room.details.own(number, "breach-notice").get(known.words)
    if sealed is None:
        raise NotFound("what the letter says cannot be opened any more")
    controller = task.room.controller(breach.controller)
    return facts_of(task.room, breach, controller, known.language, known.categories, orjson.loads(sealed))


def facts_of(
    room: Workroom,
    breach: Case,
    controller: Controller,
    language: str,
    categories: tuple[str, ...],
    texts: Mapping[str, str],
) -> dict[str, object]:
    """What a letter says of a breach, with what people wrote of it."""
    return {
        "noticed_at": room.at(controller, _breach(breach).aware_at),
        "data": [in_words(one, language) for one in categories],
        **{name: str(texts[name]).strip() for name in TEXTS},
    }


def preview(room: Workroom, breach: Case, payload: Mapping[str, Any]) -> Letter:
    """The letter as it would leave to the person of a case. Raises `Refused` naming a missing fact, `BadInput`."""
    controller = room.controller(breach.controller)
    case, language = room.case(str(payload["about"])), str(payload["language"])
    if case.controller != breach.controller:
        raise BadInput("this case is another controller's")
    categories = tuple(str(payload["categories"]).split(",")) if payload["categories"] else ()
    facts = facts_of(room, breach, controller, language, categories, payload)
    if not categories:
        raise Refused("the letter is not written: it says which data", kept="nothing was sent")
    given = {"controller": controller, "case_number": case.id, **facts}
    return compose(BREACH_NOTICE, language, given, own=own_letters(room, controller))


def address(task: Task, case: Case) -> str:
    """Where the person is told: on file and long unchanged, else on file, else as given by them (IDV-10).

    A breach is often that contact data were changed for somebody else: what was changed last comes last. Raises
    `JobFailed` with no address, and where several people are known by what was given: another of them would read it.
    """
    room, found = task.room, people.look_up(task.room, case.id)
    if found.undecided:
        raise JobFailed("which-person")
    held = people.points(room.catalog(case.controller).graph, found)
    given = people.requester(room, case.id)
    known = people.mail_point(held, given, room.today(room.controller(case.controller)))
    known = known or next((one.value for one in held if one.kind == "email"), None) or given_mail(task, case)
    if known is None:
        raise JobFailed("no-address")
    return known


def _over(room: Workroom, number: str, notice: str, case: str) -> bool:
    """Whether people decided otherwise: the person is told, need not be, or gets another letter."""
    person = _breach(room.case(number)).person(case)
    return person is None or not person.open or person.notice != notice


def _told(task: Task, number: str, notice: str) -> None:
    task.room.results.settle(stopped=task.room.stopped)
    letter = letter_id(task, STEP)
    medium = next((one.medium for one in task.case().letters if one.id == letter and one.state == SENT), "")
    if not medium:
        raise NotFound("the letter is not in its case")
    _report(task, number, "told", BreachPersonTold(task.job.case, notice, letter, medium))


def _failed(task: Task, number: str, notice: str, step: str, reason: str) -> None:
    letter = letter_id(task, STEP)
    _report(task, number, f"{step}:breach", BreachPersonFailed(task.job.case, notice, letter, reason))


def _report(task: Task, number: str, step: str, act: Act) -> None:
    task.report(step, act, task.room.case(number))


def _breach(case: Case) -> BreachState:
    if case.breach is None:
        raise NotFound("this is no breach")
    return case.breach


def _notice(breach: BreachState, notice: str) -> Notice:
    found = next((one for one in breach.notices if one.id == notice), None)
    if found is None:
        raise NotFound("there is no such letter")
    return found
