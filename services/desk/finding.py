"""Finding a person: which cases, which data. Identifiers travel sealed; the agent sees counts and masked values."""

from datetime import date
from typing import Any

from services.action_log import acts
from services.cases.oral import SUMMARY, not_by_mouth
from services.desk.asks import Asks, Stage
from services.desk.cases import Cases
from services.desk.context import Context
from services.errors import BadInput, Refused
from services.identity import identifiers
from services.types import FoundCollection, FoundField, Preview, Session, SystemResult


class Finding:
    """Searches over a worker; every look is an action."""

    def __init__(self, ctx: Context, cases: Cases, asks: Asks) -> None:
        self._ctx, self._cases, self._asks = ctx, cases, asks

    def search(self, session: Session, controller: str, identifier: str) -> tuple[str, ...]:
        """Cases of the person behind a full identifier, without showing it back."""
        self._ctx.require(session)
        if controller not in session.controllers or not identifier.strip():
            raise BadInput("type an e-mail, a phone or a customer number", place="search")
        kind = identifiers.kind_of(identifier)
        normal = identifiers.normalise(kind, identifier, self._ctx.controller(controller).country)
        found = self._asks.ask("search", {"controller": controller, "kind": kind, "normal": normal})
        cases = tuple(found["cases"])
        self._ctx.record(session, acts.DataViewed(what="search", reason="find-case", system=None, count=len(cases)))
        return cases

    def preview(self, session: Session, case: str, item: str = "", stage: Stage | None = None) -> Preview:
        """What the systems hold of the person; for an erasure item with its plan. Raises `Refused`, `Unavailable`."""
        state = self._cases.state(case)
        chosen = item or self._ctx.permit("find", state, session).item
        self._ctx.permit("find", state, session, chosen)
        ask = self._asks.new()
        self._ctx.record(session, acts.FindAsked(ask=ask, kinds=("requester",)), state, chosen)
        told = self._asks.ask("find", {"case": case, "item": chosen}, ask=ask, stage=stage)
        preview = _preview(case, ask, told)
        rows = sum(s.found for s in preview.systems)
        viewed = acts.DataViewed(what="preview", reason="answer-request", system=None, count=rows)
        self._ctx.record(session, viewed, state)
        return preview

    def reveal(self, session: Session, case: str, what: str, reason: str = "answer-request") -> str:
        """One value in clear, ten seconds on a screen: `person`, `delivery`, `package-key`, `words`.

        `summary`: what is held in words, to be read out to who asks for that and was proven otherwise (INT-7).
        """
        state = self._cases.state(case)
        if what != "words":
            self._ctx.permit("reveal", state, session)
        if what == SUMMARY and (why := not_by_mouth(state)):
            raise Refused(why, kept="nothing was told", next_key="v")
        viewed = acts.DataViewed(what=what, reason=reason, system=None, count=1)
        self._ctx.record(session, viewed, state)
        return str(self._asks.ask("reveal", {"case": case, "what": what})["value"])


def _preview(case: str, ask: str, told: dict[str, Any]) -> Preview:
    return Preview(
        case=case,
        ask=ask,
        systems=tuple(
            SystemResult(s["system"], s["state"], int(s["found"]), reason=s.get("reason") or "")
            for s in told["systems"]
        ),
        collections=tuple(_collection(c) for c in told["collections"]),
        plan=told.get("plan") or "",
        digest=told.get("digest") or "",
        deletes=int(told.get("deletes") or 0),
        masks=int(told.get("masks") or 0),
        keeps=int(told.get("keeps") or 0),
        others=int(told.get("others") or 0),
        blocked=told.get("blocked") or "",
        unreachable=tuple(told.get("unreachable") or ()),
        deleting=tuple(told.get("deleting") or ()),
    )


def _collection(raw: dict[str, Any]) -> FoundCollection:
    return FoundCollection(
        system=raw["system"],
        collection=raw["collection"],
        label=raw["label"],
        rows=int(raw["rows"]),
        action=raw["action"],
        law=raw.get("law") or "",
        until=date.fromisoformat(raw["until"]) if raw.get("until") else None,
        sample=tuple(FoundField(f["name"], f["value"]) for f in raw.get("sample") or ()),
        public=bool(raw.get("public")),
    )
