"""What moves the clock: questions, answers, fees, extensions, receipts; and what does not (rules.md 2.2, 2.6)."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from services.clock.breach import breach_end, hours_left
from services.clock.calendar import calendar_for
from services.clock.dates import Accept, Answer, ClockEvent, DueDates, Extend, Start, due_dates, no_extension_because
from services.clock.rules import rules_for
from services.clock.traffic import light_of
from services.clock.waits import GROUNDS, Question, no_pause_because
from services.errors import BadInput
from services.types import Regime, Wait

RECEIVED = date(2026, 6, 10)
HARD = date(2026, 7, 10)
BERLIN = ZoneInfo("Europe/Berlin")


def june(day: int) -> date:
    return date(2026, 6, day)


def question(asked: int, answered: int | None = None, what: Wait = Wait.IDENTITY, **more: object) -> Question:
    end = june(answered) if answered else None
    return Question(what, june(asked), end, **{"ground": GROUNDS[what][0], **more})  # type: ignore[arg-type]


def eu(*events: ClockEvent) -> DueDates:
    return due_dates([Start(RECEIVED), *events], calendar_for("DE"))


def uk(*events: ClockEvent) -> DueDates:
    return due_dates([Start(RECEIVED), *events], calendar_for("GB", "ENG"), Regime.UK)


@pytest.mark.rule("INT-3")
def test_INT_3_no_event_but_those_of_the_law_moves_a_date() -> None:
    answer = Answer(datetime(2026, 6, 20, tzinfo=UTC))
    for nothing in (Start(june(20)), answer, Accept("x"), question(10, 22, ground="")):
        found = eu(nothing)
        assert (found.due, found.due_hard, found.notice_by_extension) == (HARD, HARD, HARD)
    assert eu(Start(june(9))).due == date(2026, 7, 9), "the control"


@pytest.mark.rule("SUS-1", "SUS-2", "SUS-4")
def test_SUS_row_15_both_dates_and_the_hard_one_leads_until_a_lead_accepts() -> None:
    found = eu(question(10, 22))
    assert (found.due_hard, found.due_susp, found.paused_days) == (HARD, date(2026, 7, 22), 12)
    assert (found.due, found.notice_by_extension, found.notice_by_refusal) == (HARD, HARD, HARD)
    assert {"SUS-1", "SUS-2", "SUS-3", "SUS-4"} <= set(found.rules)
    accepted = eu(question(10, 22), Accept("identity-needed"))
    assert (accepted.due, accepted.due_hard) == (date(2026, 7, 22), HARD)
    assert accepted.notice_by_refusal == HARD, "in the EU a refusal is told within the month all the same"


@pytest.mark.rule("UK-12A")
def test_UK_row_15_identity_restarts_and_a_clarification_pauses() -> None:
    restart = uk(question(10, 22))
    assert (restart.start_on, restart.due_hard, restart.due_susp) == (june(22), HARD, date(2026, 7, 22))
    pause = uk(question(10, 22, Wait.CLARIFICATION))
    assert (pause.start_on, pause.due_susp, pause.paused_days) == (RECEIVED, date(2026, 7, 22), 12)
    for found in (restart, pause):
        assert (found.notice_by_extension, found.notice_by_refusal) == (date(2026, 7, 22), date(2026, 7, 22))
        assert found.due == HARD, "until a lead accepted it"
        assert "UK-12A" in found.rules


@pytest.mark.rule("UK-12A")
def test_UK_row_15b_both_days_of_a_clarification_do_not_count() -> None:
    found = uk(question(15, 22, Wait.CLARIFICATION))
    assert (found.paused_days, found.due_susp) == (8, date(2026, 7, 20))
    assert eu(question(15, 22, Wait.CLARIFICATION)).due_susp is None, "in the EU it was asked too late"


@pytest.mark.rule("CLK-4", "UK-12A")
def test_UK_the_months_of_an_extension_begin_with_the_relevant_day() -> None:
    extended = uk(question(10, 22), Extend(date(2026, 7, 22)))
    assert (extended.due_extended, extended.due_susp) == (date(2026, 9, 10), date(2026, 9, 22))
    assert extended.notice_by_refusal == date(2026, 9, 22)
    assert uk(question(10, 22), Extend(date(2026, 7, 23))).due_extended is None
    assert eu(question(10, 22), Extend(date(2026, 7, 13))).due_extended is None, "in the EU the hard date holds"


def test_the_uk_counted_like_the_eu_before_its_own_law() -> None:
    asked = Question(Wait.IDENTITY, date(2025, 6, 10), date(2025, 6, 20), "identity-doubt")
    found = due_dates([Start(date(2025, 6, 10)), asked], calendar_for("GB", "ENG"), Regime.UK)
    assert (found.start_on, found.paused_days, "UK-12A" in found.rules) == (date(2025, 6, 10), 10, False)


@pytest.mark.rule("SUS-3")
@pytest.mark.parametrize(
    ("asked", "why"),
    [
        (question(13, 23), ""),
        (question(14, 24), "4 days after receipt, more than 3"),
        (question(10, 20, ground=""), "no ground"),
        (question(10, 20, ground="large-quantity"), "no ground"),
        (question(10, 20, fair=False), "more than it needed"),
        (question(9, 19), "before the request came"),
    ],
)
def test_SUS_3_a_question_stops_the_clock_only_with_a_ground_in_time_and_proportion(asked: Question, why: str) -> None:
    found = eu(asked, Accept("x"))
    assert (found.due_susp is None) == bool(why)
    assert why in " ".join(found.not_paused)
    assert found.due == (HARD if why else date(2026, 7, 20))


@pytest.mark.rule("SUS-3")
def test_SUS_3_the_days_to_ask_are_the_controllers_and_stand_in_the_dated_table() -> None:
    late = question(14)
    assert no_pause_because(late, RECEIVED, rules_for(Regime.EU, RECEIVED), 5) == ""
    assert no_pause_because(late, RECEIVED, rules_for(Regime.EU, RECEIVED), 0) != ""
    assert rules_for(Regime.UK, RECEIVED).ask_days is None


@pytest.mark.rule("SUS-4")
def test_SUS_4_days_add_up_and_overlapping_ones_count_once() -> None:
    identity, scope = question(10, 15), question(12, 20, Wait.CLARIFICATION)
    assert eu(identity, scope).paused_days == 10
    assert eu(scope, identity).due_susp == HARD + timedelta(days=10)
    assert eu(identity, question(13, 14, Wait.FEE)).paused_days == 5, "one within the other"
    assert eu(question(10, 11), question(12, 14)).paused_days == 3
    assert eu(question(10, 10)).due_susp == HARD, "answered the same day"


@pytest.mark.rule("SUS-5")
def test_SUS_5_an_open_question_counts_to_the_next_day_to_ask_again() -> None:
    for chased, days in (((), 7), ((17,), 14), ((17, 24), 21), ((20,), 17), ((17, 28), 25)):
        found = eu(question(10, chased=tuple(june(day) for day in chased)))
        assert (found.chase_on, found.paused_on) == (june(10) + timedelta(days=days), june(10))
        assert found.due_susp == calendar_for("DE").roll(HARD + timedelta(days=days))
    assert eu(question(10, 12)).chase_on is None
    late = eu(question(16))
    assert (late.paused_on, late.chase_on) == (None, june(23)), "it stops no clock, and is asked again all the same"


@pytest.mark.rule("SUS-6")
def test_SUS_6_a_fee_restarts_in_the_UK_and_pauses_elsewhere() -> None:
    fee = question(11, 22, Wait.FEE)
    assert (uk(fee).start_on, uk(fee).due_susp) == (june(22), date(2026, 7, 22))
    assert (eu(fee).start_on, eu(fee).due_susp, eu(fee).paused_days) == (RECEIVED, date(2026, 7, 21), 11)
    assert "SUS-6" in eu(fee).rules
    assert "SUS-1" not in eu(fee).rules


@pytest.mark.rule("SUS-2")
def test_the_light_of_a_pause_shows_the_hard_date_and_ends_with_the_answer() -> None:
    assert light_of(eu(question(10)), june(14)) == "PAUSED 4d (hard 26d)"
    assert light_of(eu(question(10, 12)), june(14)) == "26d left"
    assert light_of(eu(question(10, 22), Accept("x")), june(30)) == "22d left"
    assert light_of(eu(question(16)), june(17)) == "23d left", "it stops no clock"


@pytest.mark.rule("CLK-2")
def test_CLK_2_no_extension_after_its_last_day() -> None:
    assert no_extension_because(eu(question(10, 22)), HARD) == ""
    after = no_extension_because(eu(question(10, 22), Accept("x")), HARD + timedelta(1))
    assert after == "the notice had to go out by 2026-07-10"
    assert no_extension_because(uk(question(10, 22)), date(2026, 7, 22)) == ""


def test_an_answer_before_its_question_and_days_out_of_reach_are_refused() -> None:
    with pytest.raises(BadInput, match="after its question"):
        question(12, 11)
    for asked, answered in ((date.max, None), (june(10), date(2100, 1, 1)), (date(9999, 1, 1), date.max)):
        with pytest.raises(BadInput, match="2099"):
            Question(Wait.FEE, asked, answered)


@pytest.mark.rule("CLK-13")
@pytest.mark.parametrize(
    ("aware", "safe", "latest"),
    [
        (datetime(2026, 11, 20, 16, 20), datetime(2026, 11, 23, 16, 20), datetime(2026, 11, 23, 17, 0)),
        (datetime(2026, 12, 24, 9, 0), datetime(2026, 12, 27, 9, 0), datetime(2026, 12, 27, 9, 0)),
        (datetime(2026, 3, 28, 12, 0), datetime(2026, 3, 31, 13, 0), datetime(2026, 3, 31, 13, 0)),
        (datetime(2026, 10, 24, 12, 1), datetime(2026, 10, 27, 11, 1), datetime(2026, 10, 27, 12, 0)),
    ],
    ids=["row 16", "over Christmas and a Sunday", "an hour is skipped", "an hour comes twice"],
)
def test_CLK_13_72_real_hours_through_weekends_and_holidays(aware: datetime, safe: datetime, latest: datetime) -> None:
    found = breach_end(aware.replace(tzinfo=BERLIN), "Europe/Berlin")
    assert (found.safe.replace(tzinfo=None), found.latest.replace(tzinfo=None)) == (safe, latest)
    assert found.safe.astimezone(UTC) - found.aware_at.astimezone(UTC) == timedelta(hours=72)


def test_the_hours_left_of_a_breach() -> None:
    end = breach_end(datetime(2026, 11, 20, 16, 20, tzinfo=BERLIN), "Europe/Berlin")
    told = {hours: hours_left(end, end.safe - timedelta(hours=hours)) for hours in (72, 71.5, 0.7, -0.1, -30)}
    assert told == {72: "72 h left", 71.5: "71 h left", 0.7: "42 min left", -0.1: "OVERDUE -1 h", -30: "OVERDUE -30 h"}


def test_a_breach_needs_a_time_with_its_zone() -> None:
    with pytest.raises(BadInput, match="offset"):
        breach_end(datetime(2026, 11, 20, 16, 20), "Europe/Berlin")
    with pytest.raises(BadInput, match="zone"):
        breach_end(datetime(2026, 11, 20, 16, 20, tzinfo=UTC), "Nowhere")
