"""Scripted calls on a training desk: that one began, what the caller said, that it ended. Refused anywhere else."""

from services.action_log import acts
from services.action_log.act import Act
from services.action_log.entry import Entry
from services.desk.context import Context
from services.errors import Refused
from services.types import Session


class Practice:
    """Actions of the training screens, and the log they are judged by."""

    def __init__(self, ctx: Context) -> None:
        self._ctx = ctx

    def started(self, session: Session, name: str, version: str) -> int:
        """A call began; the seq of its first entry. Raises `Refused` outside training."""
        self._ctx.require(session)
        return self._record(session, acts.ScenarioStarted(name=name, version=version)).seq

    def said(self, session: Session, line: str) -> None:
        """The caller came to a line; also while the desk is locked, as callers do not wait."""
        self._record(session, acts.CallerSaid(line=line))

    def ended(self, session: Session, name: str) -> None:
        """The call is over."""
        self._record(session, acts.ScenarioEnded(name=name))

    def now(self) -> int:
        """The desk's time, µs UTC."""
        return self._ctx.now()

    def since(self, seq: int) -> tuple[Entry, ...]:
        """This terminal's own entries from `seq` on."""
        with self._ctx.book.reader() as reader:
            return tuple(reader.entries(seq))

    def _record(self, session: Session, act: Act) -> Entry:
        if not self._ctx.training:
            raise Refused("this desk is no training desk: a scripted call is not played among real ones")
        return self._ctx.record(session, act)
