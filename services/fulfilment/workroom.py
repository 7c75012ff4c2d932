"""What a worker has at hand for its jobs: controllers, catalog, connectors, cases, mail, its own log."""

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import stamina
from sqlalchemy.exc import OperationalError

from db.central_catalog import CatalogStore
from db.central_jobs import Job
from db.central_store import CentralStore
from db.central_work import MINUTE_US, Gate, is_halted
from services.action_log.act import Act
from services.cases.case import Case, from_json
from services.controllers import Controller
from services.errors import DeskError, NotFound
from services.fulfilment.case_details import CaseDetails
from services.fulfilment.catalogs import Catalog as Catalog, Catalogs
from services.fulfilment.journal import Journal
from services.fulfilment.replay_list import ReplayList
from services.fulfilment.results import Results
from services.home import Home
from services.letters.delivery import MailSettings
from services.letters.texts import TextGateway
from services.secrets import Vault

_AGAIN_S = 1.0
_central = stamina.retry(on=OperationalError, attempts=20, timeout=300, wait_max=30)
"""Central may be away for a while: what runs between the steps of a job waits for it."""


@dataclass(kw_only=True)
class Systems:
    """What is needed to look into a controller's systems, without a log of one's own."""

    home: Home
    vault: Vault
    store: CentralStore
    lookup_key: bytes
    now: Callable[[], int] = field(default=lambda: time.time_ns() // 1000)
    catalogs: Catalogs = field(init=False)

    def __post_init__(self) -> None:
        self.catalogs = Catalogs(self.home, self.vault, CatalogStore(self.store.engine), self._say)

    @_central
    def controller(self, key: str) -> Controller:
        """As central knows it; raises `NotFound`."""
        body = self.store.controllers().get(key)
        if body is None:
            raise NotFound(f"there is no controller {key}")
        return Controller.from_json(body)

    @_central
    def catalog(self, controller: str) -> Catalog:
        """What to work by now (`catalogs.py`). Raises `BadInput` with file and line, `Unavailable`."""
        return self.catalogs.catalog(controller)

    def _say(self, event: str, **facts: str | int) -> None:
        """What is unusual about a catalog; whoever has a journal keeps it."""

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
    texts: TextGateway | None = None
    pauses: tuple[float, ...]
    lease_us: int
    stopped: Callable[[], bool] = lambda: False

    def _say(self, event: str, **facts: str | int) -> None:
        self.journal.say(event, **facts)

    def publish_folders(self) -> None:
        """Where central is a file of this home, publish what changed in its catalogs' folders."""

        def record(act: Act) -> None:
            self.results.own(act)
            self.results.settle(stopped=self.stopped)  # so that nobody sees a version before its act

        self.catalogs.publish_folders(f"worker:{self.worker}", self.now, record)

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
