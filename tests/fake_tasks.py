"""Work by hand on a desk without stores. All persons are fictional."""

from dataclasses import replace
from typing import Any

from services.types import Session, TaskForm, TaskState, TaskView


def tasks(case: str) -> tuple[TaskView, ...]:
    """What is done by hand: late in the archive, refused in the safe, done in the mail room."""
    late = TaskState("1" * 32, "archive", "find", "archive", "2026-03-02")
    done = replace(
        late, task="2" * 32, system="post", outcome="completed", count=3, by="agent:0042", answered_on="2026-03-04"
    )
    refused = replace(
        late, task="3" * 32, system="safe", what="erase", due="2026-03-12", outcome="exception", reason="legal-hold",
        by="agent:0017", answered_on="2026-03-05",
    )  # fmt: skip
    return (
        TaskView(case, "1", late, waits=True, late=True), TaskView(case, "1", refused, waits=True),
        TaskView(case, "1", done),
    )  # fmt: skip


class FakeTask:
    """Keeps what was answered."""

    def __init__(self, case: str) -> None:
        self.tasks = tasks(case)
        self.told = TaskForm("Look through the binders in room 12", (("email", "ada@example.com"),))
        self.answered: list[tuple[Any, ...]] = []

    def of(self, session: Session, case: str) -> tuple[TaskView, ...]:
        return self.tasks

    def form(self, session: Session, case: str, task: str) -> TaskForm:
        return self.told

    def answer(self, session: Session, case: str, *answer: Any) -> None:
        self.answered.append(answer)
