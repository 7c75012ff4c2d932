"""The catalogs of the officer's controllers, as this terminal has copied them from central."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

import orjson

from services.catalog.seen import Seen
from services.catalog.version import Head, Stored
from services.desk.context import Context
from services.errors import Refused, Unusable
from services.types import (
    CatalogChange,
    CatalogCollection,
    CatalogField,
    CatalogSystem,
    CatalogVersion,
    CatalogView,
    Role,
    Session,
)

Checks = Mapping[tuple[str, str], tuple[datetime, str]]


class Catalogs:
    """For officers. Nothing is written."""

    def __init__(self, ctx: Context) -> None:
        self._ctx = ctx
        self._kept: tuple[object, CatalogView] | None = None

    def view(self, session: Session) -> CatalogView:
        """Systems and versions; the same object again while nothing changed. Raises `Refused` for other roles."""
        self._ctx.require(session)
        if session.role is not Role.OFFICER:
            raise Refused("the catalog is for officers")
        mine = frozenset(one for one in self._ctx.store.catalogs() if one[0] in session.controllers)
        here = (mine, self._ctx.link.systems)
        kept = self._kept
        if kept is None or kept[0] != here:
            kept = self._kept = (here, self._read(session))
        return kept[1]

    def _read(self, session: Session) -> CatalogView:
        query = "SELECT controller, number, digest, head, shown FROM catalog ORDER BY controller, number DESC"
        rows = [Stored(*row) for row in self._ctx.store.rows(query) if row[0] in session.controllers]
        versions = tuple(self._version(row) for row in rows)
        newest: dict[str, Stored] = {}
        for row, version in zip(rows, versions, strict=True):
            if not version.fault:
                newest.setdefault(row.controller, row)
        checks = last_checks(self._ctx.link.systems)
        systems = [_system(raw, row, checks) for row in newest.values() for raw in orjson.loads(row.shown)["systems"]]
        return CatalogView(tuple(systems), versions)

    def _version(self, row: Stored) -> CatalogVersion:
        fault = row.fault(whole=False)
        try:
            head = Head.from_json(row.head)
        except Unusable:
            head = Head(row.controller, row.number, 0, "", "", "", "")
        told = [] if fault else orjson.loads(row.shown)["changes"]
        changes = tuple(CatalogChange(*one) for one in told)
        at = self._ctx.as_time(head.at)
        return CatalogVersion(row.controller, row.number, at, head.by, head.note, row.digest, changes, fault)


def collections_of(ctx: Context, controller: str) -> list[str]:
    """Collections (`dataset.collection`) of the newest whole catalog of a controller that this terminal has copied."""
    query = "SELECT controller, number, digest, head, shown FROM catalog WHERE controller=? ORDER BY number DESC"
    for row in (Stored(*one) for one in ctx.store.rows(query, (controller,))):
        if not row.fault(whole=False):
            systems = orjson.loads(row.shown)["systems"]
            return [str(one["name"]) for system in systems for one in system["collections"]]
    return []


def last_checks(seen: Iterable[Seen]) -> Checks:
    """When each system (controller, key) was last held against the real one, and how that ended, as the acts say."""
    places = ((one, *one.system.partition("/")) for one in seen)
    return {(controller, key): (Context.as_time(one.at), one.outcome) for one, controller, _, key in places}


def _system(raw: Mapping[str, Any], row: Stored, checks: Checks) -> CatalogSystem:
    checked, result = checks.get((row.controller, raw["key"]), (None, ""))
    return CatalogSystem(
        controller=row.controller,
        key=raw["key"],
        label=raw["label"],
        kind=raw["kind"],
        read_only=raw["read_only"],
        excluded=raw["excluded"],
        recipients=tuple(raw["recipients"]),
        purposes=tuple(raw["purposes"]),
        collections=tuple(_collection(one) for one in raw["collections"]),
        version=row.number,
        checked=checked,
        result=result,
    )


def _collection(raw: Mapping[str, Any]) -> CatalogCollection:
    return CatalogCollection(
        name=raw["name"],
        label=raw["label"],
        erase=raw["erase"],
        skipped=raw["skipped"],
        retention=raw["retention"],
        hold=raw["hold"],
        shared=raw["shared"],
        recipients=tuple(raw["recipients"]),
        purpose=raw["purpose"],
        consent=tuple(raw["consent"]),
        fields=tuple(_field(one) for one in raw["fields"]),
    )


def _field(raw: Mapping[str, Any]) -> CatalogField:
    return CatalogField(
        name=raw["name"],
        label=raw["label"],
        categories=tuple(raw["categories"]),
        personal=raw["personal"],
        erase=raw["erase"],
        notes=tuple(raw["notes"]),
        recipients=tuple(raw["recipients"]),
    )
