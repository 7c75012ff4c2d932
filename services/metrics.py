"""Central's and a worker's numbers in Prometheus' text format, for whoever watches the centre."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Final

from db.central_counts import Count, counts
from db.central_engine import open_engine
from services.home import CENTRAL_KEY, Home
from services.secrets import Vault

HELP: Final = {
    "entries": "Entries of all logs that central accepted.",
    "logs": "Enrolled logs.",
    "logs_refused": "Logs that central takes nothing more of; their owners must open successors.",
    "inbox_batches": "Batches that wait for a worker.",
    "inbox_entries": "Entries in them.",
    "inbox_oldest_seconds": "How long the oldest batch has waited.",
    "jobs": "Jobs by kind and state.",
    "work_halted": "1 for each controller whose execution somebody stopped (*: every one).",
    "asks_waiting": "Questions that no worker has answered yet.",
    "asks_oldest_seconds": "How long the oldest question has waited.",
    "claims_held": "Cases that somebody holds.",
    "cases": "Cases.",
    "cases_open": "Cases that are not closed.",
    "cases_overdue": "Open cases whose legal date is past.",
    "cases_unacknowledged": "Open cases whose requester was not told yet that the request arrived.",
    "cases_breach": "Open cases that are flagged as a breach.",
    "cases_to_approve": "Cases that wait for a second person.",
    "cases_conflicts": "Cases with actions that did not fit.",
    "cases_extended": "Cases, closed ones too, that were extended by two months; by `cases` it is the rate (CLK-3).",
    "cases_paused": "Open cases in which an answer of the person is awaited and the time may stand still.",
    "worker_seen_seconds_ago": "How long ago a worker gave a sign of life.",
    "worker_running_seconds": "How long this worker process has run.",
    "worker_entries_total": "Entries it took from the inbox.",
    "worker_asks_total": "Questions of terminals it answered, by kind.",
    "worker_asks_seconds_total": "Seconds it took to answer them, by kind.",
    "worker_events_total": "What it wrote into its journal, by event: leads, adopted, deposed, complaint …",
    "worker_faults_total": "Errors, by the loop or step they came up in.",
    "leases_held": "Leases that workers hold: the lead and a life each.",
    "terminals": "Terminals that are not revoked.",
}
CONTENT_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"


def metrics(home: Home, vault: Vault) -> str:
    """All numbers, as Prometheus reads them; raises `DeskError` when central does not open."""
    engine = open_engine(home.central_url, vault.get(CENTRAL_KEY))
    try:
        return exposition(counts(engine, datetime.now(UTC).date()))
    finally:
        engine.dispose()


def exposition(found: Iterable[Count]) -> str:
    """Numbers in the text format, those of one name together."""
    by_name: dict[str, list[Count]] = {}
    for one in found:
        by_name.setdefault(one.name, []).append(one)
    lines = []
    for name, group in by_name.items():
        lines += [f"# HELP rightsdesk_{name} {HELP[name]}", f"# TYPE rightsdesk_{name} {_kind(name)}"]
        for one in group:
            labels = ",".join(f'{label}="{_escaped(value)}"' for label, value in one.labels)
            lines.append(f"rightsdesk_{name}{'{' + labels + '}' if labels else ''} {one.value:g}")
    return "\n".join(lines) + "\n"


def _kind(name: str) -> str:
    return "counter" if name.endswith("_total") else "gauge"


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
