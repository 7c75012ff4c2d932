"""The worker process: ingests what terminals wrote, answers their questions, does the jobs that follow.

Several may serve one deployment, on one machine or many; the one with the lease ingests and answers, all run jobs.
Stopping is as good as being killed: what is begun goes on at the next start, or at a worker that still lives.
"""

import gc
import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import sqlalchemy as sa
import stamina.instrumentation
from sqlalchemy.exc import SQLAlchemyError

from db.central import open_engine
from db.central_jobs import INGEST, Deposed, Job
from db.central_port import CentralPort
from db.central_replay import ReplayStore
from db.central_rotation import RotationStore
from db.central_store import CentralStore
from db.central_work import is_halted
from db.kill_points import reach
from services.action_log.acts import Heartbeat
from services.deployment_keys import DeploymentKeys
from services.fulfilment import expiry, own_retention
from services.fulfilment.answers import Answers
from services.fulfilment.case_details import CaseDetails
from services.fulfilment.engine import Engine
from services.fulfilment.jobs import workflows
from services.fulfilment.journal import Journal
from services.fulfilment.printing import sweep_printed
from services.fulfilment.replay_list import FILE, ReplayList
from services.fulfilment.resealing import Resealing
from services.fulfilment.results import Results
from services.fulfilment.tally import Tally
from services.fulfilment.watching import Watch
from services.fulfilment.workroom import Workroom
from services.home import CENTRAL_KEY, ENGINE_KEY, INGEST_SEED, LOOKUP_KEY, PIN_PEPPER, Home, key
from services.letters.delivery import MailSettings
from services.letters.texts import TextGateway
from services.rotation import follow, publish
from services.secrets import Vault, open_vault
from services.sync.ingest import Ingest, IngestKeys
from services.sync.logbook import Logbook
from services.sync.up import Uplink

PAUSES_S = (1.0, 5.0, 30.0, 120.0, 600.0, 3600.0)
"""Between attempts at a system that is away; the last is repeated where giving up is not an answer."""
_INGEST_S, _ASKS_S, _JOBS_S, _SEND_S, _LIFE_S = 0.08, 0.08, 0.1, 0.5, 1.0
_CATALOGS_S = 1.0
_SLOWEST_S = 5.0
_LOOKS = 64
_ASK_THREADS, _SIGN_IN_THREADS = 4, 2
"""Sign-ins have threads of their own: searches, which can be slow, keep nobody from the desk."""
_LEAVE_S = 3.0
LEASE_S = 10.0
_AT_ONCE, _MOST = 4, 32
"""Jobs taken in one go, and held."""


@dataclass(frozen=True, slots=True)
class Order:
    """How a worker is to run. `worker` is its id; `central_url` is the home's own file when empty.

    `log_json`: the journal's lines go to standard output as well. `watch_s`: how often it is asked which system's time
    has come to be held against the catalog, first after so long. `retain_s`: how often it is asked whether the day had
    its look at what is kept too long, first after so long.
    """

    home: Path
    worker: str
    passphrase: str | None = field(default=None, repr=False)
    demo: bool = False
    mail: MailSettings | None = None
    texts: TextGateway | None = None
    outbox: Path | None = None
    central_url: str = ""
    pauses: tuple[float, ...] = PAUSES_S
    sweep_s: float = 30.0
    lease_s: float = LEASE_S
    watch_s: float = 60.0
    retain_s: float = 600.0
    log_json: bool = False


class Worker:
    """Everything one worker process holds. Raises as `open_vault`, `open_engine`, `Logbook` and `Engine` do."""

    def __init__(self, order: Order, tally: Tally | None = None) -> None:
        home = Home(order.home)
        self._tally = tally or Tally()
        self.id, self._sweep_s, self._watch_s = order.worker, order.sweep_s, order.watch_s
        self._retain_s = order.retain_s
        self._lease_us = int(order.lease_s * 1_000_000)
        self._third_s = min(_LIFE_S, order.lease_s / 3)
        self.stop = threading.Event()
        self._lead: int | None = None
        self._leads_until = 0.0
        self._busy: set[str] = set()
        self._idle: dict[str, int] = {}
        self._threads: list[threading.Thread] = []
        vault = open_vault(home.path, passphrase=order.passphrase, demo=order.demo)
        self._journal = Journal(home.logs / "worker.log", self._tally, 1 if order.log_json else None)
        stamina.instrumentation.set_on_retry_hooks([])  # theirs write the text of the error
        central = open_engine(order.central_url or home.central_url, key(vault, CENTRAL_KEY))
        self._store = CentralStore(central)
        port = CentralPort(central, self.id)
        facts = port.facts()
        deployment = facts["deployment"]
        self._vault, self._deployment_keys, lookup = vault, DeploymentKeys(vault), key(vault, LOOKUP_KEY)
        opens = self._deployment_keys
        keys = IngestKeys(deployment=deployment, opens=opens, cosign_seed=key(vault, INGEST_SEED), lookup=lookup)
        self._ingest = Ingest(self._store, keys)
        self._book = Logbook(home, "worker", self.id, vault, deployment)
        uplink = Uplink(port, self._book, keys.cosigner, bytes.fromhex(facts["cosigner-key"]))
        self.room = Workroom(
            home=home,
            worker=self.id,
            vault=vault,
            deployment=deployment,
            store=self._store,
            details=CaseDetails(self._store, deployment, opens),
            results=Results(self._book, uplink, self._store),
            journal=self._journal,
            replay=ReplayList(ReplayStore(central), home.folder("worker", self.id) / FILE),
            lookup_key=lookup,
            mail=order.mail,
            texts=order.texts,
            outbox=order.outbox or home.outbox,
            pauses=order.pauses,
            lease_us=self._lease_us,
            stopped=self.stop.is_set,
        )
        self._answers = Answers(self.room, opens, key(vault, PIN_PEPPER))
        self._watch = Watch(self.room, order.watch_s)
        self._rotation = RotationStore(central)
        self._resealing = Resealing(self.room, self._rotation, opens)
        self._engine = Engine(*_engine_of(home, central, vault), self.id, workflows(self.room))

    # ── running ───────────────────────────────────────────────────────────────────────────────────────────────

    def start(self) -> None:
        """Begin every loop; returns when this worker is seen to live."""
        self._store.leave(self.id)  # what an earlier process of this worker held begins anew
        self._live()
        self.room.results.own(Heartbeat())
        for job in self._not_halted(self._store.begun_jobs(self.id)):
            self._engine.resume(job.id, job.kind)
        pool = ThreadPoolExecutor(_ASK_THREADS, thread_name_prefix="ask")
        sign_ins = ThreadPoolExecutor(_SIGN_IN_THREADS, thread_name_prefix="sign-in")
        loops: tuple[tuple[str, Callable[[], bool], float], ...] = (
            ("ingest", self._ingest_all, _INGEST_S),
            ("asks", lambda: self._take_asks(pool, sign_ins), _ASKS_S),
            ("jobs", self._start_jobs, _JOBS_S),
            ("send", self._send, _SEND_S),
            ("life", self._live, self._third_s),
            ("adopt", self._adopt, self._third_s),
            ("sweep", self._sweep, self._sweep_s),
            ("rotate", self._rotate, self._sweep_s),
            ("drift", lambda: self._leading and self._watch.look() < 0, self._watch_s),
            ("catalogs", self._publish, _CATALOGS_S),
            ("retention", self._retain, self._retain_s),
        )
        for name, work, pause in loops:
            thread = threading.Thread(target=self._loop, args=(name, work, pause), name=name, daemon=True)
            self._threads.append(thread)
            thread.start()
        self._journal.say("started", worker=self.id)

    def close(self) -> None:
        """End the loops, bring the own log to central if it answers, let go of the files."""
        self.stop.set()
        until = time.monotonic() + _LEAVE_S
        for thread in self._threads:
            thread.join(max(0.0, until - time.monotonic()))
        self._journal.say("stopped", worker=self.id)
        self._book.close()
        with suppress(SQLAlchemyError):  # away: then the leases end by themselves
            self._store.leave(self.id)

    def _loop(self, name: str, work: Callable[[], bool], pause: float) -> None:
        """`work` again and again: at once while it finds something, after `pause` else, slower after errors."""
        wait = pause
        while not self.stop.is_set():
            try:
                wait = 0.0 if work() else pause
            except Exception as exc:
                self._journal.fault(name, exc)
                wait = min(_SLOWEST_S, max(wait, pause) * 2)
            if wait:
                self.stop.wait(wait)

    # ── what the loops do ─────────────────────────────────────────────────────────────────────────────────────

    def _ingest_all(self) -> bool:
        lead = self._renewed()
        if lead is None:
            self.stop.wait(self._third_s)
            return False
        try:
            taken = self._ingest.run_once(lead)
        except Deposed:
            self._lead = None
            self._journal.say("deposed", worker=self.id)
            return False
        if taken:
            self._tally.add("worker_entries_total", taken)
        return taken > 0

    def _renewed(self) -> int | None:
        """The fence by which this worker leads: one at a time in a deployment, the next when its lease is over."""
        asked, lease_s = time.monotonic(), self._lease_us / 1_000_000
        if self._lead is None or asked > self._leads_until - lease_s * 2 / 3:
            had, self._lead = self._lead, self._store.take_lease(INGEST, self.id, self._lease_us)
            self._leads_until = asked + lease_s
            if self._lead is not None and had is None:
                self._journal.say("leads", worker=self.id)
        return self._lead

    @property
    def _leading(self) -> bool:
        """Whether the lease still runs, by this machine's clock from before it was asked for."""
        return self._lead is not None and time.monotonic() < self._leads_until

    def _take_asks(self, pool: ThreadPoolExecutor, sign_ins: ThreadPoolExecutor) -> bool:
        if not self._leading:
            return False
        for ask, terminal, kind, sealed in self._store.waiting_asks():
            if ask not in self._busy:
                self._busy.add(ask)
                (sign_ins if kind == "sign-in" else pool).submit(self._answer, ask, terminal, kind, sealed)
        return False

    def _answer(self, ask: str, terminal: str, kind: str, sealed: bytes) -> None:
        began = time.monotonic()
        try:
            self._answers.answer(ask, terminal, kind, sealed)
            self._tally.add("worker_asks_total", kind=kind)
            self._tally.add("worker_asks_seconds_total", time.monotonic() - began, kind=kind)
        except Exception as exc:
            self._journal.fault("asks", exc)
        finally:
            self._busy.discard(ask)

    def _start_jobs(self) -> bool:
        for job in self._store.take_jobs(self.id, min(_AT_ONCE, self._room_left())):
            if job.fence == 1:
                self._engine.start(job.id, job.kind)
            else:  # it was put down
                self._engine.resume(job.id, job.kind)
        return False

    def _adopt(self) -> bool:
        """Go on with what a worker that is gone had begun."""
        begun = self._store.begun_jobs(self.id)
        for job in self._store.adopt_jobs(self.id, _MOST - len(begun)):
            self._journal.say("adopted", kind=job.kind, job=job.id, fence=job.fence)
            reach("job.adopted")
            self._engine.resume(job.id, job.kind)
        self._take_up(self._not_halted(begun))
        return False

    def _take_up(self, begun: list[Job]) -> None:
        """Resume each of the jobs `begun` here that nobody is at work on, seen twice in a row.

        A worker that had it for a moment, froze and woke may have called it away in the engine. Tried again at the
        2nd, 4th, 8th … look and at every `_LOOKS`th, so that a job that cannot go on fills no journal; one that went
        on since counts anew.
        """
        idle = [job for job in begun if not self._engine.runs(job.id)]
        self._idle = {job.id: 1 if self._engine.went_on(job.id) else self._idle.get(job.id, 0) + 1 for job in idle}
        for job in idle:
            if (looks := self._idle[job.id]) > 1 and (looks.bit_count() == 1 or looks % _LOOKS == 0):
                self._journal.say("taken-up", kind=job.kind, job=job.id, fence=job.fence)
                self._engine.resume(job.id, job.kind)

    def _not_halted(self, jobs: list[Job]) -> list[Job]:
        """Those of `jobs` that nobody halted: the others stay where they were left."""
        halts = self._store.halts()
        return [job for job in jobs if not is_halted(halts, job.controller)]

    def _room_left(self) -> int:
        return _MOST - len(self._store.begun_jobs(self.id))

    def _send(self) -> bool:
        self.room.results.send()
        if self.room.results.state.waiting:
            self.stop.wait(_INGEST_S)
            return True
        self.room.results.written.wait(_SEND_S)
        self.room.results.written.clear()
        return not self.stop.is_set()

    def _live(self) -> bool:
        self._store.heartbeat(self.id, os.getpid(), self._lease_us)
        self._store.stay(self.id, self._lease_us)
        return False

    def _sweep(self) -> bool:
        if self.room.replay.merge():
            self._journal.say("replay-list", worker=self.id)
        if self._leading:
            expiry.sweep_asks(self.room)
            expiry.destroy_expired(self.room)
            sweep_printed(self.room)
        return False

    def _retain(self) -> bool:
        if self.stop.wait(self._retain_s):  # a start has other things to do
            return False
        own_retention.tidy_logs(self.room)
        if self._leading and own_retention.run(self.room) is not None:
            self._journal.say("retention", worker=self.id)
        return False

    def _publish(self) -> bool:
        if self._leading:
            self.room.publish_folders()
        return False

    def _rotate(self) -> bool:
        follow(self._rotation, self._deployment_keys, self._vault, self.id)
        if not self._leading:
            return False
        return publish(self._rotation) or self._resealing.step()


def _engine_of(home: Home, central: sa.Engine, vault: Vault) -> tuple[str, bytes | None]:
    """Where the engine's tables lie, and their key: in central on a server, that other machines go on; else a file."""
    if central.dialect.name == "sqlite":
        return f"sqlite:///{home.engine_file}", key(vault, ENGINE_KEY)
    return central.url.render_as_string(hide_password=False), None


def run(
    order: Order,
    *,
    stop: threading.Event | None = None,
    with_parent: bool = False,
    say: Callable[[str], None] = print,
    tally: Tally | None = None,
) -> None:
    """A worker until SIGTERM, SIGINT, `stop`, or (`with_parent`) the end of standard input; `tally` counts its work.

    Says `worker <id> ready pid <pid>` when it works. Raises `DeskError` when it cannot start. Jobs in flight are left
    where they are: the caller ends the process.
    """
    worker = Worker(order, tally)
    worker.room.journal.catch_strays()
    _obey_signals(worker.stop)
    if with_parent:
        threading.Thread(target=_wait_for_end_of_input, args=(worker.stop,), name="parent", daemon=True).start()
    worker.start()
    gc.collect()
    gc.freeze()  # what a start has loaded stays: else each large answer has the collector look through all of it
    say(f"worker {worker.id} ready pid {os.getpid()}")
    asked = stop or worker.stop
    while not worker.stop.is_set() and not asked.wait(0.5):
        pass
    worker.close()


def _obey_signals(stop: threading.Event) -> None:
    if threading.current_thread() is threading.main_thread():
        for name in ("SIGTERM", "SIGINT", "SIGBREAK"):
            if hasattr(signal, name):
                signal.signal(getattr(signal, name), lambda *_: stop.set())


def _wait_for_end_of_input(stop: threading.Event) -> None:
    """A child whose parent is gone must not stay: the pipe to it closes with the parent."""
    while sys.stdin.buffer.read(4096):
        pass
    stop.set()
