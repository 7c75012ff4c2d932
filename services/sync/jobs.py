"""Which work an accepted action asks for: pure, called by the ingest after the fold accepted it."""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256

import orjson

from services.action_log.entry import Entry
from services.cases.aims import passed_gravest
from services.cases.case import Case, LetterState
from services.cases.fold_clock import NO_ANSWER, OTHERWISE
from services.cases.moment import run_at
from services.types import ItemState, Outcome, Right

Params = dict[str, str | int | bool | list[str]]


@dataclass(frozen=True, slots=True)
class JobDraft:
    """A job to queue; `not_before` in µs UTC. The entry's random `op` is its id, so a repeat makes no second job."""

    id: str
    kind: str
    controller: str
    case: str
    item: str
    not_before: int
    params: bytes


_HALF = 16


def op_of(job: str, step: str) -> str:
    """The id of a step's act: the same for every repeat, so that the fold skips it (design.md 7.1).

    32 hex digits; the first half is the job's own, by which the ingest knows whose result an entry is.
    """
    return _digest(job) + _digest(f"{job}\0{step}")


def is_step_of(op: str, job: str) -> bool:
    """Whether the act is one of that job's."""
    return op.startswith(_digest(job))


def _digest(text: str) -> str:
    return sha256(text.encode()).hexdigest()[:_HALF]


def alerts_of(raised: str, letters: Sequence[LetterState]) -> tuple[str, ...]:
    """The state of each mail that told of a breach, by the op of its raising."""
    states = {one.id: one.state for one in letters}
    found: list[str] = []
    while (state := states.get(op_of(raised, f"letter{len(found)}:letter"))) is not None:
        found.append(state)
    return tuple(found)


def notice_letter(notice: str, person: str) -> str:
    """The id of the letter of a notice to the person of a case."""
    return op_of(_notice_job(notice, person), "letter:letter")


def jobs_of(entry: Entry, case: Case, at: int, wait_us: int) -> tuple[JobDraft, ...]:
    """The jobs of one accepted action; `wait_us` is the controller's waiting period."""
    p = entry.params
    match entry.act:
        case "case.opened":
            return (_job(entry, case, "acknowledge", at),)
        case "item.added" if p["right"] == Right.COMPLAINT:
            return (_job(entry, case, "confirm", at),)
        case "breach.raised":
            return (_job(entry, case, "breach-alert", at),)
        case "breach.notice_asked" if case.breach is not None:
            return tuple(_to_person(entry, case, one.case, at) for one in case.breach.waiting(str(p["notice"])))
        case "case.extended":
            return (_job(entry, case, "extend", at, reason=str(p["reason"])),)
        case "extension.proposed":
            return (_job(entry, case, "propose", at, reason=str(p["reason"])),)
        case "clock.asked" | "clock.chased" if p["by"] != OTHERWISE:
            again, by = entry.act == "clock.chased", str(p["by"])
            return (_job(entry, case, "question", at, question=str(p["question"]), again=again, by=by),)
        case "factor.passed" | "check.aimed" if passed_gravest(case, entry):
            return (_job(entry, case, "check-notice", at, at=entry.ts),)
        case "export.asked":
            start, waits = _start(entry, case, at, wait_us)
            return (_job(entry, case, "export", start, language=str(p["language"]), waits=waits),)
        case "redaction.decided" if (item := case.item(entry.item)) is not None and item.state is ItemState.RUNNING:
            return (_job(entry, case, "export", at, language=item.language),)
        case "decision.approved":
            return (_job(entry, case, "decide", at),)
        case "decision.referred":
            return (_job(entry, case, "refer", at),)
        case "erase.approved":
            item = case.item(entry.item)
            start = run_at(item, wait_us) if item is not None else at
            return (
                _job(entry, case, "notice", at, suffix="n"),
                _job(entry, case, "erase", start, digest=str(p["digest"])),
            )
        case "consent.given" | "consent.withdrawn":
            given = entry.act == "consent.given"
            return (_job(entry, case, "consent", at, purposes=[str(p["purpose"])], given=given, at=entry.ts),)
        case "marketing.stopped":
            return (_job(entry, case, "consent", at, purposes=[], given=False, at=entry.ts),)
        case "restriction.asked":
            return (_job(entry, case, "restrict", at, ground=str(p["ground"]), at=entry.ts),)
        case "restriction.lift_asked":
            return (_job(entry, case, "lift", at, reason=str(p["reason"])),)
        case "rectification.asked":
            detail = entry.details[0] if entry.details else ""
            start, waits = _start(entry, case, at, wait_us)
            grave = bool(p["grave"])
            return (_job(entry, case, "rectify", start, detail=detail, grave=grave, at=entry.ts, waits=waits),)
        case "item.resolved" if p["ground"] == NO_ANSWER and any(not item.ended for item in case.items):
            return ()  # all of them end together, with one letter
        case "item.resolved" if p["outcome"] == "not-identified":
            return (_job(entry, case, "not-identified", at),)
        case "item.resolved" if _by_hand(entry, case):
            return (_job(entry, case, "closing-letter", at),)
        case _:
            return ()


def _start(entry: Entry, case: Case, at: int, wait_us: int) -> tuple[int, bool]:
    """When the work may begin, and whether it waits first (rules.md 7.4, T3)."""
    item = case.item(entry.item)
    waits = item is not None and item.state is ItemState.READY
    return (run_at(item, wait_us) if item is not None and waits else at), waits


def _by_hand(entry: Entry, case: Case) -> bool:
    """Whether a person ended what came back from the systems: the letter is still to be written."""
    item = case.item(entry.item)
    back = item is not None and bool(item.returned) and item.right in (Right.RECTIFICATION, Right.RESTRICTION)
    return back and entry.params["outcome"] == Outcome.DONE and entry.actor.startswith("agent:")


def _to_person(entry: Entry, breach: Case, person: str, at: int) -> JobDraft:
    """A letter of a breach: a job of the person's own case, whose log keeps it."""
    notice = str(entry.params["notice"])
    params = orjson.dumps({"breach": breach.id, "notice": notice})
    return JobDraft(_notice_job(notice, person), "breach-notice", breach.controller, person, "", at, params)


def _notice_job(notice: str, person: str) -> str:
    return f"{notice}-{person}"


def _job(
    entry: Entry, case: Case, kind: str, not_before: int, suffix: str = "", **params: str | int | bool | list[str]
) -> JobDraft:
    return JobDraft(
        f"{entry.op}{suffix}", kind, case.controller, case.id, entry.item or "", not_before, orjson.dumps(params)
    )
