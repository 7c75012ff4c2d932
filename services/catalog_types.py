"""What the officer's screen shows of catalogs: systems, collections, fields, and versions with what changed."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class CatalogField:
    """One field; `categories` of its collection or dataset where it has none of its own."""

    name: str
    label: str
    categories: tuple[str, ...]
    personal: bool
    erase: str
    notes: tuple[str, ...]
    recipients: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CatalogCollection:
    """One table: what an erasure does with its rows, which law keeps them how long, and why they are held."""

    name: str
    label: str
    erase: str
    skipped: bool
    retention: str
    hold: str
    shared: bool
    recipients: tuple[str, ...]
    purpose: str
    consent: tuple[str, ...]
    fields: tuple[CatalogField, ...]


@dataclass(frozen=True, slots=True)
class CatalogSystem:
    """One data system of a controller. `checked` and `result`: when it was last held against the real one, and how
    that ended; None and empty where nobody did."""

    controller: str
    key: str
    label: str
    kind: str
    read_only: bool
    excluded: str
    recipients: tuple[str, ...]
    purposes: tuple[str, ...]
    collections: tuple[CatalogCollection, ...]
    version: int
    checked: datetime | None = None
    result: str = ""


@dataclass(frozen=True, slots=True)
class CatalogChange:
    """One thing that is otherwise than in the version before: `before` is None for what is new, `after` for what is
    gone."""

    place: str
    before: str | None
    after: str | None


@dataclass(frozen=True, slots=True)
class CatalogVersion:
    """A published version: by whom (`agent:0003`, `operator:…`, `worker:…`), and why. `fault`: it does not check."""

    controller: str
    number: int
    at: datetime
    by: str
    note: str
    digest: str
    changes: tuple[CatalogChange, ...]
    fault: str = ""


@dataclass(frozen=True, slots=True)
class CatalogView:
    """The newest catalog of each controller, and all versions, newest first."""

    systems: tuple[CatalogSystem, ...]
    versions: tuple[CatalogVersion, ...]
