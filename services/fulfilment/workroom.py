"""What a worker has at hand for its jobs: controllers, catalog, connectors, cases, mail, its own log."""

import threading
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import stamina
from sqlalchemy.exc import OperationalError

from db.central_jobs import Job
from db.central_store import CentralStore
from db.central_work import MINUTE_US, Gate, is_halted
from services.cases.case import Case, from_json
from services.catalog.graph import Graph, build
from services.catalog.system import System, load_controller_systems
from services.connectors.base import Connector
from services.connectors.registry import open_connector
from services.controllers import Controller
from services.errors import DeskError, NotFound
from services.fulfilment.case_details import CaseDetails
from services.fulfilment.journal import Journal
from services.fulfilment.replay_list import ReplayList
from services.fulfilment.results import Results
from services.home import Home
from services.letters.delivery import MailSettings
from services.secrets import Vault

_AGAIN_S = 1.0
_central = stamina.retry(on=OperationalError, attempts=20, timeout=300, wait_max=30)
"""Central may be away for a while: what runs between the steps of a job waits for it."""


@dataclass(frozen=True, slots=True)
class Catalog:
    """A controller's systems, the graph over them, and a connector to each."""

    systems: Mapping[str, System]
    graph: Graph
    connectors: Mapping[str, Connector]


@dataclass(kw_only=True)
class Systems:
    """What is needed to look into a controller's systems, without a log of one's own."""

    home: Home
    vault: Vault
    store: CentralStore
    lookup_key: bytes
    now: Callable[[], int] = field(default=lambda: time.time_ns() // 1000)
    _catalogs: dict[str, tuple[object, Catalog]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @_central
    def controller(self, key: str) -> Controller:
        """As central knows it; raises `NotFound`."""
        body = self.store.controllers().get(key)
        if body is None:
            raise NotFound(f"there is no controller {key}")
        return Controller.from_json(body)

    def catalog(self, controller: str) -> Catalog:
        """The catalog of a controller, read again when a file of it changed. Raises `BadInput` with file and line."""
        folder = self.home.systems(controller).parent
        files = sorted(folder.glob("systems/*/*.yml"))
        mark = tuple((str(f), f.stat().st_mtime_ns, f.stat().st_size) for f in files)
        with self._lock:
            known = self._catalogs.get(controller)
            if known is None or known[0] != mark:
                known = self._catalogs[controller] = (mark, self._read(folder))
            return known[1]

    def _read(self, folder: Path) -> Catalog:
        systems = load_controller_systems(folder)
        graph = build({key: system.datasets for key, system in systems.items()})
        connectors = {
            key: open_connector(system, self.vault.get(system.secret) if system.secret else None)
            for key, system in systems.items()
            if not system.excluded
        }
        return Catalog(systems, graph, connectors)

    def today(self, controller: Controller) -> date:
        """The day in the controller's zone (design.md 7.11)."""
        return self.at(controller, self.now()).date()

    @staticmethod
    def at(controller: Controller, micros: int) -> datetime:
        """A time in µs as the controller's clocks show it."""
        return datetime.fromtimestamp(micros / 1_000_000, UTC).astimezone(ZoneInfo(controller.zone))


@dataclass(kw_only=True)
class Workroom(Systems):
    """Built by the worker, shared by its threads. `pauses` are seconds between attempts at a system that is away."""

    worker: str
    deployment: str
    details: CaseDetails
    results: Results
    journal: Journal
    replay: ReplayList
    mail: MailSettings | None
    outbox: Path
    pauses: tuple[float, ...]
    lease_us: int
    stopped: Callable[[], bool] = lambda: False

    @_central
    def job(self, job: str) -> Job:
        """A job; raises `NotFound`."""
        return self.store.job(job)

    @_central
    def holds(self, job: Job) -> bool:
        """Whether the job is still this worker's."""
        return self.store.holds(job.id, job.fence)

    @_central
    def halted(self, controller: str) -> bool:
        """Whether somebody stopped all execution for this controller."""
        return is_halted(self.store.halts(), controller)

    def fold_all(self) -> None:
        """Returns when central has folded all that this worker wrote, however long that takes."""
        while True:
            try:
                return self.results.settle(stopped=self.stopped)
            except DeskError:
                if self.stopped():
                    raise
                time.sleep(_AGAIN_S)

    def gates(self, controller: str, systems: Iterable[str]) -> list[Gate]:
        """The limits of those of the named systems that have one, in the order in which they are taken."""
        found = []
        for key in sorted(systems):
            limits = self.catalog(controller).systems[key].limits
            if limits.at_once is not None or limits.per_minute is not None:
                pause = int(MINUTE_US / limits.per_minute) if limits.per_minute else 0
                found.append(Gate(f"{controller}/{key}", limits.at_once, pause))
        return found

    def grace_days(self, controller: str, system: str) -> int:
        """How long a vendor may be late: a system's days, of a search in all of them the longest."""
        systems = self.catalog(controller).systems
        named = [systems[system]] if system in systems else systems.values()
        return max((one.limits.grace_days for one in named), default=0)

    @_central
    def case(self, case: str) -> Case:
        """As central has folded it; raises `NotFound`."""
        return from_json(self.store.case_body(case))
