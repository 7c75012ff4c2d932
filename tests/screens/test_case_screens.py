"""The screens of a case on a desk without stores: reasons, decisions, what is left after a lock, hostile text."""

import threading
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import fields, is_dataclass, replace
from datetime import datetime
from enum import Enum
from pathlib import Path
from typing import Any

import pytest
from textual import events
from textual.pilot import Pilot
from textual.widgets import Input, TextArea

from console.app import DeskApp
from screens.act_screen import ActScreen
from screens.case import CaseScreen
from screens.intake import IntakeScreen
from screens.kit.dialog import Dialog
from screens.kit.text import BAD
from screens.kit.widgets.bars import FlashLine
from screens.kit.widgets.confirm import ARM_S, CodeInput, PinPrompt, TypedConfirm
from screens.kit.widgets.text_box import TextBox
from screens.reveal import RevealBox
from tests.fake_case import NOW, CaseDesk, checklist, preview, view
from tests.screens.conftest import until

HOSTILE = "[@click=app.leave]x[/][/ \x1b]52;c;aGk=\x07\x1b[2J\u202e\x00\u200bend"
Opened = AbstractAsyncContextManager[tuple[DeskApp, CaseDesk, Pilot[Any]]]


class Watched:
    """The door with an eye on who comes through it: never the event loop's thread."""

    def __init__(self, inner: Any, seen: list[str]) -> None:
        self._inner, self._seen = inner, seen

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._inner, name)
        if callable(found):

            def called(*args: Any, **words: Any) -> Any:
                if threading.current_thread() is threading.main_thread():
                    self._seen.append(name)
                return found(*args, **words)

            return called
        return Watched(found, self._seen) if hasattr(found, "__dict__") and not is_dataclass(found) else found


@pytest.fixture
def opened(tmp_path: Path) -> Callable[..., Opened]:
    """`async with opened("enter") as (app, desk, pilot)`: signed in, with those keys pressed."""

    @asynccontextmanager
    async def open_it(
        *keys: str,
        desk: CaseDesk | None = None,
        agent: str = "0042",
        size: tuple[int, int] = (80, 24),
        door: Any = None,
    ) -> AsyncIterator[tuple[DeskApp, CaseDesk, Pilot[Any]]]:
        made = desk or CaseDesk()
        app = DeskApp(lambda: door or made, tmp_path / "logs", clock=lambda: NOW)
        app.QUIET_S = 0
        async with app.run_test(size=size) as pilot:
            await until(pilot, lambda: app.desk is not None)
            await pilot.press(*agent, "enter", *"2468", "enter")
            await until(pilot, lambda: getattr(app.screen, "counts", None) is not None)
            await press(pilot, *keys)
            yield app, made, pilot

    return open_it


async def press(pilot: Pilot[Any], *keys: str) -> None:
    """Each key, then the time its jobs and dialogs need; a sign typed into a dialog that is there needs none."""
    for key in keys:
        before = pilot.app.screen
        await pilot.press(key)
        typing = pilot.app.screen is before and len(key) == 1 and isinstance(pilot.app.focused, Input | TextArea)
        await pilot.pause(ARM_S + 0.1 if isinstance(pilot.app.screen, Dialog) and not typing else 0.1)


def shown(app: DeskApp) -> str:
    return "\n".join("".join(s.text for s in strip) for strip in app.screen._compositor.render_strips())


def flash(app: DeskApp) -> str:
    return str(app.screen.query_one(FlashLine).render())


# --- keys and reasons ------------------------------------------------------------------------------------------------


async def test_a_dimmed_key_answers_with_the_tables_reason(opened: Callable[..., Opened]) -> None:
    desk = CaseDesk()
    table = {"erase": "find the data first (p): an erasure needs its plan", "verify": "held by 0017"}
    keys = tuple(replace(k, allowed=k.act not in table, reason=table.get(k.act, "")) for k in view().keys)
    desk.case.view = view(keys=keys)
    async with opened("enter", desk=desk) as (app, _, pilot):
        for key, reason in (("E", table["erase"]), ("v", table["verify"])):
            await press(pilot, key)
            assert isinstance(app.screen, CaseScreen)
            assert flash(app) == f"no: {reason}"


async def test_the_erase_key_opens_what_the_table_allows(opened: Callable[..., Opened]) -> None:
    """Control of the one before: with the table's yes the same key opens the screen."""
    async with opened("enter", "E") as (app, _, _pilot):
        assert isinstance(app.screen, ActScreen)


async def test_no_desk_call_runs_on_the_event_loop(opened: Callable[..., Opened]) -> None:
    seen: list[str] = []
    desk = CaseDesk()
    door = Watched(desk, seen)
    paths = (("enter", "v", "enter", "escape", "escape"), ("p", "enter", "escape"), ("c", "escape"), ("o", "escape"),
             ("m",), ("w", "escape"), ("full_stop", "w", "1", "escape", "escape"), ("i", "a", "escape"))  # fmt: skip
    async with opened(desk=desk, door=door) as (_app, _, pilot):
        seen.clear()  # opening the link to central starts a thread and returns
        for path in paths:
            await press(pilot, *path)
    assert seen == []


def test_the_watched_door_would_tell() -> None:
    """Control: a call from the main thread is seen."""
    seen: list[str] = []
    Watched(CaseDesk(), seen).case.read(None, "C-26-000001")
    assert seen == ["read"]


# --- checklist -------------------------------------------------------------------------------------------------------


async def test_a_compared_step_takes_no_mark(opened: Callable[..., Opened]) -> None:
    async with opened("enter", "v", "y") as (app, _, pilot):
        assert "passes by a comparison only" in flash(app)
        await press(pilot, "j", "s")
        assert "closed: tried often enough in this contact" in flash(app)
        await press(pilot, "k", "enter")
        assert "What is your postcode?" in shown(app)
        await press(pilot, "y")
        assert "y" in shown(app), "in the field a letter is text"
        await press(pilot, "escape")
        assert "Enter shows the question" in shown(app)
        assert app.screen.IDLE_S == 600


async def test_two_strikes_end_with_the_neutral_sentence(opened: Callable[..., Opened]) -> None:
    desk = CaseDesk()
    async with opened("enter", "v", "enter", *"wrong", desk=desk) as (app, _, pilot):
        desk.check.view_now = checklist(strikes=1, ended="I cannot confirm your identity in this call.")
        await press(pilot, "enter")
        assert "I cannot confirm your identity" in shown(app)
        assert "postcode" not in shown(app)
        await press(pilot, "enter")
        assert flash(app) == "no: the check is over"


# --- decisions -------------------------------------------------------------------------------------------------------


@pytest.mark.rule("ART-17-1")
async def test_an_erasure_is_confirmed_by_hand_and_names_its_plan(opened: Callable[..., Opened]) -> None:
    async with opened("enter", "E", "right", "enter") as (app, desk, pilot):
        assert isinstance(app.screen, TypedConfirm)
        app.screen.query_one(CodeInput).post_message(events.Paste("0000"))
        await press(pilot, "enter")
        assert isinstance(app.screen, TypedConfirm), "a paste does not count, Enter alone does nothing"
        await press(pilot, *"0000", "enter")
        assert isinstance(app.screen, PinPrompt)
        assert desk.act.kept == []
        await press(pilot, *"2468", "enter")
        await until(pilot, lambda: desk.act.kept)
        assert desk.act.kept == [("erase", "0000", "17-1-b", preview().digest)]


async def test_escape_decides_nothing(opened: Callable[..., Opened]) -> None:
    async with opened("enter", "E", "enter", *"0000", "escape", "escape", "w", "escape") as (app, desk, _pilot):
        assert isinstance(app.screen, CaseScreen)
        assert desk.act.kept == []


async def test_four_eyes_is_the_reason_shown(opened: Callable[..., Opened]) -> None:
    async with opened("e", "j", "y", agent="0007") as (app, desk, pilot):
        assert flash(app) == "no: you asked for it: a second person approves"
        await press(pilot, "k", "y", *"2468", "enter")
        await until(pilot, lambda: desk.review.approved)
        assert desk.review.approved == ["c94a" * 16]
        assert "approved" in flash(app)


async def test_a_lead_assigns_many_at_once(opened: Callable[..., Opened]) -> None:
    async with opened("e", "space", "j", "space", "a", *"0017", "enter", agent="0007") as (_app, desk, pilot):
        await until(pilot, lambda: desk.queue.assigned)
        assert desk.queue.assigned == [(("C-26-004155", "C-26-004199"), "0017")]


async def test_an_agent_has_no_review_key(opened: Callable[..., Opened]) -> None:
    async with opened("e") as (app, _, _pilot):
        assert type(app.screen).__name__ == "QueueScreen"


async def test_a_tampered_log_is_said_aloud(opened: Callable[..., Opened]) -> None:
    desk = CaseDesk()
    async with opened("colon", *"action log", "down", "enter", "V", desk=desk) as (app, _, pilot):
        await until(pilot, lambda: "whole: 40 entries" in flash(app))
        desk.log.whole = False
        await press(pilot, "V")
        await until(pilot, lambda: flash(app).startswith("failed: tampered"))


# --- what stays behind -----------------------------------------------------------------------------------------------


@pytest.mark.rule("TRM-7")
async def test_a_revealed_field_is_gone_by_itself(
    opened: Callable[..., Opened], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("screens.reveal.SHOWN_S", 2)
    async with opened("enter", "full_stop", "p", "1") as (app, _, pilot):
        assert "ada.example@example.com" in shown(app)
        await until(pilot, lambda: not isinstance(app.screen, RevealBox))
        assert "ada.example" not in shown(app)


@pytest.mark.parametrize("path", [("enter",), ("enter", "p"), ("enter", "c"), ("enter", "v"), ("i", "a")])
async def test_a_lock_leaves_nothing_to_peek_at(opened: Callable[..., Opened], path: tuple[str, ...]) -> None:
    async with opened(*path, "L" if path != ("i", "a") else "f9") as (app, _, pilot):
        below = app.screen_stack[-2]
        texts = " ".join(str(getattr(w, "visual", "")) + str(w.render()) for w in below.query("Static, ChecklistSteps"))
        for word in ("a•••@", "Invoice", "newsletter", "Hear the request", "NOT-THERE"):
            assert word not in texts
        assert not [box for box in below.query(TextBox) if box.text]
        await press(pilot, *"2468", "enter")
        await until(pilot, lambda: app.screen is below)


async def test_what_was_typed_comes_back(opened: Callable[..., Opened]) -> None:
    async with opened("i", "a", "tab", *"ada", "tab", *"all", "f9") as (app, desk, pilot):
        assert desk.draft.kept["intake"]["identifier"] == "ada"
        await press(pilot, *"2468", "enter")
        await until(pilot, lambda: isinstance(app.screen, IntakeScreen) and "all" in shown(app))
        assert "[x] a access" in shown(app)
        await press(pilot, "enter")
        await until(pilot, lambda: isinstance(app.screen, CaseScreen))
        assert "intake" not in desk.draft.kept


# --- hostile text ----------------------------------------------------------------------------------------------------


def hostile(value: Any) -> Any:
    """Every text of a view replaced by what a caller or a system might write."""
    if isinstance(value, Enum) or (not isinstance(value, str | tuple) and not is_dataclass(value)):
        return value
    if isinstance(value, str):
        return HOSTILE
    if isinstance(value, tuple):
        return tuple(hostile(one) for one in value)
    keep = {"id", "key", "act", "controller", "step"}
    return replace(value, **{f.name: hostile(getattr(value, f.name)) for f in fields(value) if f.name not in keep})


@pytest.mark.parametrize("keys", [*"12345", "p", "x", "E", "v", "c", "w"])
async def test_hostile_text_is_inert_everywhere(opened: Callable[..., Opened], keys: str) -> None:
    desk = CaseDesk()
    plain = view()
    desk.case.view = replace(hostile(plain), keys=plain.keys, verification=plain.verification)
    desk.find.preview_now = hostile(preview())
    desk.check.view_now = hostile(checklist())
    purposes = hostile(desk.act.purposes(None, ""))  # type: ignore[arg-type]
    desk.act.purposes = lambda *_: purposes  # type: ignore[method-assign]
    async with opened("enter", keys, desk=desk, size=(120, 40)) as (app, _, pilot):
        await until(pilot, lambda: "[@click" in shown(app))
        assert not BAD.search(shown(app).replace("\n", ""))
        assert app.is_running


async def test_a_paste_of_ten_megabytes_is_cut(opened: Callable[..., Opened]) -> None:
    async with opened("i", "tab") as (app, _, pilot):
        start = datetime.now()
        for field in ("#identifier", "#words TextBox"):
            widget = app.screen.query_one(field)
            widget.focus()
            widget.post_message(events.Paste("a\x00\x1b[2Jb\n" * 1_400_000))
            await pilot.pause(0.2)
        assert (datetime.now() - start).total_seconds() < 5
        box = app.screen.query_one(TextBox)
        assert 0 < len(box.text) <= box.longest
        assert "\x1b" not in box.text
        assert "\x00" not in box.text
