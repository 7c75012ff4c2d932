"""Portable data straight to another controller (Art 20(2)): who it is, and the mail with the archive."""

from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import orjson

from services.cases.case import Case, Item
from services.errors import Refused
from services.fulfilment.engine import JobFailed
from services.fulfilment.post import post, write
from services.fulfilment.steps import Task
from services.fulfilment.workroom import Workroom

TEMPLATE = "data-transfer"


@dataclass(frozen=True, slots=True)
class Target:
    """Who gets the archive, as the agent typed it."""

    name: str
    mail: str = field(repr=False)


def target_of(room: Workroom, case: Case, item: Item) -> Target | None:
    """Who gets the item's package instead of the person; None for the person. Raises `JobFailed`."""
    if not item.target:
        return None
    text = room.details.own(case.id, "target").get(item.target)
    if text is None:
        raise JobFailed("target-gone")
    raw = orjson.loads(text)
    return Target(raw["name"], raw["mail"])


def transfer(task: Task, case: Case, to: Target, archive: Path, expires: date, language: str) -> None:
    """The archive by mail, without its key: that is the person's to give. Raises `JobFailed`, `Unavailable`."""
    facts = {"target": to.name, "expires_on": expires}
    try:
        letter = write(task, "transfer", case, TEMPLATE, language, facts)
    except Refused:
        raise JobFailed("refused") from None
    post(task, "transfer", case, letter, to.mail, archive)
