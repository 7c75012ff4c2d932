"""Legal holds folded into central by the ingest: which stand, who is held by them, on which cases that is seen."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

import orjson
import sqlalchemy as sa

from db import central_holds as held
from db.central import CASE
from db.central_audit import AuditView
from services.action_log.entry import Entry, decode
from services.cases.hold import ACTS, SET, Hold, fold
from services.errors import Unusable

if TYPE_CHECKING:
    from db.central_store import IngestTx

NONE, PART, WHOLE = 0, 1, 2
"""How much of a person's data is held."""
IDENTIFIERS = "identifiers"

Open = Callable[[str, object, object, str], bytes]
"""Owner, its sealed key, a sealed text, its kind → the text."""
Digest = Callable[[str, str, str], str]
"""Controller, kind, normal form → keyed digest."""


def take_holds(
    tx: "IngestTx",
    entries: Iterable[Entry],
    details: Sequence[Mapping[str, object]],
    at: int,
    open_: Open,
    digest: Digest,
) -> None:
    """Fold acts about holds in their order, and mark the cases of whoever is held now or no longer."""
    mine = [e for e in entries if e.act in ACTS]
    if not mine:
        return
    known = {key: Hold.from_json(body) for key, body in held.holds(tx.conn).items()}
    for entry in mine:
        name = str(entry.params["hold"])
        before = known.get(name)
        after = fold(before, entry, at)
        if after is None or after is before:
            continue
        known[name] = after
        row = {"id": name, "controller": after.controller, "case_id": after.case, "stands": after.stands}
        held.put_hold(tx.conn, {**row, "body": after.to_json()})
        if entry.act == SET:
            held.put_digests(tx.conn, name, _digests(tx, after, details, open_, digest))
        if before is None or not after.stands:
            touched = held.subjects_of(tx.conn, name, after.case) if after.of_person else []
            if not after.stands:
                held.put_digests(tx.conn, name, ())
            mark(tx, touched)


def how_much(conn: sa.Connection, subjects: Sequence[str]) -> dict[str, int]:
    """How much of each subject's data is held; none is left out."""
    over = held.subjects_held(conn, subjects)
    if not over:
        return {}
    bodies = {key: Hold.from_json(body) for key, body in held.holds(conn, standing=True).items()}
    return {subject: WHOLE if any(bodies[one].whole for one in ids) else PART for subject, ids in over.items()}


def mark(tx: "IngestTx", subjects: Sequence[str]) -> None:
    """Say on these subjects' cases how much is held; what changes is fetched by the terminals."""
    now = how_much(tx.conn, subjects)
    changed = [
        (case, now.get(subject, NONE))
        for case, subject, marked in held.cases_of(tx.conn, subjects)
        if now.get(subject, NONE) != marked
    ]
    rev = tx.next_revs(len(changed))
    for n, (case, much) in enumerate(changed):
        tx.conn.execute(sa.update(CASE).where(CASE.c.id == case).values(on_hold=much, rev=rev + n))


def _digests(
    tx: "IngestTx", hold: Hold, details: Sequence[Mapping[str, object]], open_: Open, digest: Digest
) -> list[str]:
    """Of whoever the hold names: the person of its case, and the bearers of its sealed identifiers."""
    mine = {str(d["kind"]): d["blob"] for d in details if d["owner"] == hold.id}
    found = held.digests_of_case(tx.conn, hold.case) if hold.case else []
    if hold.number:
        try:
            pairs = orjson.loads(open_(hold.id, mine.get("key"), mine.get(IDENTIFIERS), IDENTIFIERS))
        except Unusable as exc:
            raise ValueError("sealed identifiers do not open") from exc
        found += [digest(hold.controller, str(kind), str(normal)) for kind, normal in pairs]
    return found


def differences_of_holds(view: AuditView) -> list[str]:
    """Holds of which central keeps something else than the logs say, by id."""
    rebuilt: dict[str, Hold] = {}
    for accepted_at, body in view.accepted():
        if b'"hold.' in body and (entry := decode(body)).act in ACTS:
            name = str(entry.params["hold"])
            after = fold(rebuilt.get(name), entry, accepted_at)
            if after is not None:
                rebuilt[name] = after
    kept, wanted = view.holds(), {name: hold.to_json() for name, hold in rebuilt.items()}
    return sorted(name for name in kept.keys() | wanted.keys() if kept.get(name) != wanted.get(name))
