"""What screens show of a catalog: systems, collections, fields, in plain JSON that no secret and no address is in."""

from collections.abc import Iterable, Mapping
from typing import Final

import orjson

from services.catalog.compare import Change
from services.catalog.console_keys import Retention, TableRules, words
from services.catalog.dataset import Collection, Dataset, Field
from services.catalog.retention_law import Starts, table
from services.catalog.system import System

LANGUAGE: Final = "en"
Json = dict[str, object]


def shown_of(systems: Mapping[str, System], changed: Iterable[Change]) -> bytes:
    """Canonical JSON of the systems, and of what changed since the version before."""
    told = [[one.place, one.before, one.after] for one in changed]
    whole = {"systems": [_system(one) for _, one in sorted(systems.items())], "changes": told}
    return orjson.dumps(whole, option=orjson.OPT_SORT_KEYS)


def _system(system: System) -> Json:
    return {
        "key": system.key,
        "label": words(system.label, LANGUAGE),
        "kind": system.connector,
        "controller": system.controller,
        "read_only": system.read_only,
        "excluded": system.excluded or "",
        "recipients": list(system.recipients),
        "purposes": list(system.purposes),
        "collections": [_collection(d, c, system) for d in system.datasets for c in d.collections],
    }


def _collection(dataset: Dataset, collection: Collection, system: System) -> Json:
    rules, facts = dataset.rules(collection), dataset.facts(collection)
    return {
        "name": f"{dataset.fides_key}.{collection.name}",
        "label": words(facts.label, LANGUAGE),
        "erase": "" if collection.meta.skip_processing else rules.erase or "mask",
        "skipped": bool(collection.meta.skip_processing),
        "retention": _retention(rules.retention),
        "hold": _hold(rules),
        "shared": bool(rules.shared),
        "recipients": list(dict.fromkeys([*(facts.recipients or ()), *system.recipients])),
        "purpose": words(facts.purpose, LANGUAGE),
        "consent": [consent.purpose for consent in collection.console.consent],
        "fields": [_field(dataset, collection, path, field) for path, field in collection.walk()],
    }


def _retention(kept: Retention | None) -> str:
    """`8 years from the end of the calendar year of issued_on (§ 147 AO)`."""
    if kept is None:
        return ""
    starts, law, period = kept.starts, kept.law, _period(kept.years, kept.months)
    if kept.entry is not None:
        newest = max((row for row in table().rows if row.key == kept.entry), key=lambda row: row.valid_from)
        starts, law, period = newest.starts, f"{newest.law}; {kept.entry}", _period(newest.years, newest.months)
    return f"{period} from {_STARTS[starts]}{kept.field} ({law})"


def _period(years: int | None, months: int | None) -> str:
    return f"{years} years" if years else f"{months} months"


_STARTS: dict[Starts, str] = {
    "date-field": "",
    "end-of-calendar-year": "the end of the calendar year of ",
    "next-january": "1 January after ",
    "end-of-financial-year": "the end of the business year of ",
    "end-of-tax-year": "the end of the year in which tax falls due for ",
}


def _hold(rules: TableRules) -> str:
    """Why rows are kept whatever an erasure says, in the catalog's words."""
    if rules.retention is not None:
        return words(rules.retention.reason, LANGUAGE) or rules.retention.law or str(rules.retention.entry)
    return words(rules.reason, LANGUAGE) or "always" if rules.erase == "keep" else ""


def _field(dataset: Dataset, collection: Collection, path: str, field: Field) -> Json:
    return {
        "name": path,
        "label": words(field.console.label, LANGUAGE),
        "categories": list(field.data_categories or collection.data_categories or dataset.data_categories or ()),
        "personal": field.personal,
        "erase": _erase(dataset.rules(collection).erase, field),
        "notes": list(_notes(field)),
        "recipients": list(field.console.recipients or ()),
    }


def _erase(rows: str | None, field: Field) -> str:
    """What an erasure does with the field; where rows are masked, a key or a link stays as it is."""
    if rows == "delete":
        return "deleted"
    if rows == "keep" or field.console.erase == "keep" or field.meta.read_only or field.meta.primary_key:
        return "kept"
    if field.mask is not None:
        return field.mask.strategy
    wanted = field.console.erase == "mask" or field.meta.identity
    return "blank" if wanted or (field.personal and not field.meta.references) else "kept"


def _notes(field: Field) -> Iterable[str]:
    meta, console = field.meta, field.console
    if meta.primary_key:
        yield "key"
    if meta.identity:
        yield f"finds by {meta.identity}"
    if console.contact:
        yield f"contact point: {console.contact}"
    if console.factor:
        yield f"asked in checks ({console.factor.kind})"
    if console.third_party:
        yield "about others"
    if console.sensitive:
        yield "sensitive"
    for reference in meta.references or ():
        yield f"to {reference.dataset}.{reference.field}"
