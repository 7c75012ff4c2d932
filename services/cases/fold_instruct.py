"""Folding a processor's part: under which instruction of the controller it acts, and what it may only propose.

Who assists a controller decides nothing by itself (Art 28(3)(a), 28(10)): what touches data or decides needs a cited
instruction, and what only the controller decides needs one of its own (rules.md 5, 13).
"""

from dataclasses import replace

from services.action_log import acts
from services.action_log.entry import Entry
from services.cases.case import Case
from services.cases.step import Unfit, folds
from services.types import DutyRole

ON_INSTRUCTION = frozenset({
    "find.asked", "people.chosen", "export.asked", "redaction.decided", "erase.asked", "erase.approved",
    "consent.given", "consent.withdrawn", "marketing.stopped", "restriction.asked", "restriction.lift_asked",
    "rectification.asked", "system.skip_asked", "item.resolved", "extension.proposed", "decision.proposed",
    "view.noted",
})  # fmt: skip
"""Acts that touch data or decide about them: a processor does them under the case's instruction."""
CONTROLLERS = frozenset({"case.extended"})
"""Acts that only the controller decides: a processor does them under a reference for that very act."""


def reference_for(case: Case, act: str) -> str:
    """Under which instruction `act` is done on the case now; empty where none was cited."""
    own = [reference for about, reference in case.special if about == act]
    return own[-1] if own else case.instruction


def uninstructed(case: Case, act: str) -> str:
    """Why a processor may not do `act` as the case stands; empty when it may, and for who is no processor."""
    if case.duty is not DutyRole.PROCESSOR:
        return ""
    if act in CONTROLLERS and not any(about == act for about, _ in case.special):
        return "only the controller decides that: its reference is missing (Art 28)"
    if act in ON_INSTRUCTION and not case.instruction:
        return "a processor acts on instruction, and none is cited (Art 28)"
    return ""


def used(case: Case, act: str) -> Case:
    """The case after what a reference was for is done: it is not one for doing it again."""
    return replace(case, special=tuple(one for one in case.special if one[0] != act))


@folds(acts.InstructionCited)
def _cited(case: Case, done: acts.InstructionCited, entry: Entry, at: int) -> Case:
    """Who cites one assists its controller, also with what was imported, which does not say so."""
    if case.breach is not None:
        raise Unfit("a breach is told by law, not on instruction")
    if done.about is None:
        return replace(case, duty=DutyRole.PROCESSOR, instruction=done.reference)
    special = (*used(case, done.about).special, (done.about, done.reference))
    return replace(case, duty=DutyRole.PROCESSOR, special=special)


@folds(acts.ExtensionProposed)
def _proposed(case: Case, done: acts.ExtensionProposed, entry: Entry, at: int) -> Case:
    if entry.as_ != "lead" or not entry.actor.startswith("agent:"):
        raise Unfit("a lead decides that")
    if case.duty is not DutyRole.PROCESSOR:
        raise Unfit("nobody else decides about it: extend it")
    if case.extended:
        raise Unfit("extended once already")
    return replace(case, proposed=done.reason)
