"""The training home: a deployment of its own beside the real one, with its own keys, central, systems, worker, logs.

HOME/training-home     the mark: whatever opens this home writes `training` into every entry
"""

import os
import re
from email import message_from_bytes, policy
from functools import lru_cache
from pathlib import Path

from services.controllers import load_controllers
from services.demo.agents import AGENTS, CONTROLLERS, put_agents
from services.demo.people import Person, make_people
from services.demo.systems import fill_databases, write_catalog
from services.errors import Unusable
from services.home import TRAINING_MARK, Home, create, enrol, make_folders, owner_of, put_controllers
from services.secrets import open_vault
from services.training.scenario import PEOPLE

DEPLOYMENT = "training.rightsdesk.example"
TERMINAL, WORKER = "training-desk", "training-worker"
SEED = 11
WAITING_S = 24 * 3600
"""As long as in real work: an erasure that a call ends with must not run into the next call."""
_HALF = "training-half-made"
_CODE = re.compile(r"(?<![\w-])\d{6}(?![\w-])")  # no part of a case number


def make_training_home(path: Path, *, waiting_period_s: int = WAITING_S) -> Home:
    """The training home at `path`, made when nothing stands there; raises `Unusable` when something else does."""
    home = Home(path)
    if home.training:
        return home
    if path.exists() and (not path.is_dir() or any(path.iterdir())):
        half = " It was left half made: remove it by hand." if (path / _HALF).exists() else ""
        raise Unusable(f"{path} is no training home: nothing was changed.{half}", next_key="name another folder")
    make_folders(home)
    (path / _HALF).touch(mode=0o600)
    vault = open_vault(path, demo=True)
    create(home, DEPLOYMENT, vault)
    for controller in CONTROLLERS:
        write_catalog(path, controller, waiting_period_s)
    put_controllers(home, vault, load_controllers(path).values())
    put_agents(home, vault, AGENTS)
    enrol(home, vault, "terminal", TERMINAL)
    enrol(home, vault, "worker", WORKER)
    restore_systems(home)
    _write(path / "rightsdesk.toml", f'deployment = "{DEPLOYMENT}"\nterminal = "{TERMINAL}"\ndemo = true\n')
    (path / _HALF).rename(path / TRAINING_MARK)
    return home


def restore_systems(home: Home) -> None:
    """Everybody is on file again, whatever earlier calls did to them; each database is replaced whole."""
    for controller in CONTROLLERS:
        fill_databases(home.path, controller, people(), SEED)


def terminal_log(home: Home) -> Path:
    """The newest log of the training desk: what calls are scored from."""
    folder = home.folder("terminal", owner_of(home, "terminal", TERMINAL))
    return max(folder.glob("log-*.db"), key=lambda file: int(file.stem.removeprefix("log-")))


@lru_cache(maxsize=1)
def people() -> tuple[Person, ...]:
    """Everybody the training systems hold; the same ones every time."""
    return tuple(make_people(SEED, PEOPLE))


def newest_code(home: Home, person: Person, since_s: float) -> str:
    """The newest one-time code that reached the person's mailbox after `since_s` (epoch seconds); empty when none."""
    files = [(file.stat().st_mtime, file) for file in home.outbox.glob("*.eml")]
    for at, file in sorted(files, reverse=True):
        mail = message_from_bytes(file.read_bytes(), policy=policy.default)
        if at < since_s or str(mail["To"]).lower() != person.email.lower():
            continue
        body = mail.get_body(("plain",))
        found = _CODE.search(body.get_content() if body else "")
        if found:
            return found[0]
    return ""


def _write(file: Path, text: str) -> None:
    handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as out:
        out.write(text)
