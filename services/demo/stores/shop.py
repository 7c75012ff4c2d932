"""Rows of the shop: accounts, orders and their items, invoices that the law keeps, payments."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from random import Random

from services.demo.people import Person
from services.demo.stores.sqlite_file import Rows, stamp

PRODUCTS = {
    "de": (
        "Wanderrucksack", "Kaffeemühle", "Stehlampe", "Fahrradhelm", "Wolldecke", "Teekanne", "Schreibtischuhr",
        "Gusspfanne", "Regenjacke", "Kopfhörer", "Blumenkübel", "Werkzeugkoffer",
    ),
    "en": (
        "hiking pack", "coffee grinder", "floor lamp", "cycle helmet", "wool blanket", "teapot", "desk clock",
        "cast-iron pan", "rain jacket", "headphones", "planter", "tool box",
    ),
}  # fmt: skip
METHODS = ("card", "transfer", "direct debit", "wallet")
_STATUSES = ("delivered", "delivered", "delivered", "returned")
_OLD_ORDER_DAYS = 3700


@dataclass
class _Tables:
    account: list[tuple[object, ...]] = field(default_factory=list)
    orders: list[tuple[object, ...]] = field(default_factory=list)
    order_item: list[tuple[object, ...]] = field(default_factory=list)
    invoice: list[tuple[object, ...]] = field(default_factory=list)
    payment: list[tuple[object, ...]] = field(default_factory=list)


def rows(people: Sequence[Person], rng: Random, today: date, language: str) -> Rows:
    """One account a person; most have one to three orders, some an order older than any retention duty."""
    tables = _Tables()
    for person in people:
        # Every fifth typed the address with capitals: a search must find it all the same.
        email = person.email.title() if person.number % 5 == 2 else person.email
        opened = today - timedelta(days=rng.randint(1200, 3900))
        tables.account.append((person.number + 1, person.customer_number, email, person.name, opened.isoformat(), None))
        for age in sorted(_order_ages(person, rng), reverse=True):
            _order(tables, person, rng, today - timedelta(days=age), PRODUCTS[language])
        if person.owes:
            _unpay_last(tables)
    return vars(tables)


def _order_ages(person: Person, rng: Random) -> list[int]:
    """Days since each order; a person who owes bought within the last weeks, every ninth never bought."""
    if person.owes:
        return [rng.randint(20, 80), rng.randint(200, 900)]
    if person.number % 9 == 8:
        return []
    ages = [rng.randint(10, 1000) for _ in range(rng.randint(1, 3))]
    return [*ages, _OLD_ORDER_DAYS + rng.randint(0, 300)] if person.number % 13 == 6 else ages


def _order(tables: _Tables, person: Person, rng: Random, day: date, products: Sequence[str]) -> None:
    order = len(tables.orders) + 1
    number, total = f"O{order:07d}", 0
    for line in range(1, rng.randint(1, 3) + 1):
        quantity, cents = rng.randint(1, 2), rng.randrange(495, 15_000, 5)
        total += quantity * cents
        tables.order_item.append((order, line, rng.choice(products), quantity, _money(cents)))
    gift_for = "Robin Vale" if order % 40 == 7 else None
    at = stamp(day, rng)
    tables.orders.append(
        (order, person.number + 1, number, at, at[:7], rng.choice(_STATUSES), person.city, person.street, gift_for,
         _money(total))
    )  # fmt: skip
    paid = (day + timedelta(days=rng.randint(1, 9))).isoformat()
    billing = f"{person.street}, {person.postcode} {person.city}"
    tables.invoice.append(
        (order, f"R{order:07d}", number, person.customer_number, person.name, billing, day.isoformat(), paid,
         _money(total), None)
    )  # fmt: skip
    tables.payment.append((order, order, rng.choice(METHODS), paid, _money(total), None))


def _unpay_last(tables: _Tables) -> None:
    tables.payment.pop()
    *start, _, amount, restricted = tables.invoice.pop()
    tables.invoice.append((*start, None, amount, restricted))


def _money(cents: int) -> str:
    """Text with two decimals: exact in every database."""
    return f"{cents // 100}.{cents % 100:02d}"
