"""Comparing what a caller says: forgiving in form, strict in content, a yes or a no and nothing else."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from argon2 import PasswordHasher
from babel.dates import get_month_names
from hypothesis import assume, given, settings, strategies as st

from services.identity.compare import _KINDS, MAX_ANSWER, amount_of, same
from services.identity.said_date import month_named, said_date

CHEAP = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
CHEAP_HASH = CHEAP.hash("4711")
DAYS = st.dates(date(1900, 1, 1), date(2026, 12, 31))


@pytest.mark.parametrize(
    ("given_", "expected"),
    [
        ("müller", "Müller"),
        ("MUELLER", "Müller"),
        ("Muller", "Müller"),
        ("Mu\u0308ller", "Müller"),
        ("strasse", "Straße"),
        ("Straße", "STRASSE"),
        ("  São   Paulo ", "Sao Paulo"),
        ("Lodz", "Łódź"),
        ("Aarhus", "Århus"),
        ("Koebenhavn", "København"),
        ("Saint-Étienne", "saint etienne"),
        ("ﬁsh", "fish"),
        ("Αθήνα", "ΑΘΗΝΑ"),
    ],
)
def test_text_forgives_case_accents_and_blanks(given_: str, expected: str) -> None:
    assert same("text", given_, expected)
    assert same("text", expected, given_)


@pytest.mark.parametrize(("given_", "expected"), [("Miller", "Müller"), ("Mull", "Müller"), ("", "x"), ("x", "")])
def test_text_stays_strict_in_content(given_: str, expected: str) -> None:
    assert not same("text", given_, expected)


@pytest.mark.parametrize("kind", sorted(_KINDS))
@pytest.mark.parametrize("nothing", ["", " ", "-", "\0", "()", "\u200b"])
def test_nothing_is_never_the_same_as_nothing(kind: str, nothing: str) -> None:
    assert same(kind, nothing, nothing) is False
    assert same(kind, nothing, None) is False
    assert same(kind, "None", None) is False


ANY_TEXT = st.text(st.characters(exclude_categories=[]), max_size=60)  # lone surrogates too: a terminal can send them


@pytest.mark.rule("G3")
@pytest.mark.parametrize("kind", sorted(_KINDS))
@settings(deadline=None)
@given(ANY_TEXT, ANY_TEXT)
def test_whatever_is_said_the_answer_is_a_bool(kind: str, given_: str, expected: str) -> None:
    wanted = CHEAP_HASH if kind == "pin-hash" else expected.encode("utf-8", "ignore").decode()
    assert same(kind, given_, wanted, "DE") in (True, False)


@pytest.mark.parametrize("kind", ["text", "date", "postcode", "amount", "customer-number"])
def test_an_endless_answer_is_no_answer(kind: str) -> None:
    assert not same(kind, "1" * 10_000_000, "1")
    assert not same("text", "a" * (MAX_ANSWER + 1), "a" * (MAX_ANSWER + 1))
    assert same("text", "a" * MAX_ANSWER, "a" * MAX_ANSWER)


def test_an_unknown_kind_is_an_error_of_ours() -> None:
    with pytest.raises(KeyError):
        same("smell", "a", "a")


MONTHS_DE = [f"{get_month_names('wide', locale='de')[n]}" for n in range(1, 13)]
MONTHS_EN = [f"{date(2000, n, 1):%B}" for n in range(1, 13)]
DAY_FIRST = [
    lambda d: f"{d.day}.{d.month}.{d.year}",
    lambda d: f"{d.day:02}/{d.month:02}/{d.year}",
    lambda d: f"{d.day}. {MONTHS_DE[d.month - 1]} {d.year}",
    lambda d: f"{d.day}. {MONTHS_DE[d.month - 1][:3]} {d.year}",
    lambda d: f"{d:%d%m%Y}",
    lambda d: f"{d.day} {d.month} {d.year % 100:02}",
    lambda d: f"{d:%d%m}{d.year % 100:02}",
]
ANY_ORDER = [
    lambda d: d.isoformat(),
    lambda d: f"{d.year} {d.month} {d.day}",
    lambda d: f"{d.day} {MONTHS_EN[d.month - 1]} {d.year}",
    lambda d: f"the {d.day}th of {MONTHS_EN[d.month - 1].upper()}, {d.year}",
    lambda d: f"{MONTHS_EN[d.month - 1]} {d.day}, {d.year}",
    lambda d: f"{d.day} {MONTHS_EN[d.month - 1][:3]} {d.year % 100:02}",
]


@settings(deadline=None)
@given(DAYS, st.sampled_from(DAY_FIRST + ANY_ORDER), st.integers(1, 4000))
def test_a_date_may_be_said_in_many_ways_and_no_other_day_is_taken(day: date, say, off: int) -> None:  # type: ignore[no-untyped-def]
    assert same("date", say(day), day.isoformat(), "DE")
    assert same("date", say(day), f"{day} 00:00:00", "DE")
    assert not same("date", say(day + timedelta(days=off)), day.isoformat(), "DE")


@settings(deadline=None)
@given(DAYS)
def test_the_order_is_by_country_and_only_one_is_tried(day: date) -> None:
    said = f"{day.month}/{day.day}/{day.year}"
    assert same("date", said, day.isoformat(), "US")
    assume(day.day != day.month)
    assert not same("date", said, day.isoformat(), "GB")


@pytest.mark.parametrize(
    "said", ["31.2.1980", "5.3", "5.3.980", "1980", "32/1/1980", "5 Foo 1980", "5 March April 1980", "5.3.1980.1", "²"]
)
def test_what_is_no_date_is_none(said: str) -> None:
    assert said_date(said, "DE") is None


def test_months_in_several_languages() -> None:
    assert [month_named(w) for w in ("marz", "mars", "marzo", "maart", "march", "dez", "sept", "mai")] == [
        *([3] * 5),
        *(12, 9, 5),
    ]
    assert month_named("ju") == month_named("j") == month_named("jul1") == 0


@pytest.mark.parametrize(
    ("given_", "expected", "yes"),
    [
        ("10115", "10115", True),
        ("D-10115", "10115", True),
        ("DE 10115", "10115", True),
        ("sw1a1aa", "SW1A 1AA", True),
        ("1234 ab", "1234AB", True),
        ("00950", "00-950", True),
        ("1067", "01067", False),
        ("SW1A 1AB", "SW1A 1AA", False),
        ("1A 1AA", "SW1A 1AA", False),
    ],
)
def test_postcode(given_: str, expected: str, yes: bool) -> None:
    assert same("postcode", given_, expected) is yes


@pytest.mark.parametrize(
    ("said", "amount"),
    [
        ("49,90", "49.90"),
        ("49.90 €", "49.90"),
        ("€49.9", "49.90"),
        ("EUR 49", "49"),
        ("49 euros", "49"),
        ("1.234,56", "1234.56"),
        ("1,234.56", "1234.56"),
        ("1 234,56", "1234.56"),
        ("1'234.50 CHF", "1234.50"),
        ("1.234", "1234"),
        ("1,234,567", "1234567"),
        ("12.345.678,90", "12345678.90"),
        ("-5,00", "-5"),
    ],
)
def test_amount(said: str, amount: str) -> None:
    assert same("amount", said, Decimal(amount))
    assert same("amount", said, amount)
    assert not same("amount", said, Decimal(amount) + Decimal("0.01"))


@pytest.mark.parametrize("said", ["", "about", "49,901,2", "1.23.45", "1,2345", "4 or 5", "49-50", "1.234.56,7", "€"])
def test_what_is_no_amount_is_none(said: str) -> None:
    assert amount_of(said) is None


@settings(deadline=None)
@given(st.decimals(0, 9_999_999, places=2), st.sampled_from([",.", ".,", " ,", "'."]))
def test_an_amount_in_any_grouping(amount: Decimal, marks: str) -> None:
    said = f"{amount:,.2f}".replace(",", "x").replace(".", marks[1]).replace("x", marks[0])
    assert amount_of(said) == amount


def test_customer_number() -> None:
    assert same("customer-number", "k 100-042", "K100042")
    assert not same("customer-number", "K100043", "K100042")
    assert same("customer-number", "007", 7) is False


@pytest.mark.rule("PIN")
def test_PIN_against_its_hash_only() -> None:
    kept = CHEAP.hash("4711")
    assert same("pin-hash", "4711", kept)
    assert same("pin-hash", " 47 11 ", kept)
    assert not same("pin-hash", "4712", kept)
    assert not same("pin-hash", kept, kept)
    assert not same("pin-hash", "4711", "4711")
    assert not same("pin-hash", "", CHEAP.hash(""))
    assert not same("pin-hash", "4711", None)
