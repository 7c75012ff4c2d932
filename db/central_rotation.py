"""A rotation of the deployment's key as central knows it: rows of `meta`, and case keys by page."""

from collections.abc import Sequence

import sqlalchemy as sa

from db.central import DETAIL, META, TERMINAL, writing
from db.central_engine import clock_us

PUBLIC, PROOF = "deployment-key", "deployment-key-proof"
NEXT, NEXT_PROOF, UNTIL, CLEAN = "rotation-next", "rotation-proof", "rotation-until", "rotation-clean"
FOR, HAS = "rotation-for:", "rotation-has:"

_PUT = sa.text("INSERT INTO meta (key, value) VALUES (:key, :value) ON CONFLICT (key) DO UPDATE SET value = :value")


class RotationStore:
    """What the operator begins, each worker answers and the leading worker ends."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine

    def facts(self) -> dict[str, str]:
        """Every row of `meta` about the deployment's key, and central's clock (µs) as `now`."""
        about = META.c.key.in_((PUBLIC, PROOF, "deployment")) | META.c.key.like("rotation-%")
        with self._engine.connect() as conn:
            rows = {r[0]: r[1] for r in conn.execute(sa.select(META.c.key, META.c.value).where(about))}
            return {**rows, "now": str(clock_us(conn))}

    def workers(self) -> dict[str, tuple[str, bytes]]:
        """Name and ask key of each worker that may work, by id."""
        mine = (TERMINAL.c.kind == "worker") & TERMINAL.c.revoked.is_(False)
        with self._engine.connect() as conn:
            rows = conn.execute(sa.select(TERMINAL.c.id, TERMINAL.c.name, TERMINAL.c.ask_key).where(mine))
            return {r[0]: (r[1], bytes(r[2])) for r in rows}

    def put(self, facts: dict[str, str], drop: Sequence[str] = ()) -> None:
        """Replace those rows, and drop others, in one transaction."""
        with writing(self._engine).begin() as conn:
            conn.execute(sa.delete(META).where(META.c.key.in_(drop)))
            for name in sorted(facts):  # operator and worker may do the same at the same time
                conn.execute(_PUT, {"key": name, "value": facts[name]})

    def end(self) -> None:
        """Nothing rotates any more."""
        with writing(self._engine).begin() as conn:
            conn.execute(sa.delete(META).where(META.c.key.like("rotation-%")))

    def case_keys(self, after: str, limit: int) -> list[tuple[str, bytes]]:
        """(case, sealed key) of cases after `after`, in order."""
        query = (
            sa.select(DETAIL.c.owner, DETAIL.c.blob)
            .where(DETAIL.c.kind == "key", DETAIL.c.owner > after)
            .order_by(DETAIL.c.owner)
            .limit(limit)
        )
        with self._engine.connect() as conn:
            return [(r[0], bytes(r[1])) for r in conn.execute(query)]
