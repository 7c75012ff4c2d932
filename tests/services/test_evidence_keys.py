"""An export from a log that went on under other keys: the outsider's program follows it from key to key."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from services.action_log import checkpoint
from services.action_log.checkpoint import public_key
from services.action_log.known import Known
from services.action_log.merkle import TreeHead
from services.evidence import Evidence, LogFile
from services.evidence_export import Wanted, export
from tests.attacked_logs import COSIGNER, KEY, SEEDS, write_epochs
from tests.evidence import checked, edit, listed_again
from tests.log_samples import LOG, ORIGIN, SEED

FOLDER = "logs/7f3a90c1-1"
NOW = datetime(2025, 11, 24, 16, tzinfo=UTC)


@pytest.fixture
def epochs(tmp_path: Path) -> Path:
    """An export from a log in its third epoch: entries under each key."""
    path = write_epochs(tmp_path)
    evidence = Evidence((LogFile(LOG, path),), {LOG: Known(public_key=KEY, origin=ORIGIN, cosigner=COSIGNER)})
    export(evidence, tmp_path / "out", Wanted(log=LOG, first=190, last=580), NOW)
    return tmp_path / "out"


def test_the_program_follows_a_log_from_key_to_key(epochs: Path) -> None:
    done = checked(epochs)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == "ALL HOLDS"
    later = (epochs / FOLDER / "keys.txt").read_text().splitlines()
    assert later == [checkpoint.verifier_key(ORIGIN, public_key(seed)) for seed in SEEDS[1:]]


def pages(change: Callable[[list[str]], object]) -> Callable[[Path], object]:
    def edit_pages(folder: Path) -> None:
        file = folder / FOLDER / "keys.json"
        kept = json.loads(file.read_text())
        change(kept)
        file.write_text(json.dumps(kept))

    return edit_pages


KEY_FORGERIES: dict[str, Callable[[Path], object]] = {
    "no keys": lambda f: (f / FOLDER / "keys.json").unlink(),
    "a key left out": pages(lambda kept: kept.pop(0)),
    "the last key left out": pages(lambda kept: kept.pop()),
    "keys in another order": pages(lambda kept: kept.reverse()),
    "a key twice": pages(lambda kept: kept.insert(1, kept[0])),
    "signed by the first key for ever": edit(
        f"{FOLDER}/checkpoint.txt", lambda note: checkpoint.sign(ORIGIN, SEED, parsed(note)).encode()
    ),
    "an old entry under the newest key": edit(
        f"{FOLDER}/entry-199.tlog-proof",
        lambda page: (
            page.partition(b"\n\n")[0]
            + b"\n\n"
            + checkpoint.sign(ORIGIN, SEEDS[2], parsed(page.partition(b"\n\n")[2])).encode()
        ),
    ),
}


def parsed(note: bytes) -> TreeHead:
    return checkpoint.parse(note.decode()).head


@pytest.mark.parametrize("name", KEY_FORGERIES)
def test_the_program_refuses_keys_that_do_not_lead_from_one_to_the_next(epochs: Path, name: str) -> None:
    KEY_FORGERIES[name](epochs)
    done = checked(listed_again(epochs))
    assert done.returncode != 0
    assert "ALL HOLDS" not in done.stdout
