"""Folding what the person says about what people weigh."""

from dataclasses import replace

from services.action_log import acts
from services.action_log.entry import Entry
from services.cases.case import Case
from services.cases.fold_acts import OPEN, needs_tier
from services.cases.step import Unfit, folds, the_item
from services.cases.weighing import KINDS, VIEW
from services.identity.needs import tier_needed
from services.types import Tier


@folds(acts.ViewNoted)
def _noted(case: Case, done: acts.ViewNoted, entry: Entry, at: int) -> Case:
    """Anybody who hears it may write it down, a bot too: that decides nothing. The newest words count."""
    item = the_item(case, entry, *OPEN)
    if done.kind != KINDS.get(item.right):
        raise Unfit(f"that does not answer {item.right}")
    if len(entry.details) != 1:
        raise Unfit("what the person says is words")
    if done.decided_by and done.kind != VIEW:
        raise Unfit("nobody decided that")
    if tier_needed(item.right) > Tier.T0:
        needs_tier(case, entry, item, Tier.T1)
    return case.with_item(replace(item, view=entry.details[0], decided_by=done.decided_by or "", returned=""))
