"""Which work each kind of job is, and how a job ends."""

from collections.abc import Callable
from functools import partial

from services.fulfilment.asking import ask
from services.fulfilment.breach_alert import breach_alert
from services.fulfilment.breach_notice import breach_notice
from services.fulfilment.check_notice import notify
from services.fulfilment.closing_letter import closing_letter
from services.fulfilment.consenting import change_consent
from services.fulfilment.deciding import decide, refer
from services.fulfilment.engine import Engine, Fenced, JobFailed, Workflow
from services.fulfilment.erase import erase
from services.fulfilment.export import export
from services.fulfilment.notices import acknowledge, confirm, extend, not_identified, notice, propose
from services.fulfilment.rectifying import rectify
from services.fulfilment.replay import replay
from services.fulfilment.restricting import lift, restrict
from services.fulfilment.steps import Task
from services.fulfilment.workroom import Workroom

WORK: dict[str, Callable[[Task], None]] = {
    "acknowledge": acknowledge,
    "breach-alert": breach_alert,
    "breach-notice": breach_notice,
    "check-notice": notify,
    "closing-letter": closing_letter,
    "confirm": confirm,
    "consent": change_consent,
    "decide": decide,
    "erase": erase,
    "export": export,
    "extend": extend,
    "lift": lift,
    "not-identified": not_identified,
    "notice": notice,
    "propose": propose,
    "question": ask,
    "rectify": rectify,
    "refer": refer,
    "replay": replay,
    "restrict": restrict,
}
"""By kind of job (services/sync/jobs.py)."""


def workflows(room: Workroom) -> dict[str, Workflow]:
    """What the engine runs, by kind of job."""
    return {kind: partial(_run, room, work) for kind, work in WORK.items()}


def _run(room: Workroom, work: Callable[[Task], None], engine: Engine, job_id: str) -> None:
    """One job to its end; its state says how it ended, its acts say what was done.

    Raises `Fenced` as soon as the job is another worker's.
    """
    task = Task(engine, room, room.job(job_id))
    try:
        if task.job.worker != room.worker:
            raise Fenced
        _end(task, work)
    except Fenced:
        room.journal.say("fenced", kind=task.job.kind, job=job_id)
        raise


def _end(task: Task, work: Callable[[Task], None]) -> None:
    room, job = task.room, task.job
    state, reason = "done", ""
    try:
        work(task)
    except JobFailed as exc:
        state, reason = "failed", str(exc)
    task.step("ended", lambda: room.store.end_job(job.id, job.fence, state))
    room.journal.say("job", kind=job.kind, job=job.id, state=state, reason=reason)
