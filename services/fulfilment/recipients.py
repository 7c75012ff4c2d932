"""Those who had received the data are told what became of it (Art 19), and the person is told who was.

Each recipient of the systems concerned gets one notice by mail; where none can leave, the case says why.
"""

import re
import unicodedata
from collections.abc import Callable, Collection, Mapping, Sequence
from functools import partial

from services.action_log.act import Act
from services.action_log.acts import RecipientFailed, RecipientImpossible, RecipientTold
from services.catalog.graph import Node
from services.controllers import Controller, Recipient
from services.fulfilment.post import letter_id, send
from services.fulfilment.steps import Task
from services.fulfilment.workroom import Catalog
from services.letters.compose import spoken
from services.letters.lexicon import identity_words

NO_ADDRESS, UNKNOWN, NOT_SENT = "no-address", "not-in-controller", "not-sent"
Identities = Callable[[], Sequence[tuple[str, Sequence[str]]]]
"""Kinds and values; asked inside a step, as they may not stand in the engine."""


def tell(
    task: Task,
    change: str,
    nodes: Collection[Node],
    identities: Identities,
    corrected: Callable[[], Sequence[str]] = tuple,
) -> None:
    """Tell every recipient of these collections of the `change`: `erasure`, `rectification`, `restriction`, `lifting`.

    `identities` are what they know the person by, `corrected` the new values.
    Who was told once is not told again, whatever is killed meanwhile.
    """
    case = task.case()
    language = task.room.controller(case.controller).language
    named = task.patiently("recipients", lambda: sorted(_named(task, nodes)), forever=True)
    for key in named:
        step = f"recipient:{key}"
        facts = partial(_facts, task, nodes, key, change, identities, corrected)
        sent = ""
        if task.patiently(f"{step}:reach", partial(_why_not, task, nodes, key), forever=True) == "":
            sent = send(task, step, case, "recipient-notice", language, facts, partial(_address, task, nodes, key))
        record = partial(_record, task, nodes, key, step, sent)
        task.patiently(f"{step}:state", record, forever=True)


def told_lines(task: Task, nodes: Collection[Node]) -> tuple[list[str], list[str]]:
    """Names of those who were told, and of those who were not, for the person's letter."""
    task.room.results.settle(stopped=task.room.stopped)
    states = {one.recipient: one.state for one in task.item(task.case()).recipients}
    named = _named(task, nodes)
    told = [one.name for key, one in sorted(named.items()) if states.get(key) == "told"]
    return told, [one.name for key, one in sorted(named.items()) if states.get(key) != "told"]


def _named(task: Task, nodes: Collection[Node]) -> dict[str, Recipient]:
    """Who receives what lies in these collections, by the key that the log names them by."""
    catalog: Catalog = task.room.catalog(task.job.controller)
    known = {one.name: one for one in task.room.controller(task.job.controller).recipients}
    found: dict[str, Recipient] = {}
    for node in nodes:
        facts = catalog.graph.dataset(node).facts(catalog.graph.nodes[node])
        system = catalog.systems[catalog.graph.system(node)]
        for name in facts.recipients if facts.recipients is not None else system.recipients:
            found[key_of(name)] = known.get(name, Recipient(name, "", "", None))
    return found


def key_of(name: str) -> str:
    """A name as a key: letters, digits and hyphens, at most 48 of them; the log holds no other words."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    letters = "-".join(re.findall(r"[a-z]+", plain))[:48].strip("-")
    return letters or "recipient"


def _why_not(task: Task, nodes: Collection[Node], key: str) -> str:
    """Why somebody cannot be told, as a code; empty when they can."""
    one = _named(task, nodes).get(key)
    if one is None or not one.role:
        return UNKNOWN
    return "" if one.mail else NO_ADDRESS


def _address(task: Task, nodes: Collection[Node], key: str) -> str | None:
    one = _named(task, nodes).get(key)
    return one.mail if one is not None else None


def _facts(
    task: Task,
    nodes: Collection[Node],
    key: str,
    change: str,
    identities: Identities,
    corrected: Callable[[], Sequence[str]],
) -> Mapping[str, object]:
    controller: Controller = task.room.controller(task.job.controller)
    language = spoken(controller, controller.language)
    lines = [f"{identity_words(kind, language)}: {value}" for kind, values in identities() for value in values]
    name = _named(task, nodes)[key].name
    done_on = task.room.today(controller)
    return {"recipient": name, "change": change, "done_on": done_on, "known_by": lines, "corrected": list(corrected())}


def _record(task: Task, nodes: Collection[Node], key: str, step: str, sent: str) -> None:
    why = _why_not(task, nodes, key)
    act: Act = RecipientTold(key, letter_id(task, step)) if sent else RecipientFailed(key, NOT_SENT)
    if why and not sent:
        act = RecipientImpossible(key, why)
    task.report(f"{step}:state", act, task.case(), task.job.item)
