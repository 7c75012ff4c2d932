"""Consent written into real databases and read back; what an identity check may ask, from the same rows."""

from datetime import UTC, datetime

import pytest

from services.fulfilment.consent import read_consent, write_consent
from services.fulfilment.factors import contact_points, factors
from services.fulfilment.find import find
from tests.shop import ADA, DATABASES, Shop, open_shop

shop = pytest.fixture(params=DATABASES)(open_shop)


@pytest.mark.rule("ART-7-1")
def test_consent_is_written_and_read_back(shop: Shop) -> None:
    at = datetime(2026, 3, 5, 9, 30, tzinfo=UTC)
    assert [s.given for s in read_consent(shop.system, shop.connector, "mail", ADA)] == [True]
    assert write_consent(shop.system, shop.connector, "mail", False, ADA, at) == 1
    (state,) = read_consent(shop.system, shop.connector, "mail", ADA)
    assert (state.given, state.since) == (False, "2026-03-05 09:30:00")
    assert write_consent(shop.system, shop.connector, "mail", True, ADA, at, text="v2") == 1
    assert [s.given for s in read_consent(shop.system, shop.connector, "mail", ADA)] == [True]
    assert shop.run("SELECT version FROM news WHERE mail = 'ada@x.org'") == [("v2",)]
    assert write_consent(shop.system, shop.connector, "sms", False, ADA, at) == 1
    assert [s.given for s in read_consent(shop.system, shop.connector, "sms", ADA)] == [False]
    assert shop.run("SELECT given_at, sms FROM news WHERE mail = 'bob@x.org'") == [(None, 0)]
    assert write_consent(shop.system, shop.connector, "post", False, ADA, at) == 0
    assert write_consent(shop.system, shop.connector, "mail", False, {"email": ["eve@x.org"]}, at) == 0


def test_factors_and_contact_points_come_from_the_persons_own_rows(shop: Shop) -> None:
    found = find(shop.graph, {"s": shop.connector}, ADA)
    known = {f.key: f for f in factors(found, shop.graph)}
    assert known["d.person.name"].values == ("Ada", "Ada Lo")
    assert known["d.orders.day"].value == "2021-01-01"
    assert {c.value for c in contact_points(found, shop.graph)} == {"Ada@x.org", "ada@x.org"}
    assert "Ada" not in repr((factors(found, shop.graph), contact_points(found, shop.graph)))
