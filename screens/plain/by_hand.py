"""What is done by hand for a case, on plain lines: which tasks wait, what to do in each, and its answer."""

from screens.by_hand import Answer, answer_of
from screens.plain.seat import BACK, Option, Seat
from screens.plain.written import written
from screens.task_words import REASONS, WHATS, task_line, to_do
from services.types import CaseView, TaskForm, TaskView

LONGEST = 4_000


def by_hand(seat: Seat, view: CaseView) -> bool:
    """One task after the other, until none waits or the person goes back."""
    while True:
        tasks: tuple[TaskView, ...] | None = seat.does(lambda: seat.desk.task.of(seat.session, view.id))
        if tasks is None:
            return False
        waiting = [task for task in tasks if task.waits]
        for task in tasks:
            if not task.waits:
                seat.say(task_line(task))
        if not waiting:
            seat.say("nothing is to be done by hand")
            return False
        options = [Option(str(n), _words(task), task.why_not) for n, task in enumerate(waiting, 1)]
        key = seat.choose("Answer which? The look at it is logged", options)
        if key == BACK or not _answer(seat, view, waiting[int(key) - 1]):
            return False


def _words(task: TaskView) -> str:
    return ("LATE, " if task.late else "") + to_do(task.state)


def _answer(seat: Seat, view: CaseView, task: TaskView) -> bool:
    """Say what to do and by what the person is known there, then take what came of it; whether it was kept."""
    form: TaskForm | None = seat.does(lambda: seat.desk.task.form(seat.session, view.id, task.state.task))
    if form is None:
        return False
    seat.say(form.say)
    for kind, value in form.identities:
        seat.say(f"{kind}: {value}")
    if not form.identities:
        seat.say("nothing they are known by there is on file")
    answer = _asked(seat, view, task)
    if answer is None:
        return False

    def keep() -> bool:
        seat.desk.task.answer(seat.session, view.id, task.state.task, *answer)
        return True

    return seat.does(keep, f"kept in your name: {task.state.system} by hand, {answer.outcome}") is not None


def _asked(seat: Seat, view: CaseView, task: TaskView) -> Answer | None:
    done = WHATS[task.state.what][1]
    for letter, (_, words) in REASONS.items():
        seat.say(f"{letter} not done: {words}")
    while True:
        typed = seat.ask(f"How many were {done}, 0 for none, or a letter of those; empty: back")
        if not typed:
            return None
        answer = answer_of(typed)
        if answer is None:
            seat.say("a whole number, or one of the letters")
            continue
        if answer.outcome != "completed" or task.state.what != "find":
            return answer
        found = seat.ask("What was found, in words that the person gets; empty: no words")[:LONGEST]
        settled = written(seat, found, view.controller) if found else None
        return answer._replace(found=settled.text) if settled is not None else answer if not found else None
