"""The demo played without a terminal: an export, an erasure and a consent, by the same desk and worker as by hand.

Two sessions on two terminals, the worker a process of its own, a real waiting period. What each part says is held
against the databases, the package and the logs themselves.
"""

import time
from collections import Counter
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from pathlib import Path

from db import central
from db.central_store import CentralStore
from services.demo.make import TERMINALS, WORKER, make_home
from services.demo.people import Person, make_people
from services.demo.plays import consent_call, erasure_call, export_call, seen
from services.demo.plays.report import Report
from services.demo.plays.stage import Seat, Stage
from services.demo.worker_child import WorkerChild
from services.desk.open import open_desk
from services.errors import NotFound
from services.evidence import evidence_of
from services.home import CENTRAL_KEY, Home, key
from services.secrets import open_vault
from services.types import Role

WAITING_S = 3
_CASES, _PEOPLE, _SEED = 24, 60, 1
_REQUESTER, _LEAD = "0017", "0007"


def play(home: Path, *, say: Callable[[str], None] = lambda _: None, waiting_period_s: int = WAITING_S) -> Report:
    """Make a home at `home`, which must be new, and play three calls there. Raises `DeskError` when nothing starts."""
    started = time.monotonic()
    say(f"a new home at {home}, waiting period {waiting_period_s} s")
    made = make_home(home, cases=_CASES, people=_PEOPLE, seed=_SEED, waiting_period_s=waiting_period_s)
    with ExitStack() as stack:
        worker = WorkerChild(home, WORKER)
        stack.callback(worker.stop)
        worker.wait_ready()  # nobody signs in without one
        stage = _set(made.home, stack, say)
        say(f"worker {worker.pid} works; {_REQUESTER} sits at {TERMINALS[0]}, the lead {_LEAD} at {TERMINALS[1]}")
        export, erasure, consent = _cast(home, stage.people)
        export_call.play(stage, export)
        erasure_call.play(stage, erasure)
        consent_call.play(stage, consent)
        stage.check("the worker is another process and still lives", worker.alive, f"pid {worker.pid}")
    logs = verify_logs(stage)
    return Report(str(home), worker.pid, stage.calls, logs, stage.checks, round(time.monotonic() - started, 1))


def _set(home: Home, stack: ExitStack, say: Callable[[str], None]) -> Stage:
    """Two desks, three sessions, and a look into central."""
    desks = []
    for terminal in TERMINALS[:2]:
        desk = open_desk(home.path, terminal, demo=True)
        stack.callback(desk.close)
        desk.caught_up()
        desks.append(desk)
    engine = central.open_engine(home.central_url, key(open_vault(home.path, demo=True), CENTRAL_KEY))
    stack.callback(engine.dispose)
    first, second = desks
    return Stage(
        home=home,
        people=make_people(_SEED, _PEOPLE),
        store=CentralStore(engine),
        requester=Seat.taken(first, _REQUESTER, Role.AGENT),
        requester_as_lead=Seat.taken(second, _REQUESTER, Role.LEAD),
        lead=Seat.taken(second, _LEAD, Role.LEAD),
        say=say,
    )


def _cast(home: Path, people: list[Person]) -> tuple[Person, Person, Person]:
    """Three people who live alone, owe nothing, and whose address did not change lately: for the plainest call each."""
    homes = Counter(p.address for p in people)
    plain = [p for p in people if homes[p.address] == 1 and not p.owes and p.contact_age_days >= 60]
    export = _first(p for p in plain if all(seen.by_system(seen.rows_of(home, "nordlicht", p)).values()))
    erasure = _first(
        p for p in plain if p is not export and all(seen.by_system(seen.rows_of(home, "harbour", p)).values())
    )
    consent = _first(
        p
        for p in plain
        if p not in (export, erasure)
        and seen.rows_of(home, consent_call.CONTROLLER, p)["news"]["subscriber"]
        and not any(seen.consent_of(home, consent_call.CONTROLLER, p, consent_call.PURPOSE))
    )
    return export, erasure, consent


def _first(fitting: Iterable[Person]) -> Person:
    found = next(iter(fitting), None)
    if found is None:
        raise NotFound("nobody among the demo's people fits this call")
    return found


def verify_logs(stage: Stage) -> dict[str, str]:
    """Check every log of the home as `log verify` does; each has to be whole."""
    evidence = evidence_of(stage.home, open_vault(stage.home.path, demo=True))
    states: dict[str, str] = {}
    stage.say("\nlog verify")
    for file in evidence.files:
        report = evidence.check(file.path)
        states[file.log] = report.state
        stage.check(f"log {file.log} is whole", report.state == "whole", f"{report.state}, {report.size} entries")
    return states
