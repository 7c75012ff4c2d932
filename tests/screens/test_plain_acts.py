"""Plain lines on a desk without stores: one person of a breach, work by hand, hostile words, going back."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest

from screens.kit.text import BAD
from screens.plain.breach import raise_breach, register
from screens.plain.by_hand import by_hand
from screens.plain.letters import letter
from screens.plain.seat import Leave, Seat
from services.types import BreachPerson, Role, Session
from tests.fake_breach import line, people
from tests.fake_case import NOW, CaseDesk, by_hand as case_by_hand, view
from tests.fake_letters import FAILED, SENT, FakeLetters
from tests.screens.test_case_screens import HOSTILE


class Scripted:
    """Types what it was given, line by line, and then leaves."""

    def __init__(self, *typed: str) -> None:
        self.typed, self.lines = list(typed), list[str]()

    def read(self, prompt: str, *, secret: bool, idle_s: float | None) -> str:
        if not self.typed:
            raise Leave
        return self.typed.pop(0)

    def write(self, line: str) -> None:
        self.lines.append(line)

    def rest(self, seconds: float) -> bool:
        return True

    def clear(self) -> None:
        raise AssertionError


def sat(desk: CaseDesk, work: Callable[[Seat], object], *typed: str, role: Role = Role.LEAD) -> str:
    """What was said while those lines were typed."""
    lines = Scripted(*typed)
    seat = Seat(desk, lines, now=lambda: NOW)
    seat.sit(
        Session("s1", "0007", "Ada", role, (role,), ("nordlicht", "albion"), datetime.now().astimezone(), False, b"")
    )
    with suppress(Leave):
        work(seat)
    assert not [one for one in lines.lines if BAD.search(one)]
    return "\n".join(lines.lines)


def desk_with(*persons: BreachPerson, **more: Any) -> CaseDesk:
    desk = CaseDesk()
    desk.breach.lines = (line(people=persons, **more),)
    return desk


def test_one_person_is_told_otherwise_or_gets_no_letter_for_a_reason() -> None:
    desk = desk_with(*people("told", "failed", "waiting"))
    said = sat(desk, register, "1", "o", "2", "p", "0", "o", "1", "p")
    assert "closed: no letter to them has failed" in said, "of who waits nothing was handed over"
    assert desk.notice.kept == [("handed", "C-26-004156", "post")]
    sat(desk, register, "1", "o", "2", "2", "it was encrypted", "b", "a", "7", "c-26-000009", "a", "3", "12")
    assert desk.notice.kept[1:] == [
        ("settle", "C-26-004157", "unreadable", "it was encrypted"), ("again", "C-26-004201"), ("add", "C-26-000009"),
    ]  # fmt: skip
    assert desk.breach.kept == [("update", "C-26-004201", "persons", "12")]


@pytest.mark.parametrize(
    "typed",
    [
        ("w", "", "1", "1", "lost", ""), ("w", "", "0"), ("w", "", "1", "1", "a", "b", "c", "d", "n", "n"),
        ("o", "0"), ("k", "1", ""), ("y", "noon"), ("a", "0"), ("a", "1", ""), ("r", "0"), ("c",), ("",),
    ],
)  # fmt: skip
def test_whoever_goes_back_has_decided_nothing(typed: tuple[str, ...]) -> None:
    desk = desk_with(*people("failed", "waiting"))
    sat(desk, register, "1", *typed)
    assert desk.breach.kept == []
    assert [what for what, *_ in desk.notice.kept if what != "preview"] == []


def test_hostile_words_are_lines_of_text_and_nothing_else() -> None:
    person = BreachPerson("C-26-004155", "failed", "", HOSTILE, HOSTILE, NOW)
    desk = desk_with(person, controller_name=HOSTILE, missing=HOSTILE, categories=(HOSTILE,), raised_by=HOSTILE)
    desk.breach.words = HOSTILE
    said = sat(desk, register, "1", "t", "w", "", "1", "1", HOSTILE, "0")
    assert "[@click" in said, "the control: it was said"


def test_a_breach_needs_words_and_nothing_else() -> None:
    desk = CaseDesk()
    sat(desk, raise_breach, "1", "", role=Role.AGENT)
    sat(desk, raise_breach, "1", "lost a list", "n", "", "noon", role=Role.AGENT)
    sat(desk, raise_breach, "1", "lost a list", "n", "", "", "1", "0", role=Role.AGENT)
    assert desk.breach.raised == []
    said = sat(desk, raise_breach, "2", "lost a list", "n", "", "", "1", "1", role=Role.AGENT)
    assert "C-26-004201 is raised" in said
    (one,) = desk.breach.raised
    assert (one.controller, one.words, one.persons, one.categories) == ("albion", "lost a list", None, ())
    assert (one.ongoing, one.contained, one.aware_at) == ("unknown", "no", None)


def test_a_lead_has_a_letter_printed_and_an_agent_is_not_asked() -> None:
    desk, seen = CaseDesk(), view(letters=(SENT, FAILED))
    desk.letter = FakeLetters()  # type: ignore[attr-defined]
    said = sat(desk, lambda seat: letter(seat, seen), "2", "p")
    assert "print/C-26-004155-l1.pdf, in the workers' outbox for seven days" in said
    said = sat(desk, lambda seat: letter(seat, seen), "1", "p")
    assert "print/C-26-004155-l3.pdf in the outbox; no sure address: write it" in said
    assert desk.letter.kept == [("print", "l1"), ("print", "l3")]  # type: ignore[attr-defined]
    no = tuple(
        replace(k, allowed=False, reason="for lead or officer only") if "print" in k.act else k for k in seen.keys
    )
    said = sat(desk, lambda seat: letter(seat, replace(seen, keys=no)), "1", "p", role=Role.AGENT)
    assert "closed: for lead or officer only" in said
    sat(desk, lambda seat: letter(seat, replace(seen, keys=no)), "2", role=Role.AGENT)
    assert desk.letter.kept[2:] == [("read", "l1")], "what cannot be printed is read at once"  # type: ignore[attr-defined]


def test_work_by_hand_is_answered_with_a_number_or_a_reason() -> None:
    desk, view = CaseDesk(), case_by_hand()
    said = sat(desk, lambda seat: by_hand(seat, view), "1", "", role=Role.AGENT)
    assert "LATE, find it in archive" in said
    assert "email: ada@example.com" in said
    assert desk.task.answered == [], "an empty line answers nothing"
    sat(desk, lambda seat: by_hand(seat, view), "1", "-1", "n", role=Role.AGENT)
    sat(desk, lambda seat: by_hand(seat, view), "2", "0", role=Role.AGENT)
    assert [answer[1:] for answer in desk.task.answered] == [
        ("exception", 0, "not-reachable", ""), ("nothing-found", 0, "", ""),
    ]  # fmt: skip
