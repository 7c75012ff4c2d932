"""Which of several people a case is about, where several are known by the same; a person says it, as an action."""

from collections.abc import Collection
from typing import Any

from services.action_log import acts
from services.cases.whom import NEAR
from services.desk.asks import Asks, Stage
from services.desk.cases import Cases
from services.desk.context import Context
from services.errors import BadInput
from services.types import Matches, PersonMatch, Session

ONE, NONE = "this-one", "none-of-them"
SAME = ("same-number-told", "moved-or-renamed", "two-accounts", "they-say-so")
"""Reasons that records of several are one person's, and that one which is only like theirs is."""


class Whom:
    """For whoever holds the case, from T1 on. Looking is an action, so is what is said."""

    def __init__(self, ctx: Context, cases: Cases, asks: Asks) -> None:
        self._ctx, self._cases, self._asks = ctx, cases, asks

    def matches(self, session: Session, case: str, stage: Stage | None = None) -> Matches:
        """Who it may be, masked. Raises `Refused`, `Unavailable`."""
        state = self._cases.state(case)
        self._ctx.permit("people", state, session)
        ask = self._asks.new()
        self._ctx.record(session, acts.FindAsked(ask=ask, kinds=("people",)), state)
        told = self._asks.ask("people", {"case": case}, ask=ask, stage=stage)
        viewed = acts.DataViewed(what="people", reason="which-person", system=None, count=len(told["people"]))
        self._ctx.record(session, viewed, state)
        people = tuple(_match(raw) for raw in told["people"])
        return Matches(case, people, bool(told["undecided"]), int(told["more"]), tuple(told["unasked"]))

    def choose(self, session: Session, matches: Matches, chosen: Collection[str], reason: str = "") -> None:
        """The case is about these of `matches` (by id), and about nobody else; about none of them where it is empty.

        Several, or one that is only like the person's, need a reason of `SAME`. Raises `BadInput`, `Refused`.
        """
        picked = [one for one in matches.people if one.id in chosen]
        if len(picked) != len(set(chosen)):
            raise BadInput("that is nobody on the list", place="people")
        taken = [one for one in picked if one.near]
        if taken and len(picked) == len(taken):
            raise BadInput("one that is only like the person goes with the person", place="people")
        wanted = SAME if len(picked) > 1 else (ONE,) if picked else (NONE,)
        if (reason or wanted[0]) not in wanted or (len(wanted) > 1 and not reason):
            raise BadInput(f"a reason is one of {', '.join(wanted)}", place="reason")
        state = self._cases.state(matches.case)
        self._ctx.permit("people", state, session)
        ours = tuple(id for one in picked if not one.near for id in one.ids)
        near = tuple(id for one in taken for id in one.ids)
        others = [id for one in matches.people if not one.near for id in one.ids if id not in ours]
        decided = [id for id, word in state.people if word != NEAR and id not in (*ours, *near)]
        left = tuple(dict.fromkeys([*others, *decided]))
        self._ctx.record(session, acts.PeopleChosen(ours, near, left, reason or wanted[0]), state)


def _match(raw: dict[str, Any]) -> PersonMatch:
    where = tuple((one["system"], one["label"], int(one["rows"])) for one in raw["where"])
    lists = {name: tuple(raw[name]) for name in ("ids", "known", "why", "unlike")}
    return PersonMatch(id=raw["id"], near=raw["near"], name=raw["name"], word=raw["word"], where=where, **lists)
