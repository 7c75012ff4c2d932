"""A line goes down in a call, a colleague takes the case: what was done is settled on screen, by agent or lead."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from services.demo.people import Person
from tests.centre import AGENT, AGENT_PIN, COLLEAGUE, COLLEAGUE_PIN, LEAD, LEAD_PIN
from tests.cut_off import Line, close_log, later, lease_over
from tests.player import Player, acts, console, of_case, only, terminal_log
from tests.worker_centre import WorkerCentre

STOPPED = "marketing stopped"


class Cut:
    """0042 sits at desk-1 with a case on the screen while their line is cut and the case goes to 0017 at desk-2."""

    def __init__(self, centre: WorkerCentre, line: Line, player: Player, case: str) -> None:
        self.centre, self.line, self.player, self.case = centre, line, player, case

    def go(self) -> None:
        assert self.player.app.desk is not None
        self.line.cut(self.player.app.desk)
        later(self.player.app.desk)

    async def taken_by_another(self) -> None:
        """0017 finds the case free by now, and takes it."""
        lease_over(self.centre.engine, self.case)
        async with console(self.centre.home.path, "desk-2") as other:
            await other.sign_in(COLLEAGUE, COLLEAGUE_PIN, sees="Work in which role?")
            await other.rest()
            await other.press("1")
            await other.sees(self.case)
            assert other.app.desk is not None
            later(other.app.desk)
            await other.press("a")
            await other.sees(f"{self.case} is yours")
            await other.until(lambda: self.centre.case(self.case).fence == 2, "the new hold")

    async def back(self) -> None:
        assert self.player.app.desk is not None
        self.line.mend(self.player.app.desk)


@pytest.fixture
def line(monkeypatch: pytest.MonkeyPatch) -> Line:
    return Line(monkeypatch)


@asynccontextmanager
async def conflict(centre: WorkerCentre, line: Line, person: Person) -> AsyncIterator[Cut]:
    """0042 stopped marketing as a draft, and it is a conflict now; their screen shows the case."""
    async with console(centre.home.path, size=(120, 40)) as player:
        await player.sign_in(AGENT, AGENT_PIN)
        case = await player.log_request(person, "m")
        cut = Cut(centre, line, player, case)
        centre.until(lambda: case in centre.store.claims())
        await player.rest(1.5)
        cut.go()
        await player.press("m")
        await player.sees("kept as a draft, not taken yet: your hold on this case ended at")
        await player.sees("what you do now is a draft")
        await player.press("5")
        await player.sees(f"{STOPPED} (a draft: not taken yet)")
        await cut.taken_by_another()
        await cut.back()
        await player.sees("! not taken (! settles it)")
        yield cut


def consents(centre: WorkerCentre, case: str) -> list[str]:
    return [act for act in centre.acts(case) if act == "consent.written"]


@pytest.mark.long  # by default the settle screen's tests do it
async def test_the_agent_drops_what_was_done_meanwhile(centre: WorkerCentre, line: Line, person: Person) -> None:
    async with conflict(centre, line, person) as cut:
        player = cut.player
        await player.press("exclamation_mark")
        await player.sees("Not taken")
        await player.sees("the hold it was done under is over")
        await player.sees("no: held by 0017")
        await player.press("y")
        await player.sees("no: held by 0017")
        await player.press("f")
        await player.sees("because")
        await player.rest()
        await player.press("x", "7")  # no reason of the list
        await player.sees("it was done in the meantime")
        await player.press("escape", "f")
        await player.rest()
        await player.press("1")
        await player.sees("Everything was taken.")
        await player.press("escape")
        await player.sees(f"not taken; dropped by {AGENT}")
        settled = only(of_case(terminal_log(centre.home.path), cut.case), "conflict.settled")
        assert (settled.params["how"], settled.params["reason"]) == ("dropped", "done-already")
        centre.until(lambda: centre.case(cut.case).conflicts == ())
        assert consents(centre, cut.case) == []


@pytest.mark.long  # by default the settle screen's tests do it
async def test_a_lead_repeats_it_and_it_is_done_once(centre: WorkerCentre, line: Line, person: Person) -> None:
    async with conflict(centre, line, person) as cut, console(centre.home.path, "desk-2", (120, 40)) as lead:
        await lead.sign_in(LEAD, LEAD_PIN)
        await lead.sees("! conflicts 1")
        await lead.press("exclamation_mark")
        await lead.sees("y does it anew, now, in your name")
        await lead.press("y")
        await lead.sees("Everything was taken.")
        centre.until(lambda: consents(centre, cut.case))
        await cut.player.sees(f"not taken; repeated by {LEAD}")
        done = [e for e in centre.entries(cut.case) if e.act == "marketing.stopped"]
        assert [e.actor for e in done] == [f"agent:{AGENT}", f"agent:{LEAD}"]
        assert centre.case(cut.case).conflicts == ()
        assert acts(centre.entries(cut.case)).count("conflict.settled") == 1


@pytest.mark.long  # by default the settle screen's tests do it
async def test_a_lead_brings_back_a_request_out_of_a_closed_log(
    centre: WorkerCentre, line: Line, person: Person
) -> None:
    home = centre.home.path
    async with console(home) as player:
        await player.sign_in(AGENT, AGENT_PIN)
        assert player.app.desk is not None
        await player.log_request(person, "a")  # online, so that the terminal has its block of case numbers
        await player.press("escape")
        await player.sees(" cases ·")
        line.cut(player.app.desk)
        case = await player.log_request(person, "m")
        close_log(player.app.desk)
        line.mend(player.app.desk)
    written = only(of_case(terminal_log(home), case), "case.opened")
    assert case not in centre.store.claims()
    async with console(home) as lead:
        await lead.sign_in(LEAD, LEAD_PIN)
        await lead.sees("! closed log 3")
        await lead.press("exclamation_mark")
        await lead.sees("central never took it: its log was closed")
        await lead.press("end", "y")
        await lead.sees("no: the case is not there: repeat its first entry first")
        await lead.press("home", "y")
        await lead.sees("done: done anew: request logged (phone)")
        await lead.until(lambda: case in centre.store.claims(), "the case in central")
        await lead.sees("closed log 2")
        await lead.press("home", "f")
        await lead.rest()
        await lead.press("4")
        await lead.sees("closed log 1")
        await lead.press("home", "y")
        await lead.sees("Everything was taken.")
        centre.until(lambda: len(centre.case(case).items) == 1)
        await lead.press("escape")
        await lead.sees(case)
        assert "closed log" not in lead.screen()
    again = only(list(centre.entries(case)), "case.opened")
    assert (again.params, again.details, again.actor) == (written.params, written.details, f"agent:{LEAD}")
    assert acts(centre.entries(case)).count("item.added") == 1
