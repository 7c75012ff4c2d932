"""A bucket that keeps versions, on OpenStack Swift: an erasure leaves no version and no delete marker behind."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from services.connectors.base import Delete
from services.connectors.s3_change import S3Change
from services.fulfilment.change import Left
from services.fulfilment.found import shown
from tests.datasystems.bucket_shelf import Shelf
from tests.datasystems.swift_server import Swift, running

pytestmark = pytest.mark.long


@pytest.fixture(scope="module")
def swift_server() -> Iterator[Swift]:
    """One Swift for this file."""
    with running() as server:
        yield server


@pytest.fixture
def shelf(tmp_path: Path, swift_server: Swift) -> Shelf:
    """Ada's pass in three versions, the last behind a delete marker; her bill in two."""
    made = Shelf(tmp_path / "c", swift_server.fresh())
    made.fill()
    for body in (b"the second", b"the third"):
        made.server.put("customers/K-1/pass.pdf", body)
    made.server.put("customers/K-1/2024/bill.pdf", b"again")
    made.server.client.delete_object(Bucket=made.server.bucket, Key="customers/K-1/pass.pdf")
    made.server.put("customers/K-2/pass.pdf", b"Bob's second")
    return made


def of(shelf: Shelf, start: str) -> list[tuple[str, bool]]:
    assert isinstance(shelf.server, Swift)
    return [one for one in shelf.server.versions() if one[0].startswith(start)]


def test_what_was_deleted_and_is_kept_in_versions_is_found_and_given(shelf: Shelf) -> None:
    found = shelf.find()
    assert found.complete, [system.reason for system in found.systems]
    scans = [shown(row) for c in found.collections() if c.node.collection == "scan" for row in c.rows]
    assert [(row["file"], row["versions"]) for row in scans] == [("2024/bill.pdf", 2), ("pass.pdf", 4)]
    assert scans[1]["body"] == "dGhlIHRoaXJk", "the third, the newest that can be read"


def test_an_erasure_leaves_no_version_and_no_marker_and_bobs_as_they_were(shelf: Shelf) -> None:
    others = of(shelf, "customers/K-2")
    plan = shelf.plan()
    assert len(of(shelf, "customers/K-1/")) == 6
    assert shelf.erase(plan)["files"] == (4, 0, 0)
    assert of(shelf, "customers/K-1/") == []
    assert of(shelf, "customers/K-2") == others
    assert len(others) == 3
    assert shelf.verify(plan) == {}
    assert shelf.erase(plan)["files"] == (0, 0, 4)


def test_control_a_plain_delete_leaves_the_versions_and_is_reported(
    shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    def plainly(change: S3Change, delete: Delete) -> int:
        for (key,) in delete.rows:
            change.bucket.client.delete_object(Bucket=change.bucket.name, Key=key)
        return len(delete.rows)

    monkeypatch.setattr(S3Change, "delete", plainly)
    plan = shelf.plan()
    shelf.erase(plan)
    assert len(of(shelf, "customers/K-1/")) > 6
    assert Left("scan", 2) in shelf.verify(plan)["files"]


@pytest.mark.parametrize("nth", [1, 3, 5])
def test_a_kill_between_versions_is_finished_by_the_next_run(shelf: Shelf, nth: int) -> None:
    plan = shelf.plan()
    shelf.killed(plan, "files", f"store.between-single-deletes:{nth}")
    assert shelf.verify(plan)["files"], "control: something is left after the kill"
    shelf.erase(plan)
    assert shelf.verify(plan) == {}
    assert of(shelf, "customers/K-1/") == []


def test_a_bucket_whose_versions_were_switched_off_still_loses_the_old_ones(shelf: Shelf) -> None:
    shelf.server.client.put_bucket_versioning(
        Bucket=shelf.server.bucket, VersioningConfiguration={"Status": "Suspended"}
    )
    shelf.server.put("customers/K-1/2024/bill.pdf", b"without a version")
    plan = shelf.plan()
    shelf.erase(plan)
    assert of(shelf, "customers/K-1/") == []
    assert shelf.verify(plan) == {}
