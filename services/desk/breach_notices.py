"""Telling the persons of a breach that is a high risk for them (Art 34): by letter, each by themselves, or why not.

For leads and the officer, with the PIN. Nobody counts as told by a letter that did not leave.
"""

import orjson

from services.action_log import acts
from services.action_log.act import Act
from services.action_log.entry import new_id
from services.cases.breach import AUTHORITY, BY_LETTER, FAILED, PUBLIC_NOTICE, TOLD, BreachState, first_told
from services.cases.case import Case
from services.catalog.taxonomy import fault
from services.desk.asks import Asks
from services.desk.breaches import CATEGORIES, Breaches
from services.desk.cases import Cases
from services.desk.context import Context
from services.desk.letters import Letters
from services.errors import BadInput, DeskError, NotFound, Refused
from services.letters.lexicon import LANGUAGES, in_words
from services.types import LetterText, NoticeForm, NoticeWords, Session

LONGEST = 2_000
MOST = 50
"""Persons of one letter: who must tell more of them tells them in public (Art 34(3)(c)), or in several letters."""
WORDS = ("happened", "consequences", "measures", "advice")
WITHOUT = ("no-high-risk", "unreadable", "risk-removed", PUBLIC_NOTICE, "not-about")
"""Why one person gets no letter: Art 34(1), 34(3)(a)-(c), or it is not about them after all."""


class BreachNotices:
    """The letters to persons of a breach. `register` finds the breach and seals to it."""

    def __init__(self, ctx: Context, cases: Cases, register: Breaches, letters: Letters, asks: Asks) -> None:
        self._ctx, self._cases, self._register, self._letters, self._asks = ctx, cases, register, letters, asks

    def form(self, session: Session, number: str) -> NoticeForm:
        """What there is to choose. Raises `NotFound`, `Refused`."""
        state, breach = self._open(session, number, "breach-decide")
        known = {code for _, code in CATEGORIES}
        return NoticeForm(
            number=number,
            controller=state.controller,
            languages=self._stated(state),
            categories=tuple((key, code, in_words(code, "en")) for key, code in CATEGORIES),
            named=tuple(code for code in breach.categories if code in known),
            cases=tuple(one.case for one in breach.people if one.open),
        )

    def preview(self, session: Session, number: str, words: NoticeWords) -> LetterText:
        """The letter as it would leave to the first of the persons; nothing is sent. Raises `BadInput`, `Refused`."""
        state, breach = self._open(session, number, "breach-decide")
        self._check(session, state, breach, words)
        told = self._asks.ask(
            "breach-notice",
            {
                "case": number,
                "about": words.cases[0],
                "language": words.language,
                "categories": ",".join(words.categories),
                **{name: getattr(words, name) for name in WORDS},
            },
        )
        return LetterText(**{name: str(told[name]) for name in ("template", "version", "language", "subject", "text")})

    def send(self, session: Session, number: str, words: NoticeWords) -> int:
        """Have the persons told by letter, with the PIN just before; how many. Raises `BadInput`, `Refused`.

        It decides that they are told. What comes of each letter stands in the register.
        """
        state, breach = self._open(session, number, "breach-notice")
        self._check(session, state, breach, words)
        text = orjson.dumps({name: getattr(words, name).strip() for name in WORDS})
        detail = self._register.sealed(bytes.fromhex(state.key), number, "breach-notice", text)
        act = acts.BreachNoticeAsked(
            notice=new_id(),
            reason=words.reason,
            language=words.language,
            categories=words.categories,
            cases=words.cases,
        )
        self._ctx.write([self._ctx.draft(session, act, state, details=(detail.hash,))], [detail])
        return len(words.cases)

    def add(self, session: Session, number: str, case: str) -> None:
        """The breach is about the person of this case, too. Raises `BadInput`, `Refused`."""
        state, breach = self._open(session, number, "breach-decide")
        if breach.person(case) is not None:
            raise BadInput(f"the breach is about {case} already", place="cases")
        self._person(session, state, case)
        self._ctx.record(session, acts.BreachPersonAdded(case=case), state)

    def settle(self, session: Session, number: str, case: str, reason: str, words: str) -> None:
        """One person gets no letter: `reason` is one of `WITHOUT`, `words` say why. Raises `BadInput`, `Refused`."""
        state, breach = self._open(session, number, "breach-decide")
        if reason not in WITHOUT:
            raise BadInput(f"a reason is one of {', '.join(WITHOUT)}", place="reason")
        if not words.strip() or len(words) > LONGEST:
            raise BadInput(f"say why in 1 to {LONGEST} characters: the authority may ask", place="words")
        self._untold(breach, case)
        if breach.person(case) is None:
            self._person(session, state, case)
        self._with_words(session, state, acts.BreachPersonSettled(case=case, reason=reason), words)

    def again(self, session: Session, number: str) -> int:
        """Have every letter that failed sent again, now; how many. Raises `Refused` when none did."""
        _, breach = self._open(session, number, "breach-decide")
        failed = [one for one in breach.people if one.state == FAILED]
        if not failed:
            raise Refused("no letter has failed")
        sent, why = 0, ""
        for one in failed:
            try:
                self._letters.retry(session, one.case, one.letter)
                sent += 1
            except DeskError as exc:  # it is asked for already, or its case is gone: the others go out all the same
                why = exc.reason
        if not sent:
            raise Refused(f"none is sent again: {why}")
        return sent

    def handed(self, session: Session, number: str, case: str, medium: str) -> None:
        """What the letter to this person says, and that did not leave, reached them by `medium`. Raises `Refused`."""
        _, breach = self._open(session, number, "breach-decide")
        person = breach.person(case)
        if person is None or person.state != FAILED:
            raise Refused("no letter to this person has failed")
        self._letters.handed(session, case, person.letter, medium)

    # ── what is looked at before ──────────────────────────────────────────────────────────────────────────────

    def _open(self, session: Session, number: str, act: str) -> tuple[Case, BreachState]:
        state = self._register.permitted(session, number, act)
        assert state.breach is not None  # noqa: S101 - looked at by `permitted`
        if first_told(self._ctx.controller(state.controller).duty) != AUTHORITY:
            raise Refused("we are the processor here: the controller tells the persons (Art 33(2), 34)")
        return state, state.breach

    def _stated(self, state: Case) -> tuple[str, ...]:
        """The languages in which the controller writes, its own first."""
        controller = self._ctx.controller(state.controller)
        stated = dict.fromkeys((controller.language, *controller.languages))
        return tuple(one for one in stated if one in LANGUAGES)

    def _check(self, session: Session, state: Case, breach: BreachState, words: NoticeWords) -> None:
        if words.reason not in BY_LETTER:
            raise BadInput(f"a reason is one of {', '.join(BY_LETTER)}", place="reason")
        if words.language not in self._stated(state):
            raise BadInput(f"a language is one of {', '.join(self._stated(state))}", place="language")
        for name in WORDS:
            if not getattr(words, name).strip() or len(getattr(words, name)) > LONGEST:
                raise BadInput(f"say it in 1 to {LONGEST} characters", place=name)
        if not words.categories:
            raise BadInput("the letter says which data: choose at least one", place="categories")
        if wrong := next(filter(None, map(fault, words.categories)), ""):
            raise BadInput(wrong, place="categories")
        if not 1 <= len(words.cases) <= MOST or len(set(words.cases)) != len(words.cases):
            raise BadInput(f"name 1 to {MOST} cases, each once, as C-26-000017", place="cases")
        for case in words.cases:
            self._untold(breach, case)
            self._person(session, state, case)

    def _untold(self, breach: BreachState, case: str) -> None:
        person = breach.person(case)
        if person is not None and person.state == TOLD:
            raise BadInput(f"the person of {case} is told already", place="cases")

    def _person(self, session: Session, breach: Case, case: str) -> None:
        """Raises `BadInput` unless there is somebody to tell: a case of this controller whose person is known."""
        try:
            state = self._cases.state(case)
        except NotFound:
            state = None
        if state is None or state.controller != breach.controller or state.breach is not None:
            raise BadInput(f"there is no case {case} of this controller", place="cases")
        if state.bare:
            raise BadInput(f"nobody knows any more who {case} is about: no letter reaches them", place="cases")

    def _with_words(self, session: Session, state: Case, act: Act, words: str) -> None:
        detail = self._register.sealed(bytes.fromhex(state.key), state.id, "breach", words.strip().encode())
        self._ctx.write([self._ctx.draft(session, act, state, details=(detail.hash,))], [detail])
