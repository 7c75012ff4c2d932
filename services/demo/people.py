"""The people of the demo: invented, the same in every system and at both controllers.

Names come from Faker, drawn once into pools and combined, because one Faker call per field would take minutes.
E-mail addresses end in RFC 2606 names. Telephone numbers come from the blocks that the German and the British
regulator keep free for film and print, so a demo can never ring at somebody's home.
"""

import unicodedata
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import lru_cache
from random import Random

MOST_PEOPLE = 20_000

_LOCALES = ("de_DE", "en_GB")
_POOL = 300
_MAIL_HOSTS = ("example.com", "example.org", "example.net")
_GERMAN_BLOCKS = ("+493023125", "+496990009", "+494066969", "+492214710", "+498999998")
_BRITISH_BLOCKS = (
    "+442079460",
    *(f"+44{area}4960" for area in (113, 114, 116, 117, 118, 121, 131, 141, 151, 161)),
    "+441914980",
    "+442896496",
    "+442920180",
)
_BIRTHS_FROM = date(1940, 1, 1)
_BIRTH_DAYS = 24_000


@dataclass(frozen=True, slots=True)
class Person:
    """One invented person. `address` is a number that people of one household share; `owes` means an unpaid invoice.

    `contact_age_days` is how long ago the e-mail address was last changed (rules.md G5 blocks a change under 30).
    """

    number: int
    locale: str
    given_name: str = field(repr=False)
    family_name: str = field(repr=False)
    email: str = field(repr=False)
    phone: str = field(repr=False)
    date_of_birth: date = field(repr=False)
    customer_number: str = field(repr=False)
    street: str = field(repr=False)
    postcode: str = field(repr=False)
    city: str = field(repr=False)
    country: str
    address: int
    pin: str = field(repr=False)
    contact_age_days: int
    owes: bool

    @property
    def name(self) -> str:
        return f"{self.given_name} {self.family_name}"


@dataclass(frozen=True, slots=True)
class _Pool:
    """What the people of one country are put together from."""

    given: tuple[str, ...]
    family: tuple[str, ...]
    streets: tuple[str, ...]
    places: tuple[tuple[str, str], ...]
    country: str


def make_people(seed: int, n: int) -> list[Person]:
    """`n` people (at most 20,000), German and British in turn; equal seeds give equal people, fewer are a prefix."""
    # Not for secrets: a demo must come out the same each time.
    rng = Random(f"people/{seed}")  # noqa: S311
    people: list[Person] = []
    for number in range(min(n, MOST_PEOPLE)):
        household = people[number - 2] if number >= 2 and rng.random() < 0.12 else None
        people.append(_person(number, seed, rng, household))
    return people


def _person(number: int, seed: int, rng: Random, household: Person | None) -> Person:
    locale = _LOCALES[number % 2]
    pool = _pool(locale, seed)
    given, family = rng.choice(pool.given), household.family_name if household else rng.choice(pool.family)
    postcode, city = rng.choice(pool.places)
    street = f"{rng.choice(pool.streets)} {rng.randint(1, 180)}"
    if locale == "en_GB":
        street = " ".join(reversed(street.rsplit(" ", 1)))
    return Person(
        number=number,
        locale=locale,
        given_name=given,
        family_name=family,
        email=f"{_ascii(given)}.{_ascii(family)}{number}@{_MAIL_HOSTS[number % 3]}",
        phone=_phone(locale, number // 2),
        date_of_birth=_BIRTHS_FROM + timedelta(days=rng.randrange(_BIRTH_DAYS)),
        customer_number=f"K{100_000 + number}",
        street=household.street if household else street,
        postcode=household.postcode if household else postcode,
        city=household.city if household else city,
        country=pool.country,
        address=household.address if household else number + 1,
        pin=f"{rng.randrange(10_000):04d}",
        contact_age_days=rng.randint(1, 25) if number % 11 == 5 else rng.randint(60, 1500),
        owes=number % 7 == 3,
    )


def _phone(locale: str, place: int) -> str:
    """The number at `place` in the free blocks: 10,000 places a German block (with extension), 1,000 a British one."""
    blocks, size = (_GERMAN_BLOCKS, 10_000) if locale == "de_DE" else (_BRITISH_BLOCKS, 1_000)
    return f"{blocks[place % len(blocks)]}{place // len(blocks) % size:0{len(str(size - 1))}d}"


def _ascii(name: str) -> str:
    """`name` as the local part of an address: letters a-z only."""
    spelled = name.lower().translate({0xE4: "ae", 0xF6: "oe", 0xFC: "ue", 0xDF: "ss"})
    plain = unicodedata.normalize("NFKD", spelled).encode("ascii", "ignore").decode()
    return "".join(c for c in plain if c.isalpha())


@lru_cache(maxsize=8)
def _pool(locale: str, seed: int) -> _Pool:
    from faker import Faker

    fake = Faker(locale)
    fake.seed_instance(f"{locale}/{seed}")
    return _Pool(
        given=tuple(fake.first_name() for _ in range(_POOL)),
        family=tuple(fake.last_name() for _ in range(_POOL)),
        streets=tuple(fake.street_name() for _ in range(_POOL)),
        places=tuple((fake.postcode(), fake.city()) for _ in range(_POOL // 2)),
        country=locale[-2:],
    )
