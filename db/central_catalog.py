"""Published versions of catalogs in central, for operators and workers: reading them, adding one."""

import sqlalchemy as sa

from db.central import CATALOG, ENTRY, LOG, writing
from db.central_engine import as_desk_error
from db.central_witness import as_bytes
from services.errors import Conflict

_LISTED = (CATALOG.c.controller, CATALOG.c.number, CATALOG.c.digest, CATALOG.c.head)
VersionRow = tuple[str, int, str, bytes, bytes, bytes]
"""Controller, number, digest, head, what is shown, files."""


class CatalogStore:
    """Calls are short transactions."""

    def __init__(self, engine: sa.Engine) -> None:
        self.engine = engine

    @property
    def embedded(self) -> bool:
        """Whether central is a file of this home, so that no other machine works by its catalogs."""
        return self.engine.dialect.name == "sqlite"

    def listed(self, controller: str = "") -> list[tuple[str, int, str, bytes]]:
        """(controller, number, digest, head) of every version, or of one controller's, newest first."""
        query = sa.select(*_LISTED).order_by(CATALOG.c.controller, CATALOG.c.number.desc())
        query = query.where(CATALOG.c.controller == controller) if controller else query
        with self.engine.connect() as conn:
            return [(r[0], r[1], r[2], as_bytes(r[3])) for r in conn.execute(query)]

    def newest(self, controller: str) -> int | None:
        """The newest version's number."""
        query = sa.select(sa.func.max(CATALOG.c.number)).where(CATALOG.c.controller == controller)
        with self.engine.connect() as conn:
            found = conn.execute(query).scalar()
        return None if found is None else int(found)

    def version(self, controller: str, number: int) -> VersionRow | None:
        """One version; None when there is none."""
        mine = (CATALOG.c.controller == controller) & (CATALOG.c.number == number)
        with self.engine.connect() as conn:
            row = conn.execute(sa.select(CATALOG).where(mine)).first()
        if row is None:
            return None
        return row[0], row[1], row[2], as_bytes(row[3]), as_bytes(row[4]), as_bytes(row[5])

    def publishers_entries(self) -> list[bytes]:
        """Entries with `catalog.published` in them, of the logs of who may publish: operators, and the worker of an
        embedded home."""
        kinds = ("operator", "worker") if self.embedded else ("operator",)
        query = sa.select(ENTRY.c.body).join(LOG, LOG.c.id == ENTRY.c.log).where(LOG.c.kind.in_(kinds))
        if self.embedded:  # a worker's log may be long, operators' logs are short
            query = query.where(sa.func.instr(ENTRY.c.body, b"catalog.published") > 0)
        with self.engine.connect() as conn:
            return [as_bytes(body) for body in conn.execute(query.order_by(ENTRY.c.pos)).scalars()]

    def add(self, row: VersionRow) -> None:
        """Add a version; raises `Conflict` when its number is taken."""
        names = [column.name for column in CATALOG.columns]
        try:
            with writing(self.engine).begin() as conn:
                conn.execute(sa.insert(CATALOG), [dict(zip(names, row, strict=True))])
        except sa.exc.IntegrityError:
            raise Conflict(f"version {row[1]} of {row[0]} was published meanwhile", next_key="look again") from None
        except sa.exc.DBAPIError as exc:
            raise as_desk_error(exc) from exc
