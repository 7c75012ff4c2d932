"""The list of whom an address names, on a desk without stores: masked, one key each, a reason for several."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from screens.case import CaseScreen
from screens.kit.text import BAD
from screens.people import NAMED, REASONS, SAME, PeopleScreen
from services.desk import whom
from services.fulfilment import nearby
from services.types import KeyState
from tests.fake_case import CaseDesk, view
from tests.fake_whom import LIKE, TWO, FakeWhom
from tests.screens.conftest import until
from tests.screens.test_case_screens import HOSTILE, Opened, flash, opened, press, shown  # noqa: F401

Open = Callable[..., Opened]
WHICH = "several people are known by this: say which of them it is (P)"


@pytest.fixture
def desk() -> CaseDesk:
    made = CaseDesk()
    keys = tuple(KeyState(k.act, False, WHICH) if k.act in ("export", "erase") else k for k in view().keys)
    made.case.view = view(keys=keys)
    return made


def test_the_screen_the_desk_and_the_worker_know_the_same_reasons() -> None:
    assert tuple(code for code, _ in REASONS.values()) == whom.SAME
    worker = {nearby.SLIP, nearby.NO_CODE, nearby.PHONE, nearby.EMAIL, nearby.NUMBER, nearby.BIRTH, nearby.PLACE}
    assert set(SAME) == worker
    assert set(NAMED) == {nearby.SPELLING, nearby.SAME_NAME}


async def test_a_refused_key_names_P_and_P_opens_the_list(opened: Open, desk: CaseDesk) -> None:  # noqa: F811
    async with opened("enter", desk=desk) as (app, _, pilot):
        await press(pilot, "x")
        assert flash(app) == f"no: {WHICH}"
        await press(pilot, "P")
        await until(pilot, lambda: "A••• L•••" in shown(app))
        assert "2 people are known by this: say which it is; 2 maybe also" in shown(app)
        assert "read nothing out" in shown(app)
        assert "not looked for in archive" in shown(app)


async def test_y_says_that_it_is_the_one_under_the_cursor_after_a_question(opened: Open, desk: CaseDesk) -> None:  # noqa: F811
    async with opened("enter", "P", "j", "y", desk=desk) as (app, _, pilot):
        assert "It is N••• L••• and none of the others?" in shown(app)
        assert "the check begins anew" in shown(app)
        await press(pilot, "escape")
        assert desk.whom.said == []
        await press(pilot, "y", "y")
        await until(pilot, lambda: desk.whom.said == [("2", "")])
        await until(pilot, lambda: isinstance(app.screen, CaseScreen))


async def test_several_are_one_person_with_a_reason_only(opened: Open, desk: CaseDesk) -> None:  # noqa: F811
    async with opened("enter", "P", "space", "j", "space", "y", desk=desk) as (app, _, pilot):
        assert "These 2 are one person, because" in shown(app)
        assert "the check begins anew" not in shown(app), "nobody is left out"
        await press(pilot, "y", "enter", "0")
        assert desk.whom.said == []
        await press(pilot, "3")
        await until(pilot, lambda: desk.whom.said == [("12", "two-accounts")])


async def test_f_says_that_it_is_none_of_them(opened: Open, desk: CaseDesk) -> None:  # noqa: F811
    async with opened("enter", "P", "f", "y", desk=desk) as (_, _, pilot):
        await until(pilot, lambda: desk.whom.said == [("", "")])


async def test_what_is_only_like_the_person_is_never_taken_by_itself(opened: Open, desk: CaseDesk) -> None:  # noqa: F811
    async with opened("enter", "P", "j", "j", desk=desk) as (app, _, pilot):
        await until(pilot, lambda: "one letter apart, other spelling of the name" in " ".join(shown(app).split()))
        await press(pilot, "y")
        assert flash(app) == "no: mark the person it goes with as well (Space)"
        assert desk.whom.said == []
        await press(pilot, "space", "k", "k", "space", "y", "1")
        await until(pilot, lambda: desk.whom.said == [("13", "same-number-told")])


async def test_where_it_is_known_who_it_is_a_like_record_goes_with_them(opened: Open, desk: CaseDesk) -> None:  # noqa: F811
    desk.whom = FakeWhom((TWO[0], *LIKE), undecided=False)
    async with opened("enter", "P", "f", desk=desk) as (app, _, pilot):
        assert flash(app) == "no: there is nothing to decide: Esc leaves it as it is"
        await press(pilot, "j", "y", "4")
        await until(pilot, lambda: desk.whom.said == [("13", "they-say-so")])


async def test_a_lock_leaves_nothing_of_the_list(opened: Open, desk: CaseDesk) -> None:  # noqa: F811
    async with opened("enter", "P", desk=desk) as (app, _, pilot):
        screen = app.screen
        assert isinstance(screen, PeopleScreen)
        await press(pilot, "L")
        assert screen.matches is None
        assert screen.table.pages.pages == {}


async def test_hostile_text_in_the_list_is_inert(opened: Open, desk: CaseDesk) -> None:  # noqa: F811
    bad = {"name": HOSTILE, "known": (HOSTILE,), "where": ((HOSTILE, HOSTILE, 1),), "why": (HOSTILE,)}
    desk.whom = FakeWhom(tuple(replace(one, unlike=(HOSTILE,), **bad) for one in TWO + LIKE))
    async with opened("enter", "P", desk=desk) as (app, _, pilot):
        await until(pilot, lambda: "[@click" in shown(app))
        await press(pilot, "j", "j", "y")
        assert not BAD.search(shown(app).replace("\n", ""))
