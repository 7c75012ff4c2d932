"""The home folder of a deployment: where its files lie, how it is made, how terminals and workers are enrolled."""

import secrets
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from db.kill_points import reach
from services.controllers import Controller
from services.errors import DeskError, NotFound, Unusable
from services.secrets import Vault

if TYPE_CHECKING:
    import sqlalchemy as sa

Kind = Literal["terminal", "worker", "import", "operator"]

FIRST_NUMBER = 1
DEPLOYMENT_KEY = "deployment-key"
INGEST_SEED = "ingest-seed"
LOOKUP_KEY = "lookup-key"
PIN_PEPPER = "pin-pepper"
CENTRAL_KEY = "central-key"
ENGINE_KEY = "engine-key"
KEYS = (CENTRAL_KEY, ENGINE_KEY, DEPLOYMENT_KEY, INGEST_SEED, LOOKUP_KEY, PIN_PEPPER)
TRAINING_MARK = "training-home"


@dataclass(frozen=True, slots=True)
class Home:
    """Paths of a deployment (design.md 5); `server` is the url of a central that does not lie in this folder."""

    path: Path
    server: str = ""

    @property
    def training(self) -> bool:
        """Whether everything here is practice: it is then so in every entry, whoever opens the home."""
        return (self.path / TRAINING_MARK).is_file()

    @property
    def central_url(self) -> str:
        return self.server or f"sqlite:///{self.path / 'central.db'}"

    @property
    def engine_file(self) -> Path:
        return self.path / "engine.db"

    @property
    def packages(self) -> Path:
        return self.path / "packages"

    @property
    def outbox(self) -> Path:
        return self.path / "outbox"

    @property
    def logs(self) -> Path:
        return self.path / "logs"

    def systems(self, controller: str) -> Path:
        """The catalog folder of a controller."""
        return self.path / "controllers" / controller / "systems"

    def folder(self, kind: Kind, owner: str) -> Path:
        """What belongs to one terminal, worker, import or operators' log."""
        return self.path / f"{kind}s" / owner

    def log(self, kind: Kind, owner: str, number: int = 1) -> Path:
        """The file of one log."""
        return self.folder(kind, owner) / f"log-{number}.db"

    def desk(self, owner: str) -> Path:
        """A terminal's desk store."""
        return self.folder("terminal", owner) / "desk.db"


def make_folders(home: Home) -> None:
    """The folders of a deployment, 0700."""
    kinds = [home.path / name for name in ("controllers", "terminals", "workers", "imports", "operators")]
    for folder in (home.path, home.packages, home.outbox, home.logs, *kinds):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)


def create(home: Home, deployment: str, vault: Vault, password: bytes | None = None, *, again: bool = False) -> None:
    """A new deployment: its keys in the vault, its central with every table; raises `Unusable` where one stands.

    `password` is that of the administrator's login where central stands on a server. `again` goes on where a creation
    of the same deployment broke off, with the keys it had made.
    """
    from db import central

    if not again and vault.get(CENTRAL_KEY) is not None:  # new keys would lock what stands, and every backup of it
        raise Unusable("a deployment stands here already", kept="its keys and its data")
    make_folders(home)
    for name in KEYS:
        if vault.get(name) is None:
            vault.put(name, secrets.token_bytes(32))  # of an X25519 key, too, any 32 bytes are one
    if password is not None:
        vault.put(CENTRAL_KEY, password)
    reach("init.after-keys")
    try:
        engine = central.create(home.central_url, key(vault, CENTRAL_KEY))
        reach("init.after-tables")
        try:
            _put_facts(engine, deployment, vault)
        finally:
            engine.dispose()
    except DeskError:
        for name in () if again else KEYS:
            vault.delete(name)
        raise


def _put_facts(engine: "sa.Engine", deployment: str, vault: Vault) -> None:
    """What everybody reads of the deployment; raises `Unusable` where another one stands."""
    import sqlalchemy as sa

    from db import central
    from services.action_log.checkpoint import public_key
    from services.action_log.sealing import public_of

    facts = {
        "deployment": deployment,
        "deployment-key": public_of(key(vault, DEPLOYMENT_KEY)).hex(),
        "cosigner-key": public_key(key(vault, INGEST_SEED)).hex(),
        "next-number": str(FIRST_NUMBER),
        "rev": "0",
    }
    with central.writing(engine).begin() as conn:
        there = {r[0]: r[1] for r in conn.execute(sa.select(central.META.c.key, central.META.c.value))}
        if not there:
            conn.execute(sa.insert(central.META), [{"key": k, "value": v} for k, v in facts.items()])
        elif any(there.get(name) != facts[name] for name in ("deployment", "deployment-key", "cosigner-key")):
            raise Unusable("another deployment stands in this database", kept="all of it")


def put_controllers(home: Home, vault: Vault, controllers: Iterable[Controller]) -> None:
    """Tell central of the controllers, replacing what it knew of them."""
    import sqlalchemy as sa

    from db import central

    with in_central(home, vault) as conn:
        conn.execute(sa.delete(central.CONTROLLER))
        conn.execute(sa.insert(central.CONTROLLER), [{"key": c.key, "body": c.to_json()} for c in controllers])


@contextmanager
def in_central(home: Home, vault: Vault) -> "Iterator[sa.Connection]":
    """One transaction in central, by whoever has its key or the administrator's password in this vault."""
    from db import central

    engine = central.open_engine(home.central_url, vault.get(CENTRAL_KEY))
    try:
        with central.writing(engine).begin() as conn:
            yield conn
    finally:
        engine.dispose()


def enrol(home: Home, vault: Vault, kind: Kind, name: str, record: Callable[[str], None] = lambda _: None) -> str:
    """A new terminal, worker, import or operators' log: its seeds and ask key in the vault, public halves in central.

    Returns its owner id (8 hex digits), which `record` is told before anything is changed. `name` is what people call
    it; a name stands once a kind.
    """
    import sqlalchemy as sa

    from db import central
    from services.action_log.checkpoint import public_key
    from services.action_log.sealing import new_key
    from services.log_seeds import new_seeds

    owner, seeds = new_owner(), new_seeds()
    ask_public, ask_private = new_key()
    with in_central(home, vault) as conn:
        deployment = conn.execute(
            sa.select(central.META.c.value).where(central.META.c.key == "deployment")
        ).scalar_one()
        same = sa.select(central.TERMINAL.c.id).where(central.TERMINAL.c.name == name, central.TERMINAL.c.kind == kind)
        if conn.execute(same).first() is not None:
            raise Unusable(f"there is a {kind} called {name} already")
        record(owner)
        equip(home, vault, kind, name, owner, {"log-seed": seeds.to_json(), "ask-key": ask_private})
        log, origin = f"{owner}/1", f"{deployment}/{owner}/1"
        terminal = {"id": owner, "kind": kind, "name": name, "ask_key": ask_public, "seen_at": 0, "pid": 0}
        conn.execute(sa.insert(central.TERMINAL), [{**terminal, "revoked": False}])
        first, spare = public_key(seeds.in_force), public_key(seeds.spare)
        row = {"id": log, "owner": owner, "kind": kind, "public_key": first, "next_key": spare, "origin": origin}
        conn.execute(sa.insert(central.LOG), [{**row, "enrolled_at": time.time_ns() // 1000, "problem": ""}])
        head = {"log": log, "size": 0, "frontier": b"", "checkpoint": "", "receipt": "", "key": first}
        conn.execute(sa.insert(central.HEAD), [head])
    return owner


def equip(home: Home, vault: Vault, kind: Kind, name: str, owner: str, keys: dict[str, bytes]) -> None:
    """The owner's folder, which says its name, and its keys."""
    if kind == "terminal":
        keys = {**keys, "desk-key": secrets.token_bytes(32), "pin-key": secrets.token_bytes(32)}
    for use, value in keys.items():
        vault.put(f"{use}:{owner}", value)
    home.folder(kind, owner).mkdir(mode=0o700, parents=True)
    named = home.folder(kind, owner) / "name"
    named.touch(mode=0o600)
    named.write_text(name + "\n")


MOST_DIGITS = 4
"""Decimal digits in an owner id: with the number of a log they must stay under nine, or the lint sees a telephone."""


def new_owner() -> str:
    """8 random hex digits, one to `MOST_DIGITS` of them decimal: it reads neither as a word nor as a number."""
    owner = secrets.token_hex(4)
    return owner if 1 <= sum(c.isdigit() for c in owner) <= MOST_DIGITS else new_owner()


def owner_of(home: Home, kind: Kind, name: str) -> str:
    """The owner id of the terminal, worker or import called `name`; raises `NotFound`."""
    for file in sorted((home.path / f"{kind}s").glob("*/name")):
        if file.read_text().strip() == name:
            return file.parent.name
    raise NotFound(f"there is no {kind} called {name} in {home.path}", next_key="rightsdesk doctor")


def key(vault: Vault, name: str) -> bytes:
    """A key that must be there; raises `Unusable` naming it when it is not."""
    found = vault.get(name)
    if found is None:
        raise Unusable(f"the key '{name}' is not in the {vault.kind}", next_key="rightsdesk doctor")
    return found
