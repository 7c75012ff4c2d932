"""The whole desk on a real terminal: an erasure from the call to the proof, and a worker that dies and comes back."""

import re
import shutil
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from services.demo.people import Person
from tests.centre import AGENT, AGENT_PIN, LEAD, LEAD_PIN
from tests.player import acts, in_order, knows, of_case, only, terminal_log, worker_log
from tests.terminal.hands import Hands
from tests.terminal.pty import Console
from tests.worker_centre import PEOPLE, WorkerCentre

pytestmark = pytest.mark.usefixtures("no_keyring")


@pytest.fixture
def centre(centre_template: Path, tmp_path: Path, no_keyring: None) -> Iterator[WorkerCentre]:
    shutil.copytree(centre_template, tmp_path / "home")
    made = WorkerCentre(tmp_path / "home")
    made.start()
    yield made
    made.close()


@pytest.fixture
def hands(centre: WorkerCentre) -> Iterator[Hands]:
    console = Console(
        [sys.executable, "-m", "console", "--home", str(centre.home.path)], env={"RIGHTSDESK_DEMO": "true"}
    )
    yield Hands(console)
    console.close()


@pytest.mark.timeout(240)
async def test_an_agents_whole_erasure_by_keys_alone(hands: Hands, centre: WorkerCentre) -> None:
    home, person = centre.home.path, PEOPLE[0]
    await hands.sign_in(AGENT, AGENT_PIN)
    case = await ask_for_erasure(hands, person)
    await hands.sees("waits for a second person")
    await hands.press("S")
    await hands.sees("Another agent may sign in")
    await switch_to(hands, LEAD, LEAD_PIN)
    await hands.press("e")
    await hands.sees("y approves")
    await hands.press("y")
    await hands.type_pin(LEAD_PIN)
    await hands.sees("the waiting period runs now")
    await hands.press("enter")
    await hands.sees("done in part")
    mine, done = of_case(terminal_log(home), case), of_case(worker_log(home), case)
    assert in_order(mine, "case.opened", "check.started", "find.asked", "erase.asked", "erase.approved")
    assert only(mine, "erase.asked").actor != only(mine, "erase.approved").actor
    assert in_order(done, "plan.made", "erase.started", "erase.system_done", "erase.verified", "letter.sent")
    assert only(done, "erase.verified").params["left"] == 0


@pytest.mark.timeout(240)
async def test_with_the_worker_dead_the_status_line_counts_up_and_comes_back_to_nothing(
    hands: Hands, centre: WorkerCentre
) -> None:
    await hands.sign_in(AGENT, AGENT_PIN)
    await hands.sees("synced ")
    pid = centre.worker.pid if centre.worker else 0
    centre.kill()
    assert not Path(f"/proc/{pid}").exists()
    first = await waiting_after(hands, PEOPLE[0].email)
    await hands.sees("no worker")
    second = await waiting_after(hands, PEOPLE[1].email)
    assert second > first > 0
    assert centre.start() != pid
    await hands.until(lambda: "synced " in status(hands) and "no worker" not in status(hands), "nothing waiting")
    assert acts(terminal_log(centre.home.path)).count("case.opened") == 2


def status(hands: Hands) -> str:
    return hands.screen().splitlines()[-1]


async def waiting_after(hands: Hands, email: str) -> int:
    """What the status line counts after one more request was logged."""
    before = counted(hands)
    await hands.press("i")
    await hands.sees("Asks for")
    await hands.press("m", "tab")
    await hands.write(email)
    await hands.press("enter")
    await hands.sees("Newest action")
    await hands.until(lambda: counted(hands) > before, "more waiting")
    time.sleep(1)
    count = counted(hands)
    await hands.press("q")
    await hands.sees(" cases ·")
    return count


def counted(hands: Hands) -> int:
    found = re.search(r"(\d+) waiting", status(hands))
    return int(found.group(1)) if found else 0


async def switch_to(hands: Hands, agent: str, pin: str) -> None:
    """Another person signs in over the lock."""
    await hands.write(agent)
    await hands.press("enter")
    await hands.write(pin)
    await hands.press("enter")
    await hands.sees(" cases ·")


async def ask_for_erasure(hands: Hands, person: Person) -> str:
    """From the call to the order for an erasure."""
    case = await hands.log_request(person, "e")
    await hands.open_check()
    await hands.lead_check(knows(person))
    await hands.press("escape")
    await hands.sees("p  find the data")
    await hands.press("p")
    await hands.sees("deleted")
    await hands.press("enter")
    await hands.sees("Ground")
    await hands.press("enter")
    await hands.sees("Type ")
    await hands.rest()
    await hands.write(case[-4:])
    await hands.press("enter")
    await hands.type_pin(AGENT_PIN)
    return case
