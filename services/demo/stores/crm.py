"""Rows of the customer system: who people are, how to reach them, the service PIN."""

from collections import Counter
from collections.abc import Sequence
from datetime import date, timedelta
from random import Random

from argon2 import PasswordHasher

from services.demo.people import Person
from services.demo.stores.sqlite_file import Rows, stamp

# The cheapest parameters argon2 allows (40 µs instead of 40 ms a hash): these PINs are invented, and 40,000 of them
# must be hashed while somebody waits. A real system keeps argon2's defaults; the check reads the parameters
# from the hash, so it works with either.
_HASHER = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)


def rows(people: Sequence[Person], rng: Random, today: date) -> Rows:
    """Customers, shared households, e-mail addresses and telephones with the time of their last change."""
    homes = Counter(p.address for p in people)
    shared = {p.address: p for p in people if homes[p.address] > 1}
    return {
        "household": [(key, p.street, p.city, "ring twice" if key % 4 else None) for key, p in shared.items()],
        "customer": [_customer(p, p.address if p.address in shared else None, rng, today) for p in people],
        "contact_email": [_contact(p, p.email, p.contact_age_days, rng, today) for p in people],
        "contact_phone": [_contact(p, p.phone, rng.randint(90, 1500), rng, today) for p in people],
    }


def _contact(person: Person, value: str, age_days: int, rng: Random, today: date) -> tuple[object, ...]:
    return person.number + 1, person.number + 1, value, stamp(today - timedelta(days=age_days), rng)


def _customer(person: Person, household: int | None, rng: Random, today: date) -> tuple[object, ...]:
    salt, joined = rng.randbytes(16), today - timedelta(days=rng.randint(1500, 4000))
    return (
        person.number + 1,
        person.customer_number,
        person.given_name,
        person.family_name,
        person.date_of_birth.isoformat(),
        person.street,
        person.postcode,
        person.city,
        person.country,
        _HASHER.hash(person.pin, salt=salt),
        household,
        joined.isoformat(),
        rng.randint(1, 100),
        None,
        f"{joined.isoformat()} 09:00:00",
    )
