"""Checking who calls: questions, codes, answers. All looks and takes the same whether or not an account exists."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from hashlib import sha256

import orjson

from services.action_log.acts import FactorFailed, FactorPassed
from services.cases.case import Case, Check
from services.cases.fold_check import CHECK_US
from services.errors import BadInput, DeskError, NotFound, Refused
from services.fulfilment import people
from services.fulfilment.questions import Held, chosen, held, questions_of, seed_of
from services.fulfilment.workroom import Catalog, Workroom
from services.identity.ask import Question
from services.identity.codes import LIFE_US, KeptCode, is_late, keep, new_code, same_code
from services.identity.compare import same
from services.identity.engine import COMPARED
from services.letters.compose import compose
from services.letters.delivery import deliver
from services.types import Factor

_ARRIVES_S = 5.0
_POLL_S = 0.05
_LOCKS = 64
_ASKED_FOR = (Factor.KBS, Factor.KBD, Factor.PIN)
Json = dict[str, object]


@dataclass(frozen=True, slots=True)
class Look:
    """What one look into the systems gave for a check; in memory only."""

    catalog: Catalog
    given: people.Identifier
    points: tuple[people.Point, ...]
    held: Held


class Proof:
    """One for a worker. Answers of one case are taken one after the other: two strikes count whoever types."""

    def __init__(self, room: Workroom) -> None:
        self._room = room
        self._locks = tuple(threading.Lock() for _ in range(_LOCKS))
        self._mails: dict[str, Callable[[], object]] = {}

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
        return Look(catalog, given, people.points(catalog.graph, found), held(found, catalog.graph))

    def ways(self, case: Case) -> Json:
        """Since when the contact points on file stand, and how many questions there are; never a value."""
        look = self._look(case)
        since = {kind: [p.since for p in look.points if p.kind == kind] for kind in ("email", "phone")}
        asked = questions_of(look.catalog.graph, look.given.kind)
        known = [q for q in asked if q.key in look.held] or asked
        told: Json = {f"{kind}_since": min(days).isoformat() if days else None for kind, days in since.items()}
        return {**told, "post_since": None, "kbd_questions": sum(1 for q in known if q.factor is Factor.KBD)}

    # ── codes ─────────────────────────────────────────────────────────────────────────────────────────────────

    def code(self, case: Case, check: str) -> Json:
        """Keep a new code and mail it to the address on file, if there is one left unchanged for 30 days.

        The answer is the same in any case, and the mail leaves after it.
        """
        self._open_check(case.id, check)
        room = self._room
        look = self._look(case)
        controller = room.controller(case.controller)
        to = people.mail_point(look.points, look.given, room.today(controller))
        code = new_code()
        kept = keep(code, room.lookup_key, check, room.now())
        self._forget_codes(case.id)
        self._keep_code(case.id, check, kept, sent=to is not None)
        if to is not None:
            facts = {"controller": controller, "code": code, "minutes": LIFE_US // 60_000_000}
            letter = compose("code", controller.language, facts)
            self._mails[check] = partial(deliver, letter, to, mail=room.mail, outbox=room.outbox)
        return {"said": True}

    def after_reply(self) -> None:
        """Send the codes whose replies are given."""
        for check in list(self._mails):
            mail = self._mails.pop(check, None)
            try:
                if mail is not None:
                    mail()
            except DeskError as exc:
                self._room.journal.fault("code.mail", exc)

    def _keep_code(self, case: str, check: str, kept: KeptCode, *, sent: bool) -> None:
        text = orjson.dumps({"check": check, "digest": kept.digest.hex(), "until": kept.until, "sent": sent})
        sealed = self._room.details.seal(case, "code", text)
        if sealed is not None:
            self._room.store.put_detail(sealed.hash, case, "code", sealed.blob)

    def _forget_codes(self, case: str) -> None:
        for digest in self._room.details.own(case, "code"):
            self._room.store.drop_detail(digest)

    def _said_code(self, case: str, check: str, given: str) -> str:
        """`same`, `expired` or `wrong`; a code counts for one answer."""
        verdict = "wrong"
        for text in self._room.details.own(case, "code").values():
            raw = orjson.loads(text)
            kept = KeptCode(bytes.fromhex(raw["digest"]), raw["until"])
            right = same_code(given, kept, self._room.lookup_key, check)
            if right and raw["check"] == check and raw["sent"]:
                verdict = "expired" if is_late(kept, self._room.now()) else "same"
        self._forget_codes(case)
        return verdict

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
                verdict = self._verdict(case, check, factor, key, given)
                method = "email" if factor == Factor.OTP else key or "compared"
                act = (
                    FactorPassed(check, factor, method, ask)
                    if verdict == "same"
                    else FactorFailed(check, factor, method, ask, verdict)
                )
                self._room.results.report(ask, "factor", act, case)
                before = self._room.results.done(ask, "factor") or {}
            self._room.results.settle(stopped=self._room.stopped)
            return "reason" not in before

    def _verdict(self, case: Case, check: str, factor: str, key: str, given: str) -> str:
        if factor == Factor.OTP:
            return self._said_code(case.id, check, given)
        if factor not in _ASKED_FOR:
            raise Refused(f"{factor} cannot be compared here")
        look = self._look(case)
        picked = self._picked(look, case.id, check)
        one = next((q for q in picked if q.key == key and q.factor == factor), None)
        if one is None:
            raise BadInput("this question was not put in this check")
        country = self._room.controller(case.controller).country
        # Every value is compared, in no case fewer than one: time tells nothing.
        verdicts = [same(one.compare, given, value, country) for value in look.held.get(key) or (None,)]
        return "same" if any(verdicts) else "wrong"

    def _open_check(self, case: str, check: str) -> Check:
        """The case's running check, waited for while it is on its way; raises `Refused`."""
        until = time.monotonic() + _ARRIVES_S
        while True:
            now = self._room.now()
            found = self._room.case(case).check
            if found is not None and found.id == check:
                if found.ended or now > found.started_at + CHECK_US:
                    raise Refused("the check is over: begin a new one", next_key="v")
                return found
            if time.monotonic() > until or self._room.stopped():
                raise Refused("there is no such check on this case", next_key="v")
            time.sleep(_POLL_S)
