"""Making a demo home: deployment, controllers, systems, people who work there, a backlog through the real ingest."""

import secrets
import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa

from db import central
from db.central_port import CentralPort
from db.central_store import CentralStore
from services.controllers import load_controllers
from services.demo.agents import AGENTS, CONTROLLERS, DemoAgent, put_agents
from services.demo.backlog import Backlog, today
from services.demo.people import make_people
from services.demo.systems import make_systems
from services.errors import Unusable
from services.home import (
    CENTRAL_KEY,
    DEPLOYMENT_KEY,
    INGEST_SEED,
    LOOKUP_KEY,
    Home,
    create,
    enrol,
    key,
    make_folders,
    owner_of,
    put_controllers,
)
from services.secrets import Vault, open_vault
from services.sync.ingest import Ingest, IngestKeys
from services.sync.logbook import Logbook
from services.sync.up import Uplink

DEPLOYMENT = "demo.rightsdesk.example"
TERMINALS = ("desk-1", "desk-2", "shell")
WORKER = "worker-1"
IMPORT = "older-tool"
MARK = "demo-home"

Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class DemoHome:
    """A made home and who works in it."""

    home: Home
    agents: tuple[DemoAgent, ...]


def is_demo(home: Path) -> bool:
    """Whether a complete demo home stands there."""
    return (home / MARK).is_file()


def make_home(
    home: Path,
    *,
    cases: int = 200,
    seed: int = 1,
    people: int = 0,
    waiting_period_s: int = 30,
    progress: Progress = lambda _: None,
) -> DemoHome:
    """A new demo home at `home` with `cases` cases over `people` people, by default min(cases, 20,000).

    Raises `Unusable` when something else stands there. What is half made carries no mark and is made anew by `reset`.
    """
    place = Home(home)
    if home.exists() and any(home.iterdir()):
        raise Unusable(f"{home} is not empty", next_key="--reset makes a demo home anew")
    make_folders(place)
    vault = open_vault(home, demo=True)
    create(place, DEPLOYMENT, vault)
    persons = make_people(seed, people or max(1, cases))
    for controller in CONTROLLERS:
        progress(f"{controller}: four systems with {len(persons)} people")
        make_systems(home, controller, persons, seed, waiting_period_s=waiting_period_s)
    controllers = load_controllers(home)
    put_controllers(place, vault, controllers.values())
    engine = central.open_engine(place.central_url, key(vault, CENTRAL_KEY))
    put_agents(engine)
    engine.dispose()
    for name in TERMINALS:
        enrol(place, vault, "terminal", name)
    enrol(place, vault, "worker", WORKER)
    owner = enrol(place, vault, "import", IMPORT)
    _settings(place)
    if cases:
        facts = _port(place, vault, owner).facts()
        public = bytes.fromhex(facts["deployment-key"])
        backlog = Backlog(persons, list(controllers.values()), DEPLOYMENT, public, seed, today())
        import_backlog(place, vault, owner, backlog, cases, progress)
    (home / MARK).write_text(secrets.token_hex(8) + "\n")
    return DemoHome(place, AGENTS)


def import_backlog(home: Home, vault: Vault, owner: str, backlog: Backlog, cases: int, progress: Progress) -> None:
    """Write the backlog into the import's log and bring it through the real ingest."""
    port = _port(home, vault, owner)
    book = Logbook(home, "import", owner, vault, DEPLOYMENT)
    ingest = Ingest(CentralStore(_engine(home, vault)), ingest_keys(vault, DEPLOYMENT))
    uplink = Uplink(port, book, f"{DEPLOYMENT}/central", bytes.fromhex(port.facts()["cosigner-key"]))
    written, said = 0, time.monotonic()
    for drafts, details in backlog.batches(cases, port.reserve_numbers(cases)):
        book.append(drafts, details)
        written += len(drafts)
        uplink.run_once()
        ingest.run_once()
        if time.monotonic() - said > 2:
            progress(f"{written:,} of {cases:,} cases")
            said = time.monotonic()
    while uplink.run_once() or ingest.run_once() or uplink.state.waiting:
        pass
    book.close()


def ingest_keys(vault: Vault, deployment: str) -> IngestKeys:
    """The keys of a home's ingest, from its vault."""
    return IngestKeys(
        deployment=deployment,
        private=key(vault, DEPLOYMENT_KEY),
        cosign_seed=key(vault, INGEST_SEED),
        lookup=key(vault, LOOKUP_KEY),
    )


def remove_home(home: Path) -> None:
    """Delete a demo home, and nothing that is not one: raises `Unusable`."""
    if home.exists() and any(home.iterdir()) and not (is_demo(home) or (home / "central.db").exists()):
        raise Unusable(f"{home} is not a demo home: it stays as it is")
    shutil.rmtree(home, ignore_errors=True)


def worker_of(home: Path) -> str:
    """The demo worker's owner id."""
    return owner_of(Home(home), "worker", WORKER)


def _engine(home: Home, vault: Vault) -> sa.Engine:
    return central.open_engine(home.central_url, key(vault, CENTRAL_KEY))


def _port(home: Home, vault: Vault, owner: str) -> CentralPort:
    return CentralPort(_engine(home, vault), owner)


def _settings(home: Home) -> None:
    file = home.path / "rightsdesk.toml"
    file.write_text(
        f'# Settings of the demo. docs/configuration.md lists what can stand here.\nterminal = "{TERMINALS[0]}"\n'
    )
    file.chmod(0o600)
