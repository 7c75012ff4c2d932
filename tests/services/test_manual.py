"""Systems worked by hand: nothing is known of them but what a person answered, and only a person answers."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from services.action_log import acts
from services.cases.case import Case, from_json, to_json
from services.cases.policy import may
from services.connectors.base import Lookup
from services.connectors.manual import HandTask, ManualConnector, newest
from services.errors import BadInput, Pending, Refused, Unusable
from services.fulfilment.change import apply, standing, verify
from services.fulfilment.find import find
from services.fulfilment.found import Found, Reach
from services.fulfilment.plan import make_plan
from services.types import Right, Role
from tests.by_hand import DATASET, WORDS
from tests.datasystems.beside import ADA, SECRET, TODAY, Beside
from tests.entries import LEAD, OTHER, WORKER, after, entry, opened
from tests.services.test_policy import moment

TASK = "0c6c7acdb6cf5aa692963343001fefbc"
FOUND = HandTask(TASK, "find", "2026-03-10", "completed", 3, "", "2026-03-06")
DONE = replace(FOUND, what="erase", count=3)


def beside(tmp_path: Path, words: str = WORDS, dataset: str = DATASET) -> Beside:
    made = Beside(tmp_path / "c")
    made.crm()
    made.add("archive", "connector: manual\nurl: manual:archive\n", dataset, manual=words)
    return made.load()


@pytest.fixture
def both(tmp_path: Path) -> Beside:
    return beside(tmp_path)


def by_hand(one: Beside, *tasks: HandTask, today: date = TODAY) -> ManualConnector:
    connector = one.connector("archive")
    assert isinstance(connector, ManualConnector)
    return connector.bound(newest(tasks), {"email": "ada@x.org"}, today)


def searched(one: Beside, *tasks: HandTask) -> Found:
    sources = {"crm": one.connector("crm"), "archive": by_hand(one, *tasks)}
    return find(one.graph, sources, ADA, region="DE")


def reach(found: Found) -> tuple[Reach, str, int]:
    (one,) = [system for system in found.systems if system.key == "archive"]
    return one.reach, one.reason, one.count


def test_until_somebody_answers_a_search_waits_and_never_says_nothing(both: Beside) -> None:
    found = searched(both)
    assert reach(found) == (Reach.FAILED, "system 'archive' waits for archive until 2026-03-10", 0)
    assert not found.complete
    assert [system.reach for system in found.systems if system.key == "crm"] == [Reach.FOUND], "the others go on"
    with pytest.raises(Refused, match=r"no plan without system 'archive': .* waits for archive"):
        make_plan(found, both.graph, TODAY, "c")
    asked = replace(FOUND, outcome="", due="2026-03-04")
    assert reach(searched(both, asked))[1] == "system 'archive' waits for archive until 2026-03-04 (late)"
    with pytest.raises(Pending) as waits, by_hand(both, asked).read():
        pass
    assert waits.value.until == TODAY.isoformat(), "a late search is waited for all the same"
    with pytest.raises(Pending) as waits, by_hand(both, replace(FOUND), replace(asked, what="erase")).change():
        pass
    assert waits.value.until == "2026-03-04", "a late erasure is a lead's to decide about"


def test_nothing_found_is_said_only_when_a_person_said_so(both: Beside) -> None:
    nothing = replace(FOUND, outcome="nothing-found", count=0)
    assert reach(searched(both, nothing)) == (Reach.NOTHING, "", 0)


def test_a_person_who_could_not_look_makes_it_failed_with_their_reason(both: Beside) -> None:
    odd = replace(FOUND, outcome="exception", count=0, reason="not-reachable")
    assert reach(searched(both, odd))[:2] == (
        Reach.FAILED, "system 'archive' could not be searched by hand (not-reachable)",
    )  # fmt: skip


def test_what_was_found_by_hand_is_planned_waits_for_hands_and_is_gone_when_they_say_so(both: Beside) -> None:
    found = searched(both, FOUND)
    assert reach(found) == (Reach.FOUND, "", 1)
    (part,) = [part for part in found.collections() if part.node.collection == "paper"]
    assert [row.values for row in part.rows] == [
        {"task": TASK, "person": "ada@x.org", "count": 3, "found": "", "answered_on": "2026-03-06"}
    ]
    plan = make_plan(found, both.graph, TODAY, "c")
    asked = by_hand(both, FOUND)
    assert standing(plan, "archive", asked, secret=SECRET) == (1, 0)
    with pytest.raises(Pending, match="until 2026-03-12"):
        apply(plan, "archive", asked, secret=SECRET)
    assert [left.count for left in verify(plan, "archive", asked, both.graph, secret=SECRET)] == [1]
    answered = by_hand(both, FOUND, DONE)
    done = apply(plan, "archive", answered, secret=SECRET)
    assert (done.deleted, done.gone) == (0, 1), "this program erased nothing, and does not say that it did"
    assert verify(plan, "archive", answered, both.graph, secret=SECRET) == ()
    assert reach(searched(both, FOUND, DONE)) == (Reach.NOTHING, "", 0)


def test_an_erasure_that_somebody_could_not_do_is_not_done(both: Beside) -> None:
    plan = make_plan(searched(both, FOUND), both.graph, TODAY, "c")
    odd = by_hand(both, FOUND, replace(DONE, outcome="exception", count=0, reason="legal-hold"))
    with pytest.raises(Unusable, match=r"could not be erased by hand \(legal-hold\)"):
        apply(plan, "archive", odd, secret=SECRET)
    assert verify(plan, "archive", odd, both.graph, secret=SECRET) != ()


def test_a_reference_into_it_finds_only_its_own_row(both: Beside) -> None:
    with by_hand(both, FOUND).read() as reader:
        for key, rows in ((TASK, 1), ("x", 0), ("[red]", 0), ("a\0b", 0)):
            assert len(list(reader.rows(Lookup("paper", ("count",), ("task",), ((key,),))))) == rows
        assert list(reader.by_key("paper", ("count",), ("task",), [("x",)])) == []


@pytest.mark.parametrize(
    ("right", "wrong", "words"),
    [
        ("find: 5", "find: 0", "manual.yml:5: .*1 to 90 days"),
        ("identities: [email]", "identities: []", "at least one kind"),
        ("responsible", "responsable", r"did you mean 'responsible'"),
        ("erase: {en: Shred what was found}\n", "", "'erase' is missing"),
    ],
)
def test_a_wrong_manual_file_is_refused_with_its_line(tmp_path: Path, right: str, wrong: str, words: str) -> None:
    with pytest.raises(BadInput, match=words):
        beside(tmp_path, WORDS.replace(right, wrong)).connector("archive")


def test_a_check_says_what_no_answer_holds(both: Beside, tmp_path: Path) -> None:
    assert both.connector("archive").check(both.systems["archive"].datasets) == []
    two = WORDS.replace("identities: [email]", "identities: [email, customer_number]")
    more = beside(tmp_path / "m", two, DATASET + DATASET.partition("collections:\n")[2].replace("paper", "cards"))
    assert more.connector("archive").check(more.systems["archive"].datasets) == [
        "a person's answer is one row: 'archive' has one collection, and no more",
        "nothing in 'archive' has the identity 'customer_number' of manual.yml",
    ]
    wrong = DATASET.replace("erase: delete", "erase: mask").replace("name: count", "name: counts")
    other = beside(tmp_path / "o", dataset=wrong)
    assert other.connector("archive").check(other.systems["archive"].datasets) == [
        "there is no field archive.paper.counts (did you mean 'count'?)",
        "archive.paper is erased or kept by hand: say 'erase: delete'",
    ]


# ── the fold ──────────────────────────────────────────────────────────────────────────────────────────────────


def asked(
    what: str = "find", task: str = TASK, round: int = 1, due: str = "2026-03-10", purpose: str | None = None
) -> acts.Act:
    return acts.TaskAsked(
        task=task, system="archive", what=what, responsible="archive", due=due, round=round, purpose=purpose
    )


def answered(outcome: str = "completed", count: int = 2, reason: str | None = None, task: str = TASK) -> acts.Act:
    return acts.TaskAnswered(task=task, system="archive", outcome=outcome, count=count, reason=reason)


def waiting() -> Case:
    return after(opened(Right.ACCESS), entry(asked(), actor=WORKER, as_="worker", item="1"))


def test_a_worker_asks_once_and_a_person_answers_once() -> None:
    case = after(waiting(), entry(asked(), actor=WORKER, as_="worker", item="1"))
    assert len(case.items[0].tasks) == 1
    case = after(case, entry(answered(), actor=OTHER, item="1"))
    (task,) = case.items[0].tasks
    assert (task.outcome, task.count, task.by, task.answered_on) == ("completed", 2, OTHER, "2026-02-02")
    assert from_json(to_json(case)) == case
    assert case.conflicts == ()
    again = after(case, entry(answered("nothing-found", 0), item="1"))
    assert [c.reason for c in again.conflicts] == ["it was answered: completed"]
    assert again.items == case.items


def test_what_is_asked_again_is_open_again_unless_it_was_done_by_then() -> None:
    def worker(act: acts.Act) -> object:
        return entry(act, actor=WORKER, as_="worker", item="1")

    refused = after(waiting(), entry(answered("exception", 0, "not-reachable"), item="1"))
    again = after(refused, worker(asked(round=2, due="2026-03-20")))  # type: ignore[arg-type]
    (task,) = again.items[0].tasks
    assert (task.outcome, task.reason, task.due, task.answers) == ("", "", "2026-03-20", 1)
    assert after(again, worker(asked(round=2, due="2026-03-30"))).items == again.items  # type: ignore[arg-type]
    done = after(again, entry(answered(), item="1"))
    assert after(done, worker(asked(round=3))).items == done.items, "what is done is not asked"  # type: ignore[arg-type]


def test_a_newer_order_takes_the_place_of_one_that_nobody_answered() -> None:
    def order(task: str, what: str = "consent-give", purpose: str = "newsletter") -> object:
        return entry(asked(what, task, purpose=purpose), actor=WORKER, as_="worker", item="1")

    case = after(opened(Right.CONSENT_GIVE), order("1" * 32), order("2" * 32))  # type: ignore[arg-type]
    assert [one.task for one in case.items[0].tasks] == ["2" * 32]
    case = after(case, order("3" * 32, purpose="survey"), order("4" * 32, "consent-withdraw"))  # type: ignore[arg-type]
    assert [one.task for one in case.items[0].tasks] == ["2" * 32, "3" * 32, "4" * 32], "the control: about others"


def test_an_exception_can_be_mended() -> None:
    case = after(waiting(), entry(answered("exception", 0, "not-reachable"), item="1"))
    case = after(case, entry(answered("nothing-found", 0), actor=LEAD, as_="lead", item="1"))
    assert (case.items[0].tasks[0].outcome, case.conflicts) == ("nothing-found", ())


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: entry(answered(), actor=WORKER, as_="worker", item="1"), "a person answers"),
        (lambda: entry(answered(task="1" * 32), item="1"), "no such task"),
        (lambda: entry(answered("done"), item="1"), "an answer is"),
        (lambda: entry(answered("exception", 0), item="1"), "an answer is"),
        (lambda: entry(answered("completed", 2, "not-ours"), item="1"), "an answer is"),
        (lambda: entry(answered("completed", 0), item="1"), "at least one thing"),
        (lambda: entry(answered("nothing-found", 1), item="1"), "at least one thing"),
        (lambda: entry(asked(task="1" * 32), item="1"), "only a worker"),
        (lambda: entry(asked("guess", "1" * 32), actor=WORKER, as_="worker", item="1"), "nobody does that"),
    ],
)
def test_what_does_not_fit_changes_nothing(make: Callable[[], object], words: str) -> None:
    before = waiting()
    case = after(before, make())  # type: ignore[arg-type]
    assert words in case.conflicts[-1].reason
    assert case.items == before.items


def test_who_does_the_work_answers_without_holding_the_case() -> None:
    case = waiting()
    assert may("task", case, moment(agent="0017")).allowed
    assert may("task", case, moment(Role.LEAD, agent="0007")).allowed
    assert "for agent or lead only" in may("task", case, moment(Role.TRAINER)).reason
    done = after(case, entry(answered(), item="1"))
    assert may("task", done, moment()).reason == "nothing is to be done by hand"
