"""Where a simulated central stands: in a file, or on a server."""

from pathlib import Path

from db.central_port import CentralPort
from services.demo.importing import ingest_keys
from services.demo.make import DEPLOYMENT
from tests.centre import Centre, back_up, restored
from tests.faults.seats import Place
from tests.faults.simulation import Mistakes, Site


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
