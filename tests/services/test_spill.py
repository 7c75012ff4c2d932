"""A large answer lies on disk, sealed, and is the same answer; memory holds what a search looks at."""

from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest
import sqlalchemy as sa
from cryptography.exceptions import InvalidTag
from hypothesis import HealthCheck, given, settings, strategies as st

from services import strict_yaml
from services.catalog.dataset import DatasetFile
from services.catalog.graph import Graph, Node, build
from services.catalog.system import System
from services.connectors.base import Connector, Row
from services.connectors.registry import open_connector
from services.errors import Unavailable
from services.fulfilment import spill
from services.fulfilment.find import find
from services.fulfilment.found import Found
from services.fulfilment.spill import Room, Slim, Spill, Spilled
from tests.services.package_child import DATASET, WHO

ROWS = 600
MESSAGE = Node("d", "message")
VALUES = st.one_of(
    st.none(), st.booleans(), st.integers(), st.text(), st.binary(), st.dates(), st.decimals(allow_nan=False),
    st.datetimes(timezones=st.just(UTC)), st.lists(st.text()), st.dictionaries(st.text(), st.integers()),
)  # fmt: skip


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def desk(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[Graph, Connector]:
    """A person with more messages than are read at once."""
    file = request.param == "sqlite"
    url = f"sqlite:///{tmp_path / 'desk.db'}" if file else request.getfixturevalue("postgres")
    engine = sa.create_engine(url)
    with engine.begin() as conn:
        conn.execute(sa.text("CREATE TABLE person (id INTEGER PRIMARY KEY, email TEXT)"))
        conn.execute(sa.text("CREATE TABLE message (id INTEGER PRIMARY KEY, person INTEGER, body TEXT)"))
        conn.execute(sa.text("INSERT INTO person VALUES (1, :who)"), {"who": WHO})
        conn.execute(
            sa.text("INSERT INTO message VALUES (:id, 1, :body)"),
            [{"id": n, "body": f"[red] {n} =cmd() \x1b]52;c;aGk=\x07"} for n in range(ROWS)],
        )
    engine.dispose()
    datasets = strict_yaml.parse(DATASET, DatasetFile).dataset
    system = System("desk", "harbour", request.param, url, datasets)
    return build({"desk": datasets}), open_connector(system, None)


def look(desk: tuple[Graph, Connector], disk: Path | None = None) -> Found:
    return find(desk[0], {"desk": desk[1]}, {"email": [WHO]}, disk=disk)


def values(found: Found) -> list[tuple[object, Row, str]]:
    return [(row.key, row.values, row.whose) for one in found.collections() for row in one.rows]


def test_an_answer_that_lies_on_disk_is_the_same_as_one_in_memory(
    desk: tuple[Graph, Connector], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = look(desk, tmp_path)
    monkeypatch.setattr(spill.Room, "__init__", lambda room: setattr(room, "left", 0))
    written = look(desk, tmp_path)
    held = [row.held for row in written.collection(MESSAGE).rows]  # type: ignore[union-attr]
    assert len(held) == ROWS
    assert all(isinstance(one, Spilled) for one in held)
    assert not any(isinstance(row.held, Spilled) for one in kept.collections() for row in one.rows), "the control"
    assert values(written) == values(kept) == values(look(desk))
    assert [one.name for one in tmp_path.iterdir() if one.name != "desk.db"] == [], "it has no name in the folder"


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(st.lists(st.dictionaries(st.sampled_from(["a", "b", "c"]), VALUES).map(lambda r: {"id": 0, **r}), max_size=9))
def test_every_value_comes_back_as_it_was(tmp_path: Path, rows: list[Row]) -> None:
    disk = Spill(tmp_path, Room(0), ["id"])
    slim = list(disk.keep(rows))
    assert all(isinstance(row, Slim) and dict(row) == {"id": 0} for row in slim)
    back = [disk.whole(row) for row in reversed(slim)][::-1]
    assert back == rows
    assert [[type(value) for value in row.values()] for row in back] == [[type(v) for v in r.values()] for r in rows]


def test_what_lies_on_disk_is_sealed_and_what_was_changed_there_is_not_read(tmp_path: Path) -> None:
    disk = Spill(tmp_path, Room(0), ["id"])
    (row,) = disk.keep([{"id": 1, "body": "Ada Stein", "day": date(2026, 1, 2), "sum": Decimal("1.10")}])
    disk._file.seek(0)
    raw = disk._file.read()
    assert b"Ada" not in raw
    assert disk.whole(row)["day"] == date(2026, 1, 2), "the control"
    disk._file.seek(9)
    disk._file.write(bytes([raw[9] ^ 1]))
    with pytest.raises(InvalidTag):
        disk.whole(row)


def test_what_fits_stays_in_memory_and_what_comes_after_it_does_not(tmp_path: Path) -> None:
    disk = Spill(tmp_path, Room(1000), ["id"])
    rows = list(disk.keep({"id": n, "body": "x" * 300, "at": datetime(2026, 1, 1, tzinfo=UTC)} for n in range(6)))
    assert [isinstance(row, Slim) for row in rows] == [False] * 3 + [True] * 3


def test_a_folder_that_takes_nothing_is_said_in_words(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(Unavailable, match="cannot be kept on this machine's disk"):
        list(Spill(tmp_path / "file" / "folder", Room(0), ["id"]).keep([{"id": 1}]))
