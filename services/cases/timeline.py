"""What is to be said of the actions of a case that did not count, read off the fold itself."""

from collections.abc import Iterable

from services.action_log.acts import ConflictSettled, InstructionCited
from services.action_log.entry import Entry
from services.cases.case import Case
from services.cases.fold import counted, fold

Place = tuple[str, int]

LATE = "came too late: another worker had this job"
TWICE = "was done already: counts once"


def references(history: Iterable[Entry], start: Case | None = None) -> dict[Place, str]:
    """By (log, seq), under which instruction of its controller a processor did each action (Art 28(3)(a))."""
    found: dict[Place, str] = {}
    standing, special = (start.instruction, dict(start.special)) if start is not None else ("", {})
    for entry in history:
        if entry.act == InstructionCited.NAME:
            about, reference = entry.params["about"], str(entry.params["reference"])
            if about is None:
                standing = reference
            else:
                special[str(about)] = reference
        elif own := entry.params.get("instruction") or special.pop(entry.act, standing):
            found[entry.log, entry.seq] = str(own)  # a decision carries the controller's own word
    return found


def marks(history: Iterable[tuple[Entry, int, bool]], start: Case | None = None) -> dict[Place, str]:
    """By (log, seq), what came of entries that did not count. `history` is (entry, at, came too late) in accept order,
    the first of them folded into `start`.
    """
    found: dict[Place, str] = {}
    case = start
    for entry, at, late in history:
        place = entry.log, entry.seq
        if late:
            found[place] = LATE
            continue
        before, case = case, fold(case, entry, at)
        if case is None:
            continue
        if case is before:
            found[place] = TWICE
        elif not counted(case, entry):
            found[place] = f"not taken: {case.conflicts[-1].reason}"
        elif entry.act == ConflictSettled.NAME and before is not None:
            how, who = entry.params["how"], entry.actor.partition(":")[2]
            gone = {(c.log, c.seq) for c in before.conflicts} - {(c.log, c.seq) for c in case.conflicts}
            found |= dict.fromkeys(gone, f"not taken; {how} by {who}")
    return found
