"""Correcting what is wrong (Art 16): which values there are, masked, and what shall stand there instead, sealed."""

from collections.abc import Mapping
from dataclasses import fields
from hashlib import sha256
from typing import cast

import orjson

from db.log import Detail
from services.action_log import acts
from services.action_log.sealing import seal
from services.desk.asks import Asks
from services.desk.cases import Cases
from services.desk.context import Context
from services.errors import BadInput
from services.identity.new_value import Kind, why_not
from services.types import CorrectableLine, Session

MOST = 20
"""Values in one correction: what an agent can read back to a caller."""
_ASKED = frozenset(f.name for f in fields(CorrectableLine)) - {"systems"}


class Rectify:
    """For whoever holds the case. The agent never sees a value on file in clear, nor does the log."""

    def __init__(self, ctx: Context, cases: Cases, asks: Asks) -> None:
        self._ctx, self._cases, self._asks = ctx, cases, asks

    def lines(self, session: Session, case: str) -> tuple[CorrectableLine, ...]:
        """Every value that can be corrected, with where it stands. Raises `Refused`, `Unavailable`."""
        state = self._cases.state(case)
        self._ctx.permit("rectify", state, session)
        language = self._ctx.controller(state.controller).language
        told = self._asks.ask("correctable", {"case": case, "language": language})["lines"]
        viewed = acts.DataViewed(what="correctable", reason="answer-request", system=None, count=len(told))
        self._ctx.record(session, viewed, state)
        return tuple(_line(raw) for raw in told)

    def why_not(self, case: str, line: CorrectableLine, value: str) -> str:
        """Why `value` cannot stand there, as words without it; empty when it can."""
        country = self._ctx.controller(self._cases.state(case).controller).country
        return why_not(cast(Kind, line.kind), value, country)

    def ask(self, session: Session, case: str, wanted: Mapping[CorrectableLine, str]) -> None:
        """Have these values corrected in every system. Raises `Refused` below the tier, `BadInput` for a value."""
        state = self._cases.state(case)
        grave = any(line.grave for line in wanted)
        item = self._ctx.permit("rectify-grave" if grave else "rectify", state, session).item
        if not 0 < len(wanted) <= MOST:
            raise BadInput(f"1 to {MOST} values at once", place="values")
        for line, value in wanted.items():
            why = self.why_not(case, line, value)
            if why:
                raise BadInput(why, place=line.field)
        text = orjson.dumps({line.id: value for line, value in wanted.items()})
        key, deployment = self._ctx.sealing_key(state), self._ctx.deployment
        blob = seal(key, text, deployment=deployment, owner=case, kind="correction")
        detail = Detail(sha256(blob).hexdigest(), case, "correction", blob)
        act = acts.RectificationAsked(fields=tuple(line.id for line in wanted), grave=grave)
        self._ctx.write([self._ctx.draft(session, act, state, item, (detail.hash,))], [detail])


def _line(raw: dict[str, object]) -> CorrectableLine:
    known = {name: raw[name] for name in _ASKED}
    return CorrectableLine(systems=tuple(cast(list[str], raw["systems"])), **known)  # type: ignore[arg-type]
