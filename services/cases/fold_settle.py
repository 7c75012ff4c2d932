"""Folding how a person settled what did not count: done anew once, or dropped for good."""

from dataclasses import replace
from hashlib import sha256

from services.action_log import acts
from services.action_log.entry import Entry
from services.cases.case import Case
from services.cases.step import Unfit, folds

AGAIN = "again:"
"""How the op of a repeat begins. It follows from the entry that is repeated, so whoever repeats it does it once."""
REPEATED, DROPPED = "repeated", "dropped"


def again_op(log: str, seq: int) -> str:
    """The op under which the entry `seq` of `log` is repeated."""
    return AGAIN + sha256(f"{log}:{seq}".encode()).hexdigest()[:32]


@folds(acts.ConflictSettled)
def _settled(case: Case, done: acts.ConflictSettled, entry: Entry, at: int) -> Case:
    """The conflict is gone from the case; who comes second changes nothing, and a drop stands against a late repeat."""
    place = done.log, done.seq
    met = next((c for c in case.conflicts if (c.log, c.seq) == place), None)
    person, lead = entry.actor.startswith("agent:"), entry.as_ == "lead"
    if not person or (not lead and met is not None and entry.actor != met.actor):
        raise Unfit("who did it settles it, or a lead")
    if done.how not in (REPEATED, DROPPED):
        raise Unfit("it is repeated or dropped")
    again, theirs = again_op(*place), lead or met is not None
    if done.how == DROPPED and theirs and again not in (*case.seen, *case.dropped):
        case = replace(case, dropped=(*case.dropped, again))
    return replace(case, conflicts=tuple(c for c in case.conflicts if c is not met))
