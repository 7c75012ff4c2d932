"""ACC-7: what a data system deletes by itself while a person waits for a copy is named, so that it is stopped."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from screens import preview_table
from services import strict_yaml
from services.catalog.dataset import DatasetFile, load_dataset
from services.errors import BadInput
from services.fulfilment.find import find
from services.fulfilment.own_deletion import about_to_go
from services.types import Preview, Right
from tests.shop import ADA, DATASET, TODAY, Shop, open_shop
from tests.worker_centre import ME, Call
from tests.worker_fixtures import Make

WORDS = "deletes: {field: day, years: 6, stop: {en: tick 'keep' in the shop, de: 'im Shop ‚behalten‘'}}"
WITH = DATASET.replace(
    "- name: orders\n        x_console: {erase: delete}",
    f"- name: orders\n        x_console: {{erase: delete, {WORDS}}}",
)


@pytest.fixture
def shop(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Shop]:
    request.param = "sqlite"
    for plain in open_shop(request, tmp_path):
        yield Shop(plain.system.connector, plain.system.url, plain.run, WITH)


def said(shop: Shop, by: date, today: date = TODAY) -> list[str]:
    found = find(shop.graph, {"s": shop.connector}, ADA, region="DE")
    return about_to_go(found, shop.graph, today, by, "en")


@pytest.mark.rule("ACC-7")
def test_ACC_7_rows_that_go_before_the_answer_is_due_are_counted_with_the_day_and_how_it_is_stopped(shop: Shop) -> None:
    """Ada's orders are of 2020-01-01 and 2021-01-01, and go after six years."""
    assert said(shop, date(2025, 12, 31), date(2025, 12, 1)) == [], "the control"
    stop = "have that stopped until this is answered: tick 'keep' in the shop"
    one = f"s deletes orders by itself: 1 row from {{}} on; {stop}"
    assert said(shop, date(2026, 1, 1), date(2025, 12, 1)) == [one.format("01 Jan 2026")]
    assert said(shop, date(2026, 4, 5)) == [one.format("05 Mar 2026")], "what is over already goes any night"
    assert said(shop, date(2027, 1, 1))[0].startswith("s deletes orders by itself: 2 rows")
    shop.run("UPDATE orders SET day = NULL")
    assert said(shop, date(2099, 1, 1)) == []


@pytest.mark.parametrize(
    ("written", "wrong"),
    [
        ("years: 6", ""),
        ("days: 90", ""),
        ("months: 0", "either 'years'"),
        ("years: 6, days: 1", "either 'years'"),
        ("years: 6, when: x", "when"),
    ],
)
def test_a_deletion_is_read_strictly(tmp_path: Path, written: str, wrong: str) -> None:
    text = WITH.replace("years: 6", written, 1)
    if not wrong:
        assert strict_yaml.parse(text, DatasetFile)
        return
    with pytest.raises(BadInput, match=wrong):
        strict_yaml.parse(text, DatasetFile)


def test_a_field_that_is_none_is_named_with_the_nearest(tmp_path: Path) -> None:
    file = tmp_path / "d.yml"
    file.write_text(WITH.replace("deletes: {field: day", "deletes: {field: dya"))
    with pytest.raises(BadInput, match="dya"):
        load_dataset(file)


def test_it_stands_above_the_table_of_what_was_found() -> None:
    preview = Preview("C-26-000001", "x", (), (), deleting=("s deletes [red]orders[/] by itself",))
    text = [line.plain for line in preview_table.lines(preview, 78, wide=False)]
    assert text[0] == "! s deletes [red]orders[/] by itself"


@pytest.mark.rule("ACC-7")
def test_ACC_7_the_search_for_an_access_request_names_it_and_that_for_an_erasure_does_not(make_centre: Make) -> None:
    centre = make_centre()
    for file in centre.home.path.rglob("systems/shop/shop.yml"):
        old = 'fr: "Commande"}, erase: delete'
        assert old in file.read_text()
        file.write_text(file.read_text().replace(old, f"{old}, deletes: {{field: ordered_at, days: 1}}"))
    centre.start()
    call = Call(centre, centre.desk(), ME, Right.ACCESS, Right.ERASURE)
    call.verify()
    told = {item: call.desk.find.preview(call.session, call.case, item).deleting for item in ("1", "2")}
    assert told["2"] == ()
    (line,) = told["1"]
    tomorrow = datetime.now(UTC).date() + timedelta(days=1)
    assert line.startswith("shop deletes Order by itself: ")
    assert any(f"{day:%d %b %Y}" in line for day in (tomorrow - timedelta(days=1), tomorrow))
