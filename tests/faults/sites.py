"""Where a simulated central stands: in a file, or on a server."""

from pathlib import Path

from db.central_port import CentralPort
from db.central_roles import OWNER
from db.central_server import port_of
from db.central_store import CentralStore
from services.demo.importing import ingest_keys
from services.demo.make import DEPLOYMENT
from tests.centre import Centre, back_up, restored
from tests.faults.network import Clock
from tests.faults.seats import Place
from tests.faults.simulation import Mistakes, Site
from tests.server_centre import ServerCentre
from tests.servers import Postgres


class FileSite(Site):
    """Central in a file, every terminal in the same home."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.centre = Centre(home)
        self.owners = sorted(
            (file.read_text(), file.parent.name)
            for file in (home / "terminals").glob("*/name")
            if file.read_text().startswith("sim-")
        )

    def open(self, mistakes: Mistakes) -> None:
        self.centre.engine.dispose()  # SQLite ties what is opened later to whatever this process has open of the file
        self.centre = Centre(self.home)
        self.store = self.centre.store
        self.ingest = mistakes.ingest(self.store, ingest_keys(self.centre.vault, DEPLOYMENT))
        kind = mistakes.port or CentralPort
        self._ports = {owner: kind(self.centre.engine, owner) for _, owner in self.owners}

    def places(self) -> list[Place]:
        facts = self.port(self.owners[0][1]).facts()
        return [Place(self.centre.home, owner, self.centre.vault, facts) for _, owner in self.owners]

    def port(self, owner: str) -> CentralPort:
        return self._ports[owner]

    def back_up(self) -> None:
        back_up(self.centre, self.home / "backup.db")

    def restore(self) -> None:
        self.centre = restored(self.centre, self.home / "backup.db")
        self.centre.engine.dispose()


class ServerSite(Site):
    """Central on PostgreSQL, every terminal in a home of its own with a login of its own."""

    def __init__(self, folder: Path, server: Postgres, url: str, template: Path, terminals: int, clock: Clock) -> None:
        self.server, self.url, self.clock = server, url, clock
        self.served = ServerCentre(folder, url, template)
        self.machines = [self.served.joined("terminal", f"sim-{number}") for number in range(terminals)]
        self._ports: dict[str, CentralPort] = {}
        with self.served.engine.begin() as conn:
            for statement in SIMULATED_CLOCK:
                conn.exec_driver_sql(statement)
        self._told = 0

    def open(self, mistakes: Mistakes) -> None:
        self.store = CentralStore(self.served.engine)
        self.ingest = mistakes.ingest(self.store, ingest_keys(self.served.vault, DEPLOYMENT))
        self._ports = {m.owner: port_of(m.engine(), m.owner) for m in self.machines}
        self._told = 0

    def places(self) -> list[Place]:
        facts = self.port(self.machines[0].owner).facts()
        return [Place(m.home, m.owner, m.vault, facts) for m in self.machines]

    def port(self, owner: str) -> CentralPort:
        if self._told != self.clock.us:
            self._told = self.clock.us
            with self.served.engine.begin() as conn:
                conn.exec_driver_sql(f"UPDATE simulated SET us = {self._told}")
        return self._ports[owner]

    def back_up(self) -> None:
        self.close()
        self.backup = self.server.copy(self.url)

    def restore(self) -> None:
        self.server.drop(self.url)
        self.server.copy(self.backup, self.url.rpartition("/")[2])

    def close(self) -> None:
        """Every connection ends; the next call makes a new one."""
        super().close()
        for port in self._ports.values():
            port.close()


SIMULATED_CLOCK = (
    "CREATE TABLE simulated (us bigint NOT NULL)",
    "INSERT INTO simulated VALUES (0)",
    f"GRANT SELECT ON simulated TO {OWNER}",
    "CREATE OR REPLACE FUNCTION desk.now_us() RETURNS bigint LANGUAGE sql VOLATILE AS "
    "$$ SELECT us FROM public.simulated $$",
)
