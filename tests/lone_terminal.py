"""A terminal without a desk: its logbook and uplink in a test's own hands, and ways to put its files back."""

import shutil
import time
from pathlib import Path

import sqlalchemy as sa

from db import central
from db.central_port import CentralPort
from db.log import LogReader
from services.action_log import acts
from services.action_log.entry import Draft, Entry
from services.errors import Unavailable
from services.home import enrol
from services.sync.logbook import Logbook
from services.sync.up import Uplink
from tests.centre import Centre

DEPLOYMENT = "demo.rightsdesk.example"


def beat(owner: str) -> Draft:
    return Draft(act=acts.Heartbeat(), actor=f"log:{owner}/1", as_="log")


class Terminal:
    """A terminal of a centre without a desk: logbook and uplink in the test's own hands."""

    def __init__(self, centre: Centre, owner: str = "") -> None:
        self.centre = centre
        self.owner = owner or enrol(centre.home, centre.vault, "terminal", f"t{time.monotonic_ns()}")
        self.port = centre.port(self.owner)
        self.open()

    def open(self, **more: object) -> None:
        self.book = Logbook(self.centre.home, "terminal", self.owner, self.centre.vault, DEPLOYMENT, **more)  # type: ignore[arg-type]
        self.uplink = self.connect(self.port)

    def connect(self, port: CentralPort) -> Uplink:
        return Uplink(port, self.book, f"{DEPLOYMENT}/central", bytes.fromhex(port.facts()["cosigner-key"]))

    def append(self, count: int = 1) -> tuple[Entry, ...]:
        return self.book.append([beat(self.owner)] * count)

    def push(self, times: int = 12) -> None:
        for _ in range(times):
            self.uplink.run_once()
            self.centre.ingest.run_once()

    @property
    def file(self) -> Path:
        return self.book.writer.path

    def held(self, log: str = "") -> list[bytes]:
        """What central holds of a log, by sequence number."""
        query = sa.select(central.ENTRY.c.body).where(central.ENTRY.c.log == (log or f"{self.owner}/1"))
        with self.centre.engine.connect() as conn:
            return list(conn.execute(query.order_by(central.ENTRY.c.seq)).scalars())


def bodies_of(file: Path) -> list[bytes]:
    with LogReader(file) as reader:
        return [body for _, body in reader.bodies()]


def copy_log(file: Path, to: Path) -> Path:
    """A copy of a closed log, as a backup has it."""
    to.parent.mkdir(exist_ok=True)
    shutil.copy(file, to)
    return to


def put_back(copy: Path, file: Path) -> None:
    for end in ("-wal", "-shm"):
        file.with_name(file.name + end).unlink(missing_ok=True)
    shutil.copy(copy, file)


def unreachable(*_: object) -> None:
    raise Unavailable("central does not answer")


def wait_until(true: object, seconds: float = 10) -> None:
    until = time.monotonic() + seconds
    while not true():  # type: ignore[operator]
        assert time.monotonic() < until, "it did not come to pass in time"
        time.sleep(0.02)
