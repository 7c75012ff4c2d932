"""The letters of a case, on a desk without stores: what did not leave, reading, sending again, hostile text, a lock."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from console.app import DeskApp
from screens.case import CaseScreen
from screens.kit.text import BAD
from screens.kit.widgets.confirm import Choice
from screens.letter_words import HANDED
from screens.letters import PREVIEWS, LetterBox, LettersScreen
from services.cases.fold_letters import FROM_CASE
from services.desk.letters import MEDIA
from services.types import KeyState
from tests.fake_case import CaseDesk, view
from tests.fake_letters import FAILED, SENT, WAITS, FakeLetters
from tests.screens.conftest import until
from tests.screens.test_case_screens import HOSTILE, Opened, flash, opened, press, shown  # noqa: F401

Open = Callable[..., Opened]


@pytest.fixture
def desk() -> CaseDesk:
    made = CaseDesk()
    made.letter = FakeLetters()  # type: ignore[attr-defined]
    keys = tuple(KeyState(k.act, True) if k.act == "letter" else k for k in view().keys)
    made.case.view = view(letters=(SENT, WAITS, FAILED), keys=keys)
    return made


def kept(desk: CaseDesk) -> list[tuple[str, ...]]:
    letters: FakeLetters = desk.letter  # type: ignore[attr-defined]
    return letters.kept


def under_the_cursor(app: DeskApp) -> str:
    """The letter that a key acts on now; nothing while it is read."""
    one = app.screen.table.current if isinstance(app.screen, LettersScreen) else None
    return one.template if one is not None else ""


def test_the_screen_and_the_desk_know_the_same_ways_and_the_same_letters() -> None:
    assert tuple(code for code, _ in HANDED.values()) == MEDIA
    assert PREVIEWS == FROM_CASE


async def test_the_case_says_that_a_letter_did_not_leave_and_t_opens_them(opened: Open, desk: CaseDesk) -> None:  # noqa: F811
    async with opened("enter", desk=desk) as (app, _, pilot):
        await until(pilot, lambda: "! letter not sent (t)" in shown(app))
        assert "t  a letter did not leave" in shown(app)
        await press(pilot, "t")
        await until(pilot, lambda: "NOT SENT: the mail server refuses it" in shown(app))
        assert "waits (no mail goes out), next try 05 Mar 14:13" in shown(app)
        assert "sent by mail, 05 Mar" in shown(app)
        assert "as it would go out now" in shown(app)
        assert "erasure outcome" in flash(app) or "1 not sent" in flash(app)


async def test_b_has_a_failed_letter_sent_again_and_only_that(opened: Open, desk: CaseDesk) -> None:  # noqa: F811
    async with opened("enter", "t", desk=desk) as (app, _, pilot):
        await until(pilot, lambda: under_the_cursor(app) == "erasure-outcome")
        await press(pilot, "b")
        await until(pilot, lambda: kept(desk) == [("retry", "l3")])
        await press(pilot, "j")
        await until(pilot, lambda: under_the_cursor(app) == "acknowledgement")
        await press(pilot, "b")
        assert "this letter has not failed" in flash(app)
        assert kept(desk) == [("retry", "l3")]


async def test_y_asks_how_else_the_person_was_told(opened: Open, desk: CaseDesk) -> None:  # noqa: F811
    async with opened("enter", "t", desk=desk) as (app, _, pilot):
        await until(pilot, lambda: under_the_cursor(app) == "erasure-outcome")
        await press(pilot, "y")
        assert isinstance(app.screen, Choice)
        await press(pilot, "escape")
        assert kept(desk) == []
        await press(pilot, "y", "1")
        await until(pilot, lambda: kept(desk) == [("handed", "l3", "post")])


async def test_p_has_a_letter_that_there_is_written_to_be_posted_for_leads(opened: Open, desk: CaseDesk) -> None:  # noqa: F811
    async with opened("enter", "t", desk=desk) as (app, _, pilot):
        await until(pilot, lambda: under_the_cursor(app) == "erasure-outcome")
        await press(pilot, "p")
        assert kept(desk) == [], "not for agents"
        assert "print" not in shown(app)
    async with opened("enter", "t", desk=desk, agent="0007") as (app, _, pilot):
        await until(pilot, lambda: under_the_cursor(app) == "erasure-outcome")
        await press(pilot, "p")
        await until(pilot, lambda: kept(desk) == [("print", "l3")])
        words = "-l3.pdf in the outbox; no sure address: write it"
        await until(pilot, lambda: words in flash(app))
        await press(pilot, "end", "p")
        assert "it has not left: there is nothing to print" in flash(app)
        assert kept(desk) == [("print", "l3")]


async def test_a_letter_is_read_with_scrolling_and_one_not_sent_yet_is_seen_before(
    opened: Open,  # noqa: F811
    desk: CaseDesk,
) -> None:
    async with opened("enter", "t", desk=desk) as (app, _, pilot):
        await until(pilot, lambda: under_the_cursor(app) == "erasure-outcome")
        await press(pilot, "enter")
        await until(pilot, lambda: isinstance(app.screen, LetterBox) and "Line 0 of the letter" in shown(app))
        assert "Line 59" not in shown(app)
        await press(pilot, "G")
        await until(pilot, lambda: "Line 59 of the letter" in shown(app))
        await press(pilot, "escape", "end")
        await until(pilot, lambda: under_the_cursor(app) == PREVIEWS[-1])
        await press(pilot, "enter")
        await until(pilot, lambda: kept(desk)[-1] == ("preview", PREVIEWS[-1]))


async def test_hostile_text_in_a_letter_is_text_and_a_lock_takes_it_away(opened: Open, desk: CaseDesk) -> None:  # noqa: F811
    desk.letter.text = HOSTILE  # type: ignore[attr-defined]
    desk.case.view = replace(desk.case.view, letters=(replace(SENT, reason=HOSTILE), replace(FAILED, reason=HOSTILE)))
    async with opened("enter", "t", desk=desk) as (app, _, pilot):
        await until(pilot, lambda: under_the_cursor(app) == "erasure-outcome")
        await press(pilot, "enter")
        await until(pilot, lambda: isinstance(app.screen, LetterBox) and "end" in shown(app))
        assert not BAD.search(shown(app).replace("\n", ""))
        await press(pilot, "escape")
        assert isinstance(app.screen, LettersScreen)
        app.screen.forget()
        await until(pilot, lambda: "NOT SENT" not in shown(app))


async def test_without_a_hold_nobody_reads_a_letter(opened: Open, desk: CaseDesk) -> None:  # noqa: F811
    keys = tuple(KeyState(k.act, False, "take the case first (a)") if "letter" in k.act else k for k in view().keys)
    desk.case.view = replace(desk.case.view, keys=keys)
    async with opened("enter", "t", desk=desk) as (app, _, pilot):
        await until(pilot, lambda: under_the_cursor(app) == "erasure-outcome")
        await press(pilot, "enter")
        await until(pilot, lambda: "take the case first (a)" in flash(app))
        assert kept(desk) == []
        await press(pilot, "escape")
        assert isinstance(app.screen, CaseScreen)
