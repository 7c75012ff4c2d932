"""Folding who consents for a minor: the child, once of age for it, or who holds parental responsibility (Art 8)."""

from dataclasses import replace

from services.action_log import acts
from services.action_log.entry import Entry
from services.cases.case import Case
from services.cases.step import Unfit, folds
from services.identity.needs import Data
from services.types import Requester

CHILD, PARENTAL = "child", "parental"
AGES = range(13, 17)
"""What a law may say (Art 8(1))."""
_PARENTS = (Requester.PARENT, Requester.GUARDIAN)


def about_minor(case: Case) -> bool:
    """Whether the case is about a minor, as far as anybody noted."""
    return Data.MINOR.value in case.facts or case.requester is Requester.PARENT


def not_theirs(case: Case, who: str, age: int) -> str:
    """Why `who` cannot consent for the minor, from `age` on a child may alone; empty when they can."""
    if who not in (CHILD, PARENTAL):
        return f"a minor: from {age} on the child consents, below it who holds parental responsibility (Art 8)"
    if who == PARENTAL and case.requester not in _PARENTS:
        return f"below {age} who holds parental responsibility consents, and that is not who asks here (Art 8)"
    if who == CHILD and case.requester in _PARENTS:
        return f"from {age} on the child consents, and nobody in its place (Art 8)"
    return ""


@folds(acts.ConsenterNamed)
def _named(case: Case, done: acts.ConsenterNamed, entry: Entry, at: int) -> Case:
    if done.age not in AGES:
        raise Unfit("no law has that age (Art 8)")
    if why := not_theirs(case, done.who, done.age):
        raise Unfit(why)
    return replace(case, consenter=done.who)


def consented(case: Case) -> Case:
    """The case as a consent is given: for a minor it is said who gives it, each time. Raises `Unfit`."""
    if about_minor(case) and not case.consenter:
        raise Unfit("it is about a minor, and nobody said who consents (Art 8)")
    return replace(case, consenter="") if case.consenter else case
