"""A controller's folder: a SQLite customer table and what a test puts beside it, worked through whole."""

import os
import subprocess
import sys
from collections.abc import Mapping
from contextlib import closing
from datetime import date
from pathlib import Path

from sqlcipher3 import dbapi2

from services.catalog.graph import Graph, build
from services.catalog.system import System, load_controller_systems
from services.connectors.base import Connector
from services.connectors.registry import open_connector
from services.fulfilment.change import Applied, Left, apply, verify
from services.fulfilment.find import find
from services.fulfilment.found import Found
from services.fulfilment.plan import Plan, make_plan

ADA = {"email": ["ADA@x.org"]}
SECRET = b"k" * 32
TODAY = date(2026, 3, 5)
CRM = "CREATE TABLE customer (id INTEGER PRIMARY KEY, email TEXT, number TEXT);"
CRM_ROWS = "INSERT INTO customer VALUES (1, 'ada@x.org', 'K-1'), (2, 'bob@x.org', 'K-2');"
CRM_DATASET = """\
dataset:
  - fides_key: crm
    collections:
      - name: customer
        x_console: {erase: delete}
        fields:
          - name: id
            fides_meta: {primary_key: true}
          - name: email
            fides_meta: {identity: email}
          - name: number
"""
CHILD = """
import sys
from pathlib import Path
from tests.datasystems.beside import Beside
from services.fulfilment.plan import Plan
folder, plan, system, secret = sys.argv[1:]
Beside(Path(folder), {system: secret}).apply(Plan.from_json(Path(plan).read_bytes()), system)
"""


class Beside:
    """The systems of the controller `c` in `folder`; `secrets` are passwords by system."""

    def __init__(self, folder: Path, secrets: Mapping[str, str] | None = None) -> None:
        self.folder, self.secrets = folder, dict(secrets or {})
        self.systems: Mapping[str, System] = {}
        self.graph: Graph = build({})
        if (folder / "systems").is_dir():
            self.load()

    def crm(self) -> None:
        """A SQLite system with Ada and Bob."""
        self.add("crm", "connector: sqlite\nurl: sqlite:///crm.db\n", CRM_DATASET)
        with closing(dbapi2.connect(str(self.folder / "systems" / "crm" / "crm.db"))) as store:
            store.executescript(CRM + CRM_ROWS)

    def customers(self) -> list[tuple[object, ...]]:
        with closing(dbapi2.connect(str(self.folder / "systems" / "crm" / "crm.db"))) as store:
            return list(store.execute("SELECT email FROM customer ORDER BY id"))

    def add(self, key: str, head: str, dataset: str, **files: str) -> Path:
        """A system folder; `files` are further ones, by the start of their name."""
        place = self.folder / "systems" / key
        place.mkdir(parents=True, exist_ok=True)
        words = f"key: {key}\ncontroller: {self.folder.name}\n{head}datasets: [{key}.yml]\n"
        (place / "system.yml").write_text(words, "utf-8")
        (place / f"{key}.yml").write_text(dataset, "utf-8")
        for name, text in files.items():
            (place / f"{name}.yml").write_text(text, "utf-8")
        return place

    def load(self) -> "Beside":
        self.systems = load_controller_systems(self.folder)
        self.graph = build({key: system.datasets for key, system in self.systems.items()})
        return self

    def connector(self, key: str) -> Connector:
        secret = self.secrets.get(key)
        return open_connector(self.systems[key], secret.encode() if secret is not None else None)

    def find(self, identities: Mapping[str, list[str]] = ADA) -> Found:
        return find(self.graph, {key: self.connector(key) for key in self.systems}, identities, region="DE")

    def plan(self, identities: Mapping[str, list[str]] = ADA) -> Plan:
        found = self.find(identities)
        assert found.complete, [(system.key, system.reason) for system in found.systems]
        return make_plan(found, self.graph, TODAY, "c")

    def apply(self, plan: Plan, key: str) -> Applied:
        return apply(plan, key, self.connector(key), secret=SECRET)

    def erase(self, plan: Plan) -> dict[str, tuple[int, int, int]]:
        """Deleted, masked and gone by system."""
        done = {key: self.apply(plan, key) for key in self.systems}
        return {key: (one.deleted, one.masked, one.gone) for key, one in done.items()}

    def verify(self, plan: Plan) -> dict[str, tuple[Left, ...]]:
        """What is left, by system, read by connectors of their own."""
        looked = {key: verify(plan, key, self.connector(key), self.graph, secret=SECRET) for key in self.systems}
        return {key: left for key, left in looked.items() if left}

    def killed(self, plan: Plan, key: str, point: str) -> None:
        """Carries the plan out in one system in a process of its own that dies at `point`."""
        kept = self.folder / "plan.json"
        kept.write_bytes(plan.to_json())
        checkout = Path(__file__).parents[2]
        words = [str(self.folder), str(kept), key, self.secrets.get(key, "")]
        environment = {**os.environ, "RIGHTSDESK_KILL_AT": point, "PYTHONPATH": str(checkout)}
        done = subprocess.run([sys.executable, "-c", CHILD, *words], env=environment, cwd=checkout, check=False)
        assert done.returncode in (-9, 137), done.returncode
