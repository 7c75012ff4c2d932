"""Mails that need no search: receipt, two months more, notice of an erasure, "we could not find out who you are"."""

from datetime import date
from functools import partial

import orjson

from services.action_log.acts import CaseAcknowledged, ExtensionFailed
from services.cases.case import Case
from services.cases.fold_clock import EXTENSION
from services.cases.fold_letters import CONFIRMATION
from services.cases.moment import run_at
from services.cases.queue import dates_of, due_if_extended
from services.errors import NotFound
from services.fulfilment import people
from services.fulfilment.post import send
from services.fulfilment.steps import Task
from services.identity.identifiers import EMAIL
from services.types import Right

PROPOSAL = "extension-proposal"


def acknowledge(task: Task) -> None:
    """Receipt to the address given: that a request arrived and its period, never whether an account exists (INT-6).

    Of a complaint it says nothing: that is confirmed by a letter of its own.
    """
    case = task.case()
    controller = task.room.controller(case.controller)
    rights = task.patiently("rights", lambda: _asked_for(task), forever=True)
    if not rights:
        return
    facts = {
        "received_on": date.fromisoformat(case.received_on),
        "due_on": dates_of(case, controller).due,
        "rights": rights,
    }
    _acknowledged(task, case, "acknowledgement", facts)


def confirm(task: Task) -> None:
    """A complaint is confirmed: it is looked into, and its outcome told. No period is named, for the law gives none; in
    the UK this letter has to leave within 30 days (DPA 2018 s 164A)."""
    case = task.case()
    _acknowledged(task, case, CONFIRMATION, {"received_on": date.fromisoformat(case.received_on)})


def _acknowledged(task: Task, case: Case, template: str, facts: dict[str, object]) -> None:
    language = task.room.controller(case.controller).language
    if sent := send(task, "letter", case, template, language, lambda: facts, lambda: given_mail(task, case)):
        task.step("acknowledged", lambda: task.report("acknowledged", CaseAcknowledged(sent), case))


def _asked_for(task: Task) -> list[str]:
    return [item.right.value for item in task.case().items if item.right is not Right.COMPLAINT]


def not_identified(task: Task) -> None:
    """The letter of Art 11(2) to the address given; it says the same whether or not something is held."""
    case = task.case()
    controller = task.room.controller(case.controller)
    facts = {"received_on": date.fromisoformat(case.received_on)}
    send(task, "letter", case, "not-identified", controller.language, lambda: facts, lambda: given_mail(task, case))


def extend(task: Task) -> None:
    """The notice that it takes two months more, and why (Art 12(3)). Too late it is not sent and nothing extended."""
    case = task.case()
    controller = task.room.controller(case.controller)

    def facts() -> dict[str, object]:
        return {
            "received_on": dates_of(case, controller).received_on,
            "due_on": due_if_extended(case, controller, task.room.today(controller)),
            "reason": str(orjson.loads(task.job.params)["reason"]),
        }

    def in_time() -> bool:
        return task.room.today(controller) <= dates_of(case, controller).notice_by_extension

    def to() -> str | None:
        return given_or_on_file(task, case) if in_time() else None

    def not_extended() -> None:
        why = "too-late" if not in_time() else "no-address" if to() is None else "not-sent"
        task.report("failed", ExtensionFailed(why), case)

    if not send(task, "letter", case, EXTENSION, controller.language, facts, to):
        task.patiently("failed", not_extended, forever=True)


def propose(task: Task) -> None:
    """A processor asks its controller for two months more: it decides, and its answer is typed at a desk (Art 28)."""
    case = task.case()
    controller = task.room.controller(case.controller)
    dates = dates_of(case, controller)
    facts = {
        "received_on": dates.received_on,
        "due_on": due_if_extended(case, controller, task.room.today(controller)),
        "notice_by": dates.notice_by_extension,
        "reason": str(orjson.loads(task.job.params)["reason"]),
    }
    to = controller.privacy_contact
    send(task, "letter", case, PROPOSAL, controller.language, lambda: facts, lambda: to)


def notice(task: Task) -> None:
    """Tell every contact point on file that an erasure was approved, when it runs, how to stop it (ERA-7).

    To addresses changed lately as well: a notice is no answer, and the old points get it too (IDV-10).
    """
    case = task.case()
    item = task.item(case)
    if not item.approved_at:
        return
    room = task.room
    controller = room.controller(case.controller)
    count = task.patiently("points", lambda: len(_mail_points(task)))
    runs = run_at(item, controller.waiting_period_s * 1_000_000)
    facts = {"run_at": room.at(controller, runs)}
    language = item.language or controller.language
    for n in range(count):
        send(task, f"letter{n}", case, "erasure-notice", language, lambda: facts, partial(_nth_point, task, n))


def _mail_points(task: Task) -> list[str]:
    case = task.case()
    found = people.look_up(task.room, case.id)
    held = people.points(task.room.catalog(case.controller).graph, found)
    return sorted(p.value for p in held if p.kind == "email")


def _nth_point(task: Task, n: int) -> str | None:
    held = _mail_points(task)
    return held[n] if n < len(held) else None


def given_mail(task: Task, case: Case) -> str | None:
    """The address the requester gave, if it was an e-mail address and is still known."""
    try:
        given = people.requester(task.room, case.id)
    except NotFound:
        return None
    return given.normal if given.kind == EMAIL else None


def given_or_on_file(task: Task, case: Case) -> str | None:
    """The address the requester gave, else the one on file."""
    return given_mail(task, case) or on_file(task, case)


def on_file(task: Task, case: Case) -> str | None:
    """The address on file that was left unchanged for 30 days (IDV-10); none while several people may be meant."""
    room = task.room
    try:
        person = people.requester(room, case.id)
    except NotFound:
        return None
    found = people.look_up(room, case.id)
    if found.undecided:
        return None
    held = people.points(room.catalog(case.controller).graph, found)
    return people.mail_point(held, person, room.today(room.controller(case.controller)))
