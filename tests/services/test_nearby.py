"""Records that are only like the person's: what is proposed and why, what is not, and how much is asked for it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from services.connectors.registry import open_connector
from services.fulfilment.find import find
from services.fulfilment.found import Found
from services.fulfilment.nearby import MOST, MOST_ROWS, Nearby, look_nearby
from services.fulfilment.persons import Choice
from tests.shop import DATABASES, Shop, open_shop

KEY = b"n" * 32
DATASET = """\
dataset:
  - fides_key: d
    collections:
      - name: client
        fields:
          - {name: id, fides_meta: {primary_key: true}}
          - {name: number, data_categories: [user.unique_id], fides_meta: {identity: customer_number}}
          - {name: mail, data_categories: [user.contact.email], fides_meta: {identity: email}}
          - {name: phone, data_categories: [user.contact.phone_number], fides_meta: {identity: phone_number}}
          - {name: first, data_categories: [user.name.first]}
          - {name: last, data_categories: [user.name.last]}
          - {name: born, data_categories: [user.demographic.date_of_birth]}
          - {name: code, data_categories: [user.contact.address.postal_code]}
          - {name: secret, data_categories: [user.content.private]}
"""
TABLE = """CREATE TABLE client (id INTEGER PRIMARY KEY, number VARCHAR(20), mail VARCHAR(60), phone VARCHAR(30),
 first VARCHAR(40), last VARCHAR(60), born DATE, code VARCHAR(12), secret VARCHAR(40))"""
ME = (1, "N1", "Karin.Meier@x.org", "+49 30 1234567", "Karin", "Meier", "1980-02-03", "10115")
LIKE_ME = [
    (2, "N2", "karin.meyer@x.org", None, "Karin", "Meyer", None, None),  # a letter of the address, of the name
    (3, "N3", "km@y.org", "030 1234567", "K.", "Meier", None, None),  # the telephone on file
    (4, "N4", "k@y.org", None, "Carin", "Meier", "1980-02-03", None),  # born on the same day
    (5, "N5", "c@z.org", None, "Karin", "Maier", None, "10115"),  # at the same postcode
]
NOT_ME = [
    (20, "N20", "karin.meiers@x.org", None, "Klaus", "Fuchs", None, None),  # a slip, and somebody else's name
    (21, "N21", "i@y.org", "030 1234567", "Ines", "Wolf", None, None),  # the same telephone, another name
    (22, "N22", "s@y.org", None, "Susi", "Blau", "1980-02-03", None),  # born on the same day, no more
    (23, "N23", "k2@y.org", None, "Karin", "Maier", "1999-09-09", "10115"),  # the date of birth says no
    (24, None, None, None, "Karin", "Meyer", "1980-02-03", None),  # nothing to find them by again
]


@pytest.fixture
def shop(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Shop]:
    yield from _with_clients(request, tmp_path, "sqlite")


@pytest.fixture(params=DATABASES)
def every(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Shop]:
    yield from _with_clients(request, tmp_path, request.param)


def _with_clients(request: pytest.FixtureRequest, tmp_path: Path, kind: str) -> Iterator[Shop]:
    request.param = kind
    for base in open_shop(request, tmp_path):
        base.run(TABLE)
        yield Shop(kind, str(base.system.url), base.run, DATASET)


def fill(shop: Shop, *rows: tuple[object, ...]) -> None:
    values = [f"({', '.join('NULL' if v is None else repr(v) for v in row)}, 'a secret')" for row in rows]
    shop.run(f"INSERT INTO client VALUES {', '.join(values)}")


def found(shop: Shop, **known: str) -> Found:
    identities = {kind: [value] for kind, value in (known or {"email": ME[2]}).items()}
    return find(shop.graph, {"s": shop.connector}, identities, region="DE", choice=Choice(KEY))


def near(shop: Shop, **known: str) -> Nearby:
    return look_nearby(shop.graph, {"s": shop.connector}, found(shop, **known), Choice(KEY))


def reasons(met: Nearby) -> dict[str, tuple[str, ...]]:
    return {dict(one.known)["customer_number"][0]: one.why for one in met.records}


def test_what_is_like_the_person_is_proposed_with_the_reason_in_every_database(every: Shop) -> None:
    fill(every, ME, *LIKE_ME, *NOT_ME)
    met = near(every)
    assert reasons(met) == {
        "N2": ("email-slip", "name-spelling"),
        "N3": ("phone", "name-spelling"),
        "N4": ("born", "name-spelling"),
        "N5": ("postcode", "name-spelling"),
    }
    assert (met.more, met.unasked) == (0, ())
    assert near(every) == met, "the same in every run"


def test_nothing_that_is_proposed_is_taken(shop: Shop) -> None:
    fill(shop, ME, *LIKE_ME)
    before = found(shop)
    assert near(shop).records
    assert [row.key for part in before.collections() for row in part.rows] == [(1,)]


def test_a_telephone_without_its_country_code(shop: Shop) -> None:
    foreign = (6, "N6", None, "0660 7654321", None, None, None, None)
    other = (7, "N7", None, "+49 660 7654321", None, None, None, None)
    fill(shop, foreign, other)
    met = near(shop, phone="+43 660 7654321")
    assert reasons(met) == {"N6": ("phone-without-code",)}, "a country code that is another says no"


def test_what_names_too_many_is_not_looked_at(shop: Shop) -> None:
    fill(shop, ME, *LIKE_ME[2:])
    crowd = [
        (100 + n, f"C{n}", f"c{n}@q.org", None, "Karin", "Maier", "1980-02-03", None) for n in range(MOST_ROWS - 2)
    ]
    fill(shop, *crowd)
    met = near(shop)
    assert len(met.records) == MOST
    assert met.more == MOST_ROWS - MOST, "at the limit all are looked at"
    fill(shop, (999, "C999", "c999@q.org", None, "Karin", "Maier", "1980-02-03", None))
    assert set(reasons(near(shop)).values()) == {("postcode", "name-spelling")}


@pytest.mark.parametrize("text", ["' OR '1'='1", "%", "_", "\\", "x" * 200 + "@y", "a@b", "\u202e@x.org", "+", "00"])
def test_hostile_identities_find_nobody_and_break_nothing(shop: Shop, text: str) -> None:
    fill(shop, ME, *LIKE_ME)
    for kind in ("email", "phone", "customer_number"):
        assert near(shop, **{kind: text}).records == ()


def test_hostile_names_are_compared_as_letters(shop: Shop) -> None:
    odd = (8, "N8", "o@y.org", None, "%", "_' OR 1=1 --", "1980-02-03", "10115")
    fill(shop, ME, *LIKE_ME[3:])
    shop.run("INSERT INTO client VALUES (8, 'N8', 'o@y.org', NULL, '%', '_'' OR 1=1 --', '1980-02-03', '10115', '')")
    assert odd[1] not in reasons(near(shop))
    fill(shop, (9, "N9", "%@q.org", None, "%", "_", None, None))
    assert near(shop, email="%@q.org").records == ()


def test_a_system_that_cannot_be_asked_so_is_named(shop: Shop) -> None:
    class Plain:
        """A connector whose reader can be asked for all or nothing."""

        key = "s"

        def read(self):  # type: ignore[no-untyped-def]
            from contextlib import nullcontext

            return nullcontext(object())

    fill(shop, ME, *LIKE_ME)
    met = look_nearby(shop.graph, {"s": Plain()}, found(shop), Choice(KEY))
    assert (met.records, met.unasked) == ((), ("s",))


def test_a_system_that_is_away_is_named(shop: Shop, tmp_path: Path) -> None:
    fill(shop, ME, *LIKE_ME)
    answer = found(shop)
    from dataclasses import replace

    gone = replace(shop.system, url=f"sqlite:///{tmp_path / 'gone' / 'x.db'}")
    assert look_nearby(shop.graph, {"s": open_connector(gone, None)}, answer, Choice(KEY)).unasked == ("s",)
