"""What leads decide about work under way: a failed system tried again or skipped, all execution stopped."""

from hashlib import sha256

from db.central_shapes import ALL, halts_in
from db.log import Detail
from services.action_log import acts
from services.action_log.sealing import seal
from services.cases.fold_systems import stuck_in
from services.desk.cases import Cases
from services.desk.context import Context
from services.errors import BadInput, NotFound, Refused
from services.types import Role, Session

SKIP_REASONS = ("no-answer", "by-hand", "no-longer-used", "not-possible")
HALT_REASONS = ("wrong-rows", "wrong-person", "attack", "vendor-asked", "other")


class Work:
    """For leads. What they ask of a system the worker does, and it alone says what came of it."""

    def __init__(self, ctx: Context, cases: Cases) -> None:
        self._ctx, self._cases = ctx, cases

    def retry(self, session: Session, case: str, item: str, system: str) -> None:
        """Have a failed system tried again now. Raises `Refused`."""
        state = self._cases.state(case)
        self._ctx.permit("retry", state, session, item)
        self._must_be_stuck(session, case, item, system)
        self._ctx.record(session, acts.SystemRetryAsked(system=system), state, item)

    def skip(self, session: Session, case: str, item: str, system: str, reason: str, words: str) -> None:
        """Have a failed system left as it is; `words` say why, sealed. Raises `Refused`, `BadInput`."""
        if reason not in SKIP_REASONS:
            raise BadInput(f"a reason is one of {', '.join(SKIP_REASONS)}", place="reason")
        if not words.strip() or len(words) > 1000:
            raise BadInput("say why in 1 to 1,000 characters", place="words")
        state = self._cases.state(case)
        self._ctx.permit("skip", state, session, item)
        self._must_be_stuck(session, case, item, system)
        blob = seal(
            self._ctx.sealing_key(state), words.encode(), deployment=self._ctx.deployment, owner=case, kind="note"
        )
        detail = Detail(sha256(blob).hexdigest(), case, "note", blob)
        act = acts.SystemSkipAsked(system=system, reason=reason)
        self._ctx.write([self._ctx.draft(session, act, state, item, (detail.hash,))], [detail])

    def _must_be_stuck(self, session: Session, case: str, item: str, system: str) -> None:
        found = self._cases.state(case).item(item)
        if found is None:
            raise NotFound("the item is gone")
        if system not in stuck_in(found):
            raise Refused(f"{system} has not failed")

    def halted(self, session: Session) -> tuple[str, ...]:
        """Which of this person's controllers are halted, as far as central said last."""
        halts = halts_in(self._ctx.link.state.halts)
        return tuple(key for key in session.controllers if key in halts or ALL in halts)

    def halt(self, session: Session, reason: str) -> None:
        """Emergency stop for all of a lead's controllers: nothing begins, what runs stops at the next safe place."""
        self._lead(session)
        if reason not in HALT_REASONS:
            raise BadInput(f"a reason is one of {', '.join(HALT_REASONS)}", place="reason")
        drafts = [acts.WorkHalted(controller=key, reason=reason) for key in session.controllers]
        self._ctx.write([self._ctx.draft(session, act) for act in drafts])

    def resume(self, session: Session) -> None:
        """Let what is halted go on; what an operator halted for every controller only an operator lets go on."""
        self._lead(session)
        if ALL in halts_in(self._ctx.link.state.halts):
            raise Refused("an operator stopped all work: rightsdesk worker resume")
        self._ctx.stepped_up(session)
        drafts = [acts.WorkResumed(controller=key) for key in self.halted(session)]
        self._ctx.write([self._ctx.draft(session, act) for act in drafts])

    def _lead(self, session: Session) -> None:
        self._ctx.require(session)
        if session.role is not Role.LEAD:
            raise Refused("for lead only")
