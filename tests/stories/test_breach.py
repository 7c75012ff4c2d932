"""Something happened to personal data: an agent presses B, the case is locked, a lead decides in the register."""

from pathlib import Path

from services.demo.people import Person
from tests.centre import AGENT, AGENT_PIN, LEAD, LEAD_PIN
from tests.player import acts, console, in_order, only, terminal_log, worker_log
from tests.worker_centre import WorkerCentre

WHAT = "read the order of june to a wrong caller"


async def test_a_breach_from_the_key_to_the_closed_register(centre: WorkerCentre, home: Path, person: Person) -> None:
    async with console(home) as player:
        await player.sign_in(AGENT, AGENT_PIN)
        case = await player.log_request(person, "a")
        await player.press("B")
        await player.sees("what, not who did it")
        await player.write(WHAT)
        await player.press("tab", "tab", "c", "n", "tab")
        await player.write("12")
        await player.press("tab", "n", "tab", "y", "enter")
        await player.sees("71 h left: the authority by")
        await player.sees("! breach")
        await player.press("x")
        await player.sees("a breach is open: locked until a lead")
    log = terminal_log(home)
    raised, locked = only(log, "breach.raised"), only(log, "breach.locked")
    assert (raised.actor, raised.params["about"], locked.case) == (f"agent:{AGENT}", case, case)
    assert (raised.params["persons"], raised.params["ongoing"], raised.params["contained"]) == (12, "no", "yes")
    assert set(raised.params["categories"]) == {"user.contact", "user.name"}  # type: ignore[arg-type]
    assert "june" not in str(log), "what happened is sealed, not in the log"
    number = raised.case or ""

    async with console(home, "desk-2", (120, 40)) as player:
        await player.sign_in(LEAD, LEAD_PIN)
        await player.sees("1 BREACH: 71 h left (nordlicht)")
        await player.sees("LOCKED")
        await player.press("colon")
        await player.write("register of breaches")
        await player.press("enter")
        await player.sees("breaches: 1, open 1")
        await player.sees("mails: sent")
        await player.press("enter")
        await player.rest()
        await player.press("t")
        await player.sees(WHAT)
        await player.press("enter")
        await player.rest()
        await player.press("c")
        await player.sees("decide it first")
        await player.press("enter")
        await player.rest()
        await player.press("y")
        await player.sees("When was it told to the authority?")
        await player.write("now")
        await player.press("enter")
        await player.sees("the authority: told")
        await player.sees("whether the persons are told is not decided")
        await player.press("enter")
        await player.rest()
        await player.press("k")
        await player.sees("the persons: not told, because")
        await player.rest()
        await player.press("1")
        await player.sees("Why? The register keeps it")
        await player.write("one order number only")
        await player.press("enter")
        await player.sees("the risk for them is not high")
        await player.press("enter")
        await player.rest()
        await player.press("r")
        await player.sees(f"Release {case}, because")
        await player.rest()
        await player.press("1")
        await player.type_pin(LEAD_PIN)
        await player.sees(f"{case} is released")
        await player.sees("not locked")
        await player.press("enter")
        await player.rest()
        await player.press("c")
        await player.sees(f"Close {number}, because")
        await player.rest()
        await player.press("1")
        await player.type_pin(LEAD_PIN)
        await player.sees("breaches: 1, open 0")
    mine = terminal_log(home, "desk-2")
    assert in_order(mine, "data.viewed", "breach.decided", "breach.decided", "breach.released", "breach.closed")
    assert "order number" not in str(mine)
    assert in_order(worker_log(home), "letter.made", "letter.sent")
    assert centre.case(number).closed
    assert not centre.case(case).locked
    alert = next(letter for letter in centre.letters() if number in letter)
    assert "To: datenschutz@nordlicht.example" in alert
    assert "june" not in alert, "the words stay in the register"
    assert "breach.raised" in acts(log)
