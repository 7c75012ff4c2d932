"""What people weigh: an objection, an automated decision, a complaint. Heard, decided by two people, told, lifted."""

from dataclasses import replace

import pytest

from services.action_log import acts
from services.action_log.act import Act
from services.cases.case import Case, Item, from_json, to_json
from services.cases.decision import GROUNDS, UPHELD, WEIGHED
from services.cases.policy import may
from services.cases.weighing import KINDS, objection_lost
from services.desk.desk import Desk
from services.errors import BadInput, Refused
from services.sync.rebuild import differences
from services.types import DutyRole, ItemState, Outcome, Proposal, Right, Session
from tests.centre import LEAD_PIN, request
from tests.entries import AGENT, LEAD, OTHER, WORKER, after, entry, opened
from tests.services.test_cases_fold import verified
from tests.services.test_policy import moment
from tests.services.test_restriction import MARKED, lead_of, restricted
from tests.worker_centre import PEOPLE, Call
from tests.worker_fixtures import Make

D, WORDS, VIEW = "a" * 32, "e" * 64, "b" * 64
BOT = "bot:desk"


def said(case: Case, act: Act, actor: str = AGENT, as_: str = "agent", details: tuple[str, ...] = ()) -> Case:
    return after(case, entry(act, actor=actor, as_=as_, item="1", details=details))


def heard(right: Right, decided_by: str | None = None, actor: str = AGENT) -> Case:
    """A case whose person has said what they think of it."""
    noted = acts.ViewNoted(kind=KINDS[right], decided_by=decided_by)
    return said(verified(opened(right)), noted, actor, details=(VIEW,))


def proposed(outcome: str, *grounds: str) -> Act:
    return acts.DecisionProposed(
        decision=D, outcome=outcome, grounds=grounds, earlier=(), amount=None, language="de"
    )  # fmt: skip


def waiting(right: Right, outcome: str = "refused") -> Case:
    return said(heard(right), proposed(outcome, *GROUNDS[right][: outcome == "refused"]), details=(WORDS,))


def decided(case: Case, actor: str = LEAD, as_: str = "lead") -> Case:
    return said(case, acts.DecisionApproved(decision=D, instruction=None), actor, as_)


def told(case: Case) -> Case:
    return said(case, acts.DecisionTold(decision=D, on="2026-02-03"), WORKER, "worker")


def why(case: Case) -> str:
    return case.conflicts[-1].reason if case.conflicts else ""


def one(case: Case) -> Item:
    return case.items[0]


@pytest.mark.parametrize("right", WEIGHED)
def test_it_is_decided_either_way_by_two_people_and_ends_once_the_person_was_told(right: Right) -> None:
    for outcome, ended in ((UPHELD, Outcome.DONE), ("refused", Outcome.REFUSED)):
        case = waiting(right, outcome)
        assert (why(case), one(case).state) == ("", ItemState.REVIEW)
        assert from_json(to_json(case)) == case
        case = decided(case)
        assert (one(case).state, one(case).outcome) == (ItemState.RUNNING, Outcome.OPEN)
        assert (one(told(case)).outcome, one(told(case)).state) == (ended, ItemState.CLOSED)


@pytest.mark.rule("ART-21-1")
@pytest.mark.parametrize(
    ("right", "outcome", "grounds", "reason"),
    [
        (Right.OBJECTION_OTHER, "refused", (), "the ground must be named: 21-1, 21-1-claims"),
        (Right.OBJECTION_OTHER, "refused", ("12-5-unfounded",), "the ground must be named"),
        (Right.OBJECTION_OTHER, "partly", ("21-1",), "is right, or not"),
        (Right.OBJECTION_OTHER, "fee", ("21-1",), "is right, or not"),
        (Right.OBJECTION_OTHER, UPHELD, ("21-1",), "needs no ground"),
        (Right.OBJECTION_OTHER, "refused", ("21-1", "21-1-claims"), ""),
        (Right.ADM_REVIEW, "refused", ("21-1",), "the ground must be named: 22-stands"),
        (Right.COMPLAINT, UPHELD, (), ""),
    ],
)
def test_compelling_grounds_or_legal_claims_are_named(
    right: Right, outcome: str, grounds: tuple[str, ...], reason: str
) -> None:
    case = said(heard(right), proposed(outcome, *grounds), details=(WORDS,))
    assert reason in why(case)
    assert bool(why(case)) == bool(reason)


@pytest.mark.rule("ART-22", "UK-22A")
def test_a_bot_may_fulfil_but_never_refuses_alone_and_a_machine_reviews_nothing() -> None:
    done = acts.ItemResolved(outcome="done", ground=None)
    assert one(said(opened(Right.ACCESS), done, BOT, "bot")).outcome is Outcome.DONE, "the control: it may fulfil"
    for right in (Right.ACCESS, *WEIGHED):
        refused = said(opened(right), acts.ItemResolved(outcome="refused", ground=None), BOT, "bot")
        assert "only a person refuses" in why(refused) or "a person looks at it" in why(refused)
        assert one(refused).outcome is Outcome.OPEN
    for right in WEIGHED:
        ground = GROUNDS[right][0]
        for act, details in ((proposed("refused", ground), (WORDS,)), (proposed(UPHELD), (WORDS,))):
            assert "only a person says no" in why(said(heard(right), act, BOT, "bot", details))
        assert "only a person says no" in why(decided(waiting(right), BOT, "lead"))
    for actor, as_ in ((BOT, "bot"), (WORKER, "worker")):
        assert "no machine" in why(said(heard(Right.ADM_REVIEW), done, actor, as_))
    for right in WEIGHED:
        assert "two people decide" in why(said(heard(right), done))
        assert one(said(heard(right), done)).outcome is Outcome.OPEN, "nor does one person alone end it"
    assert one(heard(Right.COMPLAINT, actor=BOT)).view == VIEW, "writing down what is said decides nothing"


@pytest.mark.rule("ART-22", "UK-22A")
def test_who_had_a_part_in_the_automated_decision_neither_proposes_nor_decides_its_review() -> None:
    by_me, by_lead = heard(Right.ADM_REVIEW, AGENT), heard(Right.ADM_REVIEW, LEAD)
    stands = proposed("refused", "22-stands")
    assert "had a part" in why(said(by_me, stands, details=(WORDS,)))
    assert may("refuse", by_me, moment()).reason == "who had a part in that decision does not review it"
    case = said(by_lead, stands, details=(WORDS,))
    assert "had a part" in why(decided(case))
    assert one(decided(case, "agent:0003", "officer")).state is ItemState.RUNNING
    assert "nobody decided that" in why(
        said(opened(Right.COMPLAINT), acts.ViewNoted(kind="complaint", decided_by=OTHER), details=(VIEW,))
    )


@pytest.mark.parametrize("right", WEIGHED)
def test_nothing_is_decided_before_the_person_was_heard(right: Right) -> None:
    bare = said(verified(opened(right)), proposed(UPHELD), details=(WORDS,))
    assert why(bare) == "note first what the person says (W)"
    assert may("refuse", opened(right), moment()).reason == "note first what the person says (W)"
    unproven = said(opened(right), acts.ViewNoted(kind=KINDS[right], decided_by=None), details=(VIEW,))
    assert bool(why(unproven)) == (right is not Right.COMPLAINT), "a complaint takes no proof"
    assert "words" in why(said(verified(opened(right)), acts.ViewNoted(kind=KINDS[right], decided_by=None)))
    assert why(said(verified(opened(Right.ACCESS)), acts.ViewNoted(kind="view", decided_by=None), details=(VIEW,)))


@pytest.mark.rule("ART-21-1")
def test_as_a_processor_only_the_controller_decides_an_objection() -> None:
    cited = acts.InstructionCited(reference="DPA-2026/4", about=None)
    case = said(replace(waiting(Right.OBJECTION_OTHER), duty=DutyRole.PROCESSOR), cited)
    assert "only the controller decides that" in why(decided(case))
    assert one(said(case, acts.DecisionReferred(decision=D), LEAD, "lead")).decision.referred_at  # type: ignore[union-attr]
    by_word = said(case, acts.DecisionApproved(decision=D, instruction="HV-118"), LEAD, "lead")
    assert one(by_word).state is ItemState.RUNNING


@pytest.mark.rule("ART-21-1", "ART-18")
def test_a_worker_lifts_only_after_an_objection_was_lost_and_told() -> None:
    def lifting(case: Case) -> str:
        """Why a worker may not lift what is restricted now."""
        added = after(case, entry(acts.ItemAdded(right=Right.RESTRICTION), item="1-lift", actor=WORKER, as_="worker"))
        asked = acts.RestrictionLiftAsked(reason="objection-decided")
        return why(after(added, entry(asked, item="1-lift", actor=WORKER, as_="worker")))

    case = decided(waiting(Right.OBJECTION_OTHER))
    assert lifting(case) == "a lead lifts a restriction", "nobody was told yet"
    assert lifting(told(case)) == ""
    assert objection_lost(told(case))
    upheld = told(decided(waiting(Right.OBJECTION_OTHER, UPHELD)))
    assert lifting(upheld) == "a lead lifts a restriction", "who was right stays restricted"


# ── with a real worker ────────────────────────────────────────────────────────────────────────────────────────

SITUATION = "Eine Nachbarin arbeitet bei Ihrem Partner."
EXPLAINED = "Wir brauchen die Daten für den Streit vor dem Gericht."


def propose(call: Call, item: str, proposal: Proposal) -> None:
    call.step_up()
    call.desk.decision.propose(call.session, call.case, item, proposal)
    assert call.desk.synced()


def approve(desk: Desk, lead: Session, case: str) -> str:
    """The second person reads the letter and decides exactly that; the text of the letter."""
    assert desk.caught_up()
    waits = next(a for a in desk.review.waiting(lead) if a.case == case)
    assert waits.decision is not None
    text = desk.decision.read(lead, case, waits.item).text
    desk.sign.step_up(lead, LEAD_PIN)
    desk.decision.approve(lead, case, waits.item, waits.decision.id)
    assert desk.synced()
    return " ".join(text.split())


@pytest.mark.rule("ART-21-1", "ART-18")
def test_an_objection_restricts_at_once_is_decided_by_two_and_lifted_after_the_person_knows(make_centre: Make) -> None:
    centre = make_centre()
    centre.start()
    desk = centre.desk()
    call = Call(centre, desk, PEOPLE[1], Right.OBJECTION_OTHER)
    with pytest.raises(Refused, match="T1"):
        desk.weigh.note(call.session, call.case, "1", SITUATION)
    call.verify()
    for wrong in ("", " ", "x" * 501):
        with pytest.raises(BadInput, match="1 to 500"):
            desk.weigh.note(call.session, call.case, "1", wrong)
    with pytest.raises(Refused, match="note first what the person says"):
        desk.decision.preview(call.session, call.case, "1", Proposal("refused", ("21-1",), EXPLAINED))
    assert restricted(centre) == dict.fromkeys(MARKED, 0), "the control"
    desk.weigh.note(call.session, call.case, "1", SITUATION)
    assert desk.synced()
    centre.until(lambda: restricted(centre) == dict.fromkeys(MARKED, 1))
    centre.until(lambda: centre.case(call.case).items[1].ended)
    assert (centre.case(call.case).items[1].ground, centre.case(call.case).closed) == ("18-1-d", False)
    with pytest.raises(BadInput, match="the ground must be named"):
        desk.decision.preview(call.session, call.case, "1", Proposal("refused", (), EXPLAINED))
    propose(call, "1", Proposal("refused", ("21-1-claims",), EXPLAINED))
    two, lead = lead_of(centre)
    letter = approve(two, lead, call.case)
    for words in (SITUATION, EXPLAINED, "die Daten werden für Rechtsansprüche gebraucht", "Art. 18 Abs. 3 DSGVO"):
        assert words in letter, words
    centre.until(lambda: restricted(centre) == dict.fromkeys(MARKED, 0))
    centre.until(lambda: centre.case(call.case).closed)
    case = centre.case(call.case)
    assert [(i.right, i.outcome) for i in case.items] == [
        (Right.OBJECTION_OTHER, Outcome.REFUSED), (Right.RESTRICTION, Outcome.DONE), (Right.RESTRICTION, Outcome.DONE),
    ]  # fmt: skip
    entries = centre.entries(call.case)
    acted = [e.act for e in entries]
    letters = {x.id: x.template for x in case.letters}
    sent = {letters[str(e.params["letter"])]: n for n, e in enumerate(entries) if e.act == "letter.sent"}
    order = [
        sent["objection-outcome"], acted.index("decision.told"), acted.index("restriction.lift_asked"),
        sent["restriction-lifted"], acted.index("restriction.lifted"),
    ]  # fmt: skip
    assert order == sorted(order), "told first, then told again, then lifted"
    assert case.conflicts == ()
    log = b"".join(str(e.params).encode() for e in entries)
    assert b"Nachbarin" not in log
    assert differences(centre.store) == []


@pytest.mark.rule("UK-22A", "UK-164A")
def test_in_the_uk_a_review_and_a_complaint_are_told_with_their_articles_and_remedies(make_centre: Make) -> None:
    centre = make_centre()
    centre.start()
    desk = centre.desk()
    call = Call(centre, desk, PEOPLE[1], Right.COMPLAINT)  # signs in; its own case is another controller's
    asked = request(Right.ADM_REVIEW, Right.COMPLAINT, identifier=PEOPLE[1].email, controller="harbour")
    call.case = desk.intake.open(call.session, asked).case
    assert desk.synced()
    desk.weigh.note(call.session, call.case, "2", "Nobody answered my letter of May.")
    call.verify()
    with pytest.raises(BadInput, match="had a part"):
        desk.weigh.note(call.session, call.case, "1", "I was refused by a score.", decided_by="not a number")
    desk.weigh.note(call.session, call.case, "1", "I was refused by a score.", decided_by="0017")
    propose(call, "1", Proposal("refused", ("22-stands",), "Two of us looked at your payments."))
    two, lead = lead_of(centre)
    review = approve(two, lead, call.case)
    for words in (
        "Articles 22A to 22D UK GDPR", "I was refused by a score.", "The decision stays as it is", "section 165",
        "section 164A", "Information Commissioner", "Art 79 UK GDPR",
    ):  # fmt: skip
        assert words in review, words
    centre.until(lambda: centre.case(call.case).items[0].ended)
    assert desk.caught_up()
    propose(call, "2", Proposal(UPHELD, (), "Your letter was filed in the wrong place. You get your answer today."))
    outcome = approve(two, lead, call.case)
    for words in ("section 164A Data Protection Act 2018", "Nobody answered my letter of May.", "You are right"):
        assert words in outcome, words
    centre.until(lambda: centre.case(call.case).closed)
    case = centre.case(call.case)
    assert [i.outcome for i in case.items] == [Outcome.REFUSED, Outcome.DONE]
    assert {"review-outcome", "complaint-outcome", "complaint-receipt"} <= {x.template for x in case.letters}
    assert differences(centre.store) == []
