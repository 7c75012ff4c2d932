"""A centre on a real PostgreSQL: made by `create`, its machines invited and joined, each in a home of its own."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from copy import copy
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa

from db import central
from db.central_roles import OWNER, ROLES
from db.central_store import CentralStore
from services.demo.agents import put_agents
from services.demo.importing import ingest_keys
from services.desk.desk import Desk
from services.desk.open import open_desk
from services.home import CENTRAL_KEY, Home, create, key, make_folders, put_controllers
from services.invitation import Invitation, invite, join
from services.secrets import Vault, open_vault
from services.sync.ingest import Ingest
from tests.answering import answering
from tests.centre import Centre, make_template

DEPLOYMENT = "demo.rightsdesk.example"
PASSPHRASE = "a passphrase for tests"
Answered = Callable[[], AbstractContextManager[None]]


@dataclass
class Machine:
    """A joined terminal or worker: its home and its login's url."""

    home: Home
    owner: str
    name: str
    vault: Vault
    answered: Answered = nullcontext

    @contextmanager
    def desk(self) -> Iterator[Desk]:
        """A desk here, its sign-ins answered by the centre that it joined."""
        with self.answered():
            desk = open_desk(self.home.path, self.name, demo=True, central_url=self.home.server)
            try:
                yield desk
            finally:
                desk.close()

    def engine(self) -> sa.Engine:
        """Connected as this machine is."""
        return central.open_engine(self.home.central_url, key(self.vault, CENTRAL_KEY))


class ServerCentre(Centre):
    """The operator's home, and what a test does there. `controllers` are those of `template`."""

    def __init__(self, folder: Path, admin_url: str, template: Path) -> None:
        url, _, password = _without_password(admin_url)
        self.folder = folder
        folder.mkdir(exist_ok=True)
        self.home = Home(folder / "operator", url)
        make_folders(self.home)
        (self.home.path / "demo-home").touch()
        self.vault = open_vault(self.home.path, demo=True)
        create(self.home, DEPLOYMENT, self.vault, password.encode())
        from services.controllers import load_controllers

        put_controllers(self.home, self.vault, load_controllers(template).values())
        put_agents(self.home, self.vault)
        self.engine = central.open_engine(url, key(self.vault, CENTRAL_KEY))
        self.store = CentralStore(self.engine)
        self.ingest = Ingest(self.store, ingest_keys(self.vault, DEPLOYMENT))

    def moved(self, folder: Path, url: str) -> "ServerCentre":
        """The same in a copy of its folder and of its database, which the same logins enter."""
        other = copy(self)
        other.folder, other.home = folder, Home(folder / self.home.path.name, _without_password(url)[0])
        other.vault = open_vault(other.home.path, demo=True)
        other.engine = central.open_engine(other.home.server, key(other.vault, CENTRAL_KEY))
        database = sa.make_url(url).database
        with other.engine.begin() as conn:  # what PostgreSQL does not copy: rights over the database itself
            conn.exec_driver_sql(f"REVOKE ALL ON DATABASE {database} FROM PUBLIC")
            conn.exec_driver_sql(f"GRANT CONNECT ON DATABASE {database} TO {', '.join(ROLES)}")
            conn.exec_driver_sql(f"GRANT CREATE ON DATABASE {database} TO {OWNER}")
        other.store = CentralStore(other.engine)
        other.ingest = Ingest(other.store, ingest_keys(other.vault, DEPLOYMENT))
        return other

    def invite(self, kind: str, name: str) -> Invitation:
        assert kind in ("terminal", "worker")
        return invite(self.home, self.vault, kind, name, PASSPHRASE if kind == "worker" else "")  # type: ignore[arg-type]

    def joined(self, kind: str, name: str) -> Machine:
        """A new machine of the centre."""
        invitation = self.invite(kind, name)
        home = Home(self.folder / name, invitation.url)
        home.path.mkdir(mode=0o700)
        vault = open_vault(home.path, demo=True)
        join(home, vault, invitation, PASSPHRASE if kind == "worker" else "")
        return Machine(home, invitation.owner, name, vault, self.answered)

    def answered(self) -> AbstractContextManager[None]:
        """Sign-ins of every machine are answered meanwhile."""
        return answering(self.engine, self.vault, DEPLOYMENT)


def made_template(folder: Path) -> Path:
    """A demo home whose controllers a centre can take."""
    return make_template(folder)


def _without_password(url: str) -> tuple[str, str, str]:
    place = sa.make_url(url)
    assert place.username is not None
    return place._replace(password=None).render_as_string(), place.username, str(place.password)
