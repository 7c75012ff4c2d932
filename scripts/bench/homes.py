"""Demo homes for benches: made fresh in a scratch folder that is removed afterwards."""

import contextlib
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[2]
AGENT, PIN = "0042", "2580"


def environment() -> Mapping[str, str]:
    """What a console needs to run from the checkout on a demo home."""
    return {"PYTHONPATH": str(CHECKOUT), "RIGHTSDESK_DEMO": "true"}


def console(home: Path) -> list[str]:
    """The command that opens the console on a home."""
    return [sys.executable, "-m", "console", "--home", str(home)]


@contextlib.contextmanager
def demo_home(cases: int) -> Iterator[Path]:
    """A demo home with `cases` cases, made by the demo's own maker, and its worker, without whom nobody signs in."""
    from services.demo.make import WORKER, make_home
    from services.demo.worker_child import WorkerChild

    scratch = Path(tempfile.mkdtemp(prefix="rightsdesk-bench-", dir=os.environ.get("RIGHTSDESK_BENCH_DIR")))
    try:
        make_home(scratch / "home", cases=cases, seed=1)
        worker = WorkerChild(scratch / "home", WORKER)
        try:
            worker.wait_ready()
            yield scratch / "home"
        finally:
            worker.stop()
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
