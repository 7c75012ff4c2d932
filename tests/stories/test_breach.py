"""Something happened to personal data: an agent presses B, the case is locked, a lead decides in the register and
writes to the person."""

from pathlib import Path

import pytest

from services.demo.people import Person
from tests.centre import AGENT, AGENT_PIN, LEAD, LEAD_PIN
from tests.player import acts, console, in_order, only, terminal_log, worker_log
from tests.worker_centre import WorkerCentre

LETTER = ("Liste weg", "Spam", "gesperrt", "anrufen")
WHAT = "read the order of june to a wrong caller"


@pytest.mark.long  # by default it is told on plain lines (test_plain_duties.py)
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
        await player.press("w")
        await player.sees("Letter to the persons (Art 34)")
        await player.sees(case)
        for n, text in enumerate(LETTER):
            await player.press(*(["tab"] if n else []))
            await player.write(text)
        await player.press("enter")
        await player.sees("y send it to one person")
        await player.rest()
        await player.press("y")
        await player.type_pin(LEAD_PIN)
        await player.sees("asked for: the letter to 1 of them")
        await player.sees(f"{case} told to the outbox")
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
    acted = ("data.viewed", "breach.decided", "breach.notice_asked", "breach.released", "breach.closed")
    assert in_order(mine, *acted)
    assert not [text for text in LETTER if text in str(mine)], "the words are sealed"
    theirs = worker_log(home)
    assert in_order(theirs, "letter.made", "letter.sent", "breach.person_told")
    told = only(theirs, "breach.person_told")
    assert (told.case, told.params["case"]) == (number, case)
    assert centre.case(number).closed
    assert not centre.case(case).locked
    alert = next(letter for letter in centre.letters() if number in letter)
    assert "To: datenschutz@nordlicht.example" in alert
    assert "june" not in alert, "the words stay in the register"
    notice = next(letter for letter in centre.letters() if LETTER[0] in letter)
    assert f"To: {person.email}" in notice, "also while the case was locked"
    assert all(text in notice for text in LETTER)
    assert number not in notice
    assert "breach.raised" in acts(log)
