"""Raising a breach and deciding about it by keys, on a desk without stores: what it is about, hostile text, a lock."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from textual.pilot import Pilot

from console.app import DeskApp
from screens import times
from screens.breach import BreachScreen
from screens.breaches import BreachesScreen
from screens.case import CaseScreen
from screens.kit.text import BAD
from screens.kit.widgets.confirm import PinPrompt
from screens.kit.widgets.scroll_box import ScrollBox
from screens.letter_box import LetterBox
from screens.notice import NoticeScreen
from screens.queue import QueueScreen
from services.errors import BadInput
from services.types import BreachDecision, Status
from tests.fake_breach import AWARE, line, people
from tests.fake_case import CaseDesk
from tests.screens.conftest import until
from tests.screens.test_case_screens import HOSTILE, Opened, flash, opened, press, shown  # noqa: F401

Open = Callable[..., Opened]
LEAD = "0007"


async def register(app: DeskApp, pilot: Pilot[Any]) -> None:
    """Open the register, as the palette does."""
    app.perform("breaches")
    await until(pilot, lambda: isinstance(app.screen, BreachesScreen) and app.screen.found is not None)
    await pilot.pause(0.1)


async def test_b_is_about_the_case_under_the_cursor_about_the_open_case_or_about_none(opened: Open) -> None:  # noqa: F811
    async with opened("j", "B") as (app, desk, pilot):
        assert isinstance(app.screen, BreachScreen)
        assert app.screen.case == "C-26-000001"
        await press(pilot, "escape", "enter", "B")
        assert app.screen.case == "C-26-000001"
        await press(pilot, *"lost", "shift+tab", "2", "enter")
        await until(pilot, lambda: desk.breach.raised)
        assert (desk.breach.raised[0].case, desk.breach.raised[0].controller) == ("", "nordlicht")
        await until(pilot, lambda: isinstance(app.screen, CaseScreen))
        assert "C-26-004201 is raised. 71 h left" in flash(app)


async def test_the_form_hands_over_what_was_typed_and_letters_stay_text_in_its_fields(opened: Open) -> None:  # noqa: F811
    async with opened("enter", "B", *"Barn", "tab", *"14:02", "tab", "h", "c", "tab", *"12", "tab", "y") as (
        app, desk, pilot,
    ):  # fmt: skip
        await press(pilot, "tab", "p", "enter")
        await until(pilot, lambda: desk.breach.raised)
        one = desk.breach.raised[0]
        assert (one.words, one.persons, one.ongoing, one.contained) == ("Barn", 12, "yes", "partly")
        assert one.categories == ("user.contact", "user.health_and_medical")
        assert one.aware_at is not None
        assert f"{one.aware_at:%H:%M %Z}" == "14:02 CET", "in the controller's zone"
        assert app.screen.__class__ is CaseScreen
        assert "breach" not in desk.draft.kept


async def test_what_is_wrong_is_said_beside_its_field_and_nothing_is_raised(opened: Open) -> None:  # noqa: F811
    desk = CaseDesk()
    desk.breach.refused = BadInput("it was noticed in the last 400 days, not in the future", place="aware")
    async with opened("B", "enter", desk=desk) as (app, _, pilot):
        await until(pilot, lambda: "▲ a few words are needed" in shown(app))
        await press(pilot, *"lost", "tab", *"noon", "enter")
        await until(pilot, lambda: "▲ a time such as now, 16:20" in shown(app))
        await press(pilot, *["backspace"] * 4, "enter")
        await until(pilot, lambda: "▲ it was noticed in the last 400 days" in shown(app))
        await press(pilot, "tab", "tab", *"x", "enter")
        await until(pilot, lambda: "▲ a number, or nothing" in shown(app))
        assert desk.breach.raised == []


async def test_escape_and_a_lock_keep_what_was_typed_and_show_none_of_it(opened: Open) -> None:  # noqa: F811
    async with opened("B", *"lost a list") as (app, desk, pilot):
        await press(pilot, "escape")
        assert isinstance(app.screen, QueueScreen)
        assert desk.breach.raised == [], "Esc never commits"
        await press(pilot, "B")
        await until(pilot, lambda: "lost" in shown(app))
        form = app.screen
        await press(pilot, "f9")
        assert form.query_one("TextBox").text == ""  # type: ignore[attr-defined]
        await press(pilot, *"2468", "enter")
        await until(pilot, lambda: isinstance(app.screen, BreachScreen) and "lost" in shown(app))


async def test_a_lead_is_told_at_the_desk_and_an_agent_is_not(opened: Open) -> None:  # noqa: F811
    from services.types import OpenBreaches

    for agent, told in ((LEAD, True), ("0042", False)):
        async with opened(agent=agent) as (app, desk, pilot):
            before: Status = desk.state
            desk.state = replace(before, breaches=(OpenBreaches("nordlicht", 2, "5 h left"),))
            await until(pilot, lambda app=app, desk=desk: app.status == desk.state)
            assert ("2 BREACH: 5 h left (nordlicht)" in shown(app)) is told
            assert ("a breach was raised" in flash(app)) is told
            desk.state = replace(before, breaches=(OpenBreaches("somebody", 2, "5 h left"),))
            await until(pilot, lambda app=app, desk=desk: app.status == desk.state)
            assert "BREACH" not in shown(app), "another controller's is not shown"


async def test_the_register_asks_step_by_step_and_writes_one_decision(opened: Open) -> None:  # noqa: F811
    async with opened(agent=LEAD) as (app, desk, pilot):
        await register(app, pilot)
        await press(pilot, "enter", "n", "1", *"small", "enter")
        await until(pilot, lambda: desk.breach.kept)
        assert desk.breach.kept[-1] == ("decide", "C-26-004201", "authority", "risk-unlikely", "small")
        await press(pilot, "enter", "a", "3", *"12", "enter")
        await until(pilot, lambda: desk.breach.kept[-1] == ("update", "C-26-004201", "persons", "12"))
        await press(pilot, "enter", "y", *"2026-03-09", "space", *"09:00", "enter")
        await until(pilot, lambda: "later than 72 hours: why" in shown(app))
        await press(pilot, *"ill", "enter")
        await until(
            pilot, lambda: desk.breach.kept[-1][:5] == ("decide", "C-26-004201", "authority", "told-late", "ill")
        )
        await press(pilot, "enter", "r", "1")
        assert isinstance(app.screen, PinPrompt), "a release takes the PIN"
        await press(pilot, *"2468", "enter")
        await until(pilot, lambda: desk.breach.kept[-1] == ("release", "C-26-004201", "contained"))
        before = list(desk.breach.kept)
        await press(pilot, "enter", "c")
        assert "decide it first" in flash(app)
        await press(pilot, "j", "j", "enter", "y", "c", "escape")
        assert desk.breach.kept == before, "nothing is decided about what is closed"


async def write_to_the_persons(pilot: Pilot[Any]) -> None:
    """Open the form and fill its four texts."""
    await press(pilot, "enter", "w")
    await until(pilot, lambda: isinstance(pilot.app.screen, NoticeScreen) and pilot.app.screen.form is not None)
    await press(pilot, "a", "tab", "b", "tab", "c", "tab", "d")


async def test_a_letter_to_the_persons_is_read_before_it_leaves_and_takes_the_pin(opened: Open) -> None:  # noqa: F811
    async with opened(agent=LEAD) as (app, desk, pilot):
        await register(app, pilot)
        await write_to_the_persons(pilot)
        await press(pilot, "enter")
        await until(pilot, lambda: isinstance(app.screen, LetterBox))
        (_, words), kept = desk.notice.kept[-1], len(desk.notice.kept)
        assert (words.cases, words.language, words.reason) == (("C-26-004155",), "de", "high-risk")
        assert (words.happened, words.advice, words.categories) == ("a", "d", ("user.contact",))
        assert "y send it to one person" in shown(app)
        await press(pilot, "escape")
        assert isinstance(app.screen, NoticeScreen), "Esc sends nothing"
        await press(pilot, "enter")
        await until(pilot, lambda: isinstance(app.screen, LetterBox))
        await press(pilot, "y")
        assert isinstance(app.screen, PinPrompt)
        assert all(what == "preview" for what, *_ in desk.notice.kept[kept - 1 :]), "nothing before the PIN"
        await press(pilot, *"2468", "enter")
        await until(pilot, lambda: desk.notice.kept[-1] == ("send", words))
        await until(pilot, lambda: isinstance(app.screen, BreachesScreen))
        assert "asked for: the letter to 1 of them" in flash(app)
        assert "notice:C-26-004201" not in desk.draft.kept


async def test_what_is_wrong_with_a_letter_is_said_beside_its_field_and_a_lock_parks_it(opened: Open) -> None:  # noqa: F811
    async with opened(agent=LEAD) as (app, desk, pilot):
        desk.notice.refused = BadInput("there is no case C-26-9 of this controller", place="cases")
        await register(app, pilot)
        await write_to_the_persons(pilot)
        await press(pilot, "backspace", "enter")
        await until(pilot, lambda: "▲ this stands in the letter" in shown(app))
        await press(pilot, "d", "enter")
        await until(pilot, lambda: "▲ there is no case C-26-9 of this controller" in shown(app))
        assert desk.notice.kept == []
        form = app.screen
        assert isinstance(form, NoticeScreen)
        await press(pilot, "f9")
        assert [box.text for box in form.query("TextBox")] == [""] * 4  # type: ignore[attr-defined]
        await press(pilot, *"2468", "enter")
        await until(pilot, lambda: app.screen is form and form.form is not None)
        assert [box.text for box in form.query("TextBox")] == ["a", "b", "c", "d"]  # type: ignore[attr-defined]


async def test_the_register_says_of_each_person_whether_they_are_told_and_settles_one(opened: Open) -> None:  # noqa: F811
    letters = BreachDecision("persons", None, "high-risk", "0007", AWARE)
    desk = CaseDesk()
    desk.breach.lines = (line(people=people("told", "failed", "waiting", "public"), decisions=(letters,)),)
    async with opened(agent=LEAD, size=(120, 40), desk=desk) as (app, _, pilot):
        await register(app, pilot)
        text = " ".join(shown(app).split())
        assert "2 of 4" in text
        for words in (
            "C-26-004155 told by mail, 05 Mar 14:40",
            "C-26-004156 NOT TOLD: there is no address to write to",
            "C-26-004157 the letter waits (no mail goes out), next try 05 Mar 15:40",
            "C-26-004158 told in public: out of proportion: a public notice instead (Art 34(3)(c)), by 0007",
        ):
            assert words in text
        await press(pilot, "enter", "b")
        await until(pilot, lambda: desk.notice.kept == [("again", "C-26-004201")])
        await press(pilot, "enter", "o", "1", "p")
        await until(pilot, lambda: desk.notice.kept[-1] == ("handed", "C-26-004156", "post"))
        await press(pilot, "enter", "o", "2")
        assert "p it was printed" not in shown(app), "nothing has failed there"
        await press(pilot, "2", *"coded", "enter")
        await until(pilot, lambda: desk.notice.kept[-1] == ("settle", "C-26-004157", "unreadable", "coded"))


async def test_who_waits_stands_first_and_all_of_them_in_a_box_that_scrolls(opened: Open) -> None:  # noqa: F811
    desk, told = CaseDesk(), people("told")[0]
    many = [replace(told, case=f"C-26-00{number}") for number in range(1_000, 1_050)]
    desk.breach.lines = (line(people=(*many, *people("failed"))),)
    async with opened(agent=LEAD, desk=desk) as (app, _, pilot):
        await register(app, pilot)
        assert "C-26-004156 NOT TOLD" in shown(app)
        assert "and 47 more: Enter, then i" in " ".join(shown(app).split())
        await press(pilot, "enter", "i")
        assert isinstance(app.screen, ScrollBox)
        await press(pilot, "end")
        await until(pilot, lambda: "Raised" in shown(app))
        await press(pilot, "home")
        await until(pilot, lambda: "C-26-004156 NOT TOLD" in shown(app))
        await press(pilot, "f9")
        assert not isinstance(app.screen, ScrollBox)


async def test_hostile_words_in_the_register_are_inert(opened: Open) -> None:  # noqa: F811
    desk = CaseDesk()
    desk.breach.words = HOSTILE
    desk.breach.lines = (line(controller_name=HOSTILE, categories=(HOSTILE,), missing=HOSTILE, raised_by=HOSTILE),)
    async with opened(agent=LEAD, size=(120, 40), desk=desk) as (app, _, pilot):
        await register(app, pilot)
        await press(pilot, "enter", "t")
        await until(pilot, lambda: "What" in shown(app) and "[@click" in shown(app))
        assert not BAD.search(shown(app).replace("\n", ""))
        screen = app.screen
        assert isinstance(screen, BreachesScreen)
        await press(pilot, "L")
        assert screen.found is None
        assert screen.texts is None


@pytest.mark.parametrize(("text", "wall"), [("16:20", "16:20"), ("2026-11-20 16:20", "16:20"), ("2026-11-20", "00:00")])
def test_a_typed_time_is_one_of_the_controllers_clocks(text: str, wall: str) -> None:
    at = times.typed(text, "Europe/Berlin", AWARE)
    assert at is not None
    assert f"{at.astimezone(ZoneInfo('Europe/Berlin')):%H:%M}" == wall


@pytest.mark.parametrize("text", ["25:00", "noon", "20.11.2026", HOSTILE, "2026-02-30 10:00"])
def test_what_reads_like_no_time_is_refused(text: str) -> None:
    with pytest.raises(BadInput):
        times.typed(text, "Europe/Berlin", AWARE)
    assert times.typed("now", "Europe/Berlin", AWARE + timedelta()) is None
