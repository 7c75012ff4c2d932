"""What the authority is told of a breach (Art 33(3)), and a line of the register that documents it (Art 33(5))."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from services.controllers import Controller
from services.types import BreachDecision, BreachLine, BreachPerson, BreachTexts

BY_LETTER = "by letter"
STATES = (
    ("told", ("told",)), ("not_told_yet", ("added", "asked", "waiting", "failed")),
    ("by_public_communication", ("public",)), ("without_a_letter", ("not-needed",)),
)  # fmt: skip
"""How many persons there are of each kind; who they are is known by their cases alone."""
NOT_KNOWN = "not known yet"
"""What is not known stands as such: it may follow in phases (Art 33(4))."""


def content(line: BreachLine, texts: BreachTexts, controller: Controller) -> dict[str, Any]:
    """Art 33(3)(a)-(d) with the times and what was decided, as plain JSON; times in the controller's zone."""
    zone = ZoneInfo(line.zone)

    def at(when: datetime) -> str:
        return when.astimezone(zone).isoformat(timespec="minutes")

    def decided(one: BreachDecision, words: str) -> dict[str, object]:
        told = at(one.told_at) if one.told_at else BY_LETTER if one.by_letter else None
        return {"whom": one.whom, "told": told, "reason": one.reason, "words": words, "decided": at(one.at)}

    def person(one: BreachPerson, words: str) -> dict[str, object]:
        when = at(one.at) if one.at else None
        return {
            "case": one.case,
            "state": one.state,
            "by": one.medium,
            "reason": one.reason,
            "at": when,
            "words": words,
        }

    authority = line.first == "authority"
    return {
        "number": line.number,
        "controller": {"name": controller.name, "address": controller.address, "country": controller.country},
        "we_are": str(line.duty),
        "authority": {"name": controller.authority.name, "address": controller.authority.address},
        "noticed": at(line.aware_at),
        "raised": at(line.raised_at),
        "tell_by": {"safe": at(line.safe), "latest": at(line.latest), "rule": "Art 33(1)"} if authority
        else {"rule": "Art 33(2): the controller, without undue delay"},
        "nature": {
            "what_happened": texts.words or NOT_KNOWN,
            "categories_of_data": list(line.categories) or NOT_KNOWN,
            "persons_about": line.persons if line.persons >= 0 else NOT_KNOWN,
            "records_about": line.records if line.records >= 0 else NOT_KNOWN,
            "goes_on": line.ongoing,
            "contained": line.contained,
        },
        "contact": controller.privacy_contact,
        "likely_consequences": list(texts.consequences) or NOT_KNOWN,
        "measures": list(texts.measures) or NOT_KNOWN,
        "decisions": [decided(one, words) for one, words in zip(line.decisions, texts.reasons, strict=False)],
        "persons": {words: sum(one.state in states for one in line.people) for words, states in STATES},
        "each_person": [
            person(one, texts.persons[n] if n < len(texts.persons) else "") for n, one in enumerate(line.people)
        ],
        "letters": [dict(one) for one in texts.notices],
        "closed": {"at": at(line.closed_at), "reason": line.closed} if line.closed_at else None,
    }  # fmt: skip


HEADINGS = (
    ("number", "Number"), ("controller", "Controller"), ("authority", "Authority"), ("noticed", "Noticed"),
    ("tell_by", "To be told by"), ("nature", "(a) Nature of the breach"), ("contact", "(b) Contact point"),
    ("likely_consequences", "(c) Likely consequences"), ("measures", "(d) Measures"), ("decisions", "Decided"),
    ("persons", "Persons told (Art 34)"), ("letters", "What they were told"), ("closed", "Closed"),
)  # fmt: skip
"""The parts in the order of Art 33(3), with their letters."""


def parts(of: dict[str, Any]) -> list[tuple[str, list[str]]]:
    """The content as headings with lines, for a text and for a page."""
    return [(title, _lines(of[key])) for key, title in HEADINGS if of[key] is not None]


def _lines(value: object) -> list[str]:
    if isinstance(value, dict):
        return [f"{str(key).replace('_', ' ')}: {_plain(one)}" for key, one in value.items()]
    if isinstance(value, list):
        return [" · ".join(_lines(one)) if isinstance(one, dict) else _plain(one) for one in value] or ["nothing yet"]
    return [_plain(value)]


def _plain(value: object) -> str:
    if value is None or value == "":
        return "-"
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


COLUMNS = (
    "number", "controller", "we_are", "noticed", "raised", "tell_by", "what_happened", "categories_of_data",
    "persons_about", "records_about", "goes_on", "contained", "likely_consequences", "measures", "first_told",
    "first_told_reason", "persons_told", "persons_told_reason", "each_person", "closed", "closed_reason",
)  # fmt: skip
"""Of the register (Art 33(5)): the facts, the effects, the remedial action."""


def row(of: dict[str, Any]) -> list[str]:
    """One breach under `COLUMNS`."""
    nature, closed = of["nature"], of["closed"] or {"at": "", "reason": ""}
    first, persons = _newest(of["decisions"], ("authority", "controller")), _newest(of["decisions"], ("persons",))
    facts = (of["number"], of["controller"]["name"], of["we_are"], of["noticed"], of["raised"])
    told = (of["tell_by"].get("safe", ""), nature["what_happened"], nature["categories_of_data"])
    extent = (nature["persons_about"], nature["records_about"], nature["goes_on"], nature["contained"])
    if persons[0] == BY_LETTER:
        persons = (f"{BY_LETTER}: {of['persons']['told']} of {len(of['each_person'])} told", persons[1])
    each = "; ".join(_person(one) for one in of["each_person"])
    after = (of["likely_consequences"], of["measures"], *first, *persons, each, closed["at"], closed["reason"])
    values = (*facts, *told, *extent, *after)
    return ["" if one == "" else _plain(one) for one in values]


def _person(one: dict[str, Any]) -> str:
    """`C-26-000017 told smtp 2026-11-24T10:15+01:00`."""
    return " ".join(filter(None, (one["case"], one["state"], one["by"], one["at"], one["reason"], one["words"])))


def _newest(decisions: Sequence[dict[str, Any]], whom: tuple[str, ...]) -> tuple[str, str]:
    """When they were told, or `no`; and why."""
    found = next((one for one in reversed(decisions) if one["whom"] in whom), None)
    if found is None:
        return "undecided", ""
    return found["told"] or "no", " ".join(filter(None, (found["reason"], found["words"])))
