"""A call for erasure: two persons, a waiting period that holds whoever tries, one plan, and a look afterwards."""

import secrets
import time
from dataclasses import dataclass

import sqlalchemy as sa

from db.central import JOB, writing
from db.central_jobs import Job
from services.cases.case import from_json
from services.cases.moment import Moment
from services.cases.policy import may
from services.controllers import Controller
from services.demo.people import Person
from services.demo.plays import seen
from services.demo.plays.caller import Caller
from services.demo.plays.report import Call
from services.demo.plays.stage import Stage
from services.errors import NotFound
from services.types import Approval, Factor, ItemState, ItemView, Outcome, Preview, Right

NAME = "erasure"
KEPT_BY_LAW = ("invoice", "payment")
US = 1_000_000


@dataclass(frozen=True, slots=True)
class Before:
    """What the systems held before, by keys and by words."""

    rows: seen.Rows
    traces: seen.Rows


def play(stage: Stage, person: Person) -> None:
    """Erasure by the owner; the systems are looked at before, during and after by hand-written SQL."""
    with stage.call(NAME, "harbour") as call:
        path, seat = stage.home.path, stage.requester
        before = Before(seen.rows_of(path, call.controller, person), seen.traces_of(path, call.controller, person))
        case = stage.intake(call, Caller(person, stage.home.outbox), Right.ERASURE)
        stage.identify(call, Caller(person, stage.home.outbox), Factor.PIN)
        preview = seat.desk.find.preview(seat.session, case)
        stage.step(call, f"plan: {preview.deletes} to delete, {preview.masks} to mask, {preview.keeps} kept by law")
        call.counts["found"] = {s.system: s.found for s in preview.systems}
        seat.step_up()
        seat.desk.act.erase(seat.session, case, case[-4:])
        item = stage.when(case, ItemState.REVIEW)
        stage.step(call, "asked for; waits for a second person")
        _approve(stage, call, item)
        _nothing_before_the_end(stage, call, person, before)
        _carried_out(stage, call, person, before, preview)


# ── the second person ─────────────────────────────────────────────────────────────────────────────────────────


def _approve(stage: Stage, call: Call, item: ItemView) -> None:
    """The requester may not, in any role; the lead may."""
    own, lead = stage.requester, stage.lead
    stage.refused(
        "erasure: approval by the requester, as agent, is refused",
        lambda: own.desk.review.approve(own.session, call.case, item.id, item.digest),
    )
    same = stage.requester_as_lead
    same.step_up()
    stage.refused(
        "erasure: approval by the requester, as lead, is refused",
        lambda: same.desk.review.approve(same.session, call.case, item.id, item.digest),
    )
    waiting = stage.until("the lead's desk", lambda: _waiting(stage, call.case))
    lead.step_up()
    lead.desk.review.approve(lead.session, call.case, waiting.item, waiting.digest)
    approved = stage.when(call.case, ItemState.READY)
    stage.step(call, f"approved by {approved.approved_by}; the waiting period runs")


def _waiting(stage: Stage, case: str) -> Approval | None:
    return next((a for a in stage.lead.desk.review.waiting(stage.lead.session) if a.case == case), None)


# ── the waiting period ────────────────────────────────────────────────────────────────────────────────────────


def _nothing_before_the_end(stage: Stage, call: Call, person: Person, before: Before) -> None:
    """Not by the job's own time, not by the table, and not when a worker is told directly to run it now."""
    job = next((j for j in stage.store.unsettled_jobs(call.case) if j.kind == "erase"), None)
    now = time.time_ns() // 1000
    due = [j.id for j in stage.store.due_jobs(now, 1000)]
    waits = job is not None and job.not_before > now and job.id not in due
    left = f"{(job.not_before - now) / US:.1f} s left" if job else "no job waits"
    stage.check("erasure: before the end the job is not due", waits, left)
    no = _may_run(stage, call)
    stage.check("erasure: before the end the table says no", no != "", no or "it does not")
    if job is None:
        raise NotFound("there is no job for the approved erasure")
    early = _run_now(stage, job)
    state = stage.until("the worker's answer", lambda: _ended(stage, early))
    began = stage.first(call.case, "erase.started") is not None
    in_time = time.time_ns() // 1000 < job.not_before
    rows = seen.rows_of(stage.home.path, call.controller, person)
    held, words = untouched(rows, before.rows, in_time=in_time, began=began)
    stage.check("erasure: before the end a worker told to run it refuses", held, f"job {state}, {words}")


def untouched(rows: seen.Rows, before: seen.Rows, *, in_time: bool, began: bool) -> tuple[bool, str]:
    """Whether nothing had begun and every row was there, looked at before the end: later it would prove nothing."""
    if not in_time:
        return False, "too late to tell"
    words = f"{'begun' if began else 'not begun'}, {seen.total(rows)} of {seen.total(before)} rows"
    return not began and rows == before and seen.total(before) > 0, words


def _may_run(stage: Stage, call: Call) -> str:
    """Why the policy table does not let it run now; empty when it does."""
    case = from_json(stage.store.case_body(call.case))
    wait = wait_of(stage, case.controller)
    moment = Moment(stage.lead.session, time.time_ns() // 1000, True, wait)
    return may("execute", case, moment, case.items[0].id).reason


def wait_of(stage: Stage, controller: str) -> int:
    """The controller's waiting period in µs, as central knows it."""
    return Controller.from_json(stage.store.controllers()[controller]).waiting_period_s * US


def _run_now(stage: Stage, job: Job) -> str:
    """A second job for the same plan that says it is due: what somebody with a hand in the database could do."""
    row = {
        "id": secrets.token_hex(16),
        "kind": job.kind,
        "controller": job.controller,
        "case_id": job.case,
        "item": job.item,
        "state": "queued",
        "not_before": 0,
        "params": job.params,
        "worker": "",
        "fence": 0,
    }
    with writing(stage.store.engine).begin() as conn:
        conn.execute(sa.insert(JOB), [row])
    return str(row["id"])


def _ended(stage: Stage, job: str) -> str:
    state = stage.store.job(job).state
    return state if state not in ("queued", "running") else ""


# ── the run ───────────────────────────────────────────────────────────────────────────────────────────────────


def _carried_out(stage: Stage, call: Call, person: Person, before: Before, preview: Preview) -> None:
    item = stage.when(call.case, ItemState.CLOSED)
    kinds = ("deleted", "masked", "kept")
    call.counts |= {kind: {s.system: getattr(s, kind) for s in item.systems} for kind in kinds}
    for system in item.systems:
        stage.step(call, f"{system.system}: {system.deleted} deleted, {system.masked} masked, {system.kept} kept")
    stage.step(call, f"ended: {item.outcome}, {item.text}")
    stage.check(
        "erasure: the item ended as partly done, as invoices are kept", item.outcome is Outcome.PARTLY, item.outcome
    )
    stage.check("erasure: it began after the waiting period", *_began(stage, call))
    done = tuple(sum(call.counts[kind].values()) for kind in kinds)
    planned = (preview.deletes, preview.masks, preview.keeps)
    stage.check("erasure: what was done is what was planned", done == planned, f"{done} of {planned}")
    verified = stage.first(call.case, "erase.verified")
    left = verified[1].params["left"] if verified else None
    stage.step(call, f"verification read: {left} rows left")
    stage.check("erasure: the verification read found nothing left", left == 0, f"{left} rows left")
    after = seen.traces_of(stage.home.path, call.controller, person)
    stage.check("erasure: nothing names the person but what the law keeps", *forgotten(before.traces, after))


def _began(stage: Stage, call: Call) -> tuple[bool, str]:
    approved, started = stage.first(call.case, "erase.approved"), stage.first(call.case, "erase.started")
    if approved is None or started is None:
        return False, "not in the log"
    return waited(approved[0], started[1].ts, wait_of(stage, call.controller))


def waited(approved: int, started: int, wait: int) -> tuple[bool, str]:
    """Whether there was a waiting period and the run came after it; µs."""
    return (
        0 < wait <= started - approved,
        f"{(started - approved) / US:.1f} s after approval, {wait / US:.0f} s were due",
    )


def forgotten(before: seen.Rows, after: seen.Rows) -> tuple[bool, str]:
    """Whether what names the person afterwards is kept by law, all of it, and the rest is gone."""
    kept = {table: n for table, n in before.get("shop", {}).items() if table in KEPT_BY_LAW}
    there = seen.total(before) > sum(kept.values()) > 0
    words = ", ".join(f"{system}.{table} {n}" for system, tables in after.items() for table, n in tables.items())
    return there and after == {"shop": kept}, f"{seen.total(before)} rows before; now {words or 'none'}"
