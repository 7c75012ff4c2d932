"""A hold on a case: lengthened while its agent is here and central answers, over at a time that is known here."""

from collections.abc import Iterator

import pytest
import sqlalchemy as sa

from db import central
from services.cases.fold import LEASE_US
from services.desk.desk import Desk
from services.types import Right
from tests.centre import COLLEAGUE, COLLEAGUE_PIN, Centre, request, sign_in
from tests.cut_off import LEASE_S, Line, later, lease_over
from tests.lone_terminal import wait_until


@pytest.fixture
def desk(centre: Centre) -> Iterator[Desk]:
    with centre.desk() as made:
        yield made


def until_of(centre: Centre, case: str) -> int:
    with centre.engine.connect() as conn:
        return int(conn.execute(sa.select(central.CLAIM.c.until).where(central.CLAIM.c.case_id == case)).scalar_one())


def test_a_hold_is_lengthened_when_a_third_of_it_is_over(centre: Centre, desk: Desk) -> None:
    session = sign_in(desk)
    case = desk.intake.open(session, request(Right.ACCESS)).case
    centre.settle(desk)
    desk.act.note(session, case, "working on it")
    centre.settle(desk)
    lease_over(centre.engine, case)
    assert until_of(centre, case) == 0, "not yet: nothing of it is over here"
    later(desk, LEASE_S / 3 + 1)
    desk._ctx.link.wake()
    wait_until(lambda: until_of(centre, case) > 0)
    assert desk.case.state(case).until > desk._ctx.now() + LEASE_US * 9 // 10


def test_who_has_left_holds_no_longer(centre: Centre, desk: Desk) -> None:
    session = sign_in(desk)
    case = desk.intake.open(session, request(Right.ACCESS)).case
    desk.act.note(session, case, "working on it")
    centre.settle(desk)
    desk.sign.sign_out(session, "left")
    lease_over(centre.engine, case)
    later(desk)
    for _ in range(3):
        centre.settle(desk)
    assert until_of(centre, case) == 0
    assert desk._ctx.claims._held == {}


def test_a_hold_that_went_to_another_is_not_taken_back(
    centre: Centre, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    line = Line(monkeypatch)
    with centre.desk("desk-2") as two:
        session, other = sign_in(desk), sign_in(two, COLLEAGUE, COLLEAGUE_PIN)
        case = desk.intake.open(session, request(Right.ACCESS)).case
        desk.act.note(session, case, "working on it")
        centre.settle(desk, two)
        line.cut(desk)
        lease_over(centre.engine, case)
        later(desk)
        later(two)
        assert two.queue.take(other, case) == 2
        line.mend(desk)
        centre.settle(desk, two)
        assert centre.store.claims()[case] == 2
        assert desk.case.state(case).holder == f"agent:{COLLEAGUE}"
