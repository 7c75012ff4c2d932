"""Sealed details in central: ciphertext by digest, each with the sealed key that a worker opens it with; erasable."""

import sqlalchemy as sa

from db.central import CASE, DETAIL, writing


class DetailStore:
    """The detail table, for workers."""

    def __init__(self, engine: sa.Engine) -> None:
        self.engine = engine

    def details(self, case: str, kind: str) -> list[tuple[str, bytes, bytes | None]]:
        """(owner, blob, sealed private key) of a case's details of that kind, or of its subject's other cases."""
        subject = sa.select(CASE.c.subject).where(CASE.c.id == case).scalar_subquery()
        owners = sa.select(CASE.c.id).where(CASE.c.subject == subject)
        query = (
            sa.select(DETAIL.c.owner, DETAIL.c.blob)
            .where(DETAIL.c.kind == kind, DETAIL.c.owner.in_(owners))
            .order_by(sa.case((DETAIL.c.owner == case, 0), else_=1), DETAIL.c.owner)
        )
        with self.engine.connect() as conn:
            rows = conn.execute(query).all()
            return [(r[0], r[1], _sealed_key(conn, r[0])) for r in rows]

    def details_of(self, owner: str, kind: str) -> list[bytes]:
        """Sealed details of that kind of one case or hold alone."""
        query = sa.select(DETAIL.c.blob).where(DETAIL.c.owner == owner, DETAIL.c.kind == kind)
        with self.engine.connect() as conn:
            return [bytes(blob) for blob in conn.execute(query).scalars()]

    def put_detail(self, digest: str, owner: str, kind: str, blob: bytes) -> None:
        """Keep one more sealed detail of a case; a repeat changes nothing."""
        with writing(self.engine).begin() as conn:
            if conn.execute(sa.select(DETAIL.c.hash).where(DETAIL.c.hash == digest)).first() is None:
                conn.execute(sa.insert(DETAIL), [{"hash": digest, "owner": owner, "kind": kind, "blob": blob}])

    def use_once(self, digest: str, owner: str, kind: str, blob: bytes) -> bool:
        """Keep what may be used once in a deployment, for as long as its case; whether it was not used before."""
        with writing(self.engine).begin() as conn:
            if conn.execute(sa.select(DETAIL.c.hash).where(DETAIL.c.hash == digest)).first() is not None:
                return False
            conn.execute(sa.insert(DETAIL), [{"hash": digest, "owner": owner, "kind": kind, "blob": blob}])
            return True

    def count_details(self, case: str) -> int:
        """How many sealed details a case has."""
        with self.engine.connect() as conn:
            query = sa.select(sa.func.count()).select_from(DETAIL).where(DETAIL.c.owner == case)
            return int(conn.execute(query).scalar_one())

    def drop_detail(self, digest: str) -> None:
        """Delete one sealed detail."""
        with writing(self.engine).begin() as conn:
            conn.execute(sa.delete(DETAIL).where(DETAIL.c.hash == digest))


def _sealed_key(conn: sa.Connection, owner: str) -> bytes | None:
    query = sa.select(DETAIL.c.blob).where(DETAIL.c.owner == owner, DETAIL.c.kind == "key")
    found = conn.execute(query).scalar()
    return bytes(found) if found is not None else None
