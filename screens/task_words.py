"""What is done by hand, as lines a person reads."""

from datetime import date
from typing import Final

from screens.kit.text import count
from screens.words import day
from services.types import TaskState, TaskView

REASONS: Final = {
    "n": ("not-reachable", "it cannot be reached"),
    "h": ("legal-hold", "something must be kept"),
    "u": ("unreadable", "it cannot be read"),
    "o": ("not-ours", "it is not ours"),
    "d": ("needs-decision", "somebody must decide"),
}
"""By key: the code in the log, and its words."""
WHATS: Final = {
    "find": ("find it", "found"),
    "erase": ("erase it", "erased"),
    "restrict": ("mark it as stored only", "marked"),
    "consent-give": ("write the consent down", "written"),
    "tell-controllers": ("tell others who use what was public", "told"),
    "consent-withdraw": ("write down that the consent is withdrawn", "written"),
}
"""By kind of task: what to do, and what was done to what there is."""
_SAID: Final = dict(REASONS.values())


def to_do(state: TaskState) -> str:
    """What, where and until when."""
    about = f" ({state.purpose})" if state.purpose else ""
    return f"{WHATS[state.what][0]}{about} in {state.system}, until {day(date.fromisoformat(state.due))}"


def task_line(task: TaskView) -> str:
    """One task: what is to be done, or what came of it in whose words."""
    state = task.state
    if not state.outcome:
        late = "LATE, " if task.late else ""
        return f"by hand: {late}{to_do(state)} (H answers)" if task.waits else f"by hand: {to_do(state)}"
    by = f"{state.by.removeprefix('agent:')} says on {day(date.fromisoformat(state.answered_on))}"
    if state.outcome == "exception":
        mends = " (H mends it)" if task.waits else ""
        return f"{state.system} by hand, {by}: not done, {_SAID.get(state.reason, state.reason)}{mends}"
    done = WHATS[state.what][1]
    return f"{state.system} by hand, {by}: {f'{count(state.count)} {done}' if state.count else 'nothing there'}"
