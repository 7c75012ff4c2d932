"""Breaches in the fold: nobody deletes one, only leads and officers decide, and the hours are real hours."""

from dataclasses import replace
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from services.action_log.act import Act
from services.action_log.acts import (
    BreachClosed,
    BreachDecided,
    BreachLocked,
    BreachRaised,
    BreachReleased,
    BreachUpdated,
    ExportAsked,
    ItemAdded,
)
from services.action_log.entry import Entry
from services.cases.breach import LOCKED, STOPPED, end_of, end_us, light, missing
from services.cases.case import Case, from_json, to_json
from services.cases.fold import fold
from services.cases.policy import RULES, may
from services.cases.queue import band, columns
from services.controllers import AccessFacts, Authority, Controller
from services.types import Band, DutyRole, Regime, Right, Role
from tests.entries import AGENT, LEAD, T0, after, entry, opened
from tests.services.test_cases_fold import in_review, verified
from tests.services.test_policy import LEAD as LEAD_MOMENT, moment

CONTROLLER = Controller(
    key="nordlicht",
    name="Nordlicht",
    country="DE",
    zone="Europe/Berlin",
    regime=Regime.EU,
    language="de",
    address="",
    privacy_contact="privacy@x.example",
    authority=Authority("", ""),
    remedy={},
    access=AccessFacts({}, {}, {}, {}, {}, {}, {}),
)
HOUR = 3_600_000_000
NUMBER = "C-26-000009"
BERLIN = ZoneInfo("Europe/Berlin")
PROCESSOR = replace(CONTROLLER, duty=DutyRole.PROCESSOR, instruction="standing-1")


def us(day: int, hour: int, minute: int = 0, month: int = 11) -> int:
    """A time in Berlin in 2026."""
    return int(datetime(2026, month, day, hour, minute, tzinfo=BERLIN).timestamp()) * 1_000_000


def raised(aware_at: int = T0, **more: object) -> Case:
    act = BreachRaised(
        number=NUMBER, regime="EU", role="controller", aware_at=aware_at, aware_on="2026-02-02", about="C-26-000001",
        categories=("user.contact",), persons=None, ongoing="no", contained="partly", key="e" * 64, **more,
    )  # fmt: skip
    case = fold(None, of(act, details=("1" * 64, "2" * 64)), T0)
    assert case is not None
    return case


def of(act: Act, **more: object) -> Entry:
    """An entry of the breach."""
    return entry(act, **{"case": NUMBER, **more})


def by_lead(act: Act, as_: str = "lead", **more: object) -> Entry:
    return of(act, actor=LEAD, as_=as_, **more)


TOLD = BreachDecided(whom="authority", told_at=T0, reason="told")
NOT_TOLD = BreachDecided(whom="persons", told_at=None, reason="unreadable")


def test_a_raised_breach_is_an_open_entry_of_the_register_that_comes_first_in_the_queue() -> None:
    case = raised(us(20, 16, 20))
    row = columns(case, CONTROLLER)
    assert case.breach is not None
    assert case.breach.words == "2" * 64, "the sealed words, not the key"
    assert (row["rights"], row["who"], row["registered"], row["due"]) == ("Breach", "lead", True, "2026-11-23")
    assert row["breach"] == us(23, 16, 20)
    day = datetime(2026, 11, 20, tzinfo=UTC).date()
    assert band(day, day, is_open=True, acknowledged=True, breach=bool(row["breach"])) is Band.BREACH
    assert columns(opened(Right.ACCESS), CONTROLLER)["breach"] == 0, "the control: no breach, no band"


def test_the_case_comes_back_whole_from_its_json() -> None:
    case = after(raised(), by_lead(TOLD, details=("3" * 64,)), by_lead(BreachUpdated("records", 40, None)))
    assert from_json(to_json(case)) == case
    locked = after(opened(Right.ACCESS), entry(BreachLocked(NUMBER)))
    assert from_json(to_json(locked)) == locked
    assert locked.locked


# ── the hours: CLK-13, rules.md 2.4 vector 16 ─────────────────────────────────────────────────────────────────


@pytest.mark.rule("ART-33-1")
def test_clk_13_vector_16_the_hours_run_through_the_weekend_and_the_safe_end_leads() -> None:
    breach = raised(us(20, 16, 20)).breach
    assert breach is not None
    end = end_of(breach, CONTROLLER)
    assert end.safe == datetime(2026, 11, 23, 16, 20, tzinfo=BERLIN)
    assert end.latest == datetime(2026, 11, 23, 17, 0, tzinfo=BERLIN)
    leads = end_us(breach, CONTROLLER)
    said = [light(leads, us(*at), DutyRole.CONTROLLER) for at in ((20, 16, 25), (22, 16, 20), (23, 16, 0), (23, 18, 0))]
    assert said == ["71 h left", "24 h left", "20 min left", "OVERDUE -2 h"]


@pytest.mark.parametrize(("aware", "wall"), [((23, 12, 0, 10), "11:00"), ((27, 12, 0, 3), "13:00")])
def test_hours_are_real_hours_when_the_clocks_change(aware: tuple[int, int, int, int], wall: str) -> None:
    """On 25 October 2026 an hour comes twice, on 29 March one is left out."""
    day, hour, minute, month = aware
    breach = raised(us(day, hour, minute, month)).breach
    assert breach is not None
    end = end_of(breach, CONTROLLER)
    assert f"{end.safe:%H:%M}" == wall
    assert end_us(breach, CONTROLLER) - us(day, hour, minute, month) == 72 * HOUR


def test_a_time_that_no_rule_reaches_ends_at_once_and_stops_nothing() -> None:
    """What a changed terminal may write: before there was a right, and after every calendar."""
    for at in (0, 4_102_444_799_000_000):
        row = columns(raised(at), CONTROLLER)
        assert isinstance(row["breach"], int)
        assert row["is_open"]


@pytest.mark.rule("ART-33-2")
def test_a_processor_tells_the_controller_without_undue_delay_and_has_no_hours() -> None:
    breach = raised(us(20, 16, 20)).breach
    assert breach is not None
    assert light(end_us(breach, PROCESSOR), us(20, 19, 30), DutyRole.PROCESSOR) == "TELL NOW 3h"
    assert missing(breach, DutyRole.PROCESSOR) == "whether the controller is told is not decided"


def test_the_hours_stop_once_it_is_decided_about_the_authority() -> None:
    case = after(raised(), by_lead(TOLD))
    assert case.breach is not None
    assert end_us(case.breach, CONTROLLER) == STOPPED
    assert columns(case, CONTROLLER)["is_open"]


# ── who decides ───────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "act",
    [TOLD, BreachUpdated("persons", 4, None), BreachClosed("all-done"), BreachUpdated("ongoing", None, "no")],
    ids=lambda act: act.NAME,
)
@pytest.mark.parametrize(("actor", "as_"), [(AGENT, "agent"), ("worker:7f3a90c1", "lead"), (LEAD, "trainer")])
def test_nobody_but_a_lead_or_the_officer_decides_about_a_breach(act: Act, actor: str, as_: str) -> None:
    before = after(raised(), by_lead(TOLD), by_lead(NOT_TOLD))
    case = after(before, of(act, actor=actor, as_=as_))
    assert case.breach == before.breach
    assert case.conflicts[-1].reason == "a lead or the officer decides about a breach"
    assert after(before, by_lead(act, "officer")).conflicts == (), "the control: the officer may"


def test_a_breach_closes_only_when_it_is_decided_who_is_told_and_is_never_gone() -> None:
    early = after(raised(), by_lead(BreachClosed("all-done")))
    assert early.conflicts[-1].reason == "whether the authority is told is not decided"
    going = after(raised(), by_lead(TOLD), by_lead(NOT_TOLD), by_lead(BreachUpdated("ongoing", None, "yes")))
    assert after(going, by_lead(BreachClosed("all-done"))).conflicts[-1].reason == "it still goes on"
    case = after(raised(), by_lead(TOLD), by_lead(NOT_TOLD), by_lead(BreachClosed("all-done")))
    assert case.breach is not None
    assert (case.closed, case.flags, case.breach.closed) == (True, (), "all-done")
    row = columns(case, CONTROLLER)
    assert (row["registered"], row["is_open"], row["breach"]) == (True, False, 0)
    assert after(case, by_lead(TOLD)).conflicts[-1].reason == "the breach is closed"


def test_nothing_but_a_breach_is_done_in_the_register() -> None:
    case, nobody = raised(), moment()
    allowed = {act for act in RULES if may(act, case, LEAD_MOMENT).allowed or may(act, case, nobody).allowed}
    assert allowed == {"breach", "breach-decide", "breach-notice", "breach-release"}
    asked = after(case, of(ItemAdded(right="access"), item="1"))
    assert (asked.items, asked.conflicts[-1].reason) == ((), "nobody asks for a right in a breach")


def test_a_number_is_taken_once() -> None:
    case = raised()
    again = after(
        case, of(BreachRaised(NUMBER, "EU", "controller", T0, "2026-02-02", None, (), 1, "no", "no", "f" * 64))
    )
    assert again.breach == case.breach
    assert again.conflicts[-1].reason == "the number is another case's already"


# ── the lock ──────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_locked_case_gives_nothing_out_until_a_lead_releases_it_with_a_reason() -> None:
    case = verified(opened(Right.ACCESS))
    assert may("export", case, moment()).allowed
    locked = after(case, entry(BreachLocked(NUMBER), fence=None))
    assert may("export", locked, moment()).reason.startswith("a breach is open: locked until a lead")
    assert columns(locked, CONTROLLER)["breach"] == LOCKED
    held = after(locked, entry(BreachReleased(NUMBER, "contained")))
    assert held.conflicts[-1].reason == "a lead or the officer decides about a breach"
    free = after(locked, entry(BreachReleased(NUMBER, "contained"), actor=LEAD, as_="lead"))
    assert may("export", free, moment()).allowed
    assert free.flags == ()


def test_two_breaches_about_one_case_are_released_each_by_itself() -> None:
    case = after(opened(Right.ACCESS), entry(BreachLocked(NUMBER)), entry(BreachLocked("C-26-000010")))
    half = after(case, entry(BreachReleased(NUMBER, "contained"), actor=LEAD, as_="lead"))
    assert half.locked
    both = after(half, entry(BreachReleased("C-26-000010", "contained"), actor=LEAD, as_="officer"))
    assert not both.locked
    assert after(both, entry(BreachLocked(NUMBER))).conflicts[-1].reason == "this breach locks the case already"


OPEN_WHILE_LOCKED = {
    "take", "assign", "return", "withdraw", "execute", "task", "marketing", "note", "hand-over", "wrap-up", "breach",
    "breach-decide", "breach-letter", "breach-notice", "breach-release", "fact", "hold", "print-notice",
    "read-decision", "read-letter", "recall", "unrefuse",
}  # fmt: skip
"""Talking, taking back and stopping; `execute` is asked by a job that waits for the release itself."""


@pytest.mark.parametrize("act", sorted(RULES))
def test_every_act_that_gives_out_or_changes_is_locked(act: str) -> None:
    """New rows of the table are locked unless they say otherwise."""
    assert RULES[act].locked_ok == (act in OPEN_WHILE_LOCKED)
    locked = after(in_review(), entry(BreachLocked(NUMBER)))
    for when in (moment(), LEAD_MOMENT, moment(Role.OFFICER)):
        answer = may(act, locked, when)
        assert act in OPEN_WHILE_LOCKED or not answer.allowed


def test_a_breach_counts_whoever_holds_the_case_by_now() -> None:
    case = replace(opened(Right.ACCESS), holder="agent:0017", fence=7)
    assert after(case, entry(BreachLocked(NUMBER), fence=None)).locked
    other = after(case, entry(ExportAsked("json", "de", "on-file"), fence=3, item="1"))
    assert other.conflicts, "the control: an act under an old hold does not count"


def test_a_closed_case_stands_in_the_queue_again_while_it_is_locked() -> None:
    case = replace(opened(Right.ACCESS), closed=True)
    assert not columns(case, CONTROLLER)["is_open"]
    assert columns(after(case, entry(BreachLocked(NUMBER))), CONTROLLER)["is_open"]


def test_the_alert_goes_to_the_privacy_contact_unless_others_are_named() -> None:
    assert CONTROLLER.told_of_breaches == (CONTROLLER.privacy_contact,)
    assert replace(CONTROLLER, breach_contacts=("dpo@x.example",)).told_of_breaches == ("dpo@x.example",)
