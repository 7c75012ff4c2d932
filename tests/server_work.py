"""A centre on PostgreSQL with terminals and worker processes in homes of their own; the data systems are shared."""

import shutil
from pathlib import Path

from db.central_roles import WORKERS
from services.demo.agents import CONTROLLERS
from services.desk.desk import Desk
from services.desk.open import open_desk
from services.fulfilment.engine import make_tables
from services.publishing import prepared, publish
from tests import preloaded
from tests.server_centre import Machine, ServerCentre
from tests.worker_centre import WorkerCentre

SHARED = ("data", "outbox", "packages", "controllers")
"""What every worker's home has in common, as a network share would."""


class ServerWork(WorkerCentre):
    """`home` is the operator's. Terminals join when their desk is opened, workers by `machine`."""

    def __init__(self, folder: Path, admin_url: str, template: Path, settings: str = "") -> None:
        self.server = ServerCentre(folder, admin_url, template)
        make_tables(admin_url, WORKERS)
        self.admin_url, self._settings = admin_url, settings
        self.home, self.vault = self.server.home, self.server.vault
        self.engine, self.store = self.server.engine, self.server.store
        self.machines: dict[str, Machine] = {}
        self.worker: preloaded.Forked | None = None
        self.said = ""
        self._complaints = None
        self._desks: list[Desk] = []
        self._started: list[preloaded.Forked] = []
        for name in ("data", "controllers"):
            shutil.copytree(template / name, self.home.path / name, dirs_exist_ok=True)
        for controller in CONTROLLERS:
            publish(self.home, self.vault, prepared(self.home, self.vault, controller))

    def machine(self, kind: str, name: str) -> Machine:
        """A joined terminal or worker; made when asked for first."""
        if name not in self.machines:
            self.machines[name] = made = self.server.joined(kind, name)
            (made.home.path / "demo-home").touch()
            text = f'demo = true\n{self._settings}\n[central]\nurl = "{made.home.server}"\n'
            (made.home.path / "rightsdesk.toml").write_text(text)
            for shared in SHARED if kind == "worker" else ():
                shutil.rmtree(made.home.path / shared, ignore_errors=True)
                (made.home.path / shared).symlink_to(self.home.path / shared)
        return self.machines[name]

    def work(self, name: str = "worker-1", *, kill_at: str = "") -> int:
        """Begin the worker on that machine; its pid, once it is ready."""
        return self.start_in(self.machine("worker", name).home.path, kill_at=kill_at)

    def desk(self, terminal: str = "desk-1") -> Desk:
        made = self.machine("terminal", terminal)
        desk = open_desk(made.home.path, terminal, demo=True, central_url=made.home.server)
        self.closes(desk)
        self.until(lambda: desk.status().worker_alive)
        return desk
