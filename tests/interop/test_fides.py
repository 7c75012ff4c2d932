"""The example shop of the Fides project in a real PostgreSQL and a real MariaDB, with its own dataset files."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from console.commands.catalog import app
from services.catalog.dataset import load_dataset
from services.errors import BadInput
from tests.fides_shop import KINDS, database, fill_large

pytestmark = pytest.mark.interop

COUNTS = {
    "customer-1@example.com": 21,
    "Customer-1@example.com": 21,
    "customer-2@example.com": 10,
    "jane@example.com": 5,
    "employee-1@example.com": 5,
    "employee-2@example.com": 3,
}
PROGRAM = "from console.commands.catalog import app; app()"


@pytest.fixture(params=KINDS)
def shop(request: pytest.FixtureRequest, shared: Path) -> Iterator[str]:
    """The url of a database that holds the example shop."""
    with database(request, request.param) as (url, run):
        fill_large(shared, request.param, run)
        yield url


def _words(shared: Path, url: str, email: str, *more: str) -> list[str]:
    dataset = shared / "cases/fides/postgres_example_test_dataset.yml"
    return ["try", "--catalog", str(dataset), "--url", url, "--identity", f"email={email}", "--json", *more]


def _try(shared: Path, url: str, email: str, *more: str) -> str:
    result = CliRunner().invoke(app, _words(shared, url, email, *more))
    assert result.exit_code == 0, result.output
    return result.output


@pytest.mark.parametrize("email", COUNTS)
def test_a_complete_answer_has_every_row(shared: Path, shop: str, email: str) -> None:
    said = json.loads(_try(shared, shop, email))
    (collections,) = said["systems"].values()
    assert sum(map(len, collections.values())) == COUNTS[email] == said["total"]


def test_rows_hold_the_declared_fields_and_money_and_times_are_text(shared: Path, shop: str) -> None:
    found = json.loads(_try(shared, shop, "customer-1@example.com"))["systems"]["postgres_example_test_dataset"]
    price = "20.00" if shop.startswith("mariadb") else "$20.00"  # there it is a decimal
    assert {"id": 1, "name": "The Choco Chip", "price": price} in found["product"]
    assert found["visit"] == [{"email": "customer-1@example.com", "last_visit": "2021-01-06 01:00:00"}]
    assert all("payment_card_id" not in row for row in found["orders"])


@pytest.mark.parametrize("seeds", [pytest.param(2, id="two"), pytest.param(10, id="ten", marks=pytest.mark.long)])
def test_the_same_bytes_for_every_hash_seed(shared: Path, shop: str, seeds: int) -> None:
    answers = {
        subprocess.run(
            [sys.executable, "-c", PROGRAM, *_words(shared, shop, "customer-1@example.com")],
            cwd=Path(__file__).parents[2],
            env={**os.environ, "PYTHONHASHSEED": str(seed)},
            capture_output=True,
            check=True,
        ).stdout
        for seed in range(seeds)
    }
    assert len(answers) == 1


def test_erase_shows_the_plan_and_changes_nothing(shared: Path, shop: str) -> None:
    plan = json.loads(_try(shared, shop, "customer-1@example.com", "--erase"))["plan"]
    acts = {(a["collection"], a["act"]): a["count"] for s in plan["systems"] for a in s["actions"]}
    assert acts["customer", "mask"] == 1
    assert acts["product", "leave"] == 2
    assert any("visit.email is part of the key" in fault for fault in plan["faults"])
    assert json.loads(_try(shared, shop, "customer-1@example.com"))["total"] == 21


def test_every_valid_file_loads(shared: Path) -> None:
    refused = {"example_field_masking_override_test_dataset.yml"}
    files = [f for f in (shared / "cases/fides").rglob("*.yml") if f.name not in refused]
    assert len(files) > 8
    for file in files:
        assert load_dataset(file)


@pytest.mark.parametrize(
    ("name", "line", "words"),
    [
        ("example_test_dataset.invalid", 2, "expected alphabetic"),
        ("example_field_masking_override_test_dataset.yml", 70, "unknown key 'masking_strategy_override'"),
    ],
)
def test_wrong_files_are_refused_with_their_line(shared: Path, name: str, line: int, words: str) -> None:
    with pytest.raises(BadInput, match=words) as refused:
        load_dataset(shared / "cases/fides" / name)
    assert refused.value.place.endswith(f"{name}:{line}")
