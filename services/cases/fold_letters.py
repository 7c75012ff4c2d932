"""Folding letters: made, sent, not sent and why, tried again, or brought to the person in another way.

Nobody was told by a letter that did not leave: while one that the law asks for stands failed, its case is not closed.
"""

from dataclasses import replace

from services.action_log import acts
from services.action_log.entry import Entry
from services.cases.case import Case, LetterState
from services.cases.fold_clock import CODE_LETTER, LETTER_OF, REMINDING, noticed
from services.cases.step import Unfit, by_worker, folds
from services.types import Right

SENT, FAILED, RETRY = "sent", "failed", "retry asked"
CONFIRMATION = "complaint-receipt"
"""The letter that confirms a complaint (UK-164A)."""
OVERTAKEN = "overtaken"
"""Why a letter failed of which people decided that it is not sent any more: nobody is asked about it again."""
BREACH_NOTICE = "breach-notice"
"""To a person, of a breach: whether they are told stands in the register, and no breach holds it back (Art 34)."""
OWED = frozenset({
    "complaint-outcome", CONFIRMATION, "erasure-outcome", "fee-notice", "not-identified", "objection-outcome",
    "rectification-outcome", "refusal", "restriction-set", "review-outcome",
})  # fmt: skip
"""Letters by which the person must be told (Art 12(3), 12(4))."""
ASKING = frozenset({*LETTER_OF.values(), REMINDING, CODE_LETTER})
"""Letters that ask the person for something: while none of them left, nobody was asked (SUS-3)."""
ADDRESSED = OWED | ASKING
"""Letters that have failed where there is no address that they may go to."""
PATIENT = ADDRESSED | {"acknowledgement", BREACH_NOTICE, "consent-receipt", "decision-referral", "marketing-stop"}
"""Letters whose job waits until they leave, or until people decide; of others the job itself says what it means."""

FROM_CASE = (
    "acknowledgement",
    CONFIRMATION,
    "identity-question",
    "clarification",
    "extension-notice",
    "not-identified",
)
"""Letters whose facts the case alone holds; they say nothing of the person's data, nor whether there are any."""


def failed_letters(case: Case) -> tuple[LetterState, ...]:
    """Letters that did not leave and can be tried again, or brought to the person otherwise."""
    return tuple(x for x in case.letters if has_failed(x))


def has_failed(letter: LetterState) -> bool:
    """Whether people decide about it: it did not leave, and is still to reach the person."""
    return letter.state == FAILED and letter.template in PATIENT and letter.reason != OVERTAKEN


def untold(case: Case) -> bool:
    """Whether the person is still to be told of something that was decided or done."""
    return any(x.state in (FAILED, RETRY) and x.template in OWED for x in case.letters)


def unconfirmed(case: Case) -> bool:
    """Whether the case holds an open complaint whose confirmation has not reached the person."""
    complains = any(item.right is Right.COMPLAINT and not item.ended for item in case.items)
    return complains and not any(x.template == CONFIRMATION and x.state == SENT for x in case.letters)


@folds(acts.LetterMade)
def _made(case: Case, done: acts.LetterMade, entry: Entry, at: int) -> Case:
    letter = LetterState(done.letter, done.template, done.version, done.language, item=entry.item or "")
    return replace(case, letters=(*(x for x in case.letters if x.id != letter.id), letter))


@folds(acts.LetterSent)
def _sent(case: Case, done: acts.LetterSent, entry: Entry, at: int) -> Case:
    by_worker(entry)
    letter = replace(_the(case, done.letter), state=SENT, medium=done.medium, reason="", at=entry.ts)
    return noticed(_is(case, letter), letter, entry)


@folds(acts.LetterFailed)
def _failed(case: Case, done: acts.LetterFailed, entry: Entry, at: int) -> Case:
    by_worker(entry)
    return _is(case, replace(_the(case, done.letter), state=FAILED, medium="", reason=done.reason, at=entry.ts))


@folds(acts.LetterRetryAsked)
def _retry_asked(case: Case, done: acts.LetterRetryAsked, entry: Entry, at: int) -> Case:
    return _is(case, replace(_of_people(case, done.letter, entry), state=RETRY))


@folds(acts.LetterHanded)
def _handed(case: Case, done: acts.LetterHanded, entry: Entry, at: int) -> Case:
    """It counts as told, by that person's word, which stands in the log under their name."""
    letter = _of_people(case, done.letter, entry)
    if letter.template == CODE_LETTER:
        raise Unfit("a code goes to the address on file, and no other way")
    return _is(case, replace(letter, state=SENT, medium=done.medium, reason="", at=entry.ts))


def _of_people(case: Case, letter: str, entry: Entry) -> LetterState:
    found = _the(case, letter)
    if not entry.actor.startswith("agent:"):
        raise Unfit("people decide about a letter that failed")
    if found not in failed_letters(case):
        raise Unfit("the letter did not fail")
    return found


def _the(case: Case, letter: str) -> LetterState:
    found = next((x for x in case.letters if x.id == letter), None)
    if found is None:
        raise Unfit("there is no such letter")
    return found


def _is(case: Case, changed: LetterState) -> Case:
    return replace(case, letters=tuple(changed if x.id == changed.id else x for x in case.letters))
