"""The legal clock: rules.md 2.4 row by row, then every day against a slow second opinion."""

import subprocess
import sys
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings, strategies as st

from services.clock.calendar import LAST_YEAR, calendar_for
from services.clock.dates import (
    Answer,
    DueDates,
    Extend,
    Start,
    dates_for,
    due_dates,
    no_extension_because,
    nominal_end,
    received_on,
)
from services.clock.rules import RULES, regime_of, rules_for
from services.clock.traffic import light, paused_light
from services.errors import BadInput
from services.types import Regime

DE = ("DE", "")
ENG = ("GB", "ENG")
TEN = [DE, ("AT", ""), ("FR", ""), ("NL", ""), ("PL", ""), ("IE", ""), ("ES", ""), ("HU", ""), ENG, ("GB", "SCT")]


def day(text: str) -> date:
    return date.fromisoformat(text)


def counted(received: str, place: tuple[str, str] = DE, regime: Regime = Regime.EU, extended: bool = False) -> DueDates:
    events = [Start(day(received)), *([Extend(day(received))] if extended else [])]
    return due_dates(events, calendar_for(*place), regime)


# rules.md 2.4: rule and row, received, extended, place, regime, nominal, legal end
VECTORS = [
    ("CLK_7_row_1", "2026-03-05", False, DE, "EU", "2026-04-05", "2026-04-07"),
    ("CLK_6_row_2", "2026-01-31", False, DE, "EU", "2026-02-28", "2026-03-02"),
    ("CLK_6_row_3", "2026-01-30", False, DE, "EU", "2026-02-28", "2026-03-02"),
    ("CLK_12_row_4", "2027-01-31", False, DE, "EU", "2027-02-28", "2027-03-01"),
    ("CLK_6_row_5", "2028-01-31", False, DE, "EU", "2028-02-29", "2028-02-29"),
    ("CLK_6_row_6", "2026-08-31", False, DE, "EU", "2026-09-30", "2026-09-30"),
    ("CLK_5_row_7", "2026-11-14", False, DE, "EU", "2026-12-14", "2026-12-14"),
    ("CLK_8_row_8_DE", "2026-11-24", False, DE, "EU", "2026-12-24", "2026-12-24"),
    ("CLK_8_row_8_PL", "2026-11-24", False, ("PL", ""), "EU", "2026-12-24", "2026-12-28"),
    ("CLK_7_row_9_DE", "2026-11-25", False, DE, "EU", "2026-12-25", "2026-12-28"),
    ("CLK_8_row_9_UK", "2026-11-25", False, ENG, "UK", "2026-12-25", "2026-12-29"),
    ("CLK_7_row_10", "2026-04-14", False, DE, "EU", "2026-05-14", "2026-05-15"),
    ("CLK_8_row_11_DE", "2026-07-31", False, DE, "EU", "2026-08-31", "2026-08-31"),
    ("CLK_8_row_11_UK", "2026-07-31", False, ENG, "UK", "2026-08-31", "2026-09-01"),
    ("CLK_12_row_12", "2026-02-10", False, DE, "EU", "2026-03-10", "2026-03-10"),
    ("CLK_11_row_13", "2026-01-31", True, DE, "EU", "2026-04-30", "2026-04-30"),
    ("CLK_12_row_14", "2026-06-10", True, DE, "EU", "2026-09-10", "2026-09-10"),
]


@pytest.mark.rule("CLK-1", "CLK-5", "CLK-6", "CLK-7", "CLK-11")
@pytest.mark.parametrize("row", VECTORS, ids=[v[0] for v in VECTORS])
def test_the_worked_examples(row: tuple[str, str, bool, tuple[str, str], str, str, str]) -> None:
    _, received, extended, place, regime, nominal, end = row
    dates = counted(received, place, Regime(regime), extended)
    assert nominal_end(dates, Regime(regime)) == day(nominal)
    assert dates.due == day(end)
    if not extended:
        assert (dates.due_nominal, dates.due_hard) == (day(nominal), day(end))
    assert (dates.received_on, dates.start_on) == (day(received), day(received))


def test_CLK_2_the_notice_of_extension_counts_to_the_last_day_and_not_after() -> None:
    plain = counted("2026-03-05")
    for sent, due in ((plain.due_hard, day("2026-06-05")), (plain.due_hard + timedelta(days=1), plain.due_hard)):
        assert due_dates([Start(day("2026-03-05")), Extend(sent)], calendar_for("DE")).due == due
    assert no_extension_because(plain, plain.due_hard) == ""
    assert "2026-04-07" in no_extension_because(plain, plain.due_hard + timedelta(days=1))


def test_CLK_2_an_extension_is_possible_once() -> None:
    events = [Start(day("2026-03-05")), Extend(day("2026-03-10"))]
    once = due_dates(events, calendar_for("DE"))
    assert due_dates([*events, Extend(day("2026-03-20"))], calendar_for("DE")) == once
    assert "once" in no_extension_because(once, day("2026-03-21"))


def test_an_answered_request_is_not_extended() -> None:
    answered = due_dates([Start(day("2026-03-05")), Answer(datetime(2026, 3, 9, 12, tzinfo=UTC))], calendar_for("DE"))
    assert answered.answered_at == datetime(2026, 3, 9, 12, tzinfo=UTC)
    assert "answered" in no_extension_because(answered, day("2026-03-10"))


@pytest.mark.rule("CLK-4")
def test_CLK_4_refusal_stays_in_the_first_month_in_the_EU_and_moves_in_the_UK() -> None:
    eu = counted("2026-03-05", extended=True)
    assert (eu.notice_by_extension, eu.notice_by_refusal) == (eu.due_hard, eu.due_hard)
    uk = counted("2026-03-05", ENG, Regime.UK, extended=True)
    assert (uk.notice_by_extension, uk.notice_by_refusal) == (uk.due_hard, uk.due_extended)
    assert counted("2026-03-05", ENG, Regime.UK).notice_by_refusal == uk.due_hard


def test_the_law_of_the_day_of_receipt_counts() -> None:
    before = counted("2026-02-04", ENG, Regime.UK, extended=True)
    assert before.notice_by_refusal == before.due_hard
    after = counted("2026-02-05", ENG, Regime.UK, extended=True)
    assert after.notice_by_refusal == after.due_extended
    assert rules_for(Regime.OTHER, day("2026-02-05")) == rules_for(Regime.EU, day("2026-02-05"))
    assert {r.regime for r in RULES} == {Regime.EU, Regime.UK}


@pytest.mark.rule("CLK-8")
def test_CLK_8_regional_days_count_only_where_the_controller_chose_them() -> None:
    received = day("2026-05-04")  # one month on is Corpus Christi, a holiday in Bavaria and not in Germany
    assert dates_for(received, calendar_for("DE", "BY")).due_hard == day("2026-06-04")
    assert dates_for(received, calendar_for("DE", "BY", regional=True)).due_hard == day("2026-06-05")
    assert calendar_for("DE", "Bayern", regional=True) is not None
    assert calendar_for("DE", "Bayern", regional=True) == calendar_for("DE", "de-by", regional=True)


@pytest.mark.rule("CLK-8")
def test_CLK_8_the_list_is_curated() -> None:
    assert calendar_for("NL").holiday(day("2026-04-03")) == ""  # the library says Good Friday
    assert calendar_for("DE").holiday(day("2026-04-03")) == "Good Friday"
    assert calendar_for("HU").holiday(day("2026-01-02")) == ""  # swapped for a working Saturday
    assert calendar_for("HU").holiday(day("2026-08-20")) != ""


@pytest.mark.rule("CLK-8")
def test_CLK_8_GB_needs_its_part() -> None:
    with pytest.raises(BadInput, match="ENG, NIR, SCT, WLS"):
        calendar_for("GB")
    assert calendar_for("GB", "ENG").holiday(day("2026-04-06")) == "Easter Monday"
    assert calendar_for("GB", "SCT").holiday(day("2026-04-06")) == ""


@pytest.mark.parametrize(
    ("country", "part", "says"),
    [
        ("DEX", "", "did you mean DE"),
        ("Germny", "", "DE for Germany"),
        ("", "", "no country"),
        ("DE", "Bayer", "BY for Bayern"),
        ("DE", "ZZ", "it has BB"),
        ("LU", "XX", "no subdivisions"),
    ],
)
def test_an_unknown_place_names_the_nearest(country: str, part: str, says: str) -> None:
    with pytest.raises(BadInput, match=says):
        calendar_for(country, part)


@pytest.mark.rule("CLK-10")
def test_CLK_10_a_minute_before_midnight_counts_as_that_day() -> None:
    at = datetime(2026, 3, 5, 22, 59, tzinfo=UTC)  # 23:59 in Berlin, 22:59 in London, already Friday in Tokyo
    assert received_on(at, "Europe/Berlin") == day("2026-03-05")
    assert received_on(at + timedelta(minutes=1), "Europe/Berlin") == day("2026-03-06")
    assert received_on(at + timedelta(minutes=1), "Europe/London") == day("2026-03-05")
    assert received_on(at, "Asia/Tokyo") == day("2026-03-06")


@pytest.mark.parametrize("zone", ["Europe/Berlim", "", "../etc/passwd", "x" * 5000, "\0"])
def test_CLK_10_a_zone_that_is_none_is_refused(zone: str) -> None:
    with pytest.raises(BadInput, match="no time zone"):
        received_on(datetime(2026, 3, 5, tzinfo=UTC), zone)


def test_CLK_10_a_time_without_zone_is_refused() -> None:
    with pytest.raises(BadInput, match="offset"):
        received_on(datetime(2026, 3, 5), "Europe/Berlin")


def test_INT_9_the_earliest_receipt_drives_whatever_the_order() -> None:
    early, late = Start(day("2026-03-05"), datetime(2026, 3, 5, 9, tzinfo=UTC)), Start(day("2026-03-20"))
    both = due_dates([late, early], calendar_for("DE"))
    assert both == replace(due_dates([early], calendar_for("DE")), rules=both.rules)
    assert "INT-9" in both.rules
    assert due_dates([early], calendar_for("DE")).received_at == early.at


@pytest.mark.rule("CLK-1")
def test_the_internal_target_is_ten_working_days_and_leaves_five() -> None:
    assert counted("2026-03-05").internal_target == day("2026-03-19")
    # 20 working days asked for: the reserve of five before the hard date holds.
    long = dates_for(day("2026-02-10"), calendar_for("DE"), internal_days=20)
    assert (long.due_hard, long.internal_target) == (day("2026-03-10"), day("2026-03-03"))


def test_a_clock_without_receipt_and_days_out_of_reach_are_refused() -> None:
    with pytest.raises(BadInput, match="receipt"):
        due_dates([Extend(day("2026-03-05"))], calendar_for("DE"))
    for far in (date.min, day("2018-05-24"), date(LAST_YEAR, 12, 31), date(LAST_YEAR + 1, 1, 1), date.max):
        with pytest.raises(BadInput):
            dates_for(far, calendar_for("DE"))
    assert dates_for(day("2018-05-25"), calendar_for("DE")).due_hard == day("2018-06-25")


def test_regime_by_country() -> None:
    assert [regime_of(c) for c in ("DE", "NO", "GB", "CH")] == [Regime.EU, Regime.EU, Regime.UK, Regime.OTHER]


@pytest.mark.parametrize(("left", "text"), [(-3, "OVERDUE -3d"), (0, "TODAY"), (3, "3d left"), (12, "12d left")])
def test_traffic_light_is_text_first(left: int, text: str) -> None:
    today = day("2026-03-05")
    assert light(today + timedelta(days=left), today) == text


@pytest.mark.parametrize(
    ("left", "text"), [(9, "PAUSED 4d (hard 9d)"), (0, "PAUSED 4d (hard TODAY)"), (-2, "PAUSED 4d (hard OVERDUE -2d)")]
)
def test_a_pause_shows_the_hard_date(left: int, text: str) -> None:
    today = day("2026-03-05")
    assert paused_light(today + timedelta(days=left), today, today - timedelta(days=4)) == text


@settings(deadline=None)
@given(st.dates(date(2020, 1, 1), date(2035, 12, 31)), st.sampled_from(TEN), st.booleans())
def test_the_dates_stand_in_order(received: date, place: tuple[str, str], extended: bool) -> None:
    calendar = calendar_for(*place)
    dates = dates_for(received, calendar, regime_of(place[0]), extended=extended)
    assert received < dates.internal_target < dates.due_hard <= dates.due
    assert dates.due_nominal <= dates.due_hard
    assert calendar.is_working(dates.due_hard)
    assert calendar.is_working(dates.due)
    assert calendar.add_working(dates.internal_target, 5) <= dates.due_hard
    steps = calendar.steps(dates.due_nominal)
    assert dates.due_nominal + timedelta(days=len(steps)) == dates.due_hard
    assert all(step.reason for step in steps)


@pytest.mark.rule("CLK-12")
def test_CLK_12_thirty_days_is_a_different_rule() -> None:
    """A control: a clock that counts 30 days fails the table on these rows."""
    wrong = [
        v[0] for v in VECTORS if not v[2] and calendar_for(*v[3]).roll(day(v[1]) + timedelta(days=30)) != day(v[6])
    ]
    assert {"CLK_12_row_4", "CLK_6_row_5", "CLK_12_row_12"} <= set(wrong)


def test_the_library_is_not_imported_before_the_first_date() -> None:
    code = "import sys, services.clock.dates, services.clock.traffic; print('holidays' in sys.modules)"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "False"
