"""What became of a letter, folded: nobody was told by one that did not leave, and only people say otherwise."""

from pathlib import Path

import pytest

from services.action_log import acts
from services.action_log.entry import Entry
from services.cases.case import Case, from_json, to_json
from services.cases.fold_letters import FROM_CASE, OVERTAKEN, OWED, PATIENT, failed_letters
from services.letters.compose import letters
from services.letters.remedies import NEEDS_REMEDIES
from services.types import ItemState, Outcome, Right
from tests.entries import AGENT, LEAD, WORKER, after, entry, opened

LETTER = "ab" * 16


def by_worker(act: acts.Act, item: str | None = "1") -> Entry:
    return entry(act, actor=WORKER, as_="worker", item=item)


def made(template: str) -> Entry:
    return by_worker(acts.LetterMade(LETTER, template, "2026-11", "de"))


FAILED = by_worker(acts.LetterFailed(LETTER, "mail-refused"))


def ended(case: Case) -> Case:
    """A person ended the item: nobody can say who asks."""
    return after(case, entry(acts.ItemResolved(Outcome.NOT_IDENTIFIED, None), item="1"))


def test_a_case_that_had_ended_opens_again_until_the_person_is_told() -> None:
    case = ended(opened(Right.ACCESS))
    assert (case.closed, case.closed_at > 0) == (True, True)
    case = after(case, made("not-identified"), FAILED)
    assert (case.closed, case.closed_at, case.state) == (False, 0, ItemState.SENT)
    case = after(case, entry(acts.LetterRetryAsked(LETTER), item="1"))
    assert not case.closed, "asking is not telling"
    case = after(case, by_worker(acts.LetterSent(LETTER, "smtp")))
    assert (case.closed, case.letters[0].medium, case.letters[0].reason) == (True, "smtp", "")
    assert case.conflicts == ()


def test_a_letter_that_is_only_kind_keeps_no_case_open() -> None:
    case = after(ended(opened(Right.ACCESS)), made("acknowledgement"), FAILED)
    assert case.closed
    assert failed_letters(case) == case.letters, "and it can be sent again all the same"


@pytest.mark.parametrize("actor", [AGENT, LEAD])
def test_people_say_how_else_the_person_was_told_and_the_case_closes(actor: str) -> None:
    case = after(ended(opened(Right.ACCESS)), made("not-identified"), FAILED)
    handed = entry(acts.LetterHanded(LETTER, "post"), actor=actor, as_="lead" if actor == LEAD else "agent", item="1")
    case = after(case, handed)
    assert (case.closed, case.letters[0].state, case.letters[0].medium) == (True, "sent", "post")
    assert from_json(to_json(case)) == case


@pytest.mark.parametrize("act", [acts.LetterRetryAsked(LETTER), acts.LetterHanded(LETTER, "post")])
def test_control_what_did_not_fail_is_neither_sent_again_nor_told_and_no_worker_says_so(act: acts.Act) -> None:
    case = after(opened(Right.ACCESS), made("not-identified"))
    assert [met.reason for met in after(case, entry(act, item="1")).conflicts] == ["the letter did not fail"]
    case = after(case, FAILED)
    assert [met.reason for met in after(case, by_worker(act)).conflicts] == ["people decide about a letter that failed"]
    sent = entry(acts.LetterSent(LETTER, "smtp"), item="1")
    assert [met.reason for met in after(case, sent).conflicts] == ["only a worker reports results"]


def test_a_letter_that_asks_waits_for_people_while_its_question_is_open_and_keeps_no_case_open() -> None:
    asked = acts.ClockAsked("ac" * 16, "identity", "identity-doubt", True, "2026-02-02", "mail")
    case = after(opened(Right.ACCESS), entry(asked), made("identity-question"), FAILED)
    assert failed_letters(case) == case.letters
    assert ended(case).closed
    assert failed_letters(after(case, by_worker(acts.LetterFailed(LETTER, OVERTAKEN)))) == (), "answered otherwise"


def test_the_lists_of_letters_name_letters_that_there_are() -> None:
    assert set(letters()) >= PATIENT | NEEDS_REMEDIES | {*FROM_CASE}
    assert PATIENT > OWED
    assert NEEDS_REMEDIES - {"access-answer", "portability-answer"} <= OWED, "these go back to the agent by themselves"


def test_the_docs_name_every_letter() -> None:
    text = (Path(__file__).parents[2] / "docs" / "letters.md").read_text("utf-8")
    assert [name for name in letters() if f"`{name}`" not in text] == []
