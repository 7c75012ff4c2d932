"""The same stories on plain lines: numbers typed, lines read, the logs read (rules.md 10.3)."""

import re
from pathlib import Path

import pytest

from services.demo.people import Person
from tests.centre import AGENT, AGENT_PIN, LEAD, LEAD_PIN
from tests.plain_lines import Typist, plain_lines
from tests.player import acts, in_order, knows, of_case, only, terminal_log, worker_log
from tests.worker_centre import PEOPLE, WorkerCentre, one_address


def inert(typist: Typist) -> bool:
    """Nothing a terminal obeys, no boxes, no blocks, one line each."""
    drawn = re.compile("[\x00-\x1f\x7f-\x9f\u2500-\u259f\u2800-\u28ff\u202a-\u202e\u2066-\u2069]")
    return not [line for line in typist.lines if drawn.search(line)]


def test_a_whole_access_on_plain_lines(home: Path, person: Person) -> None:
    with plain_lines(home) as typist:
        typist.signs_in(AGENT, AGENT_PIN)
        case = typist.logs(person, "a", "wants a copy [red] of \x1b[31m everything")
        assert "closed: needs T2" in "\n".join(typist.types("why"))
        assert "There is no x" in "\n".join(typist.types("x")), "a closed act is not offered"
        typist.leads_check(knows(person))
        typist.types("x", "y", "0000")
        typist.sees("no: that is not your PIN")
        typist.types(AGENT_PIN)
        typist.sees("e decide what may be about others")
        typist.types("e")
        while "Decide which?" in "\n".join(typist.lines[-40:]) and "the case" not in typist.lines[-1]:
            typist.types("1", "F", "1")
            if typist.prompt().startswith("Number or letter, Enter"):
                break
        typist.types("n")
        typist.sees("every item has ended")
        assert inert(typist)
        assert ("PIN: ", True) in typist.prompts, "a PIN is typed without echo"
    mine, theirs = of_case(terminal_log(home), case), of_case(worker_log(home), case)
    assert in_order(mine, "case.opened", "contact.started", "item.added", "check.started", "find.asked", "export.asked")
    assert in_order(theirs, "factor.passed", "find.done", "export.held", "export.built", "export.delivered")
    assert only(mine, "check.ended").params["tier"] == "T2"
    whole = acts(terminal_log(home))
    assert whole.index("session.stepped_up") < whole.index("export.asked"), "the PIN stands before the order"


def test_an_erasure_is_asked_for_approved_by_another_person_and_carried_out(
    home: Path, person: Person, centre: WorkerCentre
) -> None:
    with plain_lines(home) as agent, plain_lines(home, "desk-2") as lead:
        agent.signs_in(AGENT, AGENT_PIN)
        case = agent.logs(person, "e")
        agent.leads_check(knows(person))
        agent.types("p", "y", "a", "9999", AGENT_PIN)
        agent.sees("no: the last four of the case number do not match")
        agent.types("E", "a", case[-4:], AGENT_PIN)
        agent.sees("asked for: a second person decides next")
        agent.waits_for_central()
        lead.signs_in(LEAD, LEAD_PIN)
        lead.waits_for_central()
        lead.types("c", case)
        lead.types("y", "y", LEAD_PIN)
        lead.sees("approved: the waiting period runs now")
        lead.types("n")
        agent.types("u", "y")
        agent.sees("taken back: nothing will be erased")
    mine, leads = of_case(terminal_log(home), case), of_case(terminal_log(home, "desk-2"), case)
    assert in_order(mine, "find.asked", "erase.asked", "erase.withdrawn")
    assert only(mine, "erase.asked").params["ground"] == "17-1-a"
    assert only(leads, "erase.approved").actor == f"agent:{LEAD}"


def test_REF_8_a_refusal_is_proposed_and_decided_by_another_person(home: Path, person: Person) -> None:
    with plain_lines(home) as agent, plain_lines(home, "desk-2") as lead:
        agent.signs_in(AGENT, AGENT_PIN)
        case = agent.logs(person, "a")
        agent.types("R", "f", "f", "many", "Nothing is owed.")
        agent.sees("no: an amount such as 25")
        agent.types("R", "r", "f", "Nothing is owed.", "y", AGENT_PIN)
        agent.sees("proposed: a second person decides")
        agent.types("R")
        agent.sees("closed: for lead or officer only")
        agent.types("0")
        agent.waits_for_central()
        lead.signs_in(LEAD, LEAD_PIN)
        lead.waits_for_central()
        lead.types("c", case)
        lead.types("R", "y", LEAD_PIN)
        lead.sees("decided: the letter leaves now")
        lead.types("n")
        assert inert(agent)
        assert inert(lead)
    mine, leads = of_case(terminal_log(home), case), of_case(terminal_log(home, "desk-2"), case)
    assert only(mine, "decision.proposed").params["grounds"] == ["12-5-unfounded"]
    assert only(leads, "decision.approved").actor == f"agent:{LEAD}"


def test_marketing_stops_with_one_letter_and_no_check(home: Path, person: Person) -> None:
    with plain_lines(home) as typist:
        typist.signs_in(AGENT, AGENT_PIN)
        case = typist.logs(person, "mw")
        typist.types("m")
        typist.sees("marketing is stopped")
        typist.types("c", "1", "f", "0")
        typist.sees("withdrawn; it is written now")
        typist.types("date", "k", "1", "o", "y")
        typist.sees("kept: they were asked")
        typist.types("w", "m")
        typist.sees(f"{case} wrapped up: MKT-STOP")
    mine = of_case(terminal_log(home), case)
    assert in_order(mine, "marketing.stopped", "consent.withdrawn", "clock.asked", "wrap.coded", "contact.ended")
    assert "check.started" not in acts(mine)


def test_an_ex_partner_with_all_static_facts_gets_nothing(home: Path, person: Person) -> None:
    true = knows(person)
    with plain_lines(home) as typist:
        typist.signs_in(AGENT, AGENT_PIN)
        case = typist.logs(person, "ae")
        written = typist.leads_check(lambda question: "1234" if "pin" in question.lower() else true(question))
        assert case in written, "the request stays logged, and the sentence says so"
        assert person.pin not in typist.said()
        assert person.date_of_birth.isoformat() not in typist.said()
        closed = "\n".join(typist.types("why"))
        assert closed.count("the check ended without result") >= 3
        for key in ("p", "x", "E"):
            assert f"There is no {key}" in "\n".join(typist.types(key))
    mine, theirs = of_case(terminal_log(home), case), of_case(worker_log(home), case)
    assert [e.params["factor"] for e in theirs if e.act == "factor.failed"] == ["PIN", "PIN"]
    assert not {"find.asked", "export.asked", "plan.made", "data.viewed"} & set(acts(mine + theirs))


def test_TRM_3_a_desk_that_nobody_uses_locks_and_the_next_person_signs_in(home: Path, person: Person) -> None:
    with plain_lines(home, idle_s=3.0) as typist:
        typist.signs_in(AGENT, AGENT_PIN)
        typist.sees("The desk is locked")
        assert typist.cleared == 1
        typist._asked = len(typist.prompts) - 1  # the prompt that nobody answered is over
        typist.types("0000")
        typist.sees("no: that is not your PIN")
        typist.types(AGENT_PIN)
        typist.sees("unlocked")
        typist.types("L", "")
        typist.types(LEAD, LEAD_PIN)
        typist.sees(f"signed in: {LEAD}")
    whole = acts(terminal_log(home))
    assert in_order(terminal_log(home), "session.started", "session.locked", "session.refused", "session.unlocked",
                    "session.locked", "session.ended", "session.started")  # fmt: skip
    assert whole.count("session.locked") == 2


@pytest.mark.parametrize("typed", ["", "99", "?", "[red]", "\x1b[2J", "x" * 5_000, "-1", "1.5", "١"])
def test_what_is_no_answer_changes_nothing_and_is_asked_again(typed: str) -> None:
    from datetime import UTC, datetime

    from screens.plain.seat import Option, Seat

    class Scripted:
        def __init__(self) -> None:
            self.typed, self.lines = [typed, "b"], list[str]()

        def read(self, prompt: str, *, secret: bool, idle_s: float | None) -> str:
            return self.typed.pop(0)

        def write(self, line: str) -> None:
            self.lines.append(line)

        def rest(self, seconds: float) -> bool:
            raise AssertionError

        def clear(self) -> None:
            raise AssertionError

    lines = Scripted()
    seat = Seat(None, lines, now=lambda: datetime.now(UTC))
    assert (
        seat.choose("Which?", [Option("a", "this"), Option("b", "that"), Option("c", "closed one", "not now")]) == "b"
    )
    assert "\x1b" not in "".join(lines.lines)


def test_which_of_several_people_it_is_is_said_on_plain_lines(home: Path, person: Person) -> None:
    one_address(home, person, PEOPLE[4])
    with plain_lines(home) as typist:
        typist.signs_in(AGENT, AGENT_PIN)
        case = typist.logs(person, "a")
        typist.leads_check(knows(person))
        typist.types("p")
        typist.sees("say which of them it is (P)")
        lines = typist.types("P")
        mine = next(line for line in lines if person.customer_number[-2:] in line)
        typist.types("y", mine.partition(" ")[0], "y")
        typist.sees("it is said who it is")
        assert person.customer_number not in typist.said()
        assert person.family_name not in typist.said()
    chosen = only(of_case(terminal_log(home), case), "people.chosen")
    assert (len(chosen.params["chosen"]) > 0, len(chosen.params["left"]) > 0) == (True, True)
