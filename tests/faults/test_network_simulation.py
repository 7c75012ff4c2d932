"""A centre on a bad network: whatever is lost, repeated, late or restored, what was acknowledged stays, once.

One seed is one run: it is printed when a promise is broken, and played again it tells the same story.
"""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from db import central_port, central_store
from db.central_port import CentralPort
from services.home import enrol
from services.sync import down
from services.sync.ingest import Ingest
from tests.centre import Centre
from tests.faults.network import Clock
from tests.faults.promises import broken
from tests.faults.seats import Place
from tests.faults.simulation import Mistakes, Simulation, Site
from services.demo.importing import ingest_keys
from services.demo.make import DEPLOYMENT

TERMINALS = 10


class FileSite(Site):
    """Central in a file, every terminal in the same home."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.centre = Centre(home)
        self.owners = sorted(
            (file.read_text(), file.parent.name) for file in (home / "terminals").glob("*/name")
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
        with self.centre.engine.connect() as conn:
            conn.exec_driver_sql("COMMIT")
            assert conn.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)").one()[0] == 0
            conn.exec_driver_sql("BEGIN")
        shutil.copy(self.home / "central.db", self.home / "backup.db")

    def restore(self) -> None:
        for end in ("-wal", "-shm"):
            (self.home / f"central.db{end}").unlink(missing_ok=True)
        shutil.copy(self.home / "backup.db", self.home / "central.db")


@pytest.fixture(scope="module")
def ten(centre_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A centre with ten terminals and no data systems."""
    import keyring
    from keyring.backends.fail import Keyring

    before = keyring.get_keyring()
    keyring.set_keyring(Keyring())
    home = tmp_path_factory.mktemp("ten") / "home"
    shutil.copytree(centre_template, home, ignore=shutil.ignore_patterns("data"))
    centre = Centre(home)
    for number in range(TERMINALS):
        enrol(centre.home, centre.vault, "terminal", f"sim-{number}")
    centre.engine.dispose()
    keyring.set_keyring(before)
    return home


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch, no_keyring: None) -> Clock:
    """The simulated clock, central's too."""
    made = Clock()
    for module in (central_port, central_store):
        monkeypatch.setattr(module, "clock_us", lambda conn: made.us)
    monkeypatch.setattr(down, "PEOPLE_S", 1e9)
    return made


def play(ten: Path, folder: Path, seed: int, clock: Clock, mistakes: Mistakes | None = None) -> tuple[Simulation, list[str]]:
    home = folder / f"home{seed}"
    shutil.rmtree(home, ignore_errors=True)
    shutil.copytree(ten, home)
    run = Simulation(FileSite(home), seed, folder / f"scratch{seed}", clock, mistakes or Mistakes()).run()
    return run, broken(run)


@pytest.mark.parametrize("seed", range(4))
def test_every_promise_holds(ten: Path, tmp_path: Path, clock: Clock, seed: int) -> None:
    run, wrong = play(ten, tmp_path, seed, clock)
    try:
        assert wrong == [], f"seed {seed}"
    finally:
        run.close()
