"""The review of a draft by keys, on real files: what is decided is in the file, what is told is true."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot

from console.app import DeskApp
from console.review_app import ReviewApp
from screens.catalog import CatalogScreen
from screens.draft import DraftScreen
from screens.kit.text import BAD
from screens.kit.widgets.bars import FlashLine
from screens.kit.widgets.confirm import Choice, TypedConfirm
from services.discovery.review import Draft
from services.types import DraftLine
from tests.draft_folder import SHOP, DraftsIn, put_draft, text_of
from tests.fake_case import CaseDesk
from tests.player import SIGNS
from tests.screens.conftest import until
from tests.screens.test_case_screens import Opened, Watched, flash, opened, shown  # noqa: F401

Open = Callable[..., Opened]
Reviewed = Callable[..., Any]
OFFICER = "0003"


@pytest.fixture
def alone(tmp_path: Path) -> Reviewed:
    """`async with alone(text) as (app, draft, pilot)`: the review of one draft, as the command opens it."""

    @asynccontextmanager
    async def open_it(
        text: str = "", size: tuple[int, int] = (80, 24)
    ) -> AsyncIterator[tuple[ReviewApp, Draft, Pilot[Any]]]:
        draft = Draft(put_draft(tmp_path, text or text_of(SHOP)))
        app = ReviewApp(draft, tmp_path / "logs")
        app.QUIET_S = 0
        async with app.run_test(size=size) as pilot:
            await until(pilot, lambda: isinstance(app.screen, DraftScreen) and app.screen.view is not None)
            await until(pilot, lambda: app.screen._shown != ())
            yield app, draft, pilot

    return open_it


def states(folder: Path) -> dict[str, str]:
    """What the file says now, of each line that is to be decided."""
    return {f"{line.field} {line.of}": line.state for line in Draft(folder).view().lines if line.asked}


def on(app: DeskApp) -> DraftLine | None:
    assert isinstance(app.screen, DraftScreen)
    return app.screen.line


async def at(pilot: Pilot[Any], app: DeskApp, name: str) -> None:
    await until(pilot, lambda: (line := on(app)) is not None and line.field == name)


def base(app: DeskApp) -> str:
    return str(app.screen.query_one(FlashLine).base)


async def press(pilot: Pilot[Any], *keys: str) -> None:
    await pilot.press(*keys)
    await pilot.pause()


async def typed(pilot: Pilot[Any], text: str) -> None:
    await press(pilot, *(SIGNS.get(sign, sign) for sign in text))


async def test_each_key_decides_what_is_under_the_cursor_and_goes_on_to_what_waits(alone: Reviewed) -> None:
    async with alone() as (app, draft, pilot):
        assert "0 of 7 decided" in shown(app)
        await at(pilot, app, "alias")
        assert "a word of its name means name" in shown(app)
        await press(pilot, "y")
        await at(pilot, app, "note")
        await press(pilot, "f")
        await at(pilot, app, "recruited_by")
        await press(pilot, "minus")
        await until(pilot, lambda: (line := on(app)) is not None and line.of == "reference")
        await press(pilot, "enter")
        assert "a reference has no category" in flash(app)
        await press(pilot, "f")
        await at(pilot, app, "street")
        await press(pilot, "y")
        await press(pilot, "enter")
        await typed(pilot, "pos")
        await press(pilot, "enter")
        await at(pilot, app, "customer_ref")
        await press(pilot, "y")
        await at(pilot, app, "recruited_by")  # what was left for later comes when nothing else waits
        await until(pilot, lambda: "6 of 7 decided" in shown(app))
        assert states(draft.folder) == {
            "alias category": "accepted", "note category": "not-personal", "recruited_by category": "open",
            "recruited_by reference": "no-reference", "street category": "accepted", "city category": "changed",
            "customer_ref reference": "accepted",
        }  # fmt: skip
        await press(pilot, "y")
        await until(pilot, lambda: "all decided: `rightsdesk catalog publish nordlicht`" in base(app))
        await press(pilot, "n", "y")
        assert "waits for nobody" in flash(app)


async def test_leaving_keeps_what_was_decided_and_the_next_time_goes_on_there(alone: Reviewed) -> None:
    async with alone() as (app, draft, pilot):
        await press(pilot, "y", "y", "q")
        await until(pilot, lambda: not app.is_running)
    assert list(states(draft.folder).values()).count("accepted") == 2


async def test_undo_takes_back_one_decision_after_the_other(alone: Reviewed) -> None:
    async with alone() as (app, draft, pilot):
        await press(pilot, "u")
        assert "nothing was decided" in flash(app)
        await press(pilot, "y", "f")
        await until(pilot, lambda: "2 of 7" in shown(app))
        for left in ("1 of 7", "0 of 7"):
            await press(pilot, "u")
            await until(pilot, lambda left=left: left in shown(app))
            assert "taken back" in flash(app)
        assert set(states(draft.folder).values()) == {"open"}


async def test_all_of_a_collection_that_is_sure_enough_is_accepted_after_it_was_typed(alone: Reviewed) -> None:
    async with alone() as (app, draft, pilot):
        await press(pilot, "Y")
        assert isinstance(app.screen, Choice)
        await until(pilot, lambda: app.screen._armed)
        await press(pilot, "2")
        await until(pilot, lambda: isinstance(app.screen, TypedConfirm) and app.screen.focused is not None)
        await press(pilot, "1", "enter")
        assert "not the code" in flash(app)
        await typed(pilot, "accept 2")
        await press(pilot, "enter")
        await until(pilot, lambda: "2 of 7" in shown(app))
        found = states(draft.folder)
        assert {name for name, state in found.items() if state == "accepted"} == {
            "recruited_by category", "recruited_by reference",
        }  # fmt: skip
        await press(pilot, "u")
        await until(pilot, lambda: "0 of 7" in shown(app))
        assert set(states(draft.folder).values()) == {"open"}


async def test_a_category_is_found_by_words_or_typed_whole_and_a_wrong_one_is_told(alone: Reviewed) -> None:
    async with alone() as (app, draft, pilot):
        await press(pilot, "enter")
        await typed(pilot, "act em")
        await press(pilot, "enter")
        await until(pilot, lambda: "1 of 7" in shown(app))
        assert by_field(draft, "alias").categories == ("user.contact.email",)
        await press(pilot, "enter")
        await typed(pilot, "u.x")
        await press(pilot, "enter")
        await until(pilot, lambda: "unknown data category 'u.x'" in flash(app))
        await press(pilot, "k", "k", "j")
        await at(pilot, app, "note")
        await press(pilot, "enter")
        await typed(pilot, "user.name.x")
        await press(pilot, "enter")
        await until(pilot, lambda: "2 of 7" in shown(app))
        assert by_field(draft, "note").categories == ("user.name.x",)
        await press(pilot, "enter", "6", "enter")
        assert "no category is like that" in flash(app)


def by_field(draft: Draft, name: str) -> DraftLine:
    return next(line for line in draft.view().lines if line.field == name)


async def test_fields_of_which_nothing_was_said_and_those_that_hold_can_be_judged_too(alone: Reviewed) -> None:
    async with alone() as (app, draft, pilot):
        await press(pilot, "2", "slash")
        await typed(pilot, "d_on")
        await press(pilot, "enter")
        await at(pilot, app, "opened_on")
        await press(pilot, "y")
        assert "waits for nobody" in flash(app)
        await press(pilot, "enter")
        await typed(pilot, "beh")
        await press(pilot, "enter")
        await until(pilot, lambda: by_field(draft, "opened_on").categories == ("user.behavior",))
        await press(pilot, "escape", "g")
        await at(pilot, app, "id")
        await press(pilot, "f")
        await until(pilot, lambda: by_field(draft, "id").state == "not-personal")
        assert by_field(draft, "id").categories == ()


async def test_a_draft_that_changes_underneath_is_told_and_shown_as_it_stands(alone: Reviewed) -> None:
    async with alone() as (app, draft, pilot):
        other = Draft(draft.folder)
        other.decide(by_field(other, "alias"), "not-personal")
        await press(pilot, "y")
        await until(pilot, lambda: "judged meanwhile" in flash(app) or "changed elsewhere" in flash(app))
        await until(pilot, lambda: "1 of 7" in shown(app))
        assert states(draft.folder)["alias category"] == "not-personal"
        app.screen._refresh()  # what the clock asks for every few seconds
        other = Draft(draft.folder)
        other.decide(by_field(other, "note"), "accepted")
        app.screen._refresh()
        await until(pilot, lambda: "2 of 7" in shown(app))
        assert "changed elsewhere" in flash(app)


async def test_names_that_a_terminal_could_obey_are_inert_and_long_ones_leave_room(alone: Reviewed) -> None:
    names = ("[red]x[/]", "\x1b[2J\x07", "a" * 500, "[@click=bell]go[/]", "\u202eabc")
    tables = {name: {name: [("category", "user.name", 0.5, name)]} for name in names}
    async with alone(text_of(tables)) as (app, draft, pilot):
        for key in ("j", "j", "enter", "escape", "Y", "escape", "g"):
            await press(pilot, key)
            assert not BAD.search(shown(app).replace("\n", ""))
            assert "5 decided" in shown(app) or "Esc back" in shown(app)
        assert "[red]x[/].[red]x[/]" in shown(app)
        await press(pilot, *"yyyyy")
        await until(pilot, lambda: "5 of 5 decided" in shown(app))
    assert [line.state for line in Draft(draft.folder).view().lines] == ["accepted"] * 5


async def test_a_draft_of_which_nothing_waits_says_so(alone: Reviewed) -> None:
    async with alone(text_of({"t": {"a": []}})) as (app, _draft, pilot):
        assert "Nothing is to be decided here" in shown(app)
        assert "nothing waits" in shown(app)
        for key, why in (
            ("y", "nothing under"),
            ("f", "nothing under"),
            ("n", "nothing waits"),
            ("Y", "nothing waits"),
        ):
            await press(pilot, key)
            assert why in flash(app)


async def test_three_thousand_fields_are_one_list_of_which_a_window_is_held(alone: Reviewed) -> None:
    many = {f"t{n}": {f"f{m}": [("category", "user.name", 0.5, "its name")] for m in range(30)} for n in range(100)}
    async with alone(text_of(many)) as (app, draft, pilot):
        await press(pilot, "G")
        await at(pilot, app, "f29")
        assert len(app.screen.table.pages.pages) <= 9
        await press(pilot, "y")
        await until(pilot, lambda: "1 of 3,000 decided" in shown(app))
        await at(pilot, app, "f0")
        await press(pilot, "slash")
        await typed(pilot, "t77")
        await press(pilot, "enter")
        await until(pilot, lambda: "30 of 3,000" in shown(app))
        assert by_field(draft, "f0").state == "open"


async def test_the_officer_opens_a_draft_from_the_catalog(opened: Open, tmp_path: Path) -> None:  # noqa: F811
    desk = CaseDesk()
    desk.reviewing = DraftsIn(tmp_path / "nordlicht" / "systems")  # type: ignore[attr-defined]
    seen: list[str] = []
    async with opened("l", agent=OFFICER, desk=desk, door=Watched(desk, seen)) as (app, _, pilot):
        await press(pilot, "e")
        await until(pilot, lambda: "no draft lies in this home" in flash(app))
        put_draft(desk.reviewing.systems, text_of(SHOP))  # type: ignore[attr-defined]
        seen.clear()
        await press(pilot, "e")
        await until(pilot, lambda: isinstance(app.screen, DraftScreen) and "0 of 7 decided" in shown(app))
        await press(pilot, "y", "L")
        assert (app.screen_stack[-2].view, app.screen_stack[-2].lines) == (None, ())
        assert app.screen_stack[-2].table.pages.pages == {}
        await press(pilot, *"2468", "enter")
        await until(pilot, lambda: isinstance(app.screen, DraftScreen) and "1 of 7 decided" in shown(app))
        await press(pilot, "escape")
        assert isinstance(app.screen, CatalogScreen)
        put_draft(desk.reviewing.systems, "evidence: [", "wrong")  # type: ignore[attr-defined]
        await press(pilot, "e")
        await until(pilot, lambda: isinstance(app.screen, Choice) and app.screen._armed)
        assert "nordlicht/shop: 6 of 7 to decide" in shown(app)
        await press(pilot, "2")
        await until(pilot, lambda: "wrong.yml:" in shown(app).replace("\n", "").replace(" ", ""))
    assert seen == []
