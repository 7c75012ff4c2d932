"""What a worker did, as acts in its own log; a step that is done again writes nothing again."""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable

from db.central_store import CentralStore
from db.log import Detail
from services.action_log.act import Act, Params
from services.action_log.entry import Draft, Entry, decode
from services.cases.case import Case
from services.errors import DeskError, Unavailable
from services.sync.jobs import op_of
from services.sync.logbook import Logbook
from services.sync.up import Uplink, UpState

_REMEMBERED = 8192
_LOOK_BACK = 2048
"""Entries read at the start: more than all steps that can have been in flight at a kill."""
_POLL_S = 0.02
_AWAY_S = 1.0


class Results:
    """Writes acts for the worker `actor` and brings them to central. Safe from any thread."""

    def __init__(self, book: Logbook, uplink: Uplink, store: CentralStore) -> None:
        self._book, self._uplink, self._store = book, uplink, store
        self._actor = f"worker:{book.owner}"
        self._sending = threading.Lock()
        self._writing = threading.Lock()
        self._done: OrderedDict[str, tuple[int | None, Params]] = OrderedDict()
        self.written = threading.Event()
        with book.reader() as reader:
            size = reader.head().frontier.size
            for entry in reader.entries(max(0, size - _LOOK_BACK)):
                self._remember(entry)

    def done(self, job: str, step: str, case: Case | None = None, fence: int | None = None) -> Params | None:
        """The params of that step's act, if it was written lately under this fence, or is folded into `case`.

        What was written under an older fence may be refused: only central knows whether it counts.
        """
        op = op_of(job, step)
        under, params = self._done.get(op, (None, None))
        if params is not None and under == fence:
            return params
        if case is None or op not in case.seen:
            return None
        return next(e.params for e in map(decode, self._store.entries_of(case.id)) if e.op == op)

    def report(
        self,
        job: str,
        step: str,
        act: Act,
        case: Case,
        item: str = "",
        details: tuple[Detail | None, ...] = (),
        fence: int | None = None,
    ) -> None:
        """Write the act of one step, durably and once. A detail that could not be sealed (None) is left out."""
        kept = tuple(d for d in details if d is not None)
        draft = Draft(
            act=act,
            actor=self._actor,
            as_="worker",
            op=op_of(job, step),
            controller=case.controller,
            case=case.id,
            item=item or None,
            subject=case.subject or None,
            base=case.revision,
            fence=fence,
            details=tuple(d.hash for d in kept),
        )
        with self._writing:
            if self.done(job, step, case, fence) is None:
                for entry in self._book.append([draft], kept):
                    self._remember(entry)

    def own(self, act: Act, *, repeat: str = "", details: tuple[Detail, ...] = ()) -> None:
        """Write an act that belongs to no case; `repeat` names what must not be written twice."""
        op = op_of("own", repeat) if repeat else None
        with self._writing:
            if op is None or op not in self._done:
                named = tuple(d.hash for d in details)
                draft = Draft(act=act, actor=self._actor, as_="worker", op=op, details=named)
                for entry in self._book.append([draft], details):
                    self._remember(entry)

    def send(self) -> bool:
        """One exchange with central; whether there was something to do. Raises `Unavailable`."""
        with self._sending:
            self._book.tend()  # also where central is away
            return self._uplink.run_once()

    def hand_in(self, stopped: Callable[[], bool]) -> None:
        """Returns when central has all that was written until now, folded or not, however long that takes.

        Whoever goes on after this worker finds it there.
        """
        log, size = self._book.log, self._book.writer.size
        while self._uplink.handed_in < size and self._book.log == log:
            try:
                self.send()
            except DeskError:
                if stopped():
                    raise
                time.sleep(_AWAY_S)
            else:
                time.sleep(0 if self._uplink.handed_in >= size else _POLL_S)

    def settle(self, seconds: float = 10.0, *, stopped: Callable[[], bool] = lambda: False) -> None:
        """Returns when central has folded all that was written until now; raises `Unavailable` when it takes longer."""
        log, size = self._book.log, self._book.writer.size
        until = time.monotonic() + seconds
        while self._store.size_of(log) < size:
            if time.monotonic() > until or stopped():
                raise Unavailable("what the worker wrote is not in central yet", kept="its log keeps it")
            self.send()
            time.sleep(_POLL_S)

    @property
    def state(self) -> UpState:
        """How far central is with this log."""
        return self._uplink.state

    def _remember(self, entry: Entry) -> None:
        self._done[entry.op] = entry.fence, entry.params
        self.written.set()
        while len(self._done) > _REMEMBERED:
            self._done.popitem(last=False)
