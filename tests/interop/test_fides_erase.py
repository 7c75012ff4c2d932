"""Erasing somebody from the example shop of the Fides project: the same on PostgreSQL and on MariaDB."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pytest

from services import strict_yaml
from services.catalog.dataset import DatasetFile
from services.catalog.graph import Graph, build
from services.catalog.system import System
from services.connectors.registry import open_connector
from services.errors import Refused, Unusable
from services.fulfilment.change import apply, verify
from services.fulfilment.find import find
from services.fulfilment.plan import Plan, make_plan
from tests.fides_shop import KINDS, Run, database, fill_large, fill_small

pytestmark = pytest.mark.interop

SECRET = b"k" * 32
TABLES = (
    "address", "customer", "employee", "login", "order_item", "orders", "payment_card", "product", "report",
    "service_request", "visit",
)  # fmt: skip
NULL = "fides_meta:\n              identity: email\n              masking_strategy_override: {strategy: null_rewrite}"
FIXED = NULL.replace("null_rewrite", "string_rewrite, configuration: {rewrite_value: customer-1@example.com}")


@dataclass
class Scene:
    """The shop in a database, and the dataset that says to erase contact data only."""

    kind: str
    url: str
    run: Run
    text: str

    def open(self, text: str = "") -> tuple[System, Graph]:
        datasets = strict_yaml.parse(text or self.text, DatasetFile).dataset
        return System("s", "c", self.kind, self.url, datasets), build({"s": datasets})

    def plan(self, email: str = "customer-2@example.com", text: str = "") -> Plan:
        system, graph = self.open(text)
        found = find(graph, {"s": open_connector(system, None)}, {"email": [email]})
        assert found.complete, found.systems
        return make_plan(found, graph, date(2026, 3, 5), "c")

    def erase(self, plan: Plan, text: str = "") -> tuple[int, int]:
        done = apply(plan, "s", open_connector(self.open(text)[0], None), secret=SECRET)
        return done.deleted, done.masked

    def rows(self) -> dict[str, list[str]]:
        return {name: sorted(str(row) for row in self.run(f"SELECT * FROM {name}")) for name in TABLES}


def _contact_only(text: str) -> str:
    """Every category outside `user.contact` becomes none of a person, so that nothing else is masked."""
    return re.sub(r"data_categories: \[(?!user\.contact)[^\]]*\]", "data_categories: [system.operations]", text)


def _shared(text: str) -> str:
    return text.replace("- name: address\n", "- name: address\n        x_console: {shared: true}\n", 1)


@pytest.fixture(params=KINDS)
def scene(request: pytest.FixtureRequest, shared: Path) -> Iterator[Scene]:
    """The small shop, whose visits have no key."""
    text = (shared / "cases/fides/mariadb_example_test_dataset.yml").read_text()
    with database(request, request.param) as (url, run):
        fill_small(shared, run)
        yield Scene(request.param, url, run, _shared(_contact_only(text)))


def _with(scene: Scene, collection: str, meta: str) -> str:
    """The dataset with another `fides_meta` for the e-mail address of `collection`."""
    start = scene.text.index(f"- name: {collection}\n")
    place = scene.text.index("fides_meta:\n              identity: email", start)
    return scene.text[:place] + scene.text[place:].replace("fides_meta:\n              identity: email", meta, 1)


def test_the_contact_of_one_customer_goes_and_everybody_elses_stays(scene: Scene) -> None:
    before, plan = scene.rows(), scene.plan()
    assert plan.faults == ()
    assert scene.erase(plan) == (0, 3), "the customer, the visit and the request for service"
    after = scene.rows()
    changed = {name for name in TABLES if before[name] != after[name]}
    assert changed == {"customer", "visit", "service_request"}
    for name in changed:
        assert [row for row in after[name] if row in before[name]] == [
            row for row in before[name] if "customer-2@example.com" not in row
        ]
    assert "customer-2@example.com" not in str(after)
    assert any("Jill Customer" in row for row in after["customer"]), "the name is no contact data"
    system, graph = scene.open()
    assert verify(plan, "s", open_connector(system, None), graph, secret=SECRET) == ()


def test_a_second_run_finds_the_plan_after_the_identity_is_gone(scene: Scene) -> None:
    plan = Plan.from_json(scene.plan().to_json())
    scene.erase(plan)
    after = scene.rows()
    assert not any(part.actions for part in scene.plan().systems), "a new search finds nobody"
    assert scene.erase(plan) == (0, 0)
    assert (scene.rows(), plan.count("mask")) == (after, 3)


def test_addresses_that_several_people_share_are_flagged_and_stay(scene: Scene) -> None:
    before, plan = scene.rows()["address"], scene.plan()
    control = scene.plan(text=scene.text.replace("        x_console: {shared: true}\n", ""))
    assert [a.act for a in control.system("s").actions if a.collection == "address"] == ["mask"]
    (left,) = [a for a in plan.system("s").actions if a.collection == "address"]
    assert (left.act, left.reason, left.count) == ("leave", "shared", 2)
    scene.erase(plan)
    assert scene.rows()["address"] == before


@pytest.mark.parametrize(
    ("rule", "meta", "words"),
    [
        ("ALTER email SET NOT NULL", NULL, "customer.email cannot be empty"),
        ("ADD CONSTRAINT u UNIQUE (email)", FIXED, "customer.email is unique and its mask is taken"),
        ("DROP CONSTRAINT customer_pkey, ADD PRIMARY KEY (email)", NULL, "customer.email is part of the key"),
    ],
    ids=["not-null", "unique", "key"],
)  # fmt: skip
def test_an_address_that_cannot_go_is_refused_with_nothing_changed(
    scene: Scene, rule: str, meta: str, words: str
) -> None:
    if scene.kind == "mariadb":
        rule = rule.replace("ALTER email SET", "MODIFY email VARCHAR(100)")
        rule = rule.replace("DROP CONSTRAINT customer_pkey", "DROP PRIMARY KEY")
    text = _with(scene, "customer", meta)
    plan = scene.plan(text=text)  # made before the table got its rule: it is the live table that is asked
    scene.run(f"ALTER TABLE customer {rule}")
    before = scene.rows()
    with pytest.raises(Unusable, match=words.replace(".", r"\.")) as refused:
        scene.erase(plan, text)
    assert refused.value.kept == "nothing was changed"
    assert scene.rows() == before


@pytest.mark.parametrize("kind", KINDS)
def test_an_address_within_a_declared_key_stops_the_plan(
    request: pytest.FixtureRequest, shared: Path, kind: str
) -> None:
    text = (shared / "cases/fides/postgres_example_test_dataset.yml").read_text()
    with database(request, kind) as (url, run):
        fill_large(shared, kind, run)
        scene = Scene(kind, url, run, text)
        plan, before = scene.plan(), scene.rows()
        assert any("visit.email is part of the key" in fault for fault in plan.faults)
        with pytest.raises(Refused, match="cannot be carried out"):
            scene.erase(plan)
        assert scene.rows() == before
