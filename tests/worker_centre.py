"""A copied centre with a real worker process beside it, and a caller who knows their own answers."""

import os
import shutil
import signal
import sqlite3
import subprocess
import time
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, TypeVar

import sqlalchemy as sa

from db import central
from db.central import JOB
from db.central_port import CentralPort
from db.central_store import CentralStore
from services.cases.case import Case, from_json
from services.demo.people import Person, make_people
from services.desk.desk import Desk
from services.desk.open import open_desk
from services.home import CENTRAL_KEY, Home, key
from services.secrets import open_vault
from services.types import ChecklistView, Factor, ItemState, Right, Session
from tests import preloaded
from tests.centre import AGENT, AGENT_PIN, LEAD, LEAD_PIN, request

T = TypeVar("T")
CHECKOUT = Path(__file__).parents[1]
PEOPLE = make_people(7, 12)
ME = PEOPLE[1]
CASE = f"C-{datetime.now(UTC):%y}-000001"


class WorkerCentre:
    """The home at `path`; `start` begins a worker, `kill` is SIGKILL, `stop` closes its input.

    `complaints` gets the workers' standard error, else it is that of the tests.
    """

    def __init__(self, path: Path, complaints: IO[str] | None = None) -> None:
        self.home = Home(path)
        self._complaints = complaints
        self.vault = open_vault(path, demo=True)
        self.engine = central.open_engine(self.home.central_url, key(self.vault, CENTRAL_KEY))
        self.store = CentralStore(self.engine)
        self.worker: preloaded.Forked | None = None
        self.said = ""
        self._desks: list[Desk] = []
        self._started: list[preloaded.Forked] = []

    # ── the worker ────────────────────────────────────────────────────────────────────────────────────────────

    def start(self, *modes: str, kill_at: str = "", wait: bool = True) -> int:
        """Begin a worker that dies at `kill_at` (`freeze@…`: freezes); its pid, once it is ready."""
        return self.start_in(self.home.path, *modes, kill_at=kill_at, wait=wait)

    def start_in(self, home: Path, *modes: str, kill_at: str = "", wait: bool = True) -> int:
        """The same in another home."""
        environment = {**os.environ, "PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring"}
        if kill_at:
            environment["RIGHTSDESK_KILL_AT"] = kill_at
        stderr = self._complaints.fileno() if self._complaints is not None else 2
        self.worker = preloaded.start("tests.worker_child", str(home), *modes, env=environment, stderr=stderr)
        self._started.append(self.worker)
        if wait:
            self.said = self.worker.stdout.readline()
            assert self.said.startswith("worker "), "the worker did not start"
        return self.worker.pid

    def kill(self) -> None:
        assert self.worker is not None
        self.worker.send_signal(signal.SIGKILL)
        self.wait_dead()

    def wait_dead(self, seconds: float = 30) -> int:
        """The exit code, negative for a signal."""
        assert self.worker is not None
        code = self.worker.wait(seconds)
        self._let_go()
        return code

    def stop(self) -> int:
        """End standard input, as a parent that is gone does; the exit code."""
        assert self.worker is not None
        self.worker.stdin.close()
        return self.wait_dead()

    def _let_go(self) -> None:
        assert self.worker is not None
        for pipe in (self.worker.stdin, self.worker.stdout):
            pipe.close()

    def close(self) -> None:
        """End everything."""
        for desk in self._desks:
            desk.close()
        for other in self._started:
            if other is not self.worker and other.poll() is None:
                other.kill()
                other.wait(10)
        if self.worker is not None and self.worker.poll() is None:
            try:
                self.stop()  # in peace, so that what it ran is counted as covered
            except subprocess.TimeoutExpired:
                self.kill()
        self.engine.dispose()

    def closes(self, desk: Desk) -> None:
        """This desk is closed with the centre."""
        self._desks.append(desk)

    def journal(self, event: str) -> int:
        """How often the workers' journal tells of it."""
        return (self.home.logs / "worker.log").read_text().count(f'"{event}"')

    # ── reading ───────────────────────────────────────────────────────────────────────────────────────────────

    def case(self, case: str) -> Case:
        return from_json(self.store.case_body(case))

    def until(self, what: Callable[[], T], seconds: float = 30) -> T:
        """`what`, once it is true."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            found = what()
            if found:
                return found
            time.sleep(0.05)
        raise AssertionError(f"it did not come to pass in time; {self._standing()}")

    def _standing(self) -> str:
        """Who lives and which jobs are not done: what whoever reads of a failure wants to know."""
        with self.engine.connect() as conn:
            jobs = conn.execute(
                sa.select(*JOB.c["kind", "state", "worker", "fence"]).where(JOB.c.state != "done")
            ).all()
        return f"jobs {[tuple(job) for job in jobs]}, workers {self.store.workers()[1]}"

    def acts(self, case: str) -> list[str]:
        """Names of the case's actions in central's order."""
        return [e.act for e in self.entries(case)]

    def entries(self, case: str):  # type: ignore[no-untyped-def]
        from services.action_log.entry import decode

        return [decode(body) for *_, body in CentralPort(self.engine, "").entries_of(case)]

    def rows(self, system: str, sql: str, controller: str = "nordlicht") -> list[tuple[object, ...]]:
        """What a data system really holds."""
        with sqlite3.connect(self.home.path / "data" / controller / f"{system}.db") as db:
            return db.execute(sql).fetchall()

    def letters(self) -> list[str]:
        """The mails in the outbox, oldest first, decoded."""
        from email import message_from_bytes, policy

        files = sorted(self.home.outbox.glob("*.eml"), key=lambda f: f.stat().st_mtime_ns)
        texts = []
        for file in files:
            mail = message_from_bytes(file.read_bytes(), policy=policy.default)
            body = mail.get_body(("plain",))
            texts.append(f"To: {mail['To']}\nSubject: {mail['Subject']}\n{body.get_content() if body else ''}")
        return texts

    # ── the desk ──────────────────────────────────────────────────────────────────────────────────────────────

    def desk(self, terminal: str = "desk-1") -> Desk:
        desk = open_desk(self.home.path, terminal, demo=True)
        self.closes(desk)
        self.until(lambda: desk.status().worker_alive)
        return desk


def make_approved(template: Path, to: Path) -> Path:
    """A home in which the erasure of `ME` is approved and due, its worker killed as it was about to look; no desk open.

    The case is `CASE`. Restarted, a worker goes on with it.
    """
    shutil.copytree(template, to)
    centre = WorkerCentre(to)
    try:
        centre.start(kill_at="erase.due")
        desk = centre.desk()
        call = Call(centre, desk, ME, Right.ERASURE)
        call.verify()
        call.ask_to_erase()
        call.approve(centre.desk("desk-2"))
        centre.wait_dead()
        assert call.case == CASE
    finally:
        centre.close()
    return to


def one_address(home: Path, one: Person, other: Person) -> None:
    """The records of `other` get the e-mail address of `one`, in three systems of the home."""
    for system, table in (("crm", "contact_email"), ("shop", "account"), ("desk", "requester")):
        with closing(sqlite3.connect(home / "data" / "nordlicht" / f"{system}.db")) as db, db:
            db.execute(f"UPDATE {table} SET email=? WHERE lower(email)=lower(?)", (one.email, other.email))


class Call:
    """One call at a desk: a person, a case, a session."""

    def __init__(self, centre: WorkerCentre, desk: Desk, person: Person, *rights: object) -> None:
        self.centre, self.desk, self.person = centre, desk, person
        self.session: Session = centre.until(lambda: _signed_in(desk, AGENT, AGENT_PIN))
        opened = desk.intake.open(self.session, request(*rights, identifier=person.email))  # type: ignore[arg-type]
        self.case = opened.case
        assert desk.synced()

    def verify(self) -> ChecklistView:
        """Lead the whole check: mark what is marked, say the person's own answers, the PIN as the proof."""
        desk, session, case = self.desk, self.session, self.case
        view = desk.check.start(session, case)
        while not view.ended:
            step = view.steps[view.current]
            if step.kind == "factor" and step.factor in (Factor.KBD, Factor.OTP, Factor.CBK):
                step = next(s for s in view.steps if s.id.split(".")[0] == step.id.split(".")[0] and s.factor == "PIN")
            if step.kind == "factor":
                key = desk.check.question(session, case, step.id).key
                view = desk.check.answer(session, case, step.id, key, self.answer(key))
            else:
                view = desk.check.mark(session, case, step.id, "y")
        return view

    def answer(self, key: str) -> str:
        """What the person says to a question."""
        field = key.rpartition(".")[2]
        return {
            "pin_hash": self.person.pin,
            "date_of_birth": self.person.date_of_birth.isoformat(),
            "postcode": self.person.postcode,
            "customer_number": self.person.customer_number,
        }[field]

    def ask_to_erase(self) -> None:
        """Preview, step-up, typed confirmation."""
        self.desk.find.preview(self.session, self.case)
        self.centre.until(lambda: self.desk.case.state(self.case).items[0].plan)
        self.step_up()
        self.desk.act.erase(self.session, self.case, self.case[-4:])
        assert self.desk.synced()

    def step_up(self) -> None:
        self.desk.sign.step_up(self.session, AGENT_PIN)

    def export(self) -> None:
        """Order the package with the PIN and decide all that is held back from it, until none is."""
        self.step_up()
        self.desk.act.export(self.session, self.case)
        assert self.desk.synced()
        items = self.desk.case.state(self.case).items
        self.keep_in(next(item.id for item in items if item.right in (Right.ACCESS, Right.PORTABILITY)))

    def keep_in(self, item: str = "1") -> None:
        """Keep in whatever waits for a decision, group by group, until the worker goes on by itself."""
        while True:
            state = self.centre.until(lambda: self._goes_on(item))
            if state != "held":
                return
            parts = self.desk.held.waiting(self.session, self.case)
            for group in {part.group: part for part in parts if not part.decision}.values():
                self.desk.held.decide(self.session, group, "redact", "others", alike=True)
            assert self.desk.synced()

    def _goes_on(self, number: str) -> str:
        """`held` while parts wait here and at central, `gone` once the package is on its way or cannot be."""
        done = [e for e in self.centre.entries(self.case) if e.item == number]
        acts = [e.act for e in done if e.act.startswith("export.")]
        if acts[-1:] and acts[-1] in ("export.built", "export.delivered", "export.failed"):
            return "gone"
        item = self.desk.case.state(self.case).item(number)
        return "held" if item is not None and item.undecided and item.state is ItemState.REVIEW else ""

    def approve(self, lead_desk: Desk) -> None:
        """The lead approves what waits."""
        lead = self.centre.until(lambda: _signed_in(lead_desk, LEAD, LEAD_PIN))
        waits = self.centre.until(lambda: [a for a in lead_desk.review.waiting(lead) if a.case == self.case])
        lead_desk.sign.step_up(lead, LEAD_PIN)
        lead_desk.review.approve(lead, self.case, waits[0].item, waits[0].digest)
        assert lead_desk.synced()


def _signed_in(desk: Desk, agent: str, pin: str) -> Session | None:
    """A session, as soon as the terminal knows who works here."""
    from services.errors import Refused

    try:
        return desk.sign.sign_in(agent, pin)
    except Refused:
        return None
