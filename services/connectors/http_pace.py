"""How fast and how often a vendor is asked: requests a second, Retry-After, growing pauses."""

import secrets
import threading
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

_FIRST_PAUSE_S = 0.2


class Turnstile:
    """Lets `per_second` requests through, of all threads of a process together."""

    def __init__(self, per_second: float) -> None:
        self._gap = 1 / per_second
        self._lock = threading.Lock()
        self._next = 0.0

    def wait(self) -> None:
        """Until it is this request's turn."""
        with self._lock:
            now = time.monotonic()
            turn = max(now, self._next)
            self._next = turn + self._gap
        if turn > now:
            time.sleep(turn - now)


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds that the vendor asks to wait, said as a number or as a date; None when it says nothing sensible."""
    said = headers.get("retry-after", "").strip()
    if said.isdigit() and len(said) < 10:
        return float(said)
    try:
        then = parsedate_to_datetime(said)
    except (ValueError, OverflowError):
        return None
    then = then if then.tzinfo else then.replace(tzinfo=UTC)
    return max(0.0, (then - datetime.now(UTC)).total_seconds())


def pause(attempt: int, longest: float) -> float:
    """Seconds before the next try where the vendor says none: they double, with chance in them."""
    return float(min(longest, _FIRST_PAUSE_S * 2**attempt * (0.75 + secrets.randbelow(500) / 1000)))
