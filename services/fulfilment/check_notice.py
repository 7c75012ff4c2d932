"""The notice that somebody proved who they are for a grave request, to every contact point on file (rules.md 7.4, T3).

Old addresses and those changed lately get it as well (IDV-10): a notice is no answer, and whoever was robbed of an
address reads it at the others. By text message, where a gateway is set, it is a sentence.
"""

from collections.abc import Iterator
from functools import partial

import orjson

from services.action_log.acts import LetterMade, LetterSent
from services.cases.case import Case
from services.catalog.graph import Graph
from services.catalog.values import join_key
from services.fulfilment import people
from services.fulfilment.found import Found, Whose
from services.fulfilment.post import as_text, post, send
from services.fulfilment.steps import Task
from services.identity.identifiers import EMAIL, PHONE, normalise
from services.letters.compose import Letter

NOTICE = "check-notice"
_TEXTED = "text"


def notify(task: Task) -> None:
    """Tell every contact point which request it is, and until when nothing of it is done."""
    case, at = task.case(), int(orjson.loads(task.job.params)["at"])
    controller = task.room.controller(case.controller)
    facts = {
        "at": task.room.at(controller, at),
        "run_at": task.room.at(controller, at + controller.waiting_period_s * 1_000_000),
        "rights": [item.right.value for item in case.items if not item.ended],
    }
    count = task.patiently("points", lambda: len(_points(task)))
    for n in range(count):
        to = partial(_nth_point, task, n)
        send(task, f"letter{n}", case, NOTICE, controller.language, lambda: facts, to, carry=_carry)


def _points(task: Task) -> list[str]:
    room, case = task.room, task.case()
    graph, found = room.catalog(case.controller).graph, people.look_up(room, case.id)
    if found.undecided:
        return []
    ways = (EMAIL, PHONE) if room.texts is not None else (EMAIL,)
    held = [point.value for point in people.points(graph, found) if point.kind in ways]
    return sorted({one.casefold(): one for one in [*beside(graph, found, ways), *held]}.values())


def beside(graph: Graph, found: Found, ways: tuple[str, ...]) -> Iterator[str]:
    """Contact points of the person's own records that a search takes for another person's, by the address itself.

    An old address beside the new one is such: it is no answer's, and it is the one that must be told (IDV-10).
    """
    own = {(part.node, part.key): {tuple(map(join_key, row.key)) for row in part.own} for part in found.collections()}
    for part in found.collections():
        fields = [(p, one) for p, one in graph.nodes[part.node].walk() if one.console.contact in ways]
        edges = [edge for edge in graph.edges if edge.target == part.node and (edge.source, edge.fields) in own]
        for row in part.rows if fields and edges else ():
            values = row.values
            if row.whose is Whose.OTHER and any(
                tuple(join_key(values.get(name)) for name in edge.on) in own[edge.source, edge.fields] for edge in edges
            ):
                yield from (text for path, _ in fields if (text := (join_key(values.get(path)) or "").strip()))


def _nth_point(task: Task, n: int) -> str | None:
    held = _points(task)
    return held[n] if n < len(held) else None


def _carry(task: Task, step: str, case: Case, letter: Letter, to: str) -> str:
    """By mail to an address, to a number by text message: sent once, and recorded. Raises as `post` does."""
    texts = task.room.texts
    if "@" in to or texts is None:
        return post(task, step, case, letter, to)
    before = task.done(f"{step}:sent", case)
    if before is not None:
        return str(before["medium"])
    controller = task.room.controller(case.controller)
    made = LetterMade(letter.id, letter.template, letter.version, letter.language)
    task.report(f"{step}:made", made, case, task.job.item)
    task.hold()
    words = f"{letter.subject}. {controller.privacy_contact}"
    texts.send(normalise(PHONE, to, controller.country), words, letter.id)
    sealed = task.room.details.seal(case.id, "letter", as_text(letter))
    task.report(f"{step}:sent", LetterSent(letter.id, _TEXTED), case, task.job.item, (sealed,))
    return _TEXTED
