"""Which factors are open in a check, and why the others are not: nothing here depends on whether somebody is known.

Whether a contact point is on file and old enough to prove anything (IDV-10) is known to the worker alone: a code that
may not be sent is not sent, a number that may not be dialled is not shown, and no line of a checklist tells.
"""

from dataclasses import dataclass

from services.types import Factor

COOLING_DAYS = 30
"""A contact point younger than this proves nothing and gets nothing sent (IDV-10, G5)."""
MIN_KBD = 5
"""Fewer dynamic questions than this are no random choice (rules.md 7.3)."""


@dataclass(frozen=True, slots=True)
class Ways:
    """`kbd_questions`: how many the controller's catalog declares. `texts`: codes can go by text message, too.

    `sessions`: the controller's account shows codes of a session (SES). `letter`: one with a code left in this case.
    """

    offline: bool = False
    kbd_questions: int = 0
    texts: bool = False
    sessions: bool = False
    letter: bool = False


def blocked(factor: Factor, ways: Ways) -> str:
    """Why `factor` cannot be used now, as words for the agent alone; empty when it can."""
    if ways.offline:
        return "offline: no factor passes"
    if factor is Factor.KBD and ways.kbd_questions < MIN_KBD:
        return f"the catalog has fewer than {MIN_KBD} questions to choose from"
    if factor is Factor.SES and not ways.sessions:
        return "this controller's account shows no such code"
    if factor is Factor.LTR and not ways.letter:
        return "no letter with a code has left in this case (s posts one)"
    return ""
