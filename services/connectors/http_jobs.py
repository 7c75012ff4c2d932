"""Vendors that take an order with 202 and carry it out later: the job is asked until it is done.

Which job belongs to which row is kept in memory. Who starts anew gives the same order again, under the same
Idempotency-Key, and is told the same job.
"""

import re
from datetime import UTC, date, datetime, timedelta

from services.connectors.base import Key
from services.connectors.http_call import Answer, Ask, Line
from services.connectors.http_declared import Job
from services.connectors.http_read import GONE, HEADER
from services.connectors.http_template import at
from services.errors import Unusable

Order = tuple[str, str, Key]
"""What was ordered: `delete` or `change`, of which collection, of which row."""
_DAY = re.compile(r"\d{4}-\d\d-\d\d")


class Jobs:
    """The jobs that vendors of one system have under way, for as long as this process lives."""

    def __init__(self) -> None:
        self._known: dict[Order, str] = {}

    def begun(self, line: Line, job: Job, order: Order, answer: Answer) -> str:
        """A vendor answered 202: the day the order will be carried out by, empty when it is done already."""
        address = _address(answer, job)
        if not address:
            return _until(answer.value() if answer.body and job.until else None, job)
        self._known[order] = str(line.whole(address, str(answer.url)))
        return self.state(line, job, order) or ""

    def state(self, line: Line, job: Job, order: Order) -> str | None:
        """The day a known order will be carried out by, empty when it is done; None where no job of it is known.

        Raises `Unusable` for one that failed: the next attempt gives the order anew.
        """
        address = self._known.get(order)
        if address is None:
            return None
        answer = line.ask(Ask("the state of a job", "GET", address, reads=True, fine=GONE))
        if answer.status in GONE:
            del self._known[order]
            return None
        value = answer.value()
        state = at(value, job.state)
        if state in job.done:
            del self._known[order]
            return ""
        if state in job.failed:
            del self._known[order]
            raise Unusable(f"system '{line.key}' says that its job on a row of '{order[1]}' failed: ask the vendor why")
        if not isinstance(state, str):
            raise Unusable(f"system '{line.key}' says nothing at '{job.state}' of a job: correct 'state' in http.yml")
        return _until(value, job)


def _address(answer: Answer, job: Job) -> str:
    if not job.address:
        return ""
    if job.address.startswith(HEADER):
        return str(answer.headers.get(job.address.removeprefix(HEADER), ""))
    found = at(answer.value(), job.address)
    return found if isinstance(found, str) else ""


def _until(value: object, job: Job) -> str:
    """The ISO day that the vendor names, else one that many days from today as the catalog says."""
    said = at(value, job.until) if job.until else None
    today = datetime.now(UTC).date()
    if isinstance(said, str) and _DAY.match(said):
        try:
            return max(today, date.fromisoformat(said[:10])).isoformat()
        except ValueError:
            pass
    return (today + timedelta(days=job.days)).isoformat()
