"""Making a demo home: deployment, controllers, systems, people who work there, a backlog through the real ingest."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from services.controllers import load_controllers
from services.demo import mark
from services.demo.agents import AGENTS, CONTROLLERS, DemoAgent, put_agents
from services.demo.backlog import Backlog, today
from services.demo.importing import deployment_key, import_backlog
from services.demo.people import make_people
from services.demo.side_work import SideWork
from services.demo.systems import fill_databases, write_catalog
from services.home import Home, create, enrol, make_folders, put_controllers
from services.secrets import open_vault

DEPLOYMENT = "demo.rightsdesk.example"
TERMINALS = ("desk-1", "desk-2", "shell")
WORKER = "worker-1"
IMPORT = "older-tool"
MANY = 5_000
"""Cases from which it pays to start further processes."""

Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class DemoHome:
    """A made home and who works in it."""

    home: Home
    agents: tuple[DemoAgent, ...]


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

    Raises `Unusable` when something else stands there. What is half made is marked as such: `remove_home` takes it.
    """
    mark.begin(home)
    place = Home(home)
    make_folders(place)
    vault = open_vault(home, demo=True)
    create(place, DEPLOYMENT, vault)
    for controller in CONTROLLERS:
        write_catalog(home, controller, waiting_period_s)
    controllers = load_controllers(home)
    put_controllers(place, vault, controllers.values())
    put_agents(place, vault)
    for name in TERMINALS:
        enrol(place, vault, "terminal", name)
    enrol(place, vault, "worker", WORKER)
    owner = enrol(place, vault, "import", IMPORT)
    _settings(place)
    persons = make_people(seed, people or max(1, cases))
    progress(f"{len(persons):,} people, four systems at each of {len(CONTROLLERS)} controllers")
    with SideWork(apart=cases >= MANY) as side:
        for controller in CONTROLLERS:
            side.start_patiently(_fill, home, controller, len(persons), seed)
        if cases:
            backlog = Backlog(
                persons, list(controllers.values()), DEPLOYMENT, deployment_key(place, vault), seed, today()
            )
            import_backlog(place, vault, owner, backlog, cases, side, progress)
        side.finish()
    mark.complete(home)
    return DemoHome(place, AGENTS)


def _fill(home: Path, controller: str, people: int, seed: int) -> None:
    """The databases of one controller; people are made again here, as that is quicker than handing them over."""
    fill_databases(home, controller, make_people(seed, people), seed)


def _settings(home: Home) -> None:
    file = home.path / "rightsdesk.toml"
    file.touch(mode=0o600)
    file.write_text(
        "# Settings of the demo. docs/configuration.md lists what can stand here.\n"
        f'deployment = "{DEPLOYMENT}"\nterminal = "{TERMINALS[0]}"\ndemo = true\n'
    )
