"""A worker's line to central on PostgreSQL, the engine's tables with it, breaks at every step of an erasure.

It goes on by itself: nothing is done twice or half, and what the case says is what was done.
"""

import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from services.types import Right
from tests.faults.proxy import Proxy, in_front_of
from tests.faults.test_worker_kills import DONE, GONE, counts, half_erased, others
from tests.server_work import ServerWork
from tests.worker_centre import CASE, ME, Call

pytestmark = [pytest.mark.postgres, pytest.mark.long, pytest.mark.timeout(300)]


@pytest.fixture
def line(postgres: str) -> Iterator[Proxy]:
    port = sa.make_url(postgres).port
    assert port is not None
    with in_front_of(port) as proxy:
        yield proxy


@pytest.fixture
def centre(postgres: str, tmp_path: Path, centre_template: Path, no_keyring: None) -> Iterator[ServerWork]:
    made = ServerWork(tmp_path / "centre", postgres, centre_template)
    yield made
    made.close()


def test_cut_at_every_step_it_goes_on_by_itself_and_nothing_is_twice_or_half(centre: ServerWork, line: Proxy) -> None:
    machine = centre.machine("worker", "worker-1")
    settings = machine.home.path / "rightsdesk.toml"
    direct = sa.make_url(machine.home.server)
    text = settings.read_text()
    assert f":{direct.port}/" in text
    settings.write_text(text.replace(f":{direct.port}/", f":{line.port}/"))
    planned, before = counts(centre), others(centre)
    centre.work("worker-1")
    desk, lead = centre.desk("desk-1"), centre.desk("desk-2")
    call = Call(centre, desk, ME, Right.ERASURE)
    call.verify()
    call.ask_to_erase()
    call.approve(lead)
    seen, until = 0, time.monotonic() + 200
    while not centre.case(CASE).shredded:
        assert time.monotonic() < until, centre._standing()
        acts = len(centre.acts(CASE))
        if acts > seen:
            seen = acts
            line.cut()
            assert half_erased(planned, counts(centre)) == []
        time.sleep(0.01)
    assert line.cuts > 5, "the control: the line did break"
    entries = [e for e in centre.entries(CASE) if e.actor.startswith("worker:")]
    assert not [op for op, n in Counter(e.op for e in entries).items() if n > 1], "a step was written twice"
    done = {e.params["system"]: (e.params["deleted"], e.params["masked"], e.params["kept"])
            for e in entries if e.act == "erase.system_done"}  # fmt: skip
    assert done == DONE
    assert not any(any(left) for left in counts(centre).values())
    assert {t: n - before[t] for t, n in others(centre).items() if n != before[t]} == {t: -n for t, n in GONE.items()}
    assert sum("Was wir gelöscht haben" in text for text in centre.letters()) == 1
    assert centre.case(CASE).conflicts == ()
