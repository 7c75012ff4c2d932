"""Workers on machines of their own: nothing but a PostgreSQL central between them."""

import os
import time
from pathlib import Path

import pytest

from db.central_guards import changed
from db.central_roles import WORKERS
from services.fulfilment.engine import make_tables
from tests import preloaded
from tests.server_centre import Machine, ServerCentre

pytestmark = pytest.mark.postgres


def started(machine: Machine) -> preloaded.Forked:
    """The worker of that machine, ready, as a process in its own home."""
    (machine.home.path / "demo-home").touch()
    (machine.home.path / "rightsdesk.toml").write_text(f'[central]\nurl = "{machine.home.server}"\n')
    child = preloaded.start("tests.worker_child", str(machine.home.path), env=os.environ)
    assert child.stdout.readline().startswith("worker ")
    return child


def test_the_next_leads_when_the_machine_of_the_leader_dies(
    postgres: str, tmp_path: Path, centre_template: Path, no_keyring: None
) -> None:
    centre = ServerCentre(tmp_path / "centre", postgres, centre_template)
    make_tables(postgres, WORKERS)
    assert changed(centre.engine) == []
    machines = [centre.joined("worker", f"worker-{n}") for n in (1, 2)]
    children = {m.owner: started(m) for m in machines}
    try:
        _, seen = centre.store.workers()
        assert [w.alive for w in seen] == [True, True]
        (leader,) = [w.id for w in seen if w.leads]
        children[leader].kill()
        until = time.monotonic() + 20
        while not any(w.leads and w.id != leader for w in centre.store.workers()[1]):
            assert time.monotonic() < until
            time.sleep(0.1)
    finally:
        for child in children.values():
            child.kill()
            child.communicate()
