"""Rows of the newsletter: subscribers with the state of each consent, and what was sent and opened."""

from collections.abc import Sequence
from datetime import date, timedelta
from random import Random

from services.demo.people import Person
from services.demo.stores.sqlite_file import Rows, stamp

TEXT_VERSION = "2025-11"
_CONSENTS = 3


def rows(people: Sequence[Person], rng: Random, today: date, campaigns: Sequence[str]) -> Rows:
    """Three of four people subscribed; each consent is given, withdrawn again or was never given."""
    subscribers: list[tuple[object, ...]] = []
    mailings: list[tuple[object, ...]] = []
    for person in people:
        if person.number % 4 == 3:
            continue
        key = len(subscribers) + 1
        signed_up = today - timedelta(days=rng.randint(200, 2000))
        language = person.locale[:2]
        consents = [_consent(rng, signed_up, today, first=place == 0) for place in range(_CONSENTS)]
        subscribers.append(
            (
                key,
                person.email,
                person.name,
                language,
                stamp(signed_up, rng),
                *(c for cs in consents for c in cs),
                None,
                None,
            )
        )
        for campaign in campaigns[: rng.randint(0, len(campaigns))]:
            at = stamp(today - timedelta(days=rng.randint(3, 190)), rng)
            opened = at if rng.random() < 0.5 else None
            mailings.append((len(mailings) + 1, key, campaign, at, opened, opened if rng.random() < 0.2 else None))
    return {"subscriber": subscribers, "mailing": mailings}


def _consent(rng: Random, since: date, today: date, *, first: bool) -> tuple[str | None, str | None, str | None]:
    """Given, withdrawn, text version; the newsletter itself was always given once."""
    if not first and rng.random() < 0.5:
        return None, None, None
    given = stamp(since, rng)
    days = (today - since).days
    withdrawn = stamp(since + timedelta(days=rng.randrange(1, days)), rng) if rng.random() < 0.15 else None
    return given, withdrawn, TEXT_VERSION
