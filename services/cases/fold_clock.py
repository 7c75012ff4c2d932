"""Folding the legal clock: questions and answers, whether the time stands still, extension, receipts that came later.

The dates themselves are computed from this state, never kept (rules.md 2.3).
"""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

from services.action_log import acts
from services.action_log.entry import Entry
from services.cases.asked import Asked, Receipt
from services.cases.case import Case, LetterState
from services.cases.fold_instruct import used
from services.cases.step import Unfit, by_worker, folds
from services.clock.waits import CHASES, DECIDED, Question
from services.types import ItemState, Outcome, Right, Wait

EXTENSION = "extension-notice"
"""The letter that says that it takes two months longer, and why (Art 12(3))."""
NO_ANSWER = "no-answer"
"""The ground of items that end because the person did not say who they are."""
REMINDER, MERGED = "reminder", "merged"
BEFORE_WORK = (ItemState.NEW, ItemState.ACKNOWLEDGED, ItemState.VERIFYING, ItemState.IN_PROGRESS, ItemState.CLOSED)
"""States in which nothing of an item runs or waits for somebody."""
MAX_KEPT = 100
MAIL, PAPER, OTHERWISE = "mail", "paper", "otherwise"
"""How the person is asked: by our mail, by our letter with a code to the address on file (LTR), or in any other way."""
CODE_LETTER = "code-letter"
LETTER_OF = {Wait.IDENTITY: "identity-question", Wait.CLARIFICATION: "clarification"}
"""The letter that asks for it; for the rest there is none."""
REMINDING = "question-reminder"
FIRST, AGAIN = "first", "again"
"""Which letter of a question has not left yet."""
EARLIEST = "2018-05-25"
"""Before that day nobody had these rights."""


def open_question(case: Case) -> Asked | None:
    """The newest question that is not answered."""
    return next((one for one in reversed(case.questions) if not one.answered), None)


def counts(asked: Asked) -> bool:
    """Whether the person was asked at all: by our letter they are from the day it left on (SUS-3)."""
    return asked.waits != FIRST


def question_of(asked: Asked) -> Question:
    """A question of the case as the clock takes it."""
    answered = date.fromisoformat(asked.answered) if asked.answered else None
    on, chased = date.fromisoformat(asked.on), tuple(date.fromisoformat(day) for day in asked.chased)
    return Question(Wait(asked.what), on, answered, asked.ground, asked.fair, chased)


def chase_day(asked: Asked) -> date:
    """The first day on which it may be asked again (SUS-5)."""
    return question_of(asked).chase_on


def is_broad(case: Case) -> bool:
    """Whether the case asks for access, for which there can be too many data at once (recital 63, UK Art 12A)."""
    return any(item.right is Right.ACCESS for item in case.items)


def unanswered(case: Case) -> Asked | None:
    """The open question about who asks, put again twice: the request may end with its letter (SUS-5)."""
    asked = open_question(case)
    return asked if asked is not None and asked.what == Wait.IDENTITY and len(asked.chased) >= CHASES else None


@folds(acts.ClockAsked)
def _asked(case: Case, done: acts.ClockAsked, entry: Entry, at: int) -> Case:
    what = Wait(done.what)
    if any(one.id == done.question for one in case.questions) or len(case.questions) >= MAX_KEPT:
        raise Unfit("the question is there already")
    if what is Wait.CLARIFICATION and not is_broad(case):
        raise Unfit("only a request for access can be too broad")
    if (done.by == MAIL and what not in LETTER_OF) or (done.by == PAPER and what is not Wait.IDENTITY):
        raise Unfit("no letter asks for that")
    if done.ground in DECIDED:
        raise Unfit("a fee for that is decided by two people")
    _day(done.on, case.received_on, at)
    waits = FIRST if _by_letter(done.by) else ""
    asked = Asked(done.question, done.what, done.ground, done.fair, done.on, waits=waits, by=done.by)
    return replace(case, questions=(*case.questions, asked))


def _by_letter(by: str) -> bool:
    if by not in (MAIL, PAPER, OTHERWISE):
        raise Unfit("it is asked by mail, by a letter with a code, or otherwise")
    return by != OTHERWISE


def code_letter(case: Case) -> Asked | None:
    """The open question that a letter with a code asks, if there is one; it may not have left yet."""
    return next((one for one in reversed(case.questions) if one.by == PAPER and not one.answered), None)


@folds(acts.ClockChased)
def _chased(case: Case, done: acts.ClockChased, entry: Entry, at: int) -> Case:
    asked = _open(case, done.question)
    if len(asked.chased) >= CHASES:
        raise Unfit("they were asked again twice")
    if asked.waits:
        raise Unfit("a letter to them has not left yet")
    _day(done.on, chase_day(asked).isoformat(), at)
    if done.by == PAPER:
        raise Unfit("a code is not sent again by a reminder")
    if _by_letter(done.by):
        return _with(case, replace(asked, waits=AGAIN))
    return _with(case, replace(asked, chased=(*asked.chased, done.on)))


@folds(acts.QuestionSent)
def _sent(case: Case, done: acts.QuestionSent, entry: Entry, at: int) -> Case:
    """Only now the person is asked; what was answered before that in another way stays as it is."""
    by_worker(entry)
    asked = next((one for one in case.questions if one.id == done.question and one.waits), None)
    if asked is None:
        raise Unfit("no letter of that question was on its way")
    _day(done.on, case.received_on, at)
    if asked.answered and done.on > asked.answered:
        return case
    if asked.waits == FIRST:
        return _with(case, replace(asked, on=done.on, waits=""))
    return _with(case, replace(asked, chased=(*asked.chased, done.on), waits=""))


@folds(acts.ClockAnswered)
def _answered(case: Case, done: acts.ClockAnswered, entry: Entry, at: int) -> Case:
    asked = _open(case, done.question)
    _day(done.on, asked.on, at)
    return _with(case, replace(asked, answered=done.on))


def _open(case: Case, question: str) -> Asked:
    asked = next((one for one in case.questions if one.id == question), None)
    if asked is None or asked.answered:
        raise Unfit("no such question is open")
    return asked


def _with(case: Case, changed: Asked) -> Case:
    return replace(case, questions=tuple(changed if one.id == changed.id else one for one in case.questions))


def _day(on: str, earliest: str, at: int) -> None:
    """Raises `Unfit` for a day before `earliest`, or after the day that it was taken, wherever on earth that is."""
    taken = datetime.fromtimestamp(at / 1_000_000, UTC) + timedelta(hours=14)
    if not earliest <= date.fromisoformat(on).isoformat() <= taken.date().isoformat():
        raise Unfit("that day cannot be")


@folds(acts.SuspensionAccepted)
def _accepted(case: Case, done: acts.SuspensionAccepted, entry: Entry, at: int) -> Case:
    _by_lead(entry)
    if not case.questions:
        raise Unfit("nothing was asked")
    return replace(case, pause=done.reason)


@folds(acts.SuspensionRefused)
def _refused(case: Case, done: acts.SuspensionRefused, entry: Entry, at: int) -> Case:
    _by_lead(entry)
    return replace(case, pause="")


def _by_lead(entry: Entry) -> None:
    if entry.as_ != "lead" or not entry.actor.startswith("agent:"):
        raise Unfit("a lead decides that")


@folds(acts.CaseExtended)
def _extended(case: Case, done: acts.CaseExtended, entry: Entry, at: int) -> Case:
    """The decision; it counts once its notice left (CLK-2)."""
    _by_lead(entry)
    if case.extended:
        raise Unfit("extended once already")
    return replace(used(case, entry.act), extended=True, proposed="")


@folds(acts.ExtensionFailed)
def _not_extended(case: Case, done: acts.ExtensionFailed, entry: Entry, at: int) -> Case:
    by_worker(entry)
    if case.noticed_at:
        raise Unfit("its notice has left")
    return replace(case, extended=False)


def noticed(case: Case, letter: LetterState, entry: Entry) -> Case:
    """The case after a letter of it left: with the notice of an extension the two months begin to count."""
    if letter.template != EXTENSION or not case.extended or case.noticed_at or not entry.actor.startswith("worker:"):
        return case
    return replace(case, noticed_at=entry.ts)


@folds(acts.ReceiptNoted)
def _received(case: Case, done: acts.ReceiptNoted, entry: Entry, at: int) -> Case:
    """A reminder starts no clock (INT-8); what was merged keeps its day, and the earliest drives (INT-9)."""
    if done.kind not in (REMINDER, MERGED) or (done.kind == MERGED) != bool(done.number):
        raise Unfit("it is a reminder, or another case")
    if done.number == case.id or any(one.number == done.number for one in case.receipts if done.number):
        raise Unfit("that case is in here already")
    if len(case.receipts) >= MAX_KEPT:
        raise Unfit("it was asked for again too often to keep")
    _day(done.received_on, EARLIEST, at)
    receipt = Receipt(done.kind, done.received_at, done.received_on, done.number or "")
    return replace(case, receipts=(*case.receipts, receipt))


@folds(acts.CaseMerged)
def _merged(case: Case, done: acts.CaseMerged, entry: Entry, at: int) -> Case:
    if done.into == case.id:
        raise Unfit("a case does not end in itself")
    if any(item.state not in BEFORE_WORK for item in case.items):
        raise Unfit("work on it has begun")
    items = (i if i.ended else replace(i, state=ItemState.CLOSED, outcome=Outcome.MERGED) for i in case.items)
    return replace(case, items=tuple(items))
