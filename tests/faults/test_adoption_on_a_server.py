"""Two workers on machines of their own, one PostgreSQL between them: one is killed in the middle of an erasure.

The other adopts and finishes it: nothing twice, nothing half.
"""

import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from console.commands.log import check_logs
from services.central_check import guards, rows
from services.types import Right
from tests.faults.test_worker_kills import DONE, GONE, counts, half_erased, others
from tests.server_work import ServerWork
from tests.servers import Smtp
from tests.worker_centre import CASE, ME, Call

pytestmark = [pytest.mark.postgres, pytest.mark.timeout(300)]

PLACES = ("erase.after-commit:2", "post.erasure-outcome")
"""Two systems are erased and two are not; all are, and the letter is about to leave."""


@pytest.fixture
def centre(postgres: str, tmp_path: Path, centre_template: Path, smtp: Smtp, no_keyring: None) -> Iterator[ServerWork]:
    mail = f'[mail]\nhost = "{smtp.host}"\nport = {smtp.port}\ntls = "none"\nsender = "desk@example.org"\n'
    made = ServerWork(tmp_path / "centre", postgres, centre_template, mail)
    yield made
    made.close()


def killed_in_the_middle(centre: ServerWork, place: str) -> None:
    """The first worker takes the erasure and dies at `place`, by SIGKILL."""
    centre.work("worker-1", kill_at=place)
    desk, lead = centre.desk("desk-1"), centre.desk("desk-2")
    call = Call(centre, desk, ME, Right.ERASURE)
    call.verify()
    call.ask_to_erase()
    call.approve(lead)
    centre.wait_dead(90)


def sent(centre: ServerWork, smtp: Smtp) -> Counter[tuple[str, str]]:
    """How often each letter of the case left, by template and id: each recipient gets a notice of its own."""
    letters = {x.id: x.template for x in centre.case(CASE).letters}
    ids = [str(mail["Message-ID"]).strip("<>").partition("@")[0] for mail in smtp.messages]
    return Counter((letters[one], one) for one in ids if one in letters)


@pytest.mark.parametrize("place", [PLACES[0], pytest.param(PLACES[1], marks=pytest.mark.long)])
def test_the_other_machine_adopts_and_finishes_it_nothing_twice_and_nothing_half(
    centre: ServerWork, smtp: Smtp, place: str
) -> None:
    before, planned = others(centre), counts(centre)
    second = centre.machine("worker", "worker-2")
    killed_in_the_middle(centre, place)
    time.sleep(3.0)  # longer than a lease
    assert "subject.shredded" not in centre.acts(CASE), "the control: without the other it stays half done"
    if place == PLACES[0]:
        now = counts(centre)
        assert sum(now[name] == planned[name] for name in planned) == 2
        assert "erasure-outcome" not in {template for template, _ in sent(centre, smtp)}

    centre.work("worker-2")
    centre.until(lambda: centre.case(CASE).shredded, 90)
    assert half_erased(planned, counts(centre)) == []
    assert not any(any(left) for left in counts(centre).values())
    assert {t: n - before[t] for t, n in others(centre).items() if n != before[t]} == {t: -n for t, n in GONE.items()}
    done = {e.params["system"]: (e.params["deleted"], e.params["masked"], e.params["kept"])
            for e in centre.entries(CASE) if e.act == "erase.system_done"}  # fmt: skip
    assert done == DONE
    acts = Counter(e.act for e in centre.entries(CASE) if e.act.startswith(("erase.s", "erase.v", "item.r", "subject")))
    assert acts == {"erase.started": 1, "erase.system_done": 4, "erase.verified": 1, "item.resolved": 1,
                    "subject.shredded": 1}  # fmt: skip
    assert set(sent(centre, smtp).values()) == {1}
    assert "erasure-outcome" in {template for template, _ in sent(centre, smtp)}
    by = {e.actor for e in centre.entries(CASE) if e.act in ("erase.verified", "subject.shredded")}
    assert f"worker:{second.owner}" in by, "the other finished it"
    assert centre.case(CASE).conflicts == ()

    centre.work("worker-1")  # back, it finds nothing to do and has nothing to say
    time.sleep(1.0)
    assert set(sent(centre, smtp).values()) == {1}
    centre.close()
    assert (guards(centre.engine), rows(centre.engine)) == ([], [])
    for machine in centre.machines.values():
        assert {report.state for _, report in check_logs([], machine.home.path)} == {"whole"}
