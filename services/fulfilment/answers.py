"""Asks: what terminals ask of a worker, answered sealed. What a caller said is compared here and kept nowhere."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import orjson

from db.central_accounts import is_revoked
from db.central_persons import cases_by
from services.action_log.acts import AgentLockedOut
from services.action_log.sealing import seal
from services.cases.aims import barred, needed
from services.cases.case import Case, Item
from services.cases.fold_check import verified_tier
from services.cases.oral import SUMMARY, not_by_mouth
from services.deployment_keys import DeploymentKeys
from services.errors import BadInput, DeskError, NotFound, Refused
from services.fulfilment import figures_answer, held_back, hold_answers, people
from services.fulfilment.arriving import arrived
from services.fulfilment.breach_alert import opened
from services.fulfilment.breach_notice import preview as notice_preview
from services.fulfilment.by_hand import form
from services.fulfilment.consenting import status
from services.fulfilment.correctable_lines import correctable_lines
from services.fulfilment.deciding import as_it_leaves, drafted
from services.fulfilment.letter_view import letter_now, letter_of, told
from services.fulfilment.oral import summary
from services.fulfilment.plan import WHICH
from services.fulfilment.preview import preview
from services.fulfilment.printing import print_letter
from services.fulfilment.proof import Proof
from services.fulfilment.sign_ins import SignIns
from services.fulfilment.steps import INTERNAL, code_of
from services.fulfilment.which import which
from services.fulfilment.workroom import Workroom
from services.identity.identifiers import lookup_digest
from services.types import Tier

Json = Mapping[str, object]
_FAULT = "the worker could not answer; its journal says more"


@dataclass(frozen=True, slots=True)
class Ask:
    """An opened question of a terminal."""

    id: str
    terminal: str
    kind: str
    payload: Json

    def text(self, name: str) -> str:
        """A text of the payload; raises `BadInput` when it is not there."""
        value = self.payload.get(name)
        if not isinstance(value, str) or len(value) > 10_000:
            raise BadInput(f"the question has no '{name}'")
        return value


class Answers:
    """Answers asks of every kind; safe from several threads."""

    def __init__(self, room: Workroom, keys: DeploymentKeys, pepper: bytes) -> None:
        self._room, self._keys = room, keys
        self._sign_ins = SignIns(room.store.engine, pepper)
        self._proof = Proof(room)
        self._kinds: dict[str, Callable[[Ask], Json]] = {
            "search": self._search,
            "find": self._find,
            "people": self._people,
            "held": self._held,
            "correctable": self._correctable,
            "question": lambda ask: self._proof.question(self._case(ask), ask.text("check"), ask.text("factor")),
            "code": lambda ask: self._proof.code(self._case(ask), ask.text("check"), ask.text("way")),
            "number": lambda ask: self._proof.number(ask.id, self._case(ask), ask.text("check")),
            "ways": lambda ask: self._proof.ways(ask.text("case")),
            "answer": self._answer,
            "reveal": self._reveal,
            "letter": self._letter,
            "letter-print": lambda ask: print_letter(room, self._case(ask), ask.text("letter")),
            "decision": self._decision,
            "purposes": self._purposes,
            "task": lambda ask: form(room, self._case(ask), ask.text("task"), ask.text("language")),
            "holds": lambda ask: {"holds": hold_answers.listed(room, ask.text("agent"))},
            "hold-matter": lambda ask: {"matter": hold_answers.matter(room, ask.text("agent"), ask.text("hold"))},
            "figures": lambda ask: {"figures": figures_answer.told(room, ask.text("agent"), ask.text("since"))},
            "breach": lambda ask: opened(room, self._case(ask)),
            "breach-notice": lambda ask: told(notice_preview(room, self._case(ask), ask.payload)),
            "sign-in": self._sign_in,
        }

    def answer(self, ask: str, terminal: str, kind: str, sealed: bytes) -> None:
        """Open, answer, seal the reply to the terminal that asked; an error becomes a reply without data."""
        room, started = self._room, time.monotonic()
        try:
            text = self._keys.open(sealed, deployment=room.deployment, owner=ask, kind="ask")
            reply = self._reply(Ask(ask, terminal, kind, orjson.loads(text)))
            error = ""
        except DeskError as exc:
            error = code_of(exc)
            reply = {"error": error, "sentence": exc.reason}
        except Exception as exc:
            error = INTERNAL
            reply = {"error": error, "sentence": _FAULT, "reference": room.journal.fault(f"ask.{kind}", exc)}
        body = orjson.dumps(reply)
        key = room.store.ask_key(terminal)
        room.store.reply(ask, seal(key, body, deployment=room.deployment, owner=ask, kind="reply"))
        room.journal.say("ask", kind=kind, error=error, ms=round((time.monotonic() - started) * 1000))
        self._proof.after_reply()

    def _reply(self, ask: Ask) -> Json:
        answer = self._kinds.get(ask.kind)
        if answer is None:
            raise BadInput(f"there is no question of the kind '{ask.kind}'")
        if is_revoked(self._room.store.engine, ask.terminal):
            raise Refused("this terminal was shut out", next_key="tell an operator")
        return answer(ask)

    def _sign_in(self, ask: Ask) -> Json:
        agent = ask.text("agent")
        answer = self._sign_ins.answer(agent, ask.text("pin"))
        if answer.get("locks"):  # also when the terminal that asks keeps no log of what was refused
            self._room.results.own(AgentLockedOut(agent, ask.terminal))
        return with_word(ask, answer)

    def _case(self, ask: Ask) -> Case:
        return self._room.case(ask.text("case"))

    def _search(self, ask: Ask) -> Json:
        controller, kind, normal = ask.text("controller"), ask.text("kind"), ask.text("normal")
        digest = lookup_digest(self._room.lookup_key, controller, kind, normal)
        return {"cases": cases_by(self._room.store.engine, [digest], controller)}

    def _find(self, ask: Ask) -> Json:
        language = str(ask.payload.get("language") or "en")
        stage = lambda words: self._room.store.stage_ask(ask.id, words)  # noqa: E731 - a callback of one line
        return preview(self._room, ask.id, self._case(ask), ask.text("item"), language, stage)

    def _people(self, ask: Ask) -> Json:
        case = self._case(ask)
        needs(case, Tier.T1, self._room.now())
        return which(self._room, ask.id, case, str(ask.payload.get("language") or "en"))

    def _held(self, ask: Ask) -> Json:
        case = self._case(ask)
        return {"parts": held_back.listed(self._room, case, _item(case, ask.text("item")))}

    def _correctable(self, ask: Ask) -> Json:
        case = self._case(ask)
        needs(case, Tier.T1, self._room.now())
        return {"lines": correctable_lines(self._room, case, str(ask.payload.get("language") or "en"))}

    def _answer(self, ask: Ask) -> Json:
        key = str(ask.payload.get("key") or "")
        factor, given = ask.text("factor"), ask.text("answer")
        return {"passed": self._proof.answer(ask.id, ask.text("case"), ask.text("check"), factor, key, given)}

    def _reveal(self, ask: Ask) -> Json:
        case, what = self._case(ask), ask.text("what")
        if what == "words":
            if not case.holder:
                raise Refused("take the case first (a)")
            return {"value": self._words(case)}
        if what.startswith("held:"):
            _, item, part = what.split(":", 2)
            return {"value": held_back.in_clear(self._room, case, _item(case, item), part)}
        needs(case, needed(case, None, Tier.T2), self._room.now())
        if what == SUMMARY:
            if why := not_by_mouth(case):
                raise Refused(why)
            return {"value": summary(self._room, case, self._room.controller(case.controller).language)}
        if what == "person":
            return {"value": people.requester(self._room, case.id).normal}
        if what == "delivery":
            return {"value": self._delivery(case)}
        if what == "package-key":
            return {"value": self._package_key(case)}
        raise BadInput("there is no such thing to show")

    def _words(self, case: Case) -> str:
        texts = self._room.details.own(case.id, "words")
        return next((text.decode("utf-8", "replace") for text in texts.values()), "")

    def _letter(self, ask: Ask) -> Json:
        case = self._case(ask)
        if "letter" in ask.payload:
            return letter_of(self._room, case, ask.text("letter"))
        return letter_now(self._room, case, ask.text("template"))

    def _decision(self, ask: Ask) -> Json:
        """The letter of a decision that waits, or of one that somebody is about to propose."""
        item = arrived(self._room, lambda: _as_seen(self._case(ask).item(ask.text("item")), ask.payload.get("view")))
        if "outcome" in ask.payload:
            letter = as_it_leaves(self._room, self._case(ask), item, drafted(ask.payload), ask.text("explanation"))
            return told(letter)
        decision = arrived(self._room, lambda: _item(self._case(ask), item.id).decision)
        return told(as_it_leaves(self._room, self._case(ask), item, decision))

    def _delivery(self, case: Case) -> str:
        room = self._room
        found = people.look_up(room, case.id)
        if found.undecided:
            raise Refused(WHICH)
        held = people.points(room.catalog(case.controller).graph, found)
        today = room.today(room.controller(case.controller))
        to = people.mail_point(held, people.requester(room, case.id), today)
        if to is None:
            raise NotFound("there is no contact point on file that was left unchanged for 30 days")
        return to

    def _package_key(self, case: Case) -> str:
        packages = {item.package: item.right for item in case.items if item.package}
        kept = [orjson.loads(text) for text in self._room.details.own(case.id, "package-key").values()]
        keys = [(packages[raw["package"]], str(raw["key"])) for raw in kept if raw["package"] in packages]
        if len(keys) == 1:
            return keys[0][1]
        if keys:
            return "\n".join(sorted(f"{right}: {key}" for right, key in keys))
        raise NotFound("there is no package of this case, or its time is over")

    def _purposes(self, ask: Ask) -> Json:
        case = self._case(ask)
        needs(case, Tier.T1, self._room.now())
        return {"status": status(self._room, case)}


def _as_seen(item: Item | None, view: object) -> Item | None:
    """The item, once the words of the person that the terminal knows of stand there."""
    return item if item is not None and (not view or item.view == view) else None


def _item(case: Case, item: str) -> Item:
    found = case.item(item)
    if found is None:
        raise NotFound("there is no such item")
    return found


def with_word(ask: Ask, answer: Json) -> Json:
    """The answer with the question's word: anyone can seal to a terminal, only a worker that opened it knows that."""
    return {**answer, "word": ask.text("word")}


def needs(case: Case, tier: Tier, now: int) -> None:
    """Raises `Refused` unless the case's running check has reached `tier`."""
    reached = verified_tier(case, case.check.session if case.check else "", now)
    if reached is Tier.TX or reached < tier:
        raise Refused(f"needs {tier}: the check has not reached it (v)")
    if why := barred(case):
        raise Refused(why)
