"""What a worker process has done since it began, in numbers for whoever watches it: codes only, no person, no case."""

import threading
import time

from db.central_counts import Count

Labels = tuple[tuple[str, str], ...]


class Tally:
    """Counters that only grow; safe from any thread. Names end in `_total`, as Prometheus wants them."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counts: dict[tuple[str, Labels], float] = {}
        self._began = time.monotonic()

    def add(self, name: str, value: float = 1, **labels: str) -> None:
        """`value` more of `name`."""
        key = (name, tuple(labels.items()))
        with self._lock:
            self._counts[key] = self._counts.get(key, 0) + value

    def counts(self) -> list[Count]:
        """All of them by name, and for how long they have been counted."""
        with self._lock:
            found = sorted(self._counts.items())
        running = Count("worker_running_seconds", time.monotonic() - self._began)
        return [running, *(Count(name, value, labels) for (name, labels), value in found)]
