"""Whether central's catalogs are those that were published: the table against the logs of who may publish."""

from collections.abc import Iterable, Iterator

from services.action_log import acts
from services.action_log.act import from_params
from services.action_log.entry import Entry
from services.catalog.version import Stored
from services.errors import BadInput

Published = tuple[str, int, str]
"""Controller, number, digest."""
ACT = acts.CatalogPublished.NAME


def published(entries: Iterable[Entry]) -> set[Published]:
    """Every catalog that these entries publish."""
    return {one for entry in entries if (one := published_by(entry)) is not None}


def published_by(entry: Entry) -> Published | None:
    """The catalog that an entry publishes; None for any other entry, and for one that is not shaped as it must be."""
    if entry.act != ACT:
        return None
    try:
        done = from_params(entry.act, entry.params)
    except BadInput:
        return None
    return (done.controller, done.number, done.digest) if isinstance(done, acts.CatalogPublished) else None


def changed_catalogs(named: set[Published], rows: Iterable[Stored]) -> Iterator[str]:
    """Which version nobody published, was changed, or is gone."""
    there: set[tuple[str, int]] = set()
    for row in rows:
        what = f"version {row.number} of the catalog of {row.controller}"
        there.add((row.controller, row.number))
        if (row.controller, row.number, row.digest) not in named:
            yield f"{what} was published by nobody"
        elif fault := row.fault():
            yield f"{what}: {fault}"
    for controller, number in sorted({(c, n) for c, n, _ in named} - there):
        yield (
            f"version {number} of the catalog of {controller} is gone, or publishing it broke off: "
            "look, and publish again"
        )
