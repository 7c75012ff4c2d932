"""The clock against a slow second opinion that shares no arithmetic with it: it walks from day to day."""

import random
from datetime import date, timedelta
from functools import cache

import holidays
import pytest

from services.clock.calendar import Calendar, calendar_for
from services.clock.dates import Accept, Extend, Start, dates_for, due_dates
from services.clock.rules import regime_of
from services.clock.waits import GROUNDS, Question, days_paused
from services.types import Regime, Wait

COUNTRIES = ("AT", "BE", "DE", "ES", "FR", "GB", "IE", "IT", "NL", "PL")
FIRST, AFTER = date(2020, 1, 1), date(2036, 1, 1)
DAYS = tuple(FIRST + timedelta(days=n) for n in range((AFTER - FIRST).days))
ONE = timedelta(days=1)
BY_LAW_FROM = date(2026, 2, 5)

Place = tuple[str, str]


def places(country: str) -> list[Place]:
    """A country and each of its parts; GB has no days without a part."""
    parts = [(country, part) for part in holidays.country_holidays(country).subdivisions]
    return parts if country == "GB" else [(country, ""), *parts]


@cache
def slow_month_end(received: date, months: int) -> date:
    walked, left, last_in_month = received, months, received
    while left >= 0:
        last_in_month = walked
        walked += ONE
        if walked.day == 1:
            left -= 1
        elif left == 0 and walked.day > received.day:
            break
    return last_in_month


@cache
def slow_holidays(place: Place, year: int) -> frozenset[date]:
    country, part = place
    listed = holidays.country_holidays(country, subdiv=part or None, years=year, language="en_US")
    wrong = {"NL": "Good Friday"}.get(country, "no such name")
    return frozenset(d for d, name in listed.items() if wrong not in name)


def slow_roll(end: date, place: Place) -> date:
    while end.isoweekday() in (6, 7) or end in slow_holidays(place, end.year):
        end += ONE
    return end


@cache
def asked(received: date) -> tuple[Question, ...]:
    """Up to three questions of that day's own, some put too late, some overlapping, some for nothing."""
    dice = random.Random(received.toordinal())
    made = []
    for _ in range(dice.randint(0, 3)):
        what = dice.choice(list(Wait))
        on = received + timedelta(days=dice.randint(0, 5))
        answer = on + timedelta(days=dice.randint(0, 30))
        made.append(Question(what, on, answer, dice.choice([*GROUNDS[what], ""]), dice.random() < 0.9))
    return tuple(made)


@cache
def slow_paused(received: date, by_law: bool) -> tuple[date, int, bool]:
    """(where the month begins, days that do not count, whether any question counts), a day at a time."""
    count = [q for q in asked(received) if q.ground and q.fair and (by_law or q.asked <= received + 3 * ONE)]
    start = received
    for q in count:
        if by_law and q.what != "clarification" and q.answered and q.answered > start:
            start = q.answered
    days, day = 0, received
    while day < received + 60 * ONE:
        if by_law:
            days += day > start and any(q.asked <= day <= q.until for q in count if q.what == "clarification")
        else:
            days += any(q.asked <= day < q.until for q in count)
        day += ONE
    return start, days, bool(count)


def check(received: date, place: Place, calendar: Calendar) -> None:
    """Every date of that day there, with what was asked and an extension that left on the last day."""
    regime = regime_of(place[0])
    plain = dates_for(received, calendar, regime, extended=True)
    hard, longer = (slow_roll(slow_month_end(received, months), place) for months in (1, 3))
    told = (plain.due_nominal, plain.due_hard, plain.due_extended)
    assert told == (slow_month_end(received, 1), hard, longer), (received, place)
    by_law = regime is Regime.UK and received >= BY_LAW_FROM
    start, days, counts = slow_paused(received, by_law)
    one, three = (slow_roll(slow_month_end(start, months) + days * ONE, place) for months in (1, 3))
    last = one if by_law else hard
    for notice, wanted, base in ((last, three, longer), (last + ONE, one, hard)):
        found = due_dates([Start(received), *asked(received), Extend(notice), Accept("x")], calendar, regime)
        assert found.due == (wanted if counts else base), (received, place, notice)
        assert found.due_hard == hard
        assert (found.due_susp is None) == (not counts)
        assert found.notice_by_extension == last


def test_CLK_and_SUS_a_sample_of_days_in_ten_countries_and_their_regions() -> None:
    dice = random.Random(20_20_20_35)
    everywhere = [place for country in COUNTRIES for place in places(country)]
    assert len(everywhere) > 150
    for place in dice.sample(everywhere, 24):
        calendar = calendar_for(*place, regional=True)
        for received in dice.sample(DAYS, 15):
            check(received, place, calendar)


@pytest.mark.rule("CLK-5", "CLK-6", "CLK-7", "CLK-11", "SUS-4")
@pytest.mark.parametrize("place", [("DE", ""), ("GB", "ENG")], ids="-".join)
def test_CLK_and_SUS_every_23rd_day_of_sixteen_years(place: Place) -> None:
    calendar = calendar_for(*place, regional=True)
    for received in DAYS[::23]:
        check(received, place, calendar)


AT_ONCE = 10


@pytest.mark.long
@pytest.mark.rule("CLK-7", "CLK-8")
@pytest.mark.parametrize(
    ("country", "first"), [(one, n) for one in COUNTRIES for n in range(0, len(places(one)), AT_ONCE)]
)
def test_CLK_and_SUS_every_day_of_sixteen_years_in_a_country_and_its_regions(country: str, first: int) -> None:
    for place in places(country)[first : first + AT_ONCE]:
        calendar = calendar_for(*place, regional=True)
        for received in DAYS:
            check(received, place, calendar)


def some_days() -> None:
    dates_for.cache_clear()
    calendar = calendar_for("DE")
    for received in DAYS[::5]:
        check(received, ("DE", ""), calendar)


@pytest.mark.parametrize("wrong", ["no roll", "an overlap twice", "a day too many"])
def test_control_the_second_opinion_can_disagree(wrong: str, monkeypatch: pytest.MonkeyPatch) -> None:
    days = "services.clock.dates.days_paused"
    if wrong == "no roll":
        monkeypatch.setattr(Calendar, "roll", lambda self, day: day)
    elif wrong == "an overlap twice":
        monkeypatch.setattr(days, lambda asked, start, rules: sum((q.until - q.asked).days for q in asked))
    else:
        monkeypatch.setattr(days, lambda asked, start, rules: days_paused(asked, start, rules) + 1)
    with pytest.raises(AssertionError):
        some_days()
    dates_for.cache_clear()
