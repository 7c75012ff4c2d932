"""Claims that people at this desk hold: lengthened while they work and central answers, over at a time known here."""

import threading
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from services.action_log.entry import Entry
from services.cases.case import Case
from services.cases.fold import LEASE_US

if TYPE_CHECKING:
    from db.central_port import CentralPort

Claim = tuple[str, str, int]
"""Case, holder, fence."""


class Claims:
    """One for a desk. `now` gives µs, `here` the actors who are signed in. Safe to call from any thread."""

    def __init__(self, now: Callable[[], int], here: Callable[[], Iterable[str]]) -> None:
        self._now, self._here = now, here
        self._lock = threading.Lock()
        self._held: dict[Claim, int] = {}
        """Until when each claim holds, by this desk's clock (µs)."""

    def keep(self, case: Case) -> None:
        """Its holder works on it here."""
        with self._lock:
            self._held.setdefault(_claim(case), case.until)

    def held(self, case: Case) -> int:
        """Until when its claim holds, as far as is known here."""
        return max(case.until, self._held.get(_claim(case), 0))

    def renew(self, port: "CentralPort") -> None:
        """Lengthen what is a third over, of people who are here; forget what central no longer gives."""
        here = set(self._here())
        for claim, until in list(self._held.items()):
            case, holder, fence = claim
            now = self._now()
            if holder not in here:
                self._forget(claim)
            elif until - now < LEASE_US * 2 // 3:
                if port.renew(case, holder, fence, LEASE_US):
                    with self._lock:
                        self._held[claim] = now + LEASE_US
                else:
                    self._forget(claim)

    def _forget(self, claim: Claim) -> None:
        with self._lock:
            self._held.pop(claim, None)


def _claim(case: Case) -> Claim:
    return case.id, case.holder, case.fence


def is_draft(entry: Entry, case: Case, until: int) -> bool:
    """Whether an action that central has not taken was done under the claim of `case` after it was over."""
    return entry.fence is not None and entry.fence == case.fence and entry.ts > until
