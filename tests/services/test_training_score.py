"""The score: from the log alone, each point on its action, and what fails a whole call (rules.md 11)."""

from dataclasses import replace
from pathlib import Path

import pytest

from db.log import LogWriter
from services.action_log import acts
from services.action_log.entry import Draft, Entry
from services.errors import BadInput, NotFound
from services.training.auto_fail import AUTO_FAILS
from services.training.score import best_of, calls_of, judge, score
from services.types import Scorecard, Tier
from tests.entries import AGENT, LEAD
from tests.training_calls import CHECK, DIGEST, PLAN, act_of, call_of, in_order, shipped

REACHED = {"plain-access": "T2", "delete-everything": "T2", "ex-partner": ""}
CARELESS = [
    "case.opened", "item.added access", "check.started CL-ACC-STD", "factor.passed g1", "factor.passed g2",
    "factor.passed g6", "factor.asked KBS", "factor.passed g7", "factor.passed CBK", "find.asked", "export.asked",
    "wrap.coded EXPORT-SENT",
]  # fmt: skip


def got(card: Scorecard, name: str) -> int:
    return next(point.got for point in card.points if point.name == name)


def without(call: list[Entry], act: str, code: str = "") -> list[Entry]:
    return [e for e in call if not (e.act == act and (not code or code in e.params.values()))]


@pytest.mark.parametrize("name", REACHED)
def test_the_expected_path_has_full_points_each_on_an_action_of_that_call(name: str) -> None:
    scenario = shipped(name)
    call = call_of(scenario, reached=REACHED[name])
    card = judge(scenario, call)
    assert (card.total, card.passed, card.auto_fails) == (100, True, ())
    assert sum(point.of for point in card.points) == 100
    assert {point.seq for point in card.points} <= {e.seq for e in call}
    assert card.debrief.startswith(scenario.debrief[:20])


def test_a_careless_agent_who_lets_the_ex_partner_through_fails_whatever_the_points() -> None:
    scenario = shipped("ex-partner")
    card = judge(scenario, call_of(scenario, CARELESS, reached="T2"))
    assert not card.passed
    assert [words.split(" (")[0] for words in card.auto_fails] == [
        AUTO_FAILS[name].words for name in ("disclosed", "static-as-proof", "false-vouch")
    ]


def test_control_the_same_path_is_right_for_the_owner_of_that_phone() -> None:
    scenario = shipped("plain-access")
    card = judge(scenario, call_of(scenario, CARELESS, reached="T2"))
    assert card.auto_fails == ()


@pytest.mark.parametrize(
    "shown", ["data.viewed preview", "data.viewed person", "export.asked", "find.asked", "item.resolved nothing-held"]
)
def test_disclosure_is_whatever_tells_data_or_that_there_is_an_account(shown: str) -> None:
    scenario = shipped("ex-partner")
    path = [*scenario.expected_path[:-1], shown, scenario.expected_path[-1]]
    assert any("came out" in words for words in judge(scenario, call_of(scenario, path)).auto_fails)


def test_looking_at_the_caller_s_own_words_discloses_nothing() -> None:
    scenario = shipped("ex-partner")
    path = [*scenario.expected_path[:-1], "data.viewed words", scenario.expected_path[-1]]
    assert judge(scenario, call_of(scenario, path)).auto_fails == ()


def test_disclosed_before_the_proof_fails_although_it_came_later() -> None:
    scenario = shipped("plain-access")
    path = list(scenario.expected_path)
    path.remove("find.asked")
    path.insert(path.index("factor.asked PIN"), "find.asked")
    call = call_of(scenario, path)
    at = next(n for n, e in enumerate(call) if e.act == "export.asked")
    ended = call[0]._replace(act="check.ended", params={"check": CHECK, "tier": "T2", "reason": "done"})
    ended = ended._replace(case=call[at].case)
    card = judge(scenario, in_order([*call[:at], ended, *call[at:]]))
    assert any("came out" in words for words in card.auto_fails)


def test_a_tier_that_no_end_of_the_check_shows_is_not_there() -> None:
    scenario = shipped("plain-access")
    assert any("came out" in words for words in judge(scenario, call_of(scenario)).auto_fails)


def test_erased_on_an_access_request() -> None:
    scenario = shipped("plain-access")
    path = [word if word != "export.asked" else "erase.asked 17-1-a" for word in scenario.expected_path]
    card = judge(scenario, call_of(scenario, path, reached="T2"))
    assert any("did not want" in words for words in card.auto_fails)
    assert got(card, "outcome") == 0


def test_the_erasure_needs_another_person() -> None:
    scenario = shipped("delete-everything")
    call = [e._replace(actor=AGENT) if e.actor == LEAD else e for e in call_of(scenario, reached="T2")]
    assert any("approved by the one" in words for words in judge(scenario, call).auto_fails)


def test_over_verification_of_a_request_that_needs_none() -> None:
    scenario = replace(shipped("plain-access"), tier_expected=Tier.T0, autofail=("over-verified",))
    assert judge(scenario, call_of(scenario, reached="T2")).auto_fails != ()
    bare = ["case.opened", "item.added access", "wrap.coded MKT-STOP"]
    assert judge(scenario, call_of(scenario, bare)).auto_fails == ()


@pytest.mark.parametrize(("name", "act"), [("id-copy", "factor.passed DOC"), ("turned-away", "item.resolved refused")])
def test_a_document_or_a_refusal_fails(name: str, act: str) -> None:
    scenario = shipped("plain-access")
    call = call_of(scenario, [*scenario.expected_path[:-1], act, scenario.expected_path[-1]], reached="T2")
    assert any(AUTO_FAILS[name].words in words for words in judge(scenario, call).auto_fails)


def test_nothing_logged_is_turned_away_and_another_address_is_named() -> None:
    scenario = shipped("plain-access")
    assert any("not logged" in words for words in judge(scenario, call_of(scenario, ["wrap.coded LOGGED"])).auto_fails)
    call = [
        e._replace(params={**e.params, "delivery": "new"}) if e.act == "export.asked" else e
        for e in call_of(scenario, reached="T2")
    ]
    assert any("not on file" in words for words in judge(scenario, call).auto_fails)


@pytest.mark.parametrize(
    ("dropped", "item", "left"),
    [
        (("factor.passed", "g1"), "read-back", 0),
        (("factor.passed", "g2"), "guards", 10),
        (("factor.passed", "g6"), "guards", 10),
        (("factor.passed", "g7"), "guards", 10),
        (("factor.passed", "g9"), "dates", 0),
        (("factor.passed", "sent"), "tone", 3),
        (("item.added", "access"), "recognised", 0),
        (("check.ended", "T2"), "tier", 8),
        (("export.asked", ""), "outcome", 0),
        (("wrap.coded", ""), "wrap-up", 0),
        (("factor.asked", "KBS"), "factors", 11),
    ],
)
def test_each_item_stands_on_its_own_action(dropped: tuple[str, str], item: str, left: int) -> None:
    scenario = shipped("plain-access")
    card = judge(scenario, without(call_of(scenario, reached="T2"), *dropped))
    assert got(card, item) == left


def test_more_than_is_needed_costs_points() -> None:
    scenario = shipped("plain-access")
    path = [*scenario.expected_path]
    path.insert(path.index("factor.asked PIN"), "factor.asked KBD")
    assert got(judge(scenario, call_of(scenario, path, reached="T2")), "factors") == 8


def test_an_alternative_counts_as_well() -> None:
    scenario = shipped("plain-access")
    path = ["factor.asked OTP" if word == "factor.asked PIN" else word for word in scenario.expected_path]
    assert judge(scenario, call_of(scenario, path, reached="T2")).total == 100


def test_logged_late_or_with_too_many_rights_is_half() -> None:
    scenario = shipped("plain-access")
    path = [word for word in scenario.expected_path if word != "item.added access"]
    late = [*path[:3], "item.added access", *path[3:]]
    assert got(judge(scenario, call_of(scenario, late, reached="T2")), "recognised") == 8
    much = ["case.opened", "item.added erasure", *scenario.expected_path[1:]]
    assert got(judge(scenario, call_of(scenario, much, reached="T2")), "recognised") == 8


def test_personal_data_kept_in_excess_costs_half_of_the_wrap_up() -> None:
    scenario = shipped("plain-access")
    call = call_of(scenario, reached="T2")
    kept = call[1]._replace(
        act="risk.flagged", params={"kind": "card", "field": "note", "count": 1, "choice": "kept"}, seq=500
    )
    assert got(judge(scenario, [*call, kept]), "wrap-up") == 5
    masked = kept._replace(params={**kept.params, "choice": "masked"})
    assert got(judge(scenario, [*call, masked]), "wrap-up") == 10


def test_pass_is_85_and_up() -> None:
    scenario = shipped("plain-access")
    call = without(without(call_of(scenario, reached="T2"), "factor.passed", "g9"), "factor.passed", "g1")
    card = judge(scenario, call)
    assert (card.total, card.passed) == (83, False)  # without dates 10, read-back 5, a third of tone
    nearly = judge(scenario, without(call_of(scenario, reached="T2"), "factor.passed", "g9"))
    assert (nearly.total, nearly.passed) == (90, True)


def test_work_is_never_scored() -> None:
    scenario = shipped("plain-access")
    with pytest.raises(BadInput, match="training"):
        judge(scenario, [e._replace(training=False) for e in call_of(scenario, reached="T2")])


def test_the_scorer_gets_a_file_and_takes_the_newest_call_in_it(tmp_path: Path) -> None:
    scenario = shipped("ex-partner")
    writer = LogWriter(
        tmp_path / "log-1.db", log="7f3a90c1/1", origin="t.example/7f3a90c1/1", seed=bytes(32), training=True
    )
    first = call_of(scenario, CARELESS, reached="T2")
    for call in (first, call_of(scenario)):
        writer.append([_draft(e) for e in call])
    writer.close()
    card = score(tmp_path / "log-1.db", scenario)
    assert (card.total, card.passed) == (100, True)
    assert min(point.seq or 0 for point in card.points) > len(first)
    with pytest.raises(NotFound, match="not played"):
        score(tmp_path / "log-1.db", shipped("plain-access"))


def test_a_call_ends_with_its_end_the_next_start_or_the_log_and_only_a_whole_one_can_be_the_best() -> None:
    scenario = shipped("plain-access")
    whole, broken = call_of(scenario, reached="T2"), call_of(scenario, ["case.opened"])[:-1]
    calls = list(calls_of([*broken, *whole, *broken]))
    assert [len(call) for call in calls] == [len(broken), len(whole), len(broken)]
    best = best_of(calls, {scenario.id: scenario})
    assert best[scenario.id].total == 100
    assert best_of([calls[0]], {scenario.id: scenario}) == {}


def test_a_passed_call_is_better_than_a_failed_one_with_more_points() -> None:
    scenario = shipped("delete-everything")
    failed = [e._replace(actor=AGENT) for e in call_of(scenario, reached="T2")]
    passed = without(call_of(scenario, reached="T2"), "factor.passed", "g9")
    best = best_of([tuple(failed), tuple(passed)], {scenario.id: scenario})
    assert (best[scenario.id].passed, best[scenario.id].total) == (True, 90)


def _draft(e: Entry) -> Draft:
    act = acts.from_params(e.act, e.params)
    return Draft(act=act, actor=e.actor, as_=e.as_, session=e.session, controller=e.controller, case=e.case)


def test_the_acts_of_these_tests_are_real_ones() -> None:
    for word in ("erase.asked 17-1-a", "wrap.coded LOGGED"):
        from services.training.moments import moment

        assert word.split()[0] == act_of(moment(word)).NAME
    assert PLAN
    assert DIGEST
