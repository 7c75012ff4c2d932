"""A letter of a case: written, sent, sealed; at most one repeat under the same id (fulfilment.md 6). One that did not
leave is tried again, or waits for people; it never counts as told."""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from functools import partial
from itertools import count
from pathlib import Path

import orjson

from db.central_shapes import LETTER
from db.kill_points import reach
from services.action_log.act import Act
from services.action_log.acts import LetterFailed, LetterMade, LetterSent
from services.cases.case import Case
from services.cases.fold_letters import ADDRESSED, FAILED, OVERTAKEN, PATIENT, SENT
from services.controllers import Controller
from services.errors import DeskError, Refused
from services.fulfilment.engine import JobFailed
from services.fulfilment.steps import Shown, Task, never
from services.fulfilment.waits import NEVER_US
from services.fulfilment.workroom import Workroom
from services.letters.compose import Letter, compose
from services.letters.delivery import deliver
from services.sync.jobs import op_of

MAIL_REFUSED, NO_ADDRESS = "mail-refused", "no-address"
Carry = Callable[[Task, str, Case, Letter, str], str]
AGAIN, HANDED, OVER = "again", "handed", "over"
UNWRITTEN = "none"
"""The version of a letter that could not be written: the next try may write it."""


@dataclass(frozen=True, slots=True)
class Watch:
    """Whoever has a word in whether a letter goes out: `over`: it need not any more. `failed` is told the step and the
    reason, within the step that says so."""

    over: Callable[[], bool] = never
    failed: Callable[[str, str], None] = lambda step, reason: None


def letter_id(task: Task, step: str) -> str:
    """The same for every repeat of the step: 32 hex digits."""
    return op_of(task.job.id, f"{step}:letter")


def write(task: Task, step: str, case: Case, template: str, language: str, facts: Mapping[str, object]) -> Letter:
    """The letter of a step; raises `Refused` naming a missing fact."""
    controller = task.room.controller(case.controller)
    given = {"controller": controller, "case_number": case.id, **facts}
    return compose(template, language, given, letter_id=letter_id(task, step), own=own_letters(task.room, controller))


def own_letters(room: Workroom, controller: Controller) -> Path | None:
    """The folder of a controller's own letters, if it has one."""
    own = room.home.path / "controllers" / controller.key / "letters"
    return own if own.is_dir() else None


def post(task: Task, step: str, case: Case, letter: Letter, to: str, attached: Path | None = None) -> str:
    """Send `letter` and record it, once; how it left.

    Raises `Unavailable` when it did not leave yet, `JobFailed` when the mail server will never take it.
    """
    before = task.done(f"{step}:sent", case)
    if before is not None:
        return str(before["medium"])
    _made(task, step, case, letter)
    reach("post.before-send")
    reach(f"post.{letter.template}")
    task.hold()
    try:
        medium = deliver(letter, to, mail=task.room.mail, outbox=task.room.outbox, attached=attached)
    except Refused as exc:
        task.room.journal.fault("letter.mail", exc)
        raise JobFailed(MAIL_REFUSED) from None
    reach("post.after-send")
    sealed = task.room.details.seal(case.id, "letter", as_text(letter))
    task.report(f"{step}:sent", LetterSent(letter.id, medium), case, task.job.item, (sealed,))
    return medium


def _made(task: Task, step: str, case: Case, letter: Letter) -> None:
    made = LetterMade(letter.id, letter.template, letter.version, letter.language)
    task.report(f"{step}:made", made, case, task.job.item)


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
    watch: Watch = Watch(),
    carry: Carry = post,
) -> str:
    """Write and send a letter as patient steps of the job; its id, or nothing when it did not leave.

    `facts` and `to` are asked inside the step: neither may stand in the engine. No address sends nothing, and of one of
    `ADDRESSED` that is a failure. One of `PATIENT` is not given up: its job waits, and what the job would have said to
    be done is not said, until it leaves, people told the person otherwise, or it is over. `carry` brings it to the
    address and records that, once.
    """
    patient, addressed = template in PATIENT, template in ADDRESSED

    def work() -> str:
        if watch.over():
            return ""
        address = to()
        if address is None and not addressed:
            return ""
        letter = write(task, step, case, template, language, facts())
        _made(task, step, case, letter)
        if address is None:
            raise JobFailed(NO_ADDRESS)
        carry(task, step, case, letter, address)
        return letter.id

    waiting = partial(_show_waiting, task, letter_id(task, step))
    for n in count():
        name = f"{step}:again{n}" if n else step
        try:
            return task.patiently(name, work, forever=patient, waiting=waiting)
        except JobFailed as exc:
            reason = str(exc)
        if not patient:
            return failed(task, step, case, reason)
        unwritten = LetterMade(letter_id(task, step), template, UNWRITTEN, language)
        text = partial(_text, lambda: write(task, step, case, template, language, facts()))
        told = partial(_failed, task, name, step, case, reason, unwritten, text, watch)
        task.patiently(f"{name}:failed", told, forever=True)
        said = _decided(task, name, letter_id(task, step), watch)
        if said == OVER:
            over = LetterFailed(letter_id(task, step), OVERTAKEN)
            task.patiently(f"{name}:over", partial(_report, task, f"{name}:over", over, case), forever=True)
            return ""
        if said == HANDED:
            return letter_id(task, step)
    raise AssertionError("unreachable")


def _report(task: Task, step: str, act: Act, case: Case) -> None:
    task.report(step, act, case, task.job.item)


def _decided(task: Task, name: str, letter: str, watch: Watch) -> str:
    """What people decided about a letter that failed, however long that takes: `AGAIN`, `HANDED` or `OVER`."""
    for n in count():
        said = task.patiently(f"{name}:decided{n}", lambda: _said(task, letter, watch), forever=True)
        if said:
            return said
        task.wait(NEVER_US, stirred=lambda: bool(_said(task, letter, watch)))
    raise AssertionError("unreachable")


def _said(task: Task, letter: str, watch: Watch) -> str:
    task.room.results.settle(stopped=task.room.stopped)
    if watch.over():
        return OVER
    state = next((one.state for one in task.case().letters if one.id == letter), FAILED)
    return "" if state == FAILED else HANDED if state == SENT else AGAIN


def _show_waiting(task: Task, letter: str, code: str, until: int) -> None:
    """Say on the case screen that the letter waits, why, and when it is tried next."""
    task.show({f"{LETTER}{letter}": Shown("failed", reason=code, until=until)})


def _failed(
    task: Task,
    name: str,
    step: str,
    case: Case,
    reason: str,
    unwritten: LetterMade,
    text: Callable[[], bytes | None],
    watch: Watch,
) -> None:
    """The act of a letter that did not leave, sealed with its text as it would have left: people read it, or print it.

    One that could not even be written, as a fact is missing, stands there too, without a text.
    """
    if task.done(f"{step}:made", case) is None:
        task.report(f"{step}:unwritten", unwritten, case, task.job.item)
    words = text()
    sealed = task.room.details.seal(case.id, "letter", words) if words is not None else None
    task.report(f"{name}:failed", LetterFailed(letter_id(task, step), reason), case, task.job.item, (sealed,))
    watch.failed(f"{name}:failed", reason)


def _text(written: Callable[[], Letter]) -> bytes | None:
    try:
        return as_text(written())
    except DeskError:
        return None


def failed(task: Task, step: str, case: Case, reason: str) -> str:
    """Record that the letter of a step did not leave; nothing if it was never made."""
    if task.done(f"{step}:made", case) is not None:
        act = LetterFailed(letter_id(task, step), reason)
        task.report(f"{step}:failed", act, case, task.job.item)
    return ""
