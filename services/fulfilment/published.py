"""What the controller had made public: the other controllers who use it are told by people, before the person's letter
(Art 17(2)). What they did stands on the case as a task, in the words of whoever did it.
"""

from collections.abc import Collection
from hashlib import sha256

from services.action_log.acts import TaskAsked
from services.cases.case import Case
from services.cases.fold_tasks import TELL, answers
from services.cases.queue import calendar_of
from services.catalog.console_keys import words
from services.catalog.graph import Graph, Node
from services.fulfilment.by_hand import asking_step
from services.fulfilment.steps import Task
from services.fulfilment.waits import pending
from services.fulfilment.workroom import Workroom
from services.task_types import TaskState

RESPONSIBLE = "privacy"
WORKING_DAYS = 5
"""As for whoever had received the data (Art 19): the law names no day."""
SAY = {
    "en": "These data had been made public: {labels}. Find who else shows or uses them, such as search engines and "
    "portals, and tell them that the person asks for the erasure of links, copies and replications (Art 17(2)). Then "
    "say how many you told.",
    "de": "Diese Daten waren öffentlich: {labels}. Stellen Sie fest, wer sie noch zeigt oder nutzt, etwa Suchmaschinen "
    "und Portale, und teilen Sie dort mit, dass die Person die Löschung von Links, Kopien und Replikationen verlangt "
    "(Art. 17 Abs. 2). Sagen Sie dann, wie vielen Sie es mitgeteilt haben.",
    "fr": "Ces données avaient été rendues publiques : {labels}. Cherchez qui d'autre les affiche ou les utilise, tels "
    "que moteurs de recherche et portails, et informez-les que la personne demande l'effacement des liens, copies et "
    "reproductions (art. 17, par. 2). Dites ensuite combien vous en avez informés.",
}


def is_public(graph: Graph, node: Node) -> bool:
    """Whether the catalog says that the controller had made it public."""
    return bool(graph.dataset(node).rules(graph.nodes[node]).public)


def told_by_people(task: Task, nodes: Collection[Node]) -> list[str]:
    """The systems out of whose public collections among `nodes` something went, once people said whom they told.

    They are asked once. Raises `Wait` until they answer, however long that takes; what they could not do is an answer.
    """
    room, case = task.room, task.case()
    graph = room.catalog(case.controller).graph
    systems = sorted({graph.system(node) for node in nodes if is_public(graph, node)})
    task.leg.seen = answers(case)
    waiting = []
    for system in systems:
        known = known_in(task.item(case).tasks, system)
        if known is None:
            act = _asking(room, case, task.job.item, system)
            task.report(asking_step(act), act, case, task.job.item)
        if known is None or not known.outcome:
            waiting.append(known.due if known is not None else "")
    if waiting:
        raise pending(max(*waiting, room.today(room.controller(case.controller)).isoformat()))
    return systems


def known_in(tasks: Collection[TaskState], system: str) -> TaskState | None:
    """What the item knows of telling for this system."""
    return next((one for one in tasks if (one.system, one.what) == (system, TELL)), None)


def lines(task: Task, systems: Collection[str], language: str) -> list[dict[str, object]]:
    """For the person's letter: what had been public, and what came of telling others."""
    case = task.case()
    graph, states = task.room.catalog(case.controller).graph, task.item(case).tasks
    known = [(system, one) for system in systems if (one := known_in(states, system)) is not None]
    return [
        {"label": labels(graph, system, language), "outcome": one.outcome, "count": one.count} for system, one in known
    ]


def labels(graph: Graph, system: str, language: str) -> str:
    """The public collections of a system, as people call them."""
    public = [node for node in graph.nodes if graph.system(node) == system and is_public(graph, node)]
    facts = [(node, graph.dataset(node).facts(graph.nodes[node])) for node in sorted(public)]
    return ", ".join(words(one.label, language) or node.collection for node, one in facts)


def _asking(room: Workroom, case: Case, item: str, system: str) -> TaskAsked:
    controller = room.controller(case.controller)
    due = calendar_of(controller).add_working(room.today(controller), WORKING_DAYS)
    number = sha256("\0".join(("task", case.id, item, system, TELL)).encode()).hexdigest()[:32]
    return TaskAsked(number, system, TELL, RESPONSIBLE, due.isoformat(), 1, None)
