"""The officer's catalog, on a desk without stores: lists, going down and back, the filter, the lock."""

import threading
from collections.abc import Callable
from dataclasses import replace

from screens.catalog import COLLECTIONS, SYSTEMS, CatalogScreen
from screens.catalog_changes import ChangesBox
from screens.kit.text import BAD
from screens.queue import QueueScreen
from services.types import CatalogView
from tests.fake_case import CaseDesk
from tests.fake_catalog import ACCOUNT, SYSTEMS as MADE, VERSIONS
from tests.screens.conftest import until
from tests.screens.test_case_screens import (  # noqa: F401
    HOSTILE,
    Opened,
    Watched,
    flash,
    hostile,
    opened,
    press,
    shown,
)

Open = Callable[..., Opened]
OFFICER = "0003"


async def test_enter_goes_down_from_systems_to_collections_to_fields_and_escape_back_up(opened: Open) -> None:  # noqa: F811
    async with opened("l", agent=OFFICER) as (app, _, pilot):
        screen = app.screen
        assert isinstance(screen, CatalogScreen)
        await until(pilot, lambda: "MariaDB" in shown(app))
        assert "as described" in shown(app)
        await press(pilot, "G", "enter")
        await until(pilot, lambda: "shop.invoice" in shown(app))
        assert "desk.ticket" not in shown(app)
        assert screen.tab == COLLECTIONS
        await press(pilot, "j")
        await until(pilot, lambda: "tax office" in shown(app))
        await press(pilot, "enter")
        await until(pilot, lambda: "shop.invoice.amount" in shown(app))
        assert "shop.account" not in shown(app)
        await press(pilot, "enter")
        assert "a field is the end" in flash(app)
        for tab in (COLLECTIONS, SYSTEMS):
            await press(pilot, "escape")
            await until(pilot, lambda tab=tab: screen.tab == tab)
        await press(pilot, "escape")
        assert isinstance(app.screen, QueueScreen)


async def test_typing_filters_by_category_law_and_recipient_and_escape_shows_all_again(opened: Open) -> None:  # noqa: F811
    async with opened("l", "3", agent=OFFICER) as (app, _, pilot):
        await until(pilot, lambda: "9 fields" in shown(app))
        for words, found in (("user.name", 3), ("147 billing", 1), ("spreebank user.fin", 1), ("nobody", 0)):
            await press(pilot, "slash", *[{" ": "space", ".": "full_stop"}.get(c, c) for c in words])
            await until(pilot, lambda found=found: f"{found} of 9" in shown(app))
            await press(pilot, "escape")
            await until(pilot, lambda: "9 fields" in shown(app))


async def test_a_version_says_who_changed_what_and_enter_shows_all_of_it(opened: Open) -> None:  # noqa: F811
    async with opened("l", "4", agent=OFFICER) as (app, _, pilot):
        await until(pilot, lambda: "eight years" in shown(app))
        assert "! its head is not" in shown(app)
        await press(pilot, "j")
        await until(pilot, lambda: "years: 10 → 8" in shown(app))
        await press(pilot, "j", "enter")
        assert isinstance(app.screen, ChangesBox)
        assert "gift_for" in shown(app)
        await press(pilot, "escape")
        assert isinstance(app.screen, CatalogScreen)


async def test_only_an_officer_has_the_key(opened: Open) -> None:  # noqa: F811
    for agent in ("0042", "0007"):
        async with opened("l", agent=agent) as (app, _, _pilot):
            assert isinstance(app.screen, QueueScreen)


async def test_without_a_published_catalog_it_says_so(opened: Open) -> None:  # noqa: F811
    desk = CaseDesk()
    desk.catalog.found = CatalogView((), ())
    async with opened("l", agent=OFFICER, desk=desk) as (app, _, pilot):
        await until(pilot, lambda: "No catalog is published yet" in shown(app))
        await press(pilot, "enter")
        assert flash(app) == "no: nothing under the cursor"


async def test_a_lock_leaves_nothing_of_the_catalog(opened: Open) -> None:  # noqa: F811
    async with opened("l", agent=OFFICER) as (app, _, pilot):
        screen = app.screen
        assert isinstance(screen, CatalogScreen)
        await until(pilot, lambda: "MariaDB" in shown(app))
        await press(pilot, "L")
        assert (screen.view, screen.made, screen.table.pages.pages) == (None, {}, {})
        await press(pilot, *"2468", "enter")
        await until(pilot, lambda: isinstance(app.screen, CatalogScreen) and "MariaDB" in shown(app))


async def test_hostile_text_in_a_catalog_is_inert(opened: Open) -> None:  # noqa: F811
    desk = CaseDesk()
    bad = replace(hostile(MADE[2]), controller="x", key="y")
    desk.catalog.found = CatalogView((bad,), (replace(hostile(VERSIONS[1]), number=7),))
    async with opened("l", agent=OFFICER, desk=desk) as (app, _, pilot):
        for keys in (("1",), ("2",), ("3",), ("4",), ("enter",)):
            await press(pilot, *keys)
            await until(pilot, lambda: "[@click" in shown(app))
            assert not BAD.search(shown(app).replace("\n", ""))
        assert isinstance(app.screen, ChangesBox)


async def test_no_desk_call_runs_on_the_event_loop(opened: Open) -> None:  # noqa: F811
    seen: list[str] = []
    desk = CaseDesk()
    async with opened(agent=OFFICER, desk=desk, door=Watched(desk, seen)) as (_app, _, pilot):
        seen.clear()
        await press(pilot, "l", "2", "3", "slash", "a", "enter", "4", "enter", "escape", "escape")
    assert seen == []


async def test_lines_of_a_large_catalog_are_made_and_filtered_in_a_thread(opened: Open) -> None:  # noqa: F811
    desk = CaseDesk()
    parts = tuple(replace(ACCOUNT, name=f"shop.t{n}") for n in range(2_500))
    desk.catalog.found = CatalogView((replace(MADE[2], collections=parts),), ())
    async with opened("l", "3", agent=OFFICER, desk=desk) as (app, _, pilot):
        await until(pilot, lambda: "10,000 fields" in shown(app))
        here = threading.get_ident()
        threads: set[int] = set()
        from screens import catalog

        inner = catalog._rows

        def watched(*args: object) -> object:
            threads.add(threading.get_ident())
            return inner(*args)  # type: ignore[arg-type]

        try:
            catalog._rows = watched  # type: ignore[assignment]
            await press(pilot, "slash", *"t2499")
            await until(pilot, lambda: "4 of 10,000" in shown(app))
        finally:
            catalog._rows = inner
        assert threads
        assert here not in threads
