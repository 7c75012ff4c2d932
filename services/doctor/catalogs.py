"""Whether the catalogs in this home's folders are those that are published."""

from collections.abc import Iterator

from services.catalog.version import Head, digest_of
from services.catalog_versions import on_disk
from services.doctor.finding import Finding
from services.home import CENTRAL_KEY, Home, key
from services.secrets import Vault


def catalogs(home: Home, vault: Vault, url: str) -> Iterator[Finding]:
    """One finding for each controller whose systems are described here."""
    import sqlalchemy as sa

    from db.central_engine import open_engine
    from db.central_names import CATALOG
    from db.central_witness import as_bytes

    folders = sorted((home.path / "controllers").glob("*/systems"))
    if not folders:
        return
    engine = open_engine(url or home.central_url, key(vault, CENTRAL_KEY))
    try:
        with engine.connect() as conn:
            query = sa.select(CATALOG.c.controller, CATALOG.c.head).order_by(CATALOG.c.number)
            newest = {r[0]: Head.from_json(as_bytes(r[1])) for r in conn.execute(query)}
    finally:
        engine.dispose()
    embedded = engine.dialect.name == "sqlite"
    for folder in folders:
        controller = folder.parent.name
        head, files = newest.get(controller), on_disk(folder.parent)
        if files is None:
            seen, todo = f"{controller}: the files here are not valid", f"rightsdesk catalog check {folder.parent}"
            yield Finding("catalog", "bad" if embedded else "warn", seen, todo)
        elif head is not None and head.files == digest_of(files):
            yield Finding("catalog", "ok", f"{controller}: version {head.number}, as published")
        elif embedded:
            since = f"changed since version {head.number}" if head else "not published yet"
            yield Finding("catalog", "ok", f"{controller}: {since}; the worker publishes it when it runs")
        else:
            since = f"is not version {head.number}, which machines work by" if head else "was never published"
            todo = f"rightsdesk catalog diff {controller}, then publish it or put it back"
            yield Finding("catalog", "warn", f"{controller}: what stands here {since}", todo)
