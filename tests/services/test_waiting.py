"""What takes the highest tier: every contact point is told, and nothing is done before the waiting period is over."""

import sqlite3
from dataclasses import replace

import orjson
import pytest

from services.action_log import acts
from services.action_log.act import Act
from services.action_log.entry import Entry
from services.cases.case import Case, from_json, to_json
from services.cases.policy import may
from services.cases.words import item_words
from services.sync.jobs import jobs_of
from services.types import ItemState, Outcome, Right, Tier
from tests.entries import LEAD, T0, WORKER, after, entry
from tests.services.test_check_fold import aimed, export, found, passed, verified
from tests.services.test_policy import moment
from tests.services.test_rectification import proven
from tests.worker_centre import ME, Call, WorkerCentre
from tests.worker_fixtures import Make

WAIT_US, DAY_US = 3_600_000_000, 86_400_000_000


def by_worker(act: Act, item: str | None = None) -> Entry:
    return entry(act, actor=WORKER, as_="worker", item=item)


def gravest(right: Right = Right.ACCESS) -> Case:
    """A check that passed T3: two strong proofs on two ways, a lead beside."""
    second = acts.FactorPassed(check="0123456789abcdef0123456789abcdef", factor="SUP", method="vouched", ask=None)
    grave = after(verified(right), by_worker(found("special")), entry(aimed("T3")), by_worker(passed("OTP")))
    return after(grave, entry(second, actor=LEAD, as_="lead"))


@pytest.mark.rule("T3")
def test_T3_an_export_waits_as_an_erasure_does_and_can_be_taken_back() -> None:
    case, asked = gravest(), entry(export(), item="1")
    assert case.check is not None
    assert case.check.tier is Tier.T3
    waits = after(case, asked, at=T0 + 5)
    assert (waits.items[0].state, waits.items[0].approved_at, waits.items[0].approved_by) == (
        ItemState.READY,
        T0 + 5,
        "",
    )
    (job,) = jobs_of(asked, waits, T0 + 5, WAIT_US)
    assert (job.kind, job.not_before, orjson.loads(job.params)["waits"]) == ("export", T0 + 5 + WAIT_US, True)
    assert item_words(waits.items[0], T0 + 5 + WAIT_US, T0 + 5) == "waits its time, runs in 60 min (u takes it back)"
    assert may("recall", waits, moment()).allowed
    assert not may("withdraw", waits, moment()).allowed
    assert "the item is ready" in after(waits, by_worker(acts.ExportFailed("away"), "1")).conflicts[-1].reason
    back = after(waits, entry(acts.WaitWithdrawn(reason="asked"), item="1"))
    assert (back.items[0].state, back.items[0].approved_at) == (ItemState.IN_PROGRESS, 0)
    begun = after(waits, by_worker(acts.WaitEnded(), "1"))
    assert begun.items[0].state is ItemState.RUNNING
    assert "only a worker" in after(waits, entry(acts.WaitEnded(), item="1")).conflicts[-1].reason
    late = after(begun, entry(acts.WaitWithdrawn(reason="asked"), item="1"))
    assert "the item is running" in late.conflicts[-1].reason
    assert from_json(to_json(waits)) == waits


@pytest.mark.rule("T3")
def test_T3_control_what_takes_less_begins_at_once() -> None:
    asked = entry(export(), item="1")
    case = after(verified(), asked, at=T0 + 5)
    assert case.items[0].state is ItemState.RUNNING
    (job,) = jobs_of(asked, case, T0 + 5, WAIT_US)
    assert (job.not_before, orjson.loads(job.params)["waits"]) == (T0 + 5, False)


@pytest.mark.rule("T3")
def test_T3_a_grave_correction_waits_and_a_harmless_one_does_not() -> None:
    fields = ("a" * 32,)
    for case, grave, state in (
        (gravest(Right.RECTIFICATION), True, ItemState.READY),
        (verified(Right.RECTIFICATION), False, ItemState.RUNNING),
    ):
        asked = entry(acts.RectificationAsked(fields=fields, grave=grave), item="1")
        assert after(case, asked).items[0].state is state


@pytest.mark.rule("T3")
def test_T3_the_notice_leaves_once_by_the_factor_that_makes_it_whole() -> None:
    case = verified()
    case = after(case, by_worker(found("special")), entry(aimed("T3")))
    second = acts.FactorPassed(check="0123456789abcdef0123456789abcdef", factor="SUP", method="vouched", ask=None)
    guard = acts.FactorPassed(check="0123456789abcdef0123456789abcdef", factor="g9", method="agent", ask=None)
    kinds = []
    for one in (by_worker(passed("OTP")), entry(guard), entry(second, actor=LEAD, as_="lead"), entry(guard)):
        case = after(case, one)
        kinds.append([job.kind for job in jobs_of(one, case, T0, WAIT_US)])
    assert kinds == [[], [], ["check-notice"], []]
    lower = replace(case, check=replace(case.check, tier_needed=Tier.T2))  # type: ignore[type-var]
    assert jobs_of(entry(second), lower, T0, WAIT_US) == ()


def notices(centre: WorkerCentre) -> list[str]:
    """To whom it was said that somebody proved to be them."""
    return [one.splitlines()[0] for one in centre.letters() if "als Sie ausgewiesen" in " ".join(one.split())]


@pytest.mark.rule("T3", "IDV-10")
def test_T3_every_address_on_file_is_told_of_the_check_and_the_package_waits(make_centre: Make) -> None:
    centre = make_centre()
    with sqlite3.connect(centre.home.path / "data" / "nordlicht" / "crm.db") as crm:
        young = "INSERT INTO contact_email SELECT 99999, id, 'young@example.com', datetime('now') FROM customer"
        crm.execute(f"{young} WHERE customer_number=?", (ME.customer_number,))
    centre.start()
    desk = centre.desk()
    call = Call(centre, desk, ME, Right.ACCESS)
    desk.check.note(call.session, call.case, "dispute")
    proven(centre, desk, call)
    call.step_up()
    desk.act.export(call.session, call.case)
    (item,) = desk.case.read(call.session, call.case).items
    assert item.state is ItemState.READY
    assert item.run_at is not None
    assert desk.case.read(call.session, call.case).key("withdraw").allowed
    desk.act.withdraw(call.session, call.case)
    assert desk.synced()
    told = centre.until(lambda: found if len(found := notices(centre)) > 1 else [])
    assert sorted(told) == sorted([f"To: {ME.email}", "To: young@example.com"])
    call.export()
    centre.until(lambda: centre.case(call.case).closed, 60)
    case = centre.case(call.case)
    assert (case.items[0].outcome, case.conflicts) == (Outcome.DONE, ())
    acts_of = centre.acts(call.case)
    assert acts_of.count("wait.ended") == 1, "what was taken back did not begin"
    assert acts_of.index("wait.withdrawn") < acts_of.index("wait.ended")
