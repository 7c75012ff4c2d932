"""The led check: guards, strikes, expiry, and the attacks of rules.md 7.2 against the engine."""

from dataclasses import fields, replace

import pytest
from hypothesis import given, settings, strategies as st

from services.errors import Refused
from services.identity import moves, view
from services.identity.check import (
    CHECK_US,
    Check,
    End,
    Result,
    closed_because,
    finished,
    next_step,
    shown,
    stuck,
    tier_now,
)
from services.identity.choose import aim
from services.identity.template import Template, templates
from services.identity.ways import Ways, blocked
from services.types import Factor, Right, Role, Tier

OPEN = Ways(kbd_questions=5)
AWAY = Ways(offline=True)
FILL = {"case": "C-26-004107", "due": "24 December 2026", "received": "24 November 2026", "controller": "Nordlicht"}


def choose(right: Right) -> Template:
    return aim(right).template


def begin(right: Right = Right.ACCESS, now: int = 0) -> Check:
    return moves.start(choose(right), "s1", "agent:0042", now)


def heard(check: Check, factor: str, result: Result = Result.SAME, ways: Ways = OPEN, now: int = 1) -> Check:
    return moves.compared(check, Factor(factor), "email", result, ways, now, "s1")


def test_a_plain_access_by_the_owner_reaches_T2_step_by_step() -> None:
    check, order = begin(), []
    while step := next_step(check, OPEN):
        order.append(step)
        kind = next(s.kind for s in shown(check) if s.id == step)
        if kind == "factor":
            check = heard(check, "KBS" if step == "identify" else "OTP")
        else:
            check = moves.marked(check, step, "y", 1, "s1")
    assert order == [s.id for s in shown(check)]
    assert order.index("g1") < order.index("identify") < order.index("strong") < order.index("delivery")
    assert finished(check)
    assert tier_now(check, 1, "s1") is Tier.T2
    assert (check.strikes, check.failed) == (0, ())


def test_a_tier_without_its_guards_is_not_finished() -> None:
    check = heard(heard(begin(), "KBS"), "PIN")
    assert tier_now(check, 1, "s1") is Tier.T2
    assert not finished(check)


@pytest.mark.rule("IDV-2", "IDV-4")
def test_nothing_more_is_asked_once_the_tier_is_reached() -> None:
    check = heard(heard(begin(), "KBS"), "PIN")
    rows = {s.id: s.state for s in view.steps(check, OPEN, "en", FILL)}
    assert (rows["strong.PIN"], rows["strong.OTP"], rows["strong.CBK"]) == ("passed", "not needed", "not needed")


@pytest.mark.parametrize("factor", ["KBS", "PIN", "OTP", "KBD", "ANI", "SES", "LTR"])
@pytest.mark.parametrize("mark", ["y", "f", "-"])
def test_knowledge_PIN_and_code_pass_by_no_key(factor: str, mark: str) -> None:
    with pytest.raises(Refused, match="comparison"):
        moves.vouched(begin(), Factor(factor), mark, OPEN, 1, "s1", by="agent:0042")  # type: ignore[arg-type]
    with pytest.raises(Refused):
        moves.marked(begin(), "prove", mark, 1, "s1")  # type: ignore[arg-type]


@pytest.mark.parametrize("factor", ["CBK", "SUP", "DOC", "REP"])
def test_what_a_person_vouches_for_is_not_compared(factor: str) -> None:
    with pytest.raises(Refused, match="vouched"):
        heard(begin(), factor)


@pytest.mark.rule("CBK")
def test_call_back_by_key_counts_and_a_refusal_of_it_does_not_strike() -> None:
    check = moves.vouched(heard(begin(), "KBS"), Factor.CBK, "y", OPEN, 1, "s1", by="agent:0042")
    assert tier_now(check, 1, "s1") is Tier.T2
    denied = moves.vouched(heard(begin(), "KBS"), Factor.CBK, "f", OPEN, 1, "s1", by="agent:0042")
    assert (tier_now(denied, 1, "s1"), denied.strikes) == (Tier.T0, 0)


def test_the_second_colleague_is_another_person() -> None:
    check = moves.aimed(begin(), Tier.T3, Role.AGENT)
    with pytest.raises(Refused, match="another person"):
        moves.vouched(check, Factor.SUP, "y", OPEN, 1, "s1", by="agent:0042")
    for factor in ("KBS", "OTP", "PIN"):
        check = heard(check, factor)
    assert tier_now(check, 1, "s1") is Tier.T2
    check = moves.vouched(check, Factor.SUP, "y", OPEN, 1, "s1", by="agent:0007")
    assert tier_now(check, 1, "s1") is Tier.T3


@pytest.mark.rule("TX", "G4")
@pytest.mark.parametrize("first", ["KBS", "PIN", "OTP"])
@pytest.mark.parametrize("second", ["KBS", "PIN", "OTP"])
def test_G4_two_wrong_answers_of_any_factor_end_in_TX_with_the_same_words(first: str, second: str) -> None:
    check = heard(begin(), first, Result.WRONG)
    assert check.ended == ""
    check = heard(check, second, Result.WRONG)
    assert tier_now(check, 1, "s1") is Tier.TX
    assert next_step(check, OPEN) == ""
    other = heard(heard(begin(), "KBS", Result.WRONG), "KBS", Result.WRONG)
    assert view.closing_words(check, "en", FILL) == view.closing_words(other, "en", FILL)
    with pytest.raises(Refused, match="over"):
        heard(check, "PIN")


def test_G4_a_right_answer_after_two_wrong_ones_changes_nothing_and_beginning_again_is_no_way_out() -> None:
    check = heard(heard(heard(begin(), "KBS"), "PIN", Result.WRONG), "PIN", Result.WRONG)
    assert tier_now(check, 1, "s1") is Tier.TX
    with pytest.raises(Refused, match="written"):
        moves.start(choose(Right.ACCESS), "s1", "agent:0042", 2, earlier=check)


def test_G4_a_strike_is_not_washed_off_by_a_new_check() -> None:
    first = moves.end(heard(begin(), "PIN", Result.WRONG), End.HANDED_OVER)
    again = moves.start(choose(Right.ACCESS), "s1", "agent:0042", 2, earlier=first)
    assert heard(again, "PIN", Result.WRONG, now=3).ended == End.TWO_WRONG
    assert moves.start(choose(Right.ACCESS), "s2", "agent:0007", 2, earlier=first).strikes == 0


def test_a_late_code_and_no_answer_are_no_strike_but_tries_run_out() -> None:
    check = begin()
    for _ in range(3):
        check = heard(check, "OTP", Result.LATE)
    assert (check.strikes, check.ended) == (0, "")
    with pytest.raises(Refused, match="often enough"):
        heard(check, "OTP")
    given_up = heard(heard(begin(Right.CONSENT_GIVE), "KBD", Result.NOT_ANSWERED), "KBD", Result.NOT_ANSWERED)
    assert "often enough" in closed_because(given_up, Factor.KBD, OPEN)


@pytest.mark.parametrize(
    ("now", "session", "tier"),
    [(CHECK_US, "s1", "T2"), (CHECK_US + 1, "s1", "T0"), (-1, "s1", "T0"), (1, "s2", "T0")],
)
def test_G10_a_check_holds_thirty_minutes_for_its_session_only(now: int, session: str, tier: str) -> None:
    check = heard(heard(begin(), "KBS"), "OTP")
    assert tier_now(check, now, session) == tier
    done = moves.end(check, End.DONE)
    assert tier_now(done, now, session) == tier


@pytest.mark.rule("G10")
@pytest.mark.parametrize("reason", [End.CONTACT_ENDED, End.SWITCHED, End.HANDED_OVER, End.LOCKED, End.EXPIRED])
def test_G10_a_check_dies_with_the_contact(reason: End) -> None:
    check = moves.end(moves.end(heard(heard(begin(), "KBS"), "OTP"), End.DONE), reason)
    assert tier_now(check, 1, "s1") is Tier.T0
    assert view.closing_words(check, "de", FILL) != ""


def test_G10_unlocking_within_two_minutes_by_the_same_person_keeps_it() -> None:
    check = heard(heard(begin(), "KBS"), "OTP")
    two = 120_000_000
    assert moves.unlocked(check, two, "agent:0042") == check
    assert moves.unlocked(check, two + 1, "agent:0042").ended == End.LOCKED
    assert moves.unlocked(check, -1, "agent:0042").ended == End.LOCKED
    assert moves.unlocked(check, 1, "agent:0007").ended == End.SWITCHED


def test_a_failed_check_stays_failed_whatever_comes_after() -> None:
    failed = heard(heard(begin(), "KBS", Result.WRONG), "KBS", Result.WRONG)
    for reason in End:
        assert tier_now(moves.end(failed, reason), 1, "s1") is Tier.TX


def test_offline_no_factor_passes() -> None:
    away = Ways(offline=True, kbd_questions=9)
    assert all("offline" in blocked(factor, away) for factor in Factor)
    with pytest.raises(Refused, match="offline"):
        heard(begin(), "KBS", ways=away)
    with pytest.raises(Refused, match="offline"):
        moves.vouched(begin(), Factor.CBK, "y", away, 1, "s1", by="agent:0042")


def test_fewer_than_five_questions_are_no_choice() -> None:
    few = Ways(kbd_questions=4)
    assert "questions" in closed_because(begin(Right.CONSENT_GIVE), Factor.KBD, few)
    assert closed_because(begin(Right.CONSENT_GIVE), Factor.KBD, OPEN) == ""


@pytest.mark.rule("G6")
def test_G6_pressure_raises_the_tier_and_shows_more_steps() -> None:
    check = moves.marked(begin(), "g6", "f", 1, "s1")
    assert check.tier_needed is Tier.T3
    assert {"another", "colleague"} <= {s.id for s in shown(check)}
    assert moves.marked(check, "g6", "f", 1, "s1").tier_needed is Tier.T3
    assert moves.marked(check, "g6", "y", 1, "s1").tier_needed is Tier.T3
    assert moves.marked(begin(), "g6", "y", 1, "s1").tier_needed is Tier.T2


@pytest.mark.rule("IDV-2")
def test_T0_asks_no_factor_and_reaches_its_tier_at_once() -> None:
    check = begin(Right.OBJECTION_MARKETING)
    assert all(s.kind != "factor" for s in shown(check))
    assert not stuck(check, AWAY)
    with pytest.raises(Refused, match="does not use"):
        heard(check, "KBS")


# Attacks (rules.md 7.2).


@pytest.mark.rule("THIRD-SPOUSE", "IDV-7")
def test_attack_the_ex_partner_with_all_static_facts_reaches_T1_at_most() -> None:
    """Knows name, birth date, address, customer number, even recent orders; holds neither mailbox, phone nor PIN."""
    check = begin(Right.CONSENT_GIVE)
    check = heard(check, "KBS")
    check = heard(check, "KBD")
    assert tier_now(check, 1, "s1") is Tier.T1
    access = heard(begin(), "KBS")
    assert tier_now(access, 1, "s1") is Tier.T0
    with pytest.raises(Refused, match="does not use"):
        heard(access, "KBD")
    assert not finished(access)


def test_attack_guessing_the_PIN_ends_in_TX() -> None:
    check = heard(heard(heard(begin(), "KBS"), "PIN", Result.WRONG), "OTP", Result.WRONG)
    assert tier_now(check, 1, "s1") is Tier.TX


def test_a_check_that_can_prove_nothing_more_is_stuck_and_a_worker_that_is_away_ends_none() -> None:
    check = heard(begin(), "KBS")
    for _ in range(3):
        check = heard(check, "PIN", Result.NOT_ANSWERED)
        check = moves.vouched(check, Factor.CBK, "f", OPEN, 1, "s1", by="agent:0042")
        assert not stuck(check, OPEN)
        check = heard(check, "OTP", Result.LATE)
    assert stuck(check, OPEN)
    assert not stuck(check, replace(OPEN, offline=True)), "it may come back"
    assert tier_now(moves.end(check, End.CANNOT_VERIFY), 1, "s1") is Tier.TX


def test_attack_the_right_answer_too_late() -> None:
    check = heard(begin(), "KBS")
    with pytest.raises(Refused, match="expired"):
        heard(check, "OTP", now=CHECK_US + 1)
    with pytest.raises(Refused, match="switched"):
        moves.compared(check, Factor.OTP, "email", Result.SAME, OPEN, 1, "s2")


@pytest.mark.rule("SAY-NO-ACCOUNT")
def test_attack_no_line_of_a_checklist_can_depend_on_whether_somebody_is_known() -> None:
    """What opens and closes a way is asked of the catalog and the deployment: nothing about the person is among it.

    `letter` is of the case, and asked for only once the record was found.
    """
    assert {f.name for f in fields(Ways)} == {"offline", "kbd_questions", "texts", "sessions", "letter"}
    assert "If we hold" in view.phrase("code-sent", "en")
    assert "30" in view.phrase("code-sent", "en"), "a code may stay away for that reason, too (IDV-10)"


@pytest.mark.rule("IDV-11")
def test_nothing_of_an_answer_can_be_in_a_check() -> None:
    """The state holds codes alone: a comparison comes in as a result, never as text."""
    check = heard(heard(begin(), "KBS", Result.WRONG), "OTP")
    assert check.failed == (("KBS", "wrong"),)
    assert {f.name for f in fields(Check)} == {
        *("template", "tier_needed", "session", "actor", "started_at", "passed", "failed", "marks", "strikes", "ended"),
        "document",
    }


MOVE = st.one_of(
    st.tuples(st.just("compare"), st.sampled_from(Factor), st.sampled_from(Result)),
    st.tuples(st.just("vouch"), st.sampled_from(Factor), st.sampled_from(["y", "f", "-"])),
    st.tuples(
        st.just("mark"), st.sampled_from(["g1", "g2", "g6", "identify", "prove", "scope"]), st.sampled_from("yf-")
    ),
)


@settings(deadline=None)
@given(st.sampled_from([Right.ACCESS, Right.ERASURE, Right.CONSENT_GIVE]), st.lists(MOVE, max_size=14))
def test_no_order_of_moves_reaches_T2_without_a_strong_factor_or_survives_two_strikes(
    right: Right, moves_made: list[tuple[str, str, str]]
) -> None:
    check, wrong = begin(right), 0
    for kind, what, how in moves_made:
        try:
            if kind == "compare":
                after = heard(check, what, Result(how))
                wrong += how == Result.WRONG
            elif kind == "vouch":
                after = moves.vouched(check, Factor(what), how, OPEN, 1, "s1", by="agent:0042")  # type: ignore[arg-type]
            else:
                after = moves.marked(check, what, how, 1, "s1")  # type: ignore[arg-type]
        except Refused:
            continue
        assert after.tier_needed >= check.tier_needed
        check = after
    strong = {f for f, _ in check.passed} & {"OTP", "CBK", "PIN"}
    tier = tier_now(check, 1, "s1")
    assert (tier is Tier.TX) is (wrong >= 2)
    assert tier not in (Tier.T2, Tier.T3) or (strong and ("KBS", "email") in check.passed)
    assert tier is not Tier.T3  # the agent alone is no second colleague


# What the screen gets.


def test_a_closed_way_is_shown_with_its_reason_and_the_next_open_one_is_current() -> None:
    ways = Ways(kbd_questions=4)
    check = begin(Right.CONSENT_GIVE)
    for step in ("g1", "g2", "g6"):
        check = moves.marked(check, step, "y", 1, "s1")
    lines = view.steps(check, ways, "de", FILL)
    assert lines[view.current(check, ways, lines)].id == "identify.KBS"
    check = moves.marked(heard(check, "KBS", ways=ways), "g7", "-", 1, "s1")
    lines = view.steps(check, ways, "de", FILL)
    asked = next(line for line in lines if line.id == "prove.KBD")
    assert (asked.state, asked.compared) == ("blocked", True)
    assert "fewer than 5" in asked.blocked
    assert lines[view.current(check, ways, lines)].id == "prove.OTP"
    assert next(line for line in lines if line.id == "prove.CBK").compared is False
    assert [line.state for line in lines if line.id in ("g1", "g7")] == ["passed", "not done"]


def test_DOC_is_closed_until_a_lead_lets_it_be_looked_at() -> None:
    check = moves.start(templates()["CL-ACC-SENS"], "s1", "agent:0042", 0)
    with pytest.raises(Refused, match="a lead"):
        moves.vouched(check, Factor.DOC, "y", OPEN, 1, "s1", by="agent:0042")
    allowed = replace(check, document="no-other-way")
    assert ("DOC", "") in moves.vouched(allowed, Factor.DOC, "y", OPEN, 1, "s1", by="agent:0042").passed


def test_REP_is_asked_for_whatever_tier_was_reached_without_it() -> None:
    check = moves.start(templates()["CL-REP-LAW"], "s1", "agent:0042", 0)
    for factor in ("KBS", "OTP", "PIN"):
        check = heard(check, factor)
    check = moves.vouched(check, Factor.SUP, "y", OPEN, 1, "s1", by="agent:0007")
    assert tier_now(check, 1, "s1") is Tier.T3
    for step in shown(check):
        if step.kind != "factor":
            check = moves.marked(check, step.id, "y", 1, "s1")
    assert next_step(check, OPEN) == "authority"
    assert not finished(check)
    assert finished(moves.vouched(check, Factor.REP, "y", OPEN, 1, "s1", by="agent:0042"))
    for _ in range(3):
        check = moves.vouched(check, Factor.REP, "f", OPEN, 1, "s1", by="agent:0042")
    assert stuck(check, OPEN), "without it nothing can be proven"


def test_codes_on_two_ways_are_two_proofs_where_text_messages_can_be_sent() -> None:
    check = moves.start(templates()["CL-ACC-SENS"], "s1", "agent:0042", 0)
    check = heard(heard(check, "KBS"), "OTP")
    assert "passed already" in closed_because(check, Factor.OTP, OPEN)
    texts = replace(OPEN, texts=True)
    check = moves.compared(check, Factor.OTP, "phone", Result.SAME, texts, 1, "s1")
    check = moves.vouched(check, Factor.SUP, "y", texts, 1, "s1", by="agent:0007")
    assert tier_now(check, 1, "s1") is Tier.T3
    assert "passed already" in closed_because(check, Factor.OTP, texts)


def test_a_raise_keeps_what_was_proven_and_changes_the_checklist() -> None:
    check = moves.end(heard(heard(begin(), "KBS"), "OTP"), End.DONE)
    after = moves.aimed(check, Tier.T3, Role.AGENT, templates()["CL-ACC-SENS"])
    assert (after.ended, after.passed, after.template.id) == ("", check.passed, "CL-ACC-SENS")
    assert next_step(after, OPEN) == "g1"
    with pytest.raises(Refused, match="only a team lead"):
        moves.aimed(after, Tier.T2, Role.AGENT)
    assert moves.aimed(after, Tier.T2, Role.LEAD).tier_needed is Tier.T2


def test_the_words_name_case_and_date_and_a_missing_place_raises_nothing() -> None:
    lines = view.steps(begin(), OPEN, "en", FILL)
    assert "C-26-004107" in next(line.say for line in lines if line.id == "g9")
    assert "…" in next(line.say for line in view.steps(begin(), OPEN, "en", {}) if line.id == "g9")
    assert view.steps(begin(), OPEN, "it", FILL) == lines, "English, where nobody wrote it"
    assert view.steps(begin(), OPEN, "fr", FILL) != lines


def test_the_first_need_may_raise_the_tier_and_never_lowers_it() -> None:
    erasure = choose(Right.ERASURE)
    assert moves.start(erasure, "s1", "agent:0042", 0, needed=Tier.T3).tier_needed is Tier.T3
    assert moves.start(erasure, "s1", "agent:0042", 0, needed=Tier.T0).tier_needed is Tier.T2
