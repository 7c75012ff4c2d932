"""What a log forgets is gone from the disk: it may be shredded in central by then."""

from pathlib import Path

import pytest

from db.log import Detail
from db.log_file import SETTINGS
from tests.log_samples import detail, draft, open_log


def left_of(path: Path, one: Detail) -> bool:
    """Whether its ciphertext stands in a log's file or in what is written ahead of it."""
    return any(one.blob in file.read_bytes() for file in path.glob("log*.db*"))


def test_what_is_forgotten_leaves_the_disk_though_the_log_stays_open(tmp_path: Path) -> None:
    one = detail(b"said in confidence")
    with open_log(tmp_path) as writer:
        writer.append([draft(details=(one.hash,))], [one])
        assert left_of(tmp_path, one), "the control"
        with writer.reader() as reader, reader.snapshot():
            assert reader.details() == [one]
            writer.forget_details(2)  # somebody reads: the next time
        assert left_of(tmp_path, one), "the control: what was read was not taken away"
        writer.forget_details(2)
        assert not left_of(tmp_path, one)


def test_control_a_log_that_only_deletes_keeps_the_bytes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    one = detail(b"said in confidence")
    monkeypatch.setattr("db.log_file.SETTINGS", tuple(s for s in SETTINGS if "secure_delete" not in s))
    with open_log(tmp_path) as writer:
        writer.append([draft(details=(one.hash,))], [one])
        writer.forget_details(2)
        assert left_of(tmp_path, one)
