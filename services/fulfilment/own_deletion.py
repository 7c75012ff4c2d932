"""What data systems are about to delete by themselves while a person waits for a copy of it (rules.md ACC-7).

Rightsdesk does not run those jobs: whoever answers has them stopped, and is told of which rows, from when on, and how.
"""

from datetime import date, timedelta

from services.catalog.console_keys import Deletes, words
from services.catalog.graph import Graph
from services.catalog.retention_law import later
from services.fulfilment.found import Found, FoundCollection
from services.fulfilment.keep_until import day_of


def about_to_go(found: Found, graph: Graph, today: date, by: date, language: str) -> list[str]:
    """A sentence for each collection in which rows of the person go by themselves up to the day `by`."""
    said = []
    for part in found.collections():
        rules = graph.dataset(part.node).rules(graph.nodes[part.node])
        days = _days(part, rules.deletes, by) if rules.deletes is not None else []
        if rules.deletes is not None and days:
            name = words(graph.dataset(part.node).facts(graph.nodes[part.node]).label, language) or part.node.collection
            first, rows = max(today, min(days)), f"{len(days)} row{'s' if len(days) > 1 else ''}"
            how = f": {stop}" if (stop := words(rules.deletes.stop, language)) else ""
            said.append(
                f"{graph.system(part.node)} deletes {name} by itself: {rows} from {first:%d %b %Y} on; "
                f"have that stopped until this is answered{how}"
            )
    return said


def _days(part: FoundCollection, deletes: Deletes, by: date) -> list[date]:
    """When the person's rows go, of those that go by then."""
    dated = [day_of(row.values.get(str(deletes.field))) for row in part.own]
    goes = [_goes(day, deletes) for day in dated if day is not None]
    return [day for day in goes if day <= by]


def _goes(day: date, deletes: Deletes) -> date:
    if deletes.days is not None:
        return min(date.max - timedelta(days=deletes.days), day) + timedelta(days=deletes.days)
    return later(day, (deletes.years or 0) * 12 + (deletes.months or 0))
