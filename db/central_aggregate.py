"""Central's aggregate: every checkpoint that the ingest accepts becomes a leaf, in the ingest's own transaction."""

import sqlalchemy as sa

from db.central import AGGREGATE, AGGREGATE_HEAD
from services.action_log import checkpoint
from services.action_log.aggregate import grow
from services.action_log.merkle import Frontier, leaf_hash
from services.errors import BadInput, Unusable


def append(conn: sa.Connection, note: str, signer: checkpoint.Signer) -> None:
    """Adds an accepted checkpoint and signs the new head; raises `Unusable` where the head is not what was signed.

    Only what continues a tree that this key signed is signed: whoever changes rows gets no signature for it.
    """
    frontier = _signed(conn, signer)
    row = {"idx": frontier.size, "note": note, "nodes": grow(frontier, leaf_hash(note.encode()))}
    head = {
        "size": frontier.size,
        "frontier": frontier.to_bytes(),
        "checkpoint": signer.sign(frontier.head()),
    }
    try:
        conn.execute(sa.insert(AGGREGATE), row)
    except sa.exc.IntegrityError as exc:
        raise _changed() from exc
    if not conn.execute(sa.update(AGGREGATE_HEAD).values(head)).rowcount:
        conn.execute(sa.insert(AGGREGATE_HEAD), {"one": 1, **head})


def _signed(conn: sa.Connection, signer: checkpoint.Signer) -> Frontier:
    """The tree so far, as it was signed."""
    row = conn.execute(sa.select(*AGGREGATE_HEAD.c["size", "frontier", "checkpoint"])).first()
    if row is None:
        return Frontier()
    try:
        frontier = Frontier.from_bytes(row[0], row[1])
        if checkpoint.verify(row[2], signer.origin, signer.public_key) == frontier.head():
            return frontier
    except (BadInput, TypeError):
        pass
    raise _changed()


def _changed() -> Unusable:
    return Unusable(
        "central's aggregate is not what it signed, so nothing more is accepted",
        kept="terminals keep what they have written",
        next_key="rightsdesk central check",
    )
