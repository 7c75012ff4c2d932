"""What was typed and not yet done: parked for its owner, encrypted in the desk store (TRM-5)."""

import orjson

from services.desk.context import Context
from services.types import Session

Fields = dict[str, str]


class Drafts:
    """Drafts belong to the agent who typed them."""

    def __init__(self, ctx: Context) -> None:
        self._ctx = ctx

    def keep(self, session: Session, name: str, fields: Fields) -> None:
        """Park a form under a name; an empty form is forgotten."""
        self._ctx.require(session)
        if not any(fields.values()):
            self.forget(session, name)
            return
        row = (f"{session.agent}:{name}", session.agent, orjson.dumps(fields), self._ctx.now())
        with self._ctx.store.writing() as conn:
            conn.execute("INSERT OR REPLACE INTO draft VALUES (?,?,?,?)", row)

    def take(self, session: Session, name: str) -> Fields:
        """What this agent parked under the name; empty when nothing is."""
        self._ctx.require(session)
        found = self._ctx.store.rows("SELECT body FROM draft WHERE id=?", (f"{session.agent}:{name}",))
        return dict(orjson.loads(found[0][0])) if found else {}

    def forget(self, session: Session, name: str) -> None:
        """The draft is done."""
        with self._ctx.store.writing() as conn:
            conn.execute("DELETE FROM draft WHERE id=?", (f"{session.agent}:{name}",))
