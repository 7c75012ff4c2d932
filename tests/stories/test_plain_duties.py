"""On plain lines, too: a breach and the letter to its person, a hold lifted by two, work by hand (rules.md 10.3)."""

from pathlib import Path

from services.demo.people import Person
from tests.by_hand import with_archive
from tests.centre import AGENT, AGENT_PIN, LEAD, LEAD_PIN
from tests.plain_lines import plain_lines
from tests.player import in_order, knows, of_case, only, terminal_log, worker_log
from tests.stories.test_plain import inert
from tests.worker_centre import WorkerCentre

OFFICER, OFFICER_PIN = "0003", "8642"
LETTER = ("Eine Liste [red] ging fort.", "Jemand kann Ihnen schreiben.", "Sie ist gelöscht.", "Rufen Sie an.")


def test_a_breach_is_raised_and_its_person_told_on_plain_lines(
    centre: WorkerCentre, home: Path, person: Person
) -> None:
    with plain_lines(home) as agent, plain_lines(home, "desk-2") as lead:
        agent.signs_in(AGENT, AGENT_PIN)
        case = agent.logs(person, "a")
        agent.types("B", "read an order to a wrong caller", "y", "c n", "many", "")
        agent.sees("no: a number, or nothing while nobody knows; nothing was raised")
        agent.types("B", "read an order to a wrong caller", "y", "c n", "1", "", "n", "y")
        agent.sees("71 h left: the authority by")
        assert "b (b)" not in agent.said(), "the register is for leads and the officer"
        agent.types("why")
        agent.sees("a breach is open: locked until a lead")
        agent.waits_for_central()
        number = str(only(terminal_log(home), "breach.raised").case)

        lead.signs_in(LEAD, LEAD_PIN)
        lead.waits_for_central()
        lead.types("s")
        lead.sees("1 BREACH: 71 h left (nordlicht)")
        lead.types("b", "1")
        lead.sees(f"Person {case} not told yet")
        lead.types("t")
        lead.sees("What read an order to a wrong caller")
        lead.types("c")
        lead.sees("decide it first")
        lead.types("w", "", "1", "1", *LETTER, "n", "n")
        lead.sees("Mit Ihren Daten ist etwas geschehen")
        lead.sees("nothing was sent")
        assert "breach.notice_asked" not in [e.act for e in terminal_log(home, "desk-2")]
        lead.types("w", "", "1", "1", *LETTER, "n", "y", LEAD_PIN)
        lead.sees("asked for: the letter to 1 of them")
        centre.until(lambda: any("Rufen Sie an." in letter for letter in centre.letters()))
        centre.until(lambda: "breach.person_told" in centre.acts(number))
        lead.types("")
        lead.sees(f"Person {case} told to the outbox")
        lead.types("n", "1", "one order only")
        lead.types("r", "1", LEAD_PIN)
        lead.sees(f"{case} is released")
        lead.types("c", "1", LEAD_PIN)
        lead.sees(f"{number} is closed; the register keeps it")
        assert inert(lead)
        assert inert(agent)
    mine = terminal_log(home, "desk-2")
    asked = ("data.viewed", "breach.notice_asked", "breach.decided", "breach.released", "breach.closed")
    assert in_order(mine, *asked)
    assert not [text for text in LETTER if text in str(mine)], "the words are sealed"
    letter = next(text for text in centre.letters() if LETTER[0] in text)
    assert f"To: {person.email}" in letter


def test_a_hold_is_lifted_by_two_and_what_is_done_by_hand_is_answered_on_plain_lines(
    centre: WorkerCentre, home: Path, person: Person
) -> None:
    with_archive(centre)
    with plain_lines(home) as typist, plain_lines(home, "desk-2") as lead:
        typist.signs_in(AGENT, AGENT_PIN)
        case = typist.logs(person, "a")
        assert "There is no H" in "\n".join(typist.types("H")), "nothing is to be done by hand yet"
        typist.leads_check(knows(person))
        typist.types("p", "n")
        typist.waits_for_central()
        typist.types("d", "H", "1")
        typist.sees("Ordner in Raum 12")
        typist.sees(f"email: {person.email}")
        typist.types("many")
        typist.sees("a whole number, or one of the letters")
        typist.types("3", "=1 [red] contract")
        typist.sees("kept in your name: archive by hand, completed")
        typist.sees("nothing is to be done by hand")
        typist.waits_for_central()

        lead.signs_in(LEAD, LEAD_PIN)
        lead.waits_for_central()
        lead.types("c", case, "s", "N", "1", "2", "a law suit", "", "user.contcat", "y", LEAD_PIN)
        lead.sees("user.contact")
        lead.types("N", "1", "2", "a law suit", "", "user.contact", "y", LEAD_PIN)
        lead.sees("the hold stands")
        lead.types("0", "s")
        lead.sees(f"the person of {case}: user.contact: stands")
        lead.types("1", "m")
        lead.sees("Matter: a law suit")
        lead.types("1", "Z", "1", LEAD_PIN)
        lead.sees("asked: it stands until a second person agrees")
        lead.types("1", "Z")
        lead.sees("no: you asked for it: a second person agrees")
        lead.types("0", "0", "0", "S")
        lead.signs_in(OFFICER, OFFICER_PIN)
        lead.types("h", "1", "Z", "y", OFFICER_PIN)
        lead.sees("lifted: what it covered may be erased again")
        assert inert(lead)
        assert inert(typist)
    mine, theirs = of_case(terminal_log(home), case), of_case(worker_log(home), case)
    answer = only(mine, "task.answered")
    assert (answer.params["outcome"], answer.params["count"], len(answer.details)) == ("completed", 3, 1)
    assert only(theirs, "task.asked").params["system"] == "archive"
    leads = terminal_log(home, "desk-2")
    assert in_order(leads, "hold.set", "data.viewed", "hold.lift_asked", "hold.lifted")
    assert only(leads, "hold.lift_asked").actor == f"agent:{LEAD}"
    assert only(leads, "hold.lifted").actor == f"agent:{OFFICER}"
    assert "law suit" not in str(leads)
