"""The replay list in central: keyed digests of persons who were erased or suppressed, each with its case."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import sqlalchemy as sa

from db.central import META, REPLAY, writing


class Repeat(NamedTuple):
    """What to repeat after a restore (rules.md ERA-4). `kind`: erasure, suppression or suppression:<purpose>; or that
    suppression ended: ended, ended:<purpose>, of nobody and no case.
    """

    digest: str
    controller: str
    case: str
    kind: str
    at: int


ENDED = "ended"


def over(rows: Iterable[Repeat]) -> set[Repeat]:
    """Suppression entries that ended: the controller does no marketing any more, or not for that purpose."""
    known = list(rows)
    ends = {(row.controller, row.kind): row.at for row in sorted(known, key=lambda row: row.at) if _ends(row)}
    return {
        row
        for row in known
        if row.kind.partition(":")[0] == "suppression"
        for at in (ends.get((row.controller, ENDED), 0), ends.get((row.controller, _end_of(row)), 0))
        if row.at <= at
    }


def _ends(row: Repeat) -> bool:
    return row.kind.partition(":")[0] == ENDED


def _end_of(row: Repeat) -> str:
    return f"{ENDED}:{row.kind.partition(':')[2]}"


class ReplayStore:
    """The table `replay`, for workers. Rows are added, or go as their end came; none is changed."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine

    def mark(self) -> tuple[int, str]:
        """How many rows there are, and the change feed's word: another pair when central was restored."""
        with self._engine.connect() as conn:
            count = conn.execute(sa.select(sa.func.count()).select_from(REPLAY)).scalar_one()
            word = conn.execute(sa.select(META.c.value).where(META.c.key == "feed")).scalar()
        return count, word or ""

    def rows(self) -> set[Repeat]:
        """The whole list."""
        with self._engine.connect() as conn:
            return {Repeat(*row) for row in conn.execute(sa.select(*REPLAY.columns))}

    def erased_at(self, digests: Sequence[str], controller: str) -> int:
        """When somebody who bears one of these digests was erased last (µs); 0 when nobody was."""
        mine = REPLAY.c.digest.in_(digests) & (REPLAY.c.controller == controller) & (REPLAY.c.kind == "erasure")
        with self._engine.connect() as conn:
            return int(conn.execute(sa.select(sa.func.max(REPLAY.c.at)).where(mine)).scalar() or 0)

    def add(self, rows: Iterable[Repeat]) -> None:
        """Add those that are not there."""
        wanted = {(r.digest, r.controller, r.kind, r.case): r for r in rows}
        same = sa.tuple_(REPLAY.c.digest, REPLAY.c.controller, REPLAY.c.kind, REPLAY.c.case_id)
        with writing(self._engine).begin() as conn:
            keys = list(wanted)
            there: set[tuple[str, ...]] = set()
            for at in range(0, len(keys), 200):
                found = conn.execute(sa.select(*same.clauses).where(same.in_(keys[at : at + 200])))
                there.update(tuple(row) for row in found)
            new = [r for k, r in wanted.items() if k not in there]
            if new:
                names = [c.name for c in REPLAY.columns]
                conn.execute(sa.insert(REPLAY), [dict(zip(names, row, strict=True)) for row in new])

    def drop(self, rows: Iterable[Repeat]) -> None:
        """Delete those."""
        key = sa.tuple_(REPLAY.c.digest, REPLAY.c.controller, REPLAY.c.kind, REPLAY.c.case_id)
        keys = [(r.digest, r.controller, r.kind, r.case) for r in rows]
        with writing(self._engine).begin() as conn:
            for at in range(0, len(keys), 200):
                conn.execute(sa.delete(REPLAY).where(key.in_(keys[at : at + 200])))
