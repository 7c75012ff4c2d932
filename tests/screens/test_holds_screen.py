"""The list of legal holds, on a desk without stores: set, read, looked at again, lifted by two; an agent has no key."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from screens.hold_set import HoldSetScreen
from screens.holds import HoldsScreen
from screens.kit.widgets.confirm import PinPrompt
from services.types import HoldView
from tests.fake_case import NOW, CaseDesk
from tests.screens.conftest import until
from tests.screens.test_case_screens import HOSTILE, Opened, flash, opened, press, shown  # noqa: F401

Open = Callable[..., Opened]
TODAY = NOW.date()


def hold(number: int = 1, **changed: Any) -> HoldView:
    facts: dict[str, Any] = {
        "id": f"{number:032x}", "controller": "nordlicht", "case": "C-26-000017", "people": 0, "collections": (),
        "categories": (), "issuer": "court", "since": TODAY, "review_on": TODAY + timedelta(days=90), "set_by": "0003",
    }  # fmt: skip
    return HoldView(**{**facts, **changed})


@dataclass
class FakeHolds:
    """`desk.hold`: keeps what was asked of it."""

    found: list[HoldView] = field(default_factory=lambda: [hold()])
    kept: list[tuple[str, dict[str, Any]]] = field(default_factory=list)

    def list(self, session: Any) -> tuple[HoldView, ...]:
        return tuple(self.found)

    def matter(self, session: Any, hold: str) -> str:
        return f"lawsuit 3 O 112/26 {HOSTILE}"

    def __getattr__(self, name: str) -> Callable[..., None]:
        return lambda session, **given: self.kept.append((name, given))


def desk_with(*found: HoldView) -> CaseDesk:
    desk = CaseDesk()
    desk.hold = FakeHolds(list(found) or [hold()])  # type: ignore[attr-defined]
    return desk


def kept(desk: CaseDesk) -> list[tuple[str, dict[str, Any]]]:
    return desk.hold.kept  # type: ignore[attr-defined, no-any-return]


async def test_a_hold_is_set_over_the_person_of_a_case_with_matter_review_and_pin(opened: Open) -> None:  # noqa: F811
    async with opened("enter", "s", "N", "1", "3", desk=desk_with(), agent="0003") as (app, desk, pilot):
        assert isinstance(app.screen, HoldSetScreen)
        await press(pilot, "enter")
        assert flash(app) == "no: say what it is about; Esc leaves"
        await press(pilot, *"suit", "tab", "tab", *"shop.bill,user.contact", "enter")
        assert isinstance(app.screen, PinPrompt)
        assert kept(desk) == []
        await press(pilot, *"2468", "enter")
        await until(pilot, lambda: bool(kept(desk)))
        name, given = kept(desk)[0]
        assert (name, given["matter"], given["issuer"]) == ("set", "suit", "court")
        assert (given["collections"], given["categories"], given["identifiers"]) == (
            ["shop.bill"],
            ["user.contact"],
            [],
        )
        assert TODAY < given["review_on"] <= date(TODAY.year + 1, TODAY.month, TODAY.day)
        assert given["case"].startswith("C-26-")


async def test_the_first_asks_the_second_lifts_and_who_asked_cannot_agree(opened: Open) -> None:  # noqa: F811
    async with opened("s", "Z", "1", *"2468", "enter", desk=desk_with(), agent="0007") as (_, desk, pilot):
        await until(pilot, lambda: [name for name, _ in kept(desk)] == ["ask_lift"])
    async with opened("s", "Z", desk=desk_with(hold(asked_by="0007")), agent="0007") as (app, desk, pilot):
        assert flash(app) == "no: you asked for it: a second person agrees"
        await press(pilot, "f", *"2468", "enter")
        await until(pilot, lambda: [name for name, _ in kept(desk)] == ["keep"])
    async with opened("s", "Z", *"2468", "enter", desk=desk_with(hold(asked_by="0007")), agent="0003") as (
        _,
        desk,
        pilot,
    ):
        await until(pilot, lambda: [name for name, _ in kept(desk)] == ["lift"])


async def test_an_overdue_review_is_said_the_matter_is_read_on_demand_and_a_lock_forgets_it(opened: Open) -> None:  # noqa: F811
    late = hold(review_on=TODAY - timedelta(days=1))
    async with opened("s", desk=desk_with(late), agent="0003") as (app, _, pilot):
        await until(pilot, lambda: "REVIEW OVERDUE" in shown(app))
        assert "lawsuit" not in shown(app)
        await press(pilot, "enter")
        await until(pilot, lambda: "lawsuit 3 O 112/26 [@click" in shown(app))
        screen = app.screen
        assert isinstance(screen, HoldsScreen)
        await press(pilot, "L")
        assert (screen.found, screen.matter) == (None, None)


async def test_an_agent_has_no_key_for_it(opened: Open) -> None:  # noqa: F811
    async with opened("s", desk=desk_with()) as (app, _, _):
        assert not isinstance(app.screen, HoldsScreen)
