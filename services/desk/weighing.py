"""What people weigh: an objection, a decision that a machine made, a complaint. Deciding is `desk.decision`."""

from collections.abc import Iterator
from hashlib import sha256

from db.log import Detail
from services.action_log import acts
from services.action_log.entry import Draft
from services.action_log.sealing import seal
from services.cases.case import Case
from services.cases.fold_acts import OPEN
from services.cases.fold_correct import restricts
from services.cases.weighing import KINDS, PENDING, VIEW
from services.desk.cases import Cases
from services.desk.context import Context
from services.errors import BadInput, NotFound
from services.types import ItemState, Right, Session

LONGEST = 500
"""Short: what the weighing needs, and no more (rules.md 7.6 CL-OBJ)."""
ROWS = {Right.OBJECTION_OTHER: "weigh", Right.ADM_REVIEW: "weigh", Right.COMPLAINT: "complaint"}
"""The row of the policy table that judges it: a complaint takes no proof of who complains."""


class Weighing:
    """Raises `Refused` with the table's reason."""

    def __init__(self, ctx: Context, cases: Cases) -> None:
        self._ctx, self._cases = ctx, cases

    def note(self, session: Session, case: str, item: str, words: str, *, decided_by: str = "") -> None:
        """Keep what the person says, sealed, as it will stand in their letter; what they object to is only stored from
        now on, in every system, until it is decided (Art 18(1)(d)). `decided_by`: the agent who had a part in the
        automated decision, who then does not review it.
        """
        state = self._cases.state(case)
        found = state.item(item)
        if found is None or found.right not in ROWS:
            raise NotFound("that is not weighed")
        self._ctx.permit(ROWS[found.right], state, session, item)
        words, kind = words.strip(), KINDS[found.right]
        if not words or len(words) > LONGEST:
            raise BadInput(f"say it in 1 to {LONGEST} characters", place="words")
        if decided_by and (kind != VIEW or not decided_by.isalnum() or len(decided_by) > 12):
            raise BadInput("the number of who had a part in an automated decision", place="decided_by")
        key = self._ctx.sealing_key(state)
        blob = seal(key, words.encode(), deployment=self._ctx.deployment, owner=case, kind="view")
        detail = Detail(sha256(blob).hexdigest(), case, "view", blob)
        act = acts.ViewNoted(kind=kind, decided_by=f"agent:{decided_by}" if decided_by else None)
        drafts = [self._ctx.draft(session, act, state, item, (detail.hash,))]
        if found.right is Right.OBJECTION_OTHER:
            drafts += self._restricted(session, state)
        self._ctx.write(drafts, [detail])

    def _restricted(self, session: Session, state: Case) -> Iterator[Draft]:
        """The restriction while it is weighed, on an open item or a new one; none where the case restricts already."""
        running = any(one.right is Right.RESTRICTION and one.state is ItemState.RUNNING for one in state.items)
        if running or restricts(state):
            return
        asked = acts.RestrictionAsked(ground=PENDING)
        item = next((one.id for one in state.items if one.right is Right.RESTRICTION and one.state in OPEN), "")
        if not item:
            item = str(len(state.items) + 1)
            yield self._ctx.draft(session, acts.ItemAdded(right=Right.RESTRICTION), state, item)
        yield self._ctx.draft(session, asked, state, item)
