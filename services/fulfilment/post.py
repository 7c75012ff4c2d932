"""A letter of a case: written, sent, sealed; at most one repeat under the same id (fulfilment.md 6)."""

from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path

import orjson

from db.kill_points import reach
from services.action_log.acts import LetterFailed, LetterMade, LetterSent
from services.cases.case import Case
from services.fulfilment.engine import JobFailed
from services.fulfilment.steps import Task
from services.letters.compose import Letter, compose
from services.letters.delivery import deliver
from services.sync.jobs import op_of


def letter_id(task: Task, step: str) -> str:
    """The same for every repeat of the step: 32 hex digits."""
    return op_of(task.job.id, f"{step}:letter")


def write(task: Task, step: str, case: Case, template: str, language: str, facts: Mapping[str, object]) -> Letter:
    """The letter of a step; raises `Refused` naming a missing fact."""
    controller = task.room.controller(case.controller)
    own = task.room.home.path / "controllers" / controller.key / "letters"
    given = {"controller": controller, "case_number": case.id, **facts}
    return compose(template, language, given, letter_id=letter_id(task, step), own=own if own.is_dir() else None)


def post(task: Task, step: str, case: Case, letter: Letter, to: str, attached: Path | None = None) -> str:
    """Send `letter` and record it, once; how it left. Raises `Unavailable` when it did not leave."""
    before = task.done(f"{step}:sent", case)
    if before is not None:
        return str(before["medium"])
    made = LetterMade(letter.id, letter.template, letter.version, letter.language)
    task.report(f"{step}:made", made, case, task.job.item)
    reach("post.before-send")
    reach(f"post.{letter.template}")
    task.hold()
    medium = deliver(letter, to, mail=task.room.mail, outbox=task.room.outbox, attached=attached)
    reach("post.after-send")
    sealed = task.room.details.seal(case.id, "letter", as_text(letter))
    task.report(f"{step}:sent", LetterSent(letter.id, medium), case, task.job.item, (sealed,))
    return medium


def as_text(letter: Letter) -> bytes:
    """A letter as it is sealed."""
    return orjson.dumps(asdict(letter))


def from_text(text: bytes) -> Letter:
    """Back from `as_text`."""
    return Letter(**orjson.loads(text))


def send(
    task: Task,
    step: str,
    case: Case,
    template: str,
    language: str,
    facts: Callable[[], Mapping[str, object]],
    to: Callable[[], str | None],
) -> str:
    """Write and send a letter as patient steps of the job; its id, or nothing when it did not leave.

    `facts` and `to` are asked inside the step: neither may stand in the engine. No address sends nothing.
    """

    def work() -> str:
        address = to()
        if address is None:
            return ""
        letter = write(task, step, case, template, language, facts())
        post(task, step, case, letter, address)
        return letter.id

    try:
        return task.patiently(step, work)
    except JobFailed as exc:
        return failed(task, step, case, str(exc))


def failed(task: Task, step: str, case: Case, reason: str) -> str:
    """Record that the letter of a step did not leave; nothing if it was never made."""
    if task.done(f"{step}:made", case) is not None:
        act = LetterFailed(letter_id(task, step), reason)
        task.report(f"{step}:failed", act, case, task.job.item)
    return ""
