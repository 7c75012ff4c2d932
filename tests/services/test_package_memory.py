"""Memory stays flat for an answer of any size, the libraries' own memory counted."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from services.demo.people import make_people
from services.demo.systems import make_systems
from tests.conftest import CHECKOUT
from tests.services.package_child import ROW

CHILD = Path(__file__).with_name("package_child.py")
MORE_MB = 150

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no getrusage")


def peak(tmp_path: Path, megabytes: int, *, room: int | None = None) -> int:
    """MB that finding and packing an answer of that size took at most, in a process of its own."""
    home = tmp_path / "home"
    if not home.exists():
        make_systems(home, "harbour", make_people(1, 3), 1)
    run = [sys.executable, str(CHILD), str(megabytes), str(tmp_path / f"out{megabytes}"), str(home)]
    run += [str(room)] if room else []
    environment = os.environ | {"PYTHONPATH": str(CHECKOUT)}
    done = subprocess.run(run, env=environment, capture_output=True, text=True, check=True)
    told = json.loads(done.stdout)
    print(megabytes, told)
    assert told["rows"] == megabytes * 1_000_000 // ROW
    return int(told["peak"])


def test_memory_of_an_answer_of_20_mb_is_that_of_a_small_one(tmp_path: Path) -> None:
    """With little room in memory, so that a small answer shows what a large one does."""
    assert peak(tmp_path, 20, room=1_000_000) < peak(tmp_path, 1, room=1_000_000) + 12, "less than the answer itself"


@pytest.mark.long
@pytest.mark.timeout(1800)
def test_memory_stays_flat_for_an_answer_of_1_gb(tmp_path: Path) -> None:
    small, large = peak(tmp_path, 1), peak(tmp_path, 1000)
    assert large < small + MORE_MB, (small, large)
