"""What Art 15(1)(a)-(h) and 15(2) ask for, put together from the catalog and the controller's settings."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from services.catalog.console_keys import words as say
from services.catalog.dataset import Collection, Dataset
from services.catalog.system import System
from services.controllers import Controller, Recipient, words
from services.errors import Refused
from services.letters.lexicon import in_words

Counts = Mapping[tuple[str, str], int]
"""Rows found, by dataset (fides_key) and collection."""


@dataclass(frozen=True, slots=True)
class Category:
    """One collection that holds data of the person, in words: Art 15(1)(a), (b), (c), (d), (g)."""

    system: str
    label: str
    rows: int
    data: tuple[str, ...]
    purpose: str
    recipients: tuple[str, ...]
    storage: str
    source: str


@dataclass(frozen=True, slots=True)
class Searched:
    """One system of the controller: how many rows, or why it was not searched (ACC-6)."""

    system: str
    rows: int
    reason: str = ""


@dataclass(frozen=True, slots=True)
class AccessAnswer:
    """The facts of the answer letter, complete and in one language; no value from the data itself."""

    purposes: str
    storage: str
    rights: str
    source: str
    automated_decisions: str
    transfers: str
    recipients: tuple[Recipient, ...]
    categories: tuple[Category, ...]
    searched: tuple[Searched, ...]


def facts_for_access(
    controller: Controller,
    systems: Mapping[str, System],
    found: Counts,
    language: str,
    *,
    failed: Mapping[str, str] | None = None,
) -> AccessAnswer:
    """The answer's facts; `failed` gives the reason for each system that could not be searched.

    Raises `Refused` naming the missing fact, such as `shop.orders: purpose` or `controller: access.transfers`.
    """
    reasons = failed or {}
    categories = []
    searched = []
    for key, system in sorted(systems.items()):
        label = say(system.label, language) or key
        lines = [
            _category(system, label, dataset, collection, found[at], language)
            for dataset in system.datasets
            for collection in dataset.collections
            if found.get(at := (str(dataset.fides_key), str(collection.name)), 0)
        ]
        categories += lines
        searched.append(Searched(label, sum(line.rows for line in lines), reasons.get(key) or system.excluded or ""))
    return AccessAnswer(
        **{name: _stated(controller, name, language) for name in _STATED},
        recipients=recipients_in(controller, language),
        categories=tuple(categories),
        searched=tuple(searched),
    )


def recipients_in(controller: Controller, language: str) -> tuple[Recipient, ...]:
    """The controller's recipients, what they get data for in one language."""
    return tuple(replace(one, purpose=words(one.purpose, language)) for one in controller.recipients)


_STATED = ("purposes", "storage", "rights", "source", "automated_decisions", "transfers")


def _stated(controller: Controller, name: str, language: str) -> str:
    text = words(getattr(controller.access, name), language)
    if not text:
        raise _missing("controller", f"access.{name}")
    return text


def _category(
    system: System, label: str, dataset: Dataset, collection: Collection, rows: int, language: str
) -> Category:
    facts = dataset.facts(collection)
    place = f"{dataset.fides_key}.{collection.name}"
    texts = {name: say(getattr(facts, name), language) for name in ("purpose", "storage", "source")}
    for name, text in texts.items():
        if not text:
            raise _missing(place, name)
    recipients = facts.recipients if facts.recipients is not None else system.recipients or None
    if recipients is None:
        raise _missing(place, "recipients")
    return Category(
        system=label,
        label=say(facts.label, language) or str(collection.name),
        rows=rows,
        data=_data(collection, language),
        purpose=texts["purpose"],
        recipients=recipients,
        storage=texts["storage"],
        source="; ".join([texts["source"], *_other_sources(collection, language)]),
    )


def _data(collection: Collection, language: str) -> tuple[str, ...]:
    """The kinds of data its fields hold, each once, in the order of the fields; a field's own label comes first."""
    named: dict[str, None] = {}
    for _, field in collection.walk():
        if field.personal:
            label = say(field.console.label, language)
            for category in [label] if label else [in_words(str(c), language) for c in field.data_categories or ()]:
                named[category] = None
    return tuple(named)


def _other_sources(collection: Collection, language: str) -> list[str]:
    """Fields whose data come from elsewhere than the rest of the row, such as a computed score."""
    return [
        f"{say(field.console.label, language) or path}: {say(field.console.source, language)}"
        for path, field in collection.walk()
        if field.console.source
    ]


def _missing(place: str, name: str) -> Refused:
    return Refused(
        f"the answer cannot be written: {place}: {name} is missing (Art 15(1))",
        kept="the case stays open",
        next_key="complete the catalog or controller.yml",
    )
