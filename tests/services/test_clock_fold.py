"""The clock of a case by its actions: what counts, what does not fit, and who may do it when."""

from datetime import UTC, date, datetime, timedelta

import pytest

from services.action_log import acts
from services.action_log.act import Act
from services.cases.case import Case, from_json, to_json
from services.cases.clock_policy import not_today
from services.cases.fold_clock import EXTENSION
from services.cases.policy import may
from services.cases.queue import columns, dates_of
from services.clock.calendar import calendar_for
from services.clock.dates import dates_for
from services.controllers import Controller, load_controllers
from services.demo.people import make_people
from services.demo.systems import make_systems
from services.sync.jobs import jobs_of
from services.types import ItemState, Outcome, Right, Role
from tests.entries import AGENT, LEAD, T0, WORKER, after, entry, opened
from tests.services.test_cases_fold import verified
from tests.services.test_policy import LEAD as LEADS_MOMENT, moment

Q, OTHER_Q = "a" * 32, "b" * 32
RECEIVED = date(2026, 2, 2)  # of `opened`: T0 is that day, too
HARD = dates_for(RECEIVED, calendar_for("DE")).due_hard
DAY_US = 86_400_000_000


@pytest.fixture(scope="module")
def controller(tmp_path_factory: pytest.TempPathFactory) -> Controller:
    home = tmp_path_factory.mktemp("home")
    make_systems(home, "nordlicht", make_people(1, 2), 1)
    return load_controllers(home)["nordlicht"]


def on(days: int) -> str:
    return (RECEIVED + timedelta(days=days)).isoformat()


def asked(
    days: int = 0, what: str = "identity", ground: str = "identity-doubt", question: str = Q, by: str = "otherwise"
) -> Act:
    return acts.ClockAsked(question=question, what=what, ground=ground, fair=True, on=on(days), by=by)


def chased(days: int, question: str = Q, by: str = "otherwise") -> Act:
    return acts.ClockChased(question=question, on=on(days), by=by)


def left(case: Case, days: int, question: str = Q) -> Case:
    """The case after the worker said that the letter left on that day."""
    act = acts.QuestionSent(question=question, letter="c" * 32, on=on(days))
    return then(case, (act, days), actor=WORKER, as_="worker")


def then(case: Case, *steps: tuple[Act, int], actor: str = AGENT, as_: str = "agent") -> Case:
    """The case after acts, each so many days after its receipt."""
    for act, days in steps:
        at = T0 + days * DAY_US
        case = after(case, entry(act, actor=actor, as_=as_, ts=at), at=at)
    return case


def by_lead(case: Case, act: Act, days: int = 0) -> Case:
    return then(case, (act, days), actor=LEAD, as_="lead")


def why(case: Case) -> str:
    return case.conflicts[-1].reason if case.conflicts else ""


def test_a_question_and_its_answer_move_the_second_date_alone(controller: Controller) -> None:
    case = then(opened(Right.ACCESS), (asked(), 0), (acts.ClockAnswered(question=Q, on=on(12)), 12))
    dates = dates_of(case, controller)
    assert (dates.due, dates.paused_days) == (HARD, 12)
    assert dates.due_susp is not None
    assert from_json(to_json(case)) == case
    assert columns(case, controller)["due"] == HARD.isoformat()
    accepted = by_lead(case, acts.SuspensionAccepted(reason="identity-needed"), 12)
    shown = columns(accepted, controller)
    assert (shown["due"], shown["hard"]) == (dates.due_susp.isoformat(), HARD.isoformat())
    back = by_lead(accepted, acts.SuspensionRefused(reason="waited-enough"), 13)
    assert columns(back, controller)["due"] == HARD.isoformat()


def test_the_queue_knows_since_when_it_is_paused_and_when_to_ask_again(controller: Controller) -> None:
    case = then(opened(Right.ACCESS), (asked(1), 1))
    shown = columns(case, controller)
    assert (shown["paused"], shown["wakes"], shown["hard"]) == (on(1), on(8), "")
    again = then(case, (chased(8), 8))
    assert columns(again, controller)["wakes"] == on(15)
    answered = then(again, (acts.ClockAnswered(question=Q, on=on(9)), 9))
    assert (columns(answered, controller)["paused"], columns(answered, controller)["wakes"]) == ("", "")


@pytest.mark.parametrize(
    ("act", "days", "reason"),
    [
        (asked(5), 0, "that day cannot be"),
        (asked(-1), 0, "that day cannot be"),
        (asked(0, "clarification", "large-quantity"), 0, ""),
        (asked(0, "passport"), 0, "no rule knows"),
        (asked(0, by="pigeon"), 0, "or otherwise"),
        (asked(0, "fee", "excessive", by="mail"), 0, "no letter asks for that"),
        (acts.ClockAnswered(question=OTHER_Q, on=on(0)), 0, "no such question is open"),
        (chased(0, question=OTHER_Q), 0, "no such question is open"),
        (acts.SuspensionAccepted(reason="x"), 0, "a lead decides that"),
        (acts.SuspensionRefused(reason="x"), 0, "a lead decides that"),
        (acts.CaseExtended(reason="volume", notice=None), 0, "a lead decides that"),
        (acts.CaseMerged(into="C-26-000001"), 0, "does not end in itself"),
        (acts.ReceiptNoted(kind="merged", received_at=T0, received_on=on(0), number=None), 0, "reminder, or another"),
        (acts.ReceiptNoted(kind="reminder", received_at=T0, received_on=on(9), number=None), 0, "that day cannot be"),
        (
            acts.ReceiptNoted(kind="merged", received_at=T0, received_on="1970-01-01", number="C-26-000009"),
            0,
            "that day cannot be",
        ),
    ],
)
def test_what_does_not_fit_changes_nothing(act: Act, days: int, reason: str) -> None:
    before = opened(Right.ACCESS)
    case = then(before, (act, days))
    assert reason in why(case)
    assert (case.questions == before.questions) == bool(reason)
    assert (case.pause, case.extended, case.receipts, case.items) == ("", False, (), before.items)


def test_a_pause_without_a_question_and_a_scope_question_without_data_asked_for_do_not_fit() -> None:
    assert "nothing was asked" in why(by_lead(opened(Right.ACCESS), acts.SuspensionAccepted(reason="x")))
    case = then(opened(Right.ERASURE), (asked(0, "clarification", "large-quantity"), 0))
    assert "only a request for access" in why(case)


@pytest.mark.rule("SUS-3")
def test_SUS_3_a_mailed_question_counts_from_the_day_its_letter_left_and_not_before(controller: Controller) -> None:
    case = then(opened(Right.ACCESS), (asked(0, by="mail"), 0))
    dates = dates_of(case, controller)
    assert (dates.due_susp, dates.paused_on, columns(case, controller)["wakes"]) == (None, None, "")
    assert from_json(to_json(case)) == case
    told = not_today("pause", case, dates, RECEIVED)
    assert told == "the time runs on: the letter that asks has not left"
    assert may("chase", case, moment()).reason == "a letter to them has not left yet (t)"
    in_time = left(case, 3)
    assert (in_time.questions[0].on, in_time.questions[0].waits) == (on(3), "")
    assert columns(in_time, controller)["paused"] == on(3)
    late = dates_of(left(case, 4), controller)
    assert late.due_susp is None
    assert late.not_paused == ("it was asked 4 days after receipt, more than 3",)
    sent = acts.QuestionSent(question=Q, letter="c" * 32, on=on(1))
    assert "only a worker" in why(then(case, (sent, 1)))
    assert "no letter of that question" in why(left(in_time, 5))
    assert "that day cannot be" in why(
        then(case, (acts.QuestionSent(Q, "c" * 32, on(9)), 2), actor=WORKER, as_="worker")
    )


@pytest.mark.rule("SUS-3")
def test_SUS_3_who_answers_before_the_letter_left_was_not_waited_for(controller: Controller) -> None:
    case = then(opened(Right.ACCESS), (asked(0, by="mail"), 0), (acts.ClockAnswered(question=Q, on=on(1)), 1))
    assert dates_of(left(case, 2), controller).due_susp is None
    assert why(left(case, 2)) == ""
    assert dates_of(left(case, 1), controller).paused_days == 0


@pytest.mark.rule("SUS-5")
def test_SUS_5_a_mailed_reminder_counts_once_it_left(controller: Controller) -> None:
    case = then(opened(Right.ACCESS), (asked(0), 0), (chased(7, by="mail"), 7))
    assert (case.questions[0].chased, columns(case, controller)["wakes"]) == ((), on(7))
    assert "has not left" in why(then(case, (chased(8), 8)))
    case = left(case, 9)
    assert (case.questions[0].chased, columns(case, controller)["wakes"]) == ((on(9),), on(16))


def test_only_what_is_mailed_makes_a_job() -> None:
    case = opened(Right.ACCESS)
    for act, kinds in ((asked(0, by="mail"), ["question"]), (asked(0), []), (chased(7, by="mail"), ["question"])):
        assert [job.kind for job in jobs_of(entry(act), case, T0, 0)] == kinds


@pytest.mark.rule("SUS-5")
def test_SUS_5_asked_again_on_day_7_and_14_and_only_then_it_may_end(controller: Controller) -> None:
    case = then(verified(opened(Right.ACCESS)), (asked(), 0))
    assert may("unanswered", case, moment()).reason.startswith("only who was asked twice again")
    assert not_today("chase", case, dates_of(case, controller), RECEIVED + timedelta(days=6)).startswith(
        "it is too early"
    )
    early = then(case, (chased(6), 6))
    assert "that day cannot be" in why(early)
    once = then(case, (chased(7), 7))
    assert "that day cannot be" in why(then(once, (chased(13), 13)))
    assert not may("unanswered", once, moment()).allowed
    late = then(case, (chased(10), 10))
    assert "that day cannot be" in why(then(late, (chased(14), 14))), "a week after the first"
    twice = then(once, (chased(15), 15))
    assert may("unanswered", twice, moment()).allowed
    assert may("chase", twice, moment()).reason == "they were asked again twice"
    fee = then(opened(Right.ACCESS), (asked(0, "fee", "excessive"), 0))
    assert not may("unanswered", fee, moment()).allowed, "only who nobody knows"


@pytest.mark.rule("SUS-5")
def test_SUS_5_a_request_of_several_rights_ends_with_one_letter() -> None:
    case = opened(Right.ACCESS, Right.ERASURE)
    ends = [entry(acts.ItemResolved(outcome="not-identified", ground="no-answer"), item=n) for n in ("1", "2")]
    one = after(case, ends[0])
    assert jobs_of(ends[0], one, T0, 0) == ()
    both = after(one, ends[1])
    assert both.closed
    assert [job.kind for job in jobs_of(ends[1], both, T0, 0)] == ["not-identified"]


@pytest.mark.rule("CLK-2", "CLK-3")
def test_CLK_2_an_extension_counts_once_the_worker_sent_its_notice_in_time(controller: Controller) -> None:
    decided = by_lead(opened(Right.ACCESS), acts.CaseExtended(reason="volume", notice=None), 3)
    assert dates_of(decided, controller).due == HARD, "the decision alone moves nothing"
    made = acts.LetterMade(letter=Q, template=EXTENSION, version="2026-11", language="de")
    case = then(decided, (made, 3), actor=WORKER, as_="worker")
    sent = acts.LetterSent(letter=Q, medium="smtp")
    assert dates_of(then(case, (sent, 3)), controller).due == HARD, "an agent's word that it left does not count"
    in_time = (HARD - RECEIVED).days
    extended = then(case, (sent, in_time), actor=WORKER, as_="worker")
    assert dates_of(extended, controller).due == dates_for(RECEIVED, calendar_for("DE"), extended=True).due
    assert (columns(extended, controller)["extended"], columns(case, controller)["extended"]) == (True, False)
    late = then(case, (sent, in_time + 1), actor=WORKER, as_="worker")
    assert dates_of(late, controller).due == HARD
    assert from_json(to_json(extended)) == extended
    assert "once" in why(by_lead(extended, acts.CaseExtended(reason="number", notice=None), 5))
    assert "once" in not_today("extend", extended, dates_of(extended, controller), RECEIVED)


def test_a_notice_that_did_not_leave_leaves_the_lead_to_decide_anew(controller: Controller) -> None:
    decided = by_lead(opened(Right.ACCESS), acts.CaseExtended(reason="volume", notice=None))
    failed = acts.ExtensionFailed(reason="no-address")
    assert "only a worker" in why(then(decided, (failed, 1)))
    open_again = then(decided, (failed, 1), actor=WORKER, as_="worker")
    assert not open_again.extended
    assert not_today("extend", open_again, dates_of(open_again, controller), RECEIVED) == ""
    assert by_lead(open_again, acts.CaseExtended(reason="number", notice=None)).extended


def test_another_letter_extends_nothing(controller: Controller) -> None:
    case = by_lead(opened(Right.ACCESS), acts.CaseExtended(reason="volume", notice=None))
    made = acts.LetterMade(letter=Q, template="acknowledgement", version="2026-11", language="de")
    case = then(case, (made, 1), (acts.LetterSent(letter=Q, medium="smtp"), 1), actor=WORKER, as_="worker")
    assert dates_of(case, controller).due == HARD
    assert case.letters[0].state == "sent"


@pytest.mark.rule("INT-8")
def test_INT_8_a_reminder_is_kept_and_starts_no_clock(controller: Controller) -> None:
    before = opened(Right.ACCESS)
    note = acts.ReceiptNoted(kind="reminder", received_at=T0 + 9 * DAY_US, received_on=on(9), number=None)
    case = then(before, (note, 9))
    assert len(case.receipts) == 1
    assert dates_of(case, controller) == dates_of(before, controller)


@pytest.mark.rule("INT-9")
@pytest.mark.parametrize(("days", "first"), [(-5, -5), (5, 0)])
def test_INT_9_a_merged_case_keeps_its_day_and_the_earliest_drives(
    controller: Controller, days: int, first: int
) -> None:
    note = acts.ReceiptNoted(kind="merged", received_at=T0, received_on=on(days), number="C-26-000009")
    case = then(opened(Right.ACCESS), (note, 6))
    assert (case.received_on, case.receipts[0].on) == (on(0), on(days))
    wanted = dates_for(RECEIVED + timedelta(days=first), calendar_for("DE"))
    assert dates_of(case, controller).due_hard == wanted.due_hard
    again = then(case, (note, 6))
    assert "in here already" in why(again)


@pytest.mark.rule("INT-9")
def test_INT_9_what_is_merged_ends_as_that_unless_work_on_it_has_begun() -> None:
    case = then(opened(Right.ACCESS), (acts.CaseMerged(into="C-26-000009"), 1))
    assert case.closed
    assert (case.items[0].state, case.items[0].outcome) == (ItemState.CLOSED, Outcome.MERGED)
    running = after(verified(opened(Right.ACCESS)), entry(_export(), item="1"))
    assert "work on it has begun" in why(then(running, (acts.CaseMerged(into="C-26-000009"), 1)))
    assert may("merge", running, moment()).reason == "work on it has begun"


def _export() -> Act:
    return acts.ExportAsked(format="json", language="de", delivery="on-file")


def test_who_may_do_what_about_the_dates() -> None:
    case = then(opened(Right.ACCESS), (asked(), 0))
    for act in ("ask", "answered", "chase", "remind", "merge"):
        assert may(act, case, moment()).allowed, act
    assert may("pause", case, moment()).reason == "for lead only"
    assert may("extend", case, moment()).reason == "for lead only"
    assert may("pause", case, LEADS_MOMENT).allowed
    assert may("pause", opened(Right.ACCESS), LEADS_MOMENT).reason == "nothing was asked"
    assert may("answered", opened(Right.ACCESS), moment()).reason == "no question to the person is open"
    other = moment(agent="0017")
    assert may("ask", case, other).reason == "held by 0042"
    assert may("remind", case, other).allowed, "whoever takes the call keeps it"
    assert may("ask", case, moment(Role.OFFICER)).reason == "for agent or lead only"


def test_days_are_judged_by_when_central_took_them_not_by_a_terminals_clock() -> None:
    far = entry(asked(0), ts=int(datetime(2099, 12, 30, tzinfo=UTC).timestamp() * 1e6))
    late = far._replace(params={**far.params, "on": "2099-12-30"})
    case = after(opened(Right.ACCESS), late, at=T0)
    assert "that day cannot be" in why(case)
