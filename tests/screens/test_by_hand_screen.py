"""The form of what is done by hand, on a desk without stores: numbers, letters, words, hostile text, a lock."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from textual import events
from textual.pilot import Pilot

from console.app import DeskApp
from screens.by_hand import Answer, HandForm, answer_of
from screens.kit.text import BAD
from screens.kit.widgets.confirm import ARM_S, Choice
from screens.kit.widgets.text_box import TextBox
from screens.task_words import task_line
from services.types import TaskForm
from tests.fake_case import NOW, CaseDesk, by_hand
from tests.screens.conftest import until

HOSTILE = "[@click=app.leave]x[/][/ \x1b]52;c;aGk=\x07\x1b[2J\u202e\x00\u200bend"


def made(tmp_path: Path, one: bool = True) -> tuple[DeskApp, CaseDesk]:
    """An app whose case waits for people, in one system or in two."""
    desk = CaseDesk()
    desk.case.view = by_hand()
    desk.task.tasks = desk.task.tasks[: 1 if one else None]
    app = DeskApp(lambda: desk, tmp_path / "logs", clock=lambda: NOW)
    app.QUIET_S = 0
    return app, desk


async def opens(pilot: Pilot[Any], *keys: str) -> None:
    """Signed in, the case read, the form open after these keys."""
    await until(pilot, lambda: pilot.app.desk is not None)
    await pilot.press(*"0042", "enter", *"2468", "enter")
    await until(pilot, lambda: getattr(pilot.app.screen, "counts", None) is not None)
    await pilot.press("enter")
    await until(pilot, lambda: getattr(pilot.app.screen, "view", None) is not None)
    await pilot.press("H")
    for key in keys:
        await until(pilot, lambda: isinstance(pilot.app.screen, Choice))
        await pilot.pause(ARM_S + 0.1)
        await pilot.press(key)
    await until(pilot, lambda: isinstance(pilot.app.screen, HandForm))


def shown(app: DeskApp) -> str:
    strips = app.screen._compositor.render_strips()
    return "\n".join("".join(segment.text for segment in strip) for strip in strips)


async def test_a_number_with_words_is_an_answer(tmp_path: Path) -> None:
    app, desk = made(tmp_path)
    async with app.run_test(size=(80, 24)) as pilot:
        await opens(pilot)
        assert "LATE" in shown(app)
        assert "room 12" in shown(app)
        await pilot.press("3", "tab", *"page1", "enter")
        await until(pilot, lambda: desk.task.answered)
    assert desk.task.answered == [("1" * 32, "completed", 3, "", "page1")]


async def test_a_letter_is_a_refusal_with_its_reason(tmp_path: Path) -> None:
    app, desk = made(tmp_path)
    async with app.run_test(size=(80, 24)) as pilot:
        await opens(pilot)
        await pilot.press("h", "enter")
        await until(pilot, lambda: desk.task.answered)
    assert desk.task.answered == [("1" * 32, "exception", 0, "legal-hold", "")]


async def test_of_several_one_is_chosen_and_what_is_done_is_not_offered(tmp_path: Path) -> None:
    app, desk = made(tmp_path, one=False)
    async with app.run_test(size=(80, 24)) as pilot:
        await opens(pilot, "2")
        assert app.screen.task_view.state.system == "safe"  # type: ignore[attr-defined]
        assert not app.screen.query(TextBox), "only a search has words"
        await pilot.press("escape")
        await pilot.press("H")
        await until(pilot, lambda: isinstance(app.screen, Choice))
        await pilot.pause(ARM_S + 0.1)
        await pilot.press("3")
        await pilot.pause(0.1)
        assert not isinstance(app.screen, HandForm), "the third is done"
    assert desk.task.answered == []


async def test_escape_and_nonsense_answer_nothing(tmp_path: Path) -> None:
    app, desk = made(tmp_path)
    async with app.run_test(size=(80, 24)) as pilot:
        await opens(pilot)
        for keys in (("x", "enter"), ("backspace", "enter"), ("0", "tab", "w", "enter")):
            await pilot.press(*keys)
            assert isinstance(app.screen, HandForm)
        await pilot.press("escape")
        await pilot.pause(0.1)
    assert desk.task.answered == []


async def test_hostile_words_are_inert_both_ways(tmp_path: Path) -> None:
    app, desk = made(tmp_path)
    desk.task.told = TaskForm(HOSTILE, (("email", HOSTILE),))
    async with app.run_test(size=(80, 24)) as pilot:
        await opens(pilot)
        assert "[@click=app.leave]" in shown(app)
        assert BAD.search(shown(app).replace("\n", "")) is None
        await pilot.press("1", "tab")
        app.screen.query_one(TextBox).post_message(events.Paste(HOSTILE))
        await pilot.pause(0.1)
        await pilot.press("enter")
        await until(pilot, lambda: desk.task.answered)
    (answer,) = desk.task.answered
    assert answer[4].startswith("[@click=app.leave]x")
    assert not set(answer[4]) & {"\x1b", "\x07", "\x00", "\u202e"}


async def test_a_lock_leaves_nothing_of_the_form(tmp_path: Path) -> None:
    app, _ = made(tmp_path)
    async with app.run_test(size=(80, 24)) as pilot:
        await opens(pilot)
        form = app.screen
        await pilot.press("f9")
        await pilot.pause(0.2)
        assert isinstance(form, HandForm)
        assert form.form == TaskForm("", ())
        assert "ada@example.com" not in shown(app)


@pytest.mark.parametrize(
    ("typed", "answer"),
    [
        ("3", Answer("completed", 3)), ("0", Answer("nothing-found")), (" N ", Answer("exception", 0, "not-reachable")),
        ("-1", None), ("1.5", None), ("٣", None), ("", None), ("nn", None), ("1e3", None),
    ],
)  # fmt: skip
def test_what_counts_as_an_answer(typed: str, answer: Answer | None) -> None:
    assert answer_of(typed) == answer


def test_each_task_is_a_line_that_says_whose_words_they_are() -> None:
    late, refused, done = by_hand().items[0].tasks
    assert task_line(late) == "by hand: LATE, find it in archive, until Mon 02 Mar 2026 (H answers)"
    assert task_line(refused) == (
        "safe by hand, 0017 says on Thu 05 Mar 2026: not done, something must be kept (H mends it)"
    )
    assert task_line(done) == "post by hand, 0042 says on Wed 04 Mar 2026: 3 found"
    empty = replace(done, state=replace(done.state, outcome="nothing-found", count=0))
    assert task_line(empty).endswith("nothing there"), "never said before a person said so"
