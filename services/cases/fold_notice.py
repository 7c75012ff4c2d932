"""Folding who is told of a breach (Art 34): each person by themselves, and nobody by a letter that did not leave."""

from collections.abc import Callable
from dataclasses import replace

from services.action_log import acts
from services.action_log.entry import Entry
from services.cases.breach import (
    ADDED,
    ASKED,
    BY_LETTER,
    FAILED,
    NOT_NEEDED,
    OTHERWISE,
    PERSONS,
    PUBLIC,
    PUBLIC_NOTICE,
    TOLD,
    BreachState,
    Concerned,
    Decision,
    Notice,
)
from services.cases.case import Case
from services.cases.step import Unfit, by_worker, folds

DECIDERS = ("lead", "officer")


def open_breach(case: Case, entry: Entry) -> BreachState:
    """The open breach, for a lead or the officer; raises `Unfit`."""
    by_decider(entry)
    if case.breach is None:
        raise Unfit("this is no breach")
    if case.breach.closed:
        raise Unfit("the breach is closed")
    return case.breach


def by_decider(entry: Entry) -> None:
    """Raises `Unfit` unless a lead or the officer wrote the entry."""
    if entry.as_ not in DECIDERS or not entry.actor.startswith("agent:"):
        raise Unfit("a lead or the officer decides about a breach")


def settled_by(made: Decision, people: tuple[Concerned, ...]) -> tuple[Concerned, ...]:
    """The persons after a decision about all of them: it holds for whoever is not told yet, unless by letter."""
    if made.by_letter:
        return people
    state = TOLD if made.told_at else PUBLIC if made.reason == PUBLIC_NOTICE else NOT_NEEDED
    medium, at = (OTHERWISE, made.told_at) if made.told_at else ("", made.at)
    changed = {"state": state, "medium": medium, "reason": made.reason, "by": made.by, "at": at, "words": made.words}
    return tuple(replace(one, **changed) if one.open else one for one in people)  # type: ignore[arg-type]


@folds(acts.BreachPersonAdded)
def _added(case: Case, done: acts.BreachPersonAdded, entry: Entry, at: int) -> Case:
    one = open_breach(case, entry)
    if one.person(done.case) is not None:
        raise Unfit("the breach is about this person already")
    return replace(case, breach=replace(one, people=(*one.people, Concerned(done.case, ADDED, by=entry.actor, at=at))))


@folds(acts.BreachNoticeAsked)
def _asked(case: Case, done: acts.BreachNoticeAsked, entry: Entry, at: int) -> Case:
    """It says that the persons are told, too. Who was told already gets no other letter."""
    one = open_breach(case, entry)
    if done.reason not in BY_LETTER or not entry.details:
        raise Unfit("a letter has a reason and words")
    if any(told.id == done.notice for told in one.notices):
        raise Unfit("this letter was asked for already")
    wanted = [number for number in dict.fromkeys(done.cases) if _untold(one, number)]
    if not wanted:
        raise Unfit("each of them is told already")
    for number in wanted:
        one = _with(one, Concerned(number, ASKED, notice=done.notice, by=entry.actor, at=at))
    notice = Notice(done.notice, done.language, done.categories, entry.actor, at, entry.details[0])
    decision = Decision(PERSONS, 0, done.reason, entry.actor, at)
    return replace(case, breach=replace(one, notices=(*one.notices, notice), decisions=(*one.decisions, decision)))


@folds(acts.BreachPersonSettled)
def _settled(case: Case, done: acts.BreachPersonSettled, entry: Entry, at: int) -> Case:
    one = open_breach(case, entry)
    if not _untold(one, done.case):
        raise Unfit("this person is told already")
    state, words = (PUBLIC if done.reason == PUBLIC_NOTICE else NOT_NEEDED), next(iter(entry.details), "")
    before = one.person(done.case) or Concerned(done.case)
    made = replace(before, state=state, medium="", reason=done.reason, by=entry.actor, at=at, words=words)
    return replace(case, breach=_with(one, made))


@folds(acts.BreachPersonTold)
def _told(case: Case, done: acts.BreachPersonTold, entry: Entry, at: int) -> Case:
    return _by_letter(
        case,
        entry,
        done.case,
        lambda one: replace(
            one, state=TOLD, notice=done.notice, letter=done.letter, medium=done.medium, reason="", at=entry.ts
        ),
    )


@folds(acts.BreachPersonFailed)
def _failed(case: Case, done: acts.BreachPersonFailed, entry: Entry, at: int) -> Case:
    """Only of the letter that they wait for: what an older one says is overtaken."""
    before = case.breach.person(done.case) if case.breach else None
    if before is not None and (not before.open or before.notice != done.notice):
        raise Unfit("the person does not wait for this letter")
    return _by_letter(
        case,
        entry,
        done.case,
        lambda one: replace(one, state=FAILED, letter=done.letter, medium="", reason=done.reason, at=entry.ts),
    )


def _by_letter(case: Case, entry: Entry, number: str, changed: Callable[[Concerned], Concerned]) -> Case:
    """What a worker reports of a letter, also of a breach that was closed meanwhile."""
    by_worker(entry)
    one = case.breach
    before = one.person(number) if one is not None else None
    if one is None or before is None or not any(notice.id == before.notice for notice in one.notices):
        raise Unfit("no letter to this person was asked for")
    if before.state == TOLD:
        raise Unfit("this person is told already")
    return replace(case, breach=_with(one, changed(before)))


def _untold(one: BreachState, number: str) -> bool:
    person = one.person(number)
    return person is None or person.state != TOLD


def _with(one: BreachState, changed: Concerned) -> BreachState:
    """The breach with this person as they are now."""
    if one.person(changed.case) is None:
        return replace(one, people=(*one.people, changed))
    return replace(one, people=tuple(changed if x.case == changed.case else x for x in one.people))
