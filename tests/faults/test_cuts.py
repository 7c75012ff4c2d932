"""The line to PostgreSQL breaks at every piece that goes over it: a system is never half done, nothing is done twice.

The control: without the cut the same pieces do it, and each cut was really made.
"""

from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
import sqlalchemy as sa

from services.errors import Unavailable
from services.fulfilment.change import standing
from tests.faults.proxy import Proxy, in_front_of
from tests.shop import SCHEMA, SECRET, Shop

pytestmark = [pytest.mark.postgres, pytest.mark.timeout(180)]
TABLES = "news, item, bill, orders, talk, person"


@pytest.fixture
def line(postgres: str) -> Iterator[Proxy]:
    port = sa.make_url(postgres).port
    assert port is not None
    with in_front_of(port) as proxy:
        yield proxy


@pytest.fixture
def shop(postgres: str, line: Proxy, tmp_path: Path) -> Iterator[Shop]:
    """The shop on PostgreSQL, reached through the proxy; the test looks in past it."""
    with psycopg.connect(postgres.replace("+psycopg", ""), autocommit=True) as connection:

        def ask(statement: str) -> list[tuple[object, ...]]:
            cursor = connection.execute(statement.encode())
            return list(cursor.fetchall()) if cursor.description else []

        ask(SCHEMA)
        url = sa.make_url(postgres).set(port=line.port).render_as_string(hide_password=False)
        yield Shop("postgresql", url, ask)


def fill_again(shop: Shop) -> None:
    """The shop as it was made."""
    shop.run(f"DROP TABLE {TABLES} CASCADE")
    shop.run(SCHEMA)


@pytest.mark.parametrize(
    "reaches",
    [pytest.param(False, marks=pytest.mark.long, id="lost on the way"), pytest.param(True, id="its answer lost")],
)
def test_cut_at_every_piece_of_an_erasure_it_is_whole_or_not_at_all_and_then_done(
    shop: Shop, line: Proxy, reaches: bool
) -> None:
    plan = shop.plan()
    before = shop.all()
    line.cut_at(0, reaches=False)
    assert shop.erase(plan) == (8, 1, 0, 1)
    pieces, undone, done = line.sent, 0, 0
    assert pieces > 5, "the control: it speaks to the server piece by piece"
    for piece in range(1, pieces + 1):
        fill_again(shop)
        assert shop.all() == before
        counted = standing(plan, "s", shop.connector, secret=SECRET)
        cuts = line.cuts
        line.cut_at(piece, reaches=reaches)
        try:
            shop.erase(plan)
            left_quietly = True
        except Unavailable:
            left_quietly = False
        assert line.cuts == cuts + 1, piece
        line.cut_at(0, reaches=False)
        whole = shop.all() != before
        assert not (left_quietly and not whole), f"piece {piece}: said to be done, and is not"
        if whole:
            assert shop.verify(plan) == (), f"half done at piece {piece}"
        done, undone = done + whole, undone + (not whole)
        again = standing(plan, "s", shop.connector, secret=SECRET)
        assert tuple(again) == ((0, 0) if whole else tuple(counted)), piece
        assert [max(pair) for pair in zip(counted, again, strict=True)] == [8, 1], "what the act will say"
        assert shop.erase(plan) == ((0, 0, 8, 1) if whole else (8, 1, 0, 1))
        assert shop.verify(plan) == ()
    assert undone > 0
    assert (done > 0) is reaches or done <= 1, "only what reached the server as the commit was done"


def test_a_lock_that_is_not_given_up_changes_nothing_and_says_away(shop: Shop, postgres: str) -> None:
    from dataclasses import replace

    from services.catalog.system import Limits
    from services.connectors.registry import open_connector
    from services.fulfilment.change import apply

    plan, before = shop.plan(), shop.all()
    impatient = open_connector(replace(shop.system, limits=Limits(connect_s=0.2)), None)
    with psycopg.connect(postgres.replace("+psycopg", "")) as holder:
        holder.execute("SELECT 1 FROM person WHERE id = 2 FOR UPDATE")
        with pytest.raises(Unavailable):
            apply(plan, "s", impatient, secret=SECRET)
        assert shop.all() == before
    apply(plan, "s", impatient, secret=SECRET)
    assert shop.verify(plan) == ()
