"""Folding which of several people the case is about: what a worker listed, and what a person said (fulfilment.md 2)."""

from dataclasses import replace

from services.action_log import acts
from services.action_log.entry import Entry
from services.cases.case import Case, Check
from services.cases.fold_acts import needs_tier
from services.cases.step import Unfit, by_worker, folds
from services.cases.whom import CHOSEN, LEFT, NEAR, OPEN, busy
from services.types import Tier

MOVED = "another-person"
"""Why a check ended: whoever passed it may have answered for somebody who was left out."""


@folds(acts.PeopleListed)
def _listed(case: Case, done: acts.PeopleListed, entry: Entry, at: int) -> Case:
    """What was decided stands; what is not listed any more is not asked about any more."""
    by_worker(entry)
    decided = {id: word for id, word in case.people if word in (CHOSEN, LEFT)}
    listed = {**dict.fromkeys(done.nearby, NEAR), **dict.fromkeys(done.people, OPEN), **decided}
    return replace(case, people=tuple(sorted(listed.items())))


@folds(acts.PeopleChosen)
def _chosen(case: Case, done: acts.PeopleChosen, entry: Entry, at: int) -> Case:
    """All that was listed is decided at once. Plans of before are void, and so is the check where somebody was left
    out: it may have been passed with what the other person knows.
    """
    if not entry.actor.startswith("agent:"):
        raise Unfit("a person says which of several people it is")
    needs_tier(case, entry, None, Tier.T1)
    if reason := busy(case):
        raise Unfit(reason)
    before = dict(case.people)
    named = [*done.chosen, *done.nearby, *done.left]
    matches = {id for id, word in before.items() if word != NEAR}
    if len(set(named)) != len(named) or not matches <= set(named) <= before.keys():
        raise Unfit("the list is not the one that was shown")
    decided = {**dict.fromkeys((*done.chosen, *done.nearby), CHOSEN), **dict.fromkeys(done.left, LEFT)}
    items = tuple(i if i.ended else replace(i, plan="", digest="", counts=(0, 0, 0)) for i in case.items)
    check = _checked_anew(case.check) if done.left and case.check is not None else case.check
    return replace(case, people=tuple(sorted(decided.items())), items=items, check=check)


def _checked_anew(check: Check) -> Check:
    return replace(check, ended=MOVED) if check.ended in ("", "done") else check
