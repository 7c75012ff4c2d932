"""A small demo centre for tests: made once a session, copied for each test, with its ingest in the test's own hands."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path

from db import central
from db.central_audit import AuditView
from db.central_port import CentralPort
from db.central_store import CentralStore
from services.demo.importing import ingest_keys
from services.demo.make import DEPLOYMENT, make_home
from services.desk.desk import Desk
from services.desk.open import open_desk
from services.home import CENTRAL_KEY, Home, key
from services.secrets import Vault, open_vault
from services.sync.ingest import Ingest
from services.types import Channel, Intake, Requester, Right, Role, Session
from tests.answering import answering

AGENT, AGENT_PIN = "0042", "2580"
COLLEAGUE, COLLEAGUE_PIN = "0017", "1397"
LEAD, LEAD_PIN = "0007", "4711"
WAIT_S = 1


def make_template(folder: Path) -> Path:
    """The home that tests copy: twelve people in the systems, no backlog."""
    make_home(folder, cases=0, seed=7, waiting_period_s=WAIT_S, people=12)
    return folder


class Centre:
    """A copied home: vault, central, its ingest, and desks on its terminals."""

    def __init__(self, path: Path) -> None:
        self.home = Home(path)
        self.vault: Vault = open_vault(path, demo=True)
        self.engine = central.open_engine(self.home.central_url, key(self.vault, CENTRAL_KEY))
        self.store = CentralStore(self.engine)
        self.ingest = Ingest(self.store, ingest_keys(self.vault, DEPLOYMENT))

    def port(self, owner: str) -> CentralPort:
        return CentralPort(self.engine, owner)

    @contextmanager
    def desk(self, terminal: str = "desk-1", *, answered: bool = True) -> Iterator[Desk]:
        """A desk whose entries are ingested by `settle`; its sign-ins are answered, as by a worker, or not."""
        with answering(self.engine, self.vault, DEPLOYMENT) if answered else nullcontext():
            desk = open_desk(self.home.path, terminal, demo=True)
            try:
                yield desk
            finally:
                desk.close()

    def settle(self, *desks: Desk) -> None:
        """Ingest until central has everything and the desks know it."""
        for _ in range(400):
            while self.ingest.run_once():
                pass
            if all(d.synced(0.05) for d in desks) and all(d.caught_up(1) for d in desks):
                return
        raise AssertionError("the desk was never synced")


def cases_in(store: CentralStore) -> set[str]:
    """The cases that central has folded."""
    with AuditView.of(store.engine) as view:
        return set(view.cases())


def sign_in(desk: Desk, agent: str = AGENT, pin: str = AGENT_PIN, role: Role | None = None) -> Session:
    """A session of one of the centre's people."""
    return desk.sign.sign_in(agent, pin, role)


def request(*rights: Right, identifier: str = "nobody@example.com", controller: str = "nordlicht") -> Intake:
    """An intake by phone."""
    return Intake(controller, Channel.PHONE, Requester.SELF, rights or (Right.ACCESS,), identifier, "as said")


def copy_of(template: Path, to: Path) -> Centre:
    """A centre of its own for one test."""
    shutil.copytree(template, to)
    return Centre(to)


def back_up(centre: Centre, to: Path) -> None:
    """Central's file as a backup has it: nothing of it is left in the write-ahead log."""
    with centre.engine.connect() as conn:
        conn.exec_driver_sql("COMMIT")
        assert conn.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)").one()[0] == 0
        conn.exec_driver_sql("BEGIN")
    shutil.copy(centre.home.path / "central.db", to)


def restored(centre: Centre, backup: Path) -> Centre:
    """The centre with the backup in the place of its central."""
    centre.engine.dispose()
    file = centre.home.path / "central.db"
    for end in ("-wal", "-shm"):
        file.with_name(file.name + end).unlink(missing_ok=True)
    shutil.copy(backup, file)
    return Centre(centre.home.path)
