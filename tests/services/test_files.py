"""Files as a data system: read as they are, changed without touching another row's bytes, never outside the folder."""

import os
import stat
from pathlib import Path

import pytest

from services.connectors.base import Delete
from services.connectors.files_lock import locked
from services.connectors.files_place import Place
from services.errors import Unavailable, Unusable
from services.fulfilment.change import Left
from tests.datasystems.beside import Beside
from tests.datasystems.files_box import CSV, LINES, beside, box, names, people, read


@pytest.fixture
def both(tmp_path: Path) -> Beside:
    """The files, with a SQLite customer table beside them."""
    return beside(tmp_path)


def test_lines_are_read_as_they_are_meant(both: Beside) -> None:
    assert read(both, "people", ("nr", "mail", "name", "note", "_more")) == [
        ("1", "Ada@x.org", 'Lo; "Ada"', "=cmd()", None),
        ("2", "bob@x.org", "B\\xfcb", "+49 30", None),
        ("3", "eve@x.org", "two\r\nlines", None, None),
        ("4", "ada@x.org", "A", "x", "y;z"),
        ("5", "tim@x.org", None, None, None),
        ("6", "zoe@x.org", "Z", "no end", None),
    ]
    assert [row[0] for row in read(both, "events", ("id", "who"))] == [1, 2, 3]


def test_a_check_names_the_lines_that_are_odd(both: Beside) -> None:
    (box(both) / "scans" / "other.txt").touch()
    faults = both.connector("drop").check(both.systems["drop"].datasets)
    assert faults == [
        "people.csv:3: is not utf-8",
        "people.csv:7: has 6 fields, the header 4",
        "people.csv:8: has 2 fields, the header 4",
        "scans: 1 files have names that 'names' does not fit: they are not searched",
    ]


def test_an_erasure_takes_the_persons_rows_and_leaves_every_other_byte(both: Beside) -> None:
    plan = both.plan()
    assert {a.collection: a.count for a in plan.system("drop").actions} == {"people": 2, "events": 2, "scans": 2}
    assert both.erase(plan) == {"crm": (1, 0, 0), "drop": (6, 0, 0)}
    head, _, bob = CSV.split(b"\r\n", 3)[:3]
    rest = CSV.split(b"\r\n", 3)[3].replace(b"4;ada@x.org;A;x;y;z\r\n", b"")
    assert people(both) == b"\r\n".join([head, bob, rest])
    assert (box(both) / "events.jsonl").read_bytes() == b'{"id":2,  "who":{"mail":"bob@x.org"}}\n\n'
    assert names(both) == ["K-1", "K-2-a.pdf", "events.jsonl", "people.csv", "scans"]
    assert both.verify(plan) == {}
    before = people(both)
    assert both.erase(plan) == {"crm": (0, 0, 1), "drop": (0, 0, 6)}, "a second run finds the plan"
    assert people(both) == before


def test_a_row_that_comes_after_the_erasure_is_reported(both: Beside) -> None:
    plan = both.plan()
    both.erase(plan)
    with (box(both) / "people.csv").open("ab") as file:
        file.write(b"\r\n9;ADA@X.ORG;;\r\n")
    (box(both) / "scans" / "K-1-z.pdf").touch()
    assert both.verify(plan) == {"drop": (Left("people", 1),)}, "scans are looked up by a customer who is gone"


def test_a_masked_row_keeps_every_field_that_is_not_masked(tmp_path: Path) -> None:
    both = beside(tmp_path, erase="mask")
    plan = both.plan()
    assert both.erase(plan)["drop"] == (2, 4, 0)
    lines = people(both).split(b"\r\n")
    assert lines[1].startswith(b"1;")
    assert lines[1].endswith(b"@erased.invalid;;")
    assert lines[6].endswith(b"@erased.invalid;;;y;z")
    assert lines[2] == CSV.split(b"\r\n")[2]
    assert b"ada" not in (box(both) / "events.jsonl").read_bytes().lower()
    assert b'{"id":2,  "who":{"mail":"bob@x.org"}}' in (box(both) / "events.jsonl").read_bytes()
    before = people(both)
    assert both.erase(plan)["drop"] == (0, 0, 2), "masked once"
    assert (people(both), both.verify(plan)) == (before, {})


def test_mode_and_owner_stay_and_nothing_is_left_beside(both: Beside) -> None:
    path = box(both) / "people.csv"
    path.chmod(0o640)
    if os.geteuid() == 0:
        os.chown(path, 12345, 54321)
    before = path.stat()
    both.erase(both.plan())
    after = path.stat()
    assert after.st_ino != before.st_ino, "a new file"
    assert [after.st_mode, after.st_uid, after.st_gid] == [before.st_mode, before.st_uid, before.st_gid]
    assert stat.S_IMODE(after.st_mode) == 0o640
    assert not [name for name in names(both) if name.startswith(".")]


@pytest.mark.parametrize("point", ["erase.between-statements", "erase.between-statements:3", "erase.before-commit",
                                   "erase.after-commit"])  # fmt: skip
def test_killed_in_the_middle_the_files_are_old_or_new(both: Beside, point: str) -> None:
    plan = both.plan()
    both.killed(plan, "drop", point)
    whole = point == "erase.after-commit"
    assert (people(both) == CSV) is not whole
    assert both.apply(plan, "drop").deleted == (0 if whole else 6)
    assert both.verify(plan) == {"crm": (Left("customer", 1),)}


def test_what_a_kill_left_beside_is_cleared_away(both: Beside) -> None:
    left = box(both) / ".people.csv.rightsdesk-new"
    left.write_bytes(b"half")
    both.erase(both.plan())
    assert not left.exists()


def test_a_file_that_somebody_changed_meanwhile_is_left_to_them(both: Beside) -> None:
    plan = both.plan()
    path = box(both) / "people.csv"

    def changed() -> None:
        with both.connector("drop").change() as change:
            for action in plan.system("drop").actions:
                change.delete(Delete(action.collection, action.key, action.rows))
            with path.open("ab") as file:
                file.write(b"\r\n7;new@x.org;;")

    with pytest.raises(Unavailable, match=r"'people\.csv' was changed by somebody meanwhile"):
        changed()
    assert people(both) == CSV + b"\r\n7;new@x.org;;"
    assert (box(both) / "events.jsonl").read_bytes() == LINES, "nor was any other file swapped"
    assert "K-1-a.pdf" in names(both)
    assert not [name for name in names(both) if name.startswith(".")]
    assert both.apply(plan, "drop").deleted == 6, "tried again it is done"


def test_one_at_a_time_writes_a_file(both: Beside) -> None:
    plan, connector = both.plan(), both.connector("drop")
    connector.wait_s = 0.01  # type: ignore[attr-defined]

    def changes() -> None:
        with connector.change() as change:
            change.delete(Delete("people", ("nr",), (("1",),)))

    place = Place(both.systems["drop"])
    with locked(place, "people.csv", 1), pytest.raises(Unavailable, match="locked by another program"):
        changes()
    assert people(both) == CSV
    assert both.apply(plan, "drop").deleted == 6


@pytest.mark.parametrize("name", ["people.csv", "events.jsonl"])
def test_a_link_that_leads_out_is_refused(both: Beside, tmp_path: Path, name: str) -> None:
    outside = tmp_path / "outside"
    outside.write_bytes(CSV)
    (box(both) / name).unlink()
    (box(both) / name).symlink_to(outside)
    with pytest.raises(Unusable, match="a link that leads out of its folder"):
        both.connector("drop").describe()
    reason = next(system.reason for system in both.find().systems if system.key == "drop")
    assert "a link that leads out of its folder" in reason
    assert outside.read_bytes() == CSV


def test_a_link_within_is_followed_and_stays_a_link(both: Beside) -> None:
    (box(both) / "people.csv").rename(box(both) / "real.csv")
    (box(both) / "people.csv").symlink_to("real.csv")
    both.erase(both.plan())
    assert (box(both) / "people.csv").is_symlink()
    assert b"ada" not in (box(both) / "real.csv").read_bytes().lower()


@pytest.mark.parametrize("what", ["file", "folder"])
def test_links_in_a_folder_of_files_are_refused(both: Beside, tmp_path: Path, what: str) -> None:
    target = tmp_path / "outside"
    if what == "folder":
        target.mkdir()
    else:
        target.write_bytes(b"x")
    (box(both) / "scans" / "K-1-link.pdf").symlink_to(target)
    with pytest.raises(Unusable, match="holds a link") as refused:
        read(both, "scans", ("name",))
    assert "K-1" not in str(refused.value), "a file's name may be a person's"


def test_a_second_name_of_a_file_stops_an_erasure(both: Beside) -> None:
    os.link(box(both) / "people.csv", box(both) / "copy")
    with pytest.raises(Unusable, match="hard link") as refused:
        both.erase(both.plan())
    assert refused.value.kept == "nothing was changed"
