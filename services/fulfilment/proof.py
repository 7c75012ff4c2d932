"""Checking who calls: questions, codes, answers. All looks and takes the same whether or not an account exists."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from hashlib import sha256

import orjson

from services.action_log.acts import ClockAnswered, FactorFailed, FactorPassed
from services.cases.case import Case, Check
from services.cases.fold_check import CHECK_US, NO_NUMBER
from services.cases.fold_clock import code_letter
from services.errors import BadInput, DeskError, NotFound, Refused
from services.fulfilment import people
from services.fulfilment.account_proof import calls_from, has_sessions, said_session
from services.fulfilment.arriving import ARRIVES_S, POLL_S, arrived
from services.fulfilment.found import Found
from services.fulfilment.paper import said_letter_code
from services.fulfilment.questions import Held, chosen, held, questions_of, seed_of
from services.fulfilment.workroom import Catalog, Workroom
from services.identity.ask import Question
from services.identity.check import End
from services.identity.codes import LIFE_US, KeptCode, is_late, keep, new_code, same_code
from services.identity.compare import same
from services.identity.engine import COMPARED
from services.identity.identifiers import normalise
from services.letters.compose import compose
from services.letters.delivery import deliver
from services.types import Factor

_LOCKS = 64
_CODE_WAYS = ("email", "phone")
_LOOKED_UP = (Factor.KBS, Factor.KBD, Factor.PIN, Factor.SES, Factor.ANI)
Json = dict[str, object]


@dataclass(frozen=True, slots=True)
class Look:
    """What one look into the systems gave for a check; in memory only."""

    catalog: Catalog
    given: people.Identifier
    points: tuple[people.Point, ...]
    held: Held
    found: Found


class Proof:
    """One for a worker. Answers of one case are taken one after the other: two strikes count whoever types."""

    def __init__(self, room: Workroom) -> None:
        self._room = room
        self._locks = tuple(threading.Lock() for _ in range(_LOCKS))
        self._sends: dict[str, Callable[[], object]] = {}

    # ── questions ─────────────────────────────────────────────────────────────────────────────────────────────

    def question(self, case: Case, check: str, factor: str) -> Json:
        """Which question to put now, in every language; raises `Refused` when the check is not open."""
        running = self._open_check(case.id, check)
        look = self._look(case)
        wanted = [one for one in self._picked(look, case.id, check) if one.factor == factor]
        if not wanted:
            raise NotFound("this controller's catalog has no question for it")
        tried = sum(1 for name, _ in (*running.passed, *running.failed) if name == factor)
        one = wanted[min(tried, len(wanted) - 1)]
        return {"key": one.key, "text": dict(one.say)}

    def _picked(self, look: "Look", case: str, check: str) -> tuple[Question, ...]:
        asked = questions_of(look.catalog.graph, look.given.kind)
        return chosen(asked, look.held, seed_of(self._room.lookup_key, case, check))

    def _look(self, case: Case) -> "Look":
        catalog = self._room.catalog(case.controller)
        given = people.requester(self._room, case.id)
        found = people.look_up(self._room, case.id)
        return Look(catalog, given, people.points(catalog.graph, found), held(found, catalog.graph), found)

    def ways(self, case_id: str) -> Json:
        """What the controller's catalog and this deployment offer: the same for everybody, known here or not."""
        case = arrived(self._room, lambda: self._room.case(case_id))
        given = people.requester(self._room, case.id)
        asked = questions_of(self._room.catalog(case.controller).graph, given.kind)
        return {
            "kbd_questions": sum(1 for q in asked if q.factor is Factor.KBD),
            "texts": self._room.texts is not None,
            "sessions": has_sessions(self._room, self._room.controller(case.controller)),
        }

    # ── codes ─────────────────────────────────────────────────────────────────────────────────────────────────

    def code(self, case: Case, check: str, way: str) -> Json:
        """Keep a new code and send it by `way` (email, phone) to a point on file that was left unchanged for 30 days.

        The answer is the same whether or not there is one, and the message leaves after it. Raises `Refused` for text
        messages where no gateway is set up.
        """
        if way not in _CODE_WAYS or (way == "phone" and self._room.texts is None):
            raise Refused("codes do not go that way here", next_key="send it by mail")
        self._open_check(case.id, check)
        room = self._room
        look = self._look(case)
        controller = room.controller(case.controller)
        today = room.today(controller)
        mail = way == "email"
        to = people.mail_point(look.points, look.given, today) if mail else people.call_point(look.points, today)
        code = new_code()
        kept = keep(code, room.lookup_key, check, room.now())
        self._forget_codes(case.id)
        self._keep_code(case.id, check, kept, way, sent=to is not None)
        if to is not None:
            facts = {"controller": controller, "code": code, "minutes": LIFE_US // 60_000_000}
            letter = compose("code", controller.language, facts)
            if mail:
                self._sends[check] = partial(deliver, letter, to, mail=room.mail, outbox=room.outbox)
            elif room.texts is not None:
                number = normalise("phone", to, controller.country)
                self._sends[check] = partial(room.texts.send, number, letter.text, letter.id)
        return {"said": True}

    def after_reply(self) -> None:
        """Send the codes whose replies are given."""
        for check in list(self._sends):
            send = self._sends.pop(check, None)
            try:
                if send is not None:
                    send()
            except DeskError as exc:
                self._room.journal.fault("code.send", exc)

    def number(self, ask: str, case: Case, check: str) -> Json:
        """The number on file to call back, left unchanged for 30 days; without one the call-back has failed (CBK).

        Whoever asks has hung up before: what is shown now, no caller hears. Raises `Refused`.
        """
        self._open_check(case.id, check, asked=ask)
        room = self._room
        controller = room.controller(case.controller)
        to = people.call_point(self._look(case).points, room.today(controller))
        if to is None and room.results.done(ask, "factor") is None:
            room.results.report(ask, "factor", FactorFailed(check, Factor.CBK, "called", ask, NO_NUMBER), case)
            room.results.settle(stopped=room.stopped)
        return {"number": to or ""}

    def _keep_code(self, case: str, check: str, kept: KeptCode, way: str, *, sent: bool) -> None:
        facts = {"check": check, "digest": kept.digest.hex(), "until": kept.until, "sent": sent, "way": way}
        text = orjson.dumps(facts)
        sealed = self._room.details.seal(case, "code", text)
        if sealed is not None:
            self._room.store.put_detail(sealed.hash, case, "code", sealed.blob)

    def _forget_codes(self, case: str) -> None:
        for digest in self._room.details.own(case, "code"):
            self._room.store.drop_detail(digest)

    def _said_code(self, case: str, check: str, given: str) -> tuple[str, str]:
        """`same`, `expired` or `wrong`, and the way the code went; a code counts for one answer."""
        verdict, way = "wrong", "email"
        for text in self._room.details.own(case, "code").values():
            raw = orjson.loads(text)
            kept = KeptCode(bytes.fromhex(raw["digest"]), raw["until"])
            right = same_code(given, kept, self._room.lookup_key, check)
            if right and raw["check"] == check and raw["sent"]:
                verdict, way = "expired" if is_late(kept, self._room.now()) else "same", raw["way"]
        self._forget_codes(case)
        return verdict, way

    # ── answers ───────────────────────────────────────────────────────────────────────────────────────────────

    def answer(self, ask: str, case_id: str, check: str, factor: str, key: str, given: str) -> bool:
        """Compare, write factor.passed or factor.failed, and answer only when central has folded it.

        Raises `Refused` when the case has no such open check, or for a factor that no comparison decides.
        """
        if factor not in COMPARED:
            raise Refused(f"{factor} is vouched for by a person, not compared")
        with self._locks[int(sha256(case_id.encode()).hexdigest(), 16) % _LOCKS]:
            before = self._room.results.done(ask, "factor")
            if before is None:
                self._open_check(case_id, check)
                case = self._room.case(case_id)
                verdict, method = self._verdict(case, check, factor, key, given)
                act = (
                    FactorPassed(check, factor, method, ask)
                    if verdict == "same"
                    else FactorFailed(check, factor, method, ask, verdict)
                )
                self._room.results.report(ask, "factor", act, case)
                if factor == Factor.LTR and verdict == "same":
                    self._letter_answered(ask, case)
                before = self._room.results.done(ask, "factor") or {}
            self._room.results.settle(stopped=self._room.stopped)
            return "reason" not in before

    def _verdict(self, case: Case, check: str, factor: str, key: str, given: str) -> tuple[str, str]:
        """What came of the comparison, and the method: the way of a code, the key of a question."""
        if factor == Factor.OTP:
            return self._said_code(case.id, check, given)
        if factor == Factor.LTR:
            return said_letter_code(self._room, case.id, given), "post"
        if factor not in _LOOKED_UP:
            raise Refused(f"{factor} cannot be compared here")
        look, controller = self._look(case), self._room.controller(case.controller)
        if factor == Factor.SES:
            return said_session(self._room, case, look.catalog, look.found, given), "account"
        if factor == Factor.ANI:
            return calls_from(look.points, given, controller, self._room.today(controller)), "number"
        picked = self._picked(look, case.id, check)
        one = next((q for q in picked if q.key == key and q.factor == factor), None)
        if one is None:
            raise BadInput("this question was not put in this check")
        # Every value is compared, in no case fewer than one: time tells nothing.
        verdicts = [same(one.compare, given, value, controller.country) for value in look.held.get(key) or (None,)]
        return "same" if any(verdicts) else "wrong", key

    def _letter_answered(self, ask: str, case: Case) -> None:
        """The code of a letter is the answer to the question that it asked: the time goes on (SUS-2)."""
        asked = code_letter(case)
        if asked is not None:
            today = self._room.today(self._room.controller(case.controller))
            answered = ClockAnswered(asked.id, max(today.isoformat(), asked.on))
            self._room.results.report(ask, "answered", answered, case)

    def _open_check(self, case: str, check: str, *, asked: str = "") -> Check:
        """The case's running check, and in it what was asked as `asked`, waited for while it is on its way.

        So is one that is done: aimed higher it goes on, and that may be on its way, too. Raises `Refused`.
        """
        until = time.monotonic() + ARRIVES_S
        while True:
            now = self._room.now()
            found = self._room.case(case).check
            arrived = found is not None and (not asked or asked in {ask for _, ask in found.asked})
            known = found if found is not None and found.id == check else None
            late = time.monotonic() > until or self._room.stopped()
            if known is not None and arrived and not known.ended and now <= known.started_at + CHECK_US:
                return known
            if known is not None and _over(known, now, late=late):
                raise Refused("the check is over: begin a new one", next_key="v")
            if late:
                raise Refused("there is no such check on this case", next_key="v")
            time.sleep(POLL_S)


def _over(check: Check, now: int, *, late: bool) -> bool:
    """Whether nothing that is on its way can open it again."""
    return check.ended not in ("", End.DONE) or now > check.started_at + CHECK_US or (late and bool(check.ended))
