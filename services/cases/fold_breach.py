"""Folding breaches. Whoever raises one cannot take it back: leads and officers decide, and nobody deletes."""

from dataclasses import replace

from services.action_log import acts
from services.action_log.act import Act
from services.action_log.entry import Entry
from services.cases.breach import (
    AUTHORITY,
    CONTROLLER,
    PERSONS,
    UNKNOWN,
    BreachState,
    Concerned,
    Decision,
    Lock,
    missing,
)
from services.cases.case import Case
from services.cases.fold_notice import by_decider, open_breach, settled_by
from services.cases.step import Unfit, folds
from services.types import Channel, DutyRole, Regime, Requester

FLAG = "breach"


def raised(done: acts.BreachRaised, entry: Entry, at: int) -> Case:
    """The entry of the register that a raising starts: nobody asked for anything, and nobody holds it."""
    breach = BreachState(
        op=entry.op,
        aware_at=done.aware_at,
        raised_by=entry.actor,
        raised_at=at,
        about=done.about or "",
        categories=done.categories,
        persons=UNKNOWN if done.persons is None else done.persons,
        ongoing=done.ongoing,
        contained=done.contained,
        words=entry.details[-1] if entry.details else "",
        people=(Concerned(done.about),) if done.about else (),
    )
    return Case(
        id=entry.case or "",
        controller=entry.controller or "",
        subject=entry.subject or "",
        channel=Channel.IN_PERSON,
        regime=Regime(done.regime),
        requester=Requester.UNKNOWN,
        duty=DutyRole(done.role),
        received_at=done.aware_at,
        received_on=done.aware_on,
        opened_by=entry.actor,
        opened_at=at,
        acknowledged=True,
        breach=breach,
        flags=(FLAG,),
        revision=1,
        training=entry.training,
        key=done.key,
    )


@folds(acts.BreachRaised)
def _raised_again(case: Case, done: Act, entry: Entry, at: int) -> Case:
    raise Unfit("the number is another case's already")


@folds(acts.BreachUpdated)
def _updated(case: Case, done: acts.BreachUpdated, entry: Entry, at: int) -> Case:
    one = open_breach(case, entry)
    if done.what == "consequences" and entry.details:
        return replace(case, breach=replace(one, consequences=(*one.consequences, entry.details[0])))
    if done.what == "measures" and entry.details:
        return replace(case, breach=replace(one, measures=(*one.measures, entry.details[0])))
    if done.what == "persons" and done.count is not None:
        return replace(case, breach=replace(one, persons=done.count))
    if done.what == "records" and done.count is not None:
        return replace(case, breach=replace(one, records=done.count))
    if done.what == "ongoing" and done.state is not None:
        return replace(case, breach=replace(one, ongoing=done.state))
    if done.what == "contained" and done.state is not None:
        return replace(case, breach=replace(one, contained=done.state))
    raise Unfit("it says nothing new")


@folds(acts.BreachDecided)
def _decided(case: Case, done: acts.BreachDecided, entry: Entry, at: int) -> Case:
    one = open_breach(case, entry)
    if done.whom not in (AUTHORITY, PERSONS, CONTROLLER):
        raise Unfit("nobody of that kind is told of a breach")
    words = next(iter(entry.details), "")
    made = Decision(done.whom, done.told_at or 0, done.reason, entry.actor, at, words)
    people = settled_by(made, one.people) if done.whom == PERSONS else one.people
    return replace(case, breach=replace(one, decisions=(*one.decisions, made), people=people))


@folds(acts.BreachClosed)
def _closed(case: Case, done: acts.BreachClosed, entry: Entry, at: int) -> Case:
    """Not before it is decided who is told; as controller or as processor, the desk knows which."""
    one = open_breach(case, entry)
    if (why := missing(one, DutyRole.CONTROLLER)) and missing(one, DutyRole.PROCESSOR):
        raise Unfit(why)
    over = replace(one, closed=done.reason, closed_by=entry.actor, closed_at=at)
    return _flagged(replace(case, breach=over, closed=True, closed_at=at))


@folds(acts.BreachLocked)
def _locked(case: Case, done: acts.BreachLocked, entry: Entry, at: int) -> Case:
    """Whoever says it and whatever the case is by now: nothing about a breach is lost."""
    if any(one.number == done.number for one in case.locks):
        raise Unfit("this breach locks the case already")
    return _flagged(replace(case, locks=(*case.locks, Lock(done.number, entry.actor, at))))


@folds(acts.BreachReleased)
def _released(case: Case, done: acts.BreachReleased, entry: Entry, at: int) -> Case:
    by_decider(entry)
    found = next((one for one in case.locks if one.number == done.number and not one.released), None)
    if found is None:
        raise Unfit("this breach does not lock the case")
    over = replace(found, released=done.reason, released_by=entry.actor)
    return _flagged(replace(case, locks=tuple(over if one is found else one for one in case.locks)))


def _flagged(case: Case) -> Case:
    """The case with its flag as long as a breach is open here."""
    others = tuple(flag for flag in case.flags if flag != FLAG)
    still = case.locked or (case.breach is not None and not case.breach.closed)
    return replace(case, flags=(FLAG, *others) if still else others)
