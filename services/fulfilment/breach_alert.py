"""A breach was raised: whoever must know at the controller gets a mail at once, and it is tried until it left."""

from functools import partial

import orjson

from services.cases.breach import end_of, first_told
from services.cases.case import Case
from services.controllers import Controller
from services.errors import NotFound
from services.fulfilment.engine import JobFailed
from services.fulfilment.post import failed, post, write
from services.fulfilment.steps import Task
from services.fulfilment.workroom import Workroom
from services.letters.compose import Letter
from services.letters.lexicon import in_words

TEMPLATE = "breach-alert"


def breach_alert(task: Task) -> None:
    """A mail to each address: the facts in codes and numbers, the hours that are left, never the words (rules.md 5)."""
    case = task.case()
    controller = task.room.controller(case.controller)
    for n, address in enumerate(controller.told_of_breaches):
        step = f"letter{n}"
        try:
            task.patiently(step, partial(_send, task, step, case, controller, address), forever=True)
        except JobFailed as exc:
            failed(task, step, case, str(exc))


def _send(task: Task, step: str, case: Case, controller: Controller, address: str) -> str:
    letter = _letter(task, step, case, controller)
    post(task, step, case, letter, address)
    return letter.id


def _letter(task: Task, step: str, case: Case, controller: Controller) -> Letter:
    breach, language = case.breach, controller.language
    if breach is None:
        raise NotFound("this is no breach")
    end = end_of(breach, controller)
    facts = {
        "aware_at": end.aware_at,
        "safe": end.safe,
        "latest": end.latest,
        "hours": first_told(controller.duty) == "authority",
        "about": breach.about or "-",
        "persons": str(breach.persons) if breach.persons >= 0 else "-",
        "categories": ", ".join(in_words(one, language) for one in breach.categories) or "-",
        "ongoing": breach.ongoing,
        "contained": breach.contained,
    }
    return write(task, step, case, TEMPLATE, language, facts)


def opened(room: Workroom, case: Case) -> dict[str, object]:
    """What is sealed of a breach, in clear, for whoever decides. What cannot be opened any more is empty."""
    breach = case.breach
    if breach is None:
        raise NotFound("this is no breach")
    texts = {digest: text.decode("utf-8", "replace") for digest, text in room.details.own(case.id, "breach").items()}
    notices = room.details.own(case.id, "breach-notice")
    return {
        "words": texts.get(breach.words, ""),
        "consequences": [texts.get(one, "") for one in breach.consequences],
        "measures": [texts.get(one, "") for one in breach.measures],
        "reasons": [texts.get(one.words, "") for one in breach.decisions],
        "persons": [texts.get(one.words, "") for one in breach.people],
        "notices": [
            orjson.loads(sealed) if (sealed := notices.get(one.words)) is not None else {} for one in breach.notices
        ],
    }
