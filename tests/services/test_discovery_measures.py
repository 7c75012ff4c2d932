"""How much of what is there a draft finds, and how much of what it says is so: measured, printed, with floors."""

from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest

from services.catalog.dataset import load_dataset
from services.catalog.system import load_controller_systems, undescribed_system
from services.discovery.discover import discover
from services.discovery.draft import Discovered
from tests.demo_home import labels_of, made_systems
from tests.labelled_schema import Schema, write
from tests.measured import Measure, about_people, categories, references


def found_in(url: str) -> Discovered:
    return discover(undescribed_system("s", "c", url), None)


def at_least(measure: Measure, precision: float, recall: float, with_review: float) -> None:
    print(measure)
    assert measure.precision >= precision
    assert measure.recall >= recall
    assert measure.recall_with_review >= with_review


def test_tricky_names_in_three_languages(tmp_path: Path) -> None:
    schema = Schema()
    write(schema, tmp_path / "tricky.db")
    found = found_in(f"sqlite:///{tmp_path}/tricky.db")
    at_least(categories(found, schema.categories), 0.95, 0.9, 0.95)
    at_least(references(found, schema.references), 0.95, 0.9, 0.9)


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return made_systems(tmp_path_factory.mktemp("demo"))


@pytest.mark.parametrize("controller", ["nordlicht", "harbour"])
def test_the_systems_of_the_demo(demo: Path, controller: str) -> None:
    of_all, direct, joined = Measure(), Measure(), Measure()
    for system in load_controller_systems(demo / "controllers" / controller).values():
        labels, joins = labels_of(system.datasets[0])
        found = found_in(system.url)
        of_all += categories(found, labels)
        direct += categories(found, about_people(labels), show=False)
        joined += references(found, joins)
    at_least(of_all, 0.9, 0.55, 0.6)
    assert direct.recall >= 0.8, direct
    at_least(joined, 0.9, 0.9, 0.9)


@pytest.mark.interop
@pytest.mark.postgres
def test_the_example_shop_of_fides(shared: Path, postgres: str) -> None:
    with psycopg.connect(postgres.replace("+psycopg", "")) as connection:
        connection.execute((shared / "cases/fides/postgres_sample.sql").read_bytes())
    (dataset,) = load_dataset(shared / "cases/fides/postgres_example_test_dataset.yml")
    labels, joins = labels_of(dataset)
    found = of_tables(found_with_password(postgres), [str(c.name) for c in dataset.collections])
    at_least(categories(found, labels), 0.75, 0.65, 0.8)
    at_least(references(found, joins), 0.9, 0.9, 0.9)


def of_tables(found: Discovered, names: list[str]) -> Discovered:
    """What was found of tables that have labels."""
    fields = {name: found.findings[name] for name in names}
    return replace(found, findings=fields, joins=[join for join in found.joins if join.table in names])


def found_with_password(url: str) -> Discovered:
    """As `found_in`, with the password that the tests' server asks for."""
    address = urlsplit(url.replace("+psycopg", ""))
    bare = address._replace(netloc=f"{address.username}@{address.hostname}:{address.port}").geturl()
    return discover(undescribed_system("s", "c", bare), str(address.password).encode())


def test_control_a_poor_draft_has_poor_figures() -> None:
    labels = {("a", "x"): "user.contact.email", ("a", "y"): "user.name"}
    empty = Discovered("s", {}, {}, [])
    assert categories(empty, labels).recall == 0
    with pytest.raises(AssertionError):
        at_least(categories(empty, labels), 0.5, 0.5, 0.5)
