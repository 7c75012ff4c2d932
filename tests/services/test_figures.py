"""ART-5-2: figures over many cases: true numbers, of a period, without training and without anybody who works here."""

import json
import re
import statistics
import time
import tracemalloc
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from random import Random

import orjson
import pytest
from typer.testing import CliRunner

from console import cli
from services.cases.asked import Asked
from services.cases.case import Case, Effort, Item, to_json
from services.controllers import Controller, Cost
from services.figures import Figures, Share, figures_of, median, named
from services.types import (
    Channel,
    DutyRole,
    ItemState,
    Outcome,
    Regime,
    Requester,
    Right,
    SystemResult,
)
from tests.centre import Centre, request, sign_in

NOW = datetime(2026, 11, 27, 12, tzinfo=UTC)
PROGRAM = (SystemResult("crm", "done", deleted=2),)


@pytest.fixture(scope="module")
def nordlicht(centre_template) -> Controller:  # type: ignore[no-untyped-def]
    from services.controllers import load_controllers

    return replace(load_controllers(centre_template)["nordlicht"], cost=Cost(0.8, "EUR"))


def item(outcome: Outcome = Outcome.OPEN, right: Right = Right.ERASURE, systems=PROGRAM, **more: object) -> Item:  # type: ignore[no-untyped-def]
    state = ItemState.NEW if outcome is Outcome.OPEN else ItemState.CLOSED
    return Item("1", right, state, outcome, systems=systems, **more)  # type: ignore[arg-type]


def case(received: str, *items: Item, days: int | None = None, **more: object) -> bytes:
    """A case that was closed so many days after its receipt, or is open."""
    at = int(datetime.fromisoformat(f"{received}T10:00:00+00:00").timestamp() * 1e6)
    who = (Channel.PHONE, Regime.EU, Requester.SELF, DutyRole.CONTROLLER)
    closed = {} if days is None else {"closed": True, "closed_at": at + days * 86_400_000_000}
    one = Case("C-26-000001", "nordlicht", "psn:1", *who, at, received, "agent:1", at, items or (item(),))
    return to_json(replace(one, **closed, **more))  # type: ignore[arg-type]


def of(controller: Controller, *bodies: bytes, **period: date) -> Figures:
    (found,) = figures_of(bodies, {"nordlicht": controller}, now=NOW, **period)  # type: ignore[arg-type]
    return found


@pytest.mark.rule("ART-5-2")
def test_ART_5_2_each_figure_is_what_its_words_say(nordlicht: Controller) -> None:
    done, refused = item(Outcome.DONE), item(Outcome.REFUSED, systems=())
    took = Effort(touches=2, session="s", contacts=1, seconds=600, checks=2, failed_checks=1)
    asked = (Asked("q", "identity", "identity-doubt", True, "2026-06-10", "2026-06-22"),)
    found = of(
        nordlicht,
        case("2026-06-01", done, days=10, effort=took),
        case("2026-06-01", refused, days=30, effort=replace(took, seconds=1200, failed_checks=0)),  # the last day
        case("2026-06-01", done, days=31, effort=replace(took, seconds=0, contacts=0, reopened=1)),
        case("2026-06-10", done, days=41, questions=asked),
        case("2026-06-01", done, days=60, noticed_at=int(datetime(2026, 6, 20, tzinfo=UTC).timestamp() * 1e6)),
        case("2026-06-01", item(Outcome.WITHDRAWN), days=3),
        case("2026-06-01"),
        case("2026-11-20"),
        case("2026-11-20", done, days=1),
        orjson.dumps({**orjson.loads(case("2026-11-20")), "breach": {"number": "B-1"}}),
    )
    assert (found.received, found.answered, found.open, found.overdue) == (9, 6, 2, 1)
    assert found.median_days == statistics.median([10, 30, 31, 41, 60, 1])
    assert found.month == Share(3, 7), "one of the open ones is past its month"
    assert found.three == Share(6, 7)
    assert found.extended == Share(1, 9)
    assert found.refused == Share(1, 6)
    assert (found.paused, found.median_pause) == (Share(1, 9), 12)
    assert found.failed_checks == Share(2, 6)
    assert (found.reopened, found.breaches) == (Share(1, 9), 1)
    assert found.touches == pytest.approx(6 / 9)
    assert (found.program, found.hand) == (5, 1)
    assert (found.minutes, found.minutes_program, found.minutes_hand) == (15, 10, 20)
    assert (found.cost, found.cost_hand, found.currency) == (pytest.approx(12), pytest.approx(16), "EUR")


def test_what_people_did_at_a_data_system_counts_as_by_hand(nordlicht: Controller) -> None:
    by_hand = replace(PROGRAM[0], reason="by-hand")
    back = item(Outcome.DONE, returned="no-mark")
    bodies = [case("2026-06-01", one, days=1) for one in (item(Outcome.DONE, systems=(by_hand,)), back)]
    assert (of(nordlicht, *bodies).program, of(nordlicht, *bodies).hand) == (0, 2)


def test_training_other_days_and_what_ended_elsewhere_are_not_in_it_and_costs_only_where_declared(
    nordlicht: Controller,
) -> None:
    done = item(Outcome.DONE)
    imported = case("2026-06-02", done, days=0, source="old-tool")
    bodies = [case("2026-06-02", done, days=5), case("2026-06-02", done, days=5, training=True), imported]
    assert of(nordlicht, *bodies).received == 1
    assert of(nordlicht, *bodies, case("2026-06-02", done, days=9, source="old-tool")).received == 2
    assert of(nordlicht, *bodies, begin=date(2026, 6, 2), end=date(2026, 6, 2)).received == 1
    assert of(nordlicht, *bodies, begin=date(2026, 6, 3)).received == 0
    assert of(nordlicht, *bodies, end=date(2026, 6, 1)).received == 0
    free = of(replace(nordlicht, cost=None), case("2026-06-02", done, days=5, effort=Effort(contacts=1, seconds=60)))
    assert (free.minutes, free.cost) == (1, None)
    assert [words for words, _ in named(free) if "cost" in words] == []
    nothing = of(nordlicht)
    assert (nothing.median_days, nothing.month.percent, nothing.touches) == (None, None, None)
    assert all(said for _, said in named(nothing))


def test_the_median_of_counted_numbers_is_that_of_the_numbers() -> None:
    rng = Random(5)
    for size in range(1, 40):
        numbers = [rng.randint(0, 9) for _ in range(size)]
        assert median(Counter(numbers)) == statistics.median(numbers)


@pytest.mark.rule("ART-5-2")
def test_ART_5_2_ten_thousand_cases_take_a_moment_and_no_memory(nordlicht: Controller) -> None:
    """100,000 in a real central were measured: docs/figures.md."""
    day = date(2025, 1, 1)
    bodies = [
        case((day + timedelta(days=n)).isoformat(), item(Outcome.DONE), days=n % 40, effort=Effort(3, "s", 1, n))
        for n in range(500)
    ]

    def many(times: int) -> Iterator[bytes]:
        for _ in range(times):
            yield from bodies

    def peak(times: int) -> int:
        tracemalloc.start()
        try:
            figures_of(many(times), {"nordlicht": nordlicht}, now=NOW)
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    began = time.perf_counter()
    (found,) = figures_of(many(20), {"nordlicht": nordlicht}, now=NOW)
    assert found.answered == 10_000
    assert time.perf_counter() - began < 5
    peak(1)
    assert peak(10) < 2 * peak(1) + 100_000


@pytest.mark.rule("ART-5-2")
def test_ART_5_2_the_command_counts_what_was_done_at_a_desk_and_names_nobody(centre: Centre) -> None:
    with centre.desk() as desk:
        agent = sign_in(desk)
        case = desk.intake.open(agent, request(Right.RECTIFICATION)).case
        centre.settle(desk)
        desk.act.resolve(agent, case, "1", Outcome.DONE)
        desk.act.wrap_up(agent, case, "LOGGED", 180)
        centre.settle(desk)
        other = sign_in(desk)  # the next day, as it were
        desk.act.note(other, case, "called again")
        centre.settle(desk)
    words = ["figures", "--home", str(centre.home.path), "--controller", "nordlicht"]
    told = CliRunner().invoke(cli.command(), [*words, "--json"])
    (found,) = json.loads(told.output)
    assert (found["received"], found["answered"], found["median_days"]) == (1, 1, 0)
    assert (found["minutes"], found["minutes_hand"], found["touches"], found["hand"]) == (3, 3, 2, 1)
    assert found["month"] == {"n": 1, "of": 1}
    shown = CliRunner().invoke(cli.command(), words).output
    assert "  answered within one month          100.0 % (1 of 1)" in shown.splitlines()
    for text in (told.output, shown):
        assert not re.search(r"0042|0017|agent|Ada", text), "nobody who works here"
    for bad in (["--from", "soon"], ["--controller", "nowhere"]):
        assert CliRunner().invoke(cli.command(), ["figures", *bad, "--home", str(centre.home.path)]).exception
