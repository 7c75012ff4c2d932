"""For evidence: the head of central's aggregate, and where a log's newest accepted checkpoint stands in it."""

from collections.abc import Callable

from db.central_witness import CentralView
from services.action_log import proof
from services.action_log.checkpoint import parse, verify
from services.errors import BadInput, Refused


class AggregateProofs:
    """Made before any log is read: what central had accepted by then is in every log."""

    def __init__(self, view: CentralView) -> None:
        self._view, self._head = view, view.aggregate()
        self._accepted = {one.log: one.checkpoint for one in view.logs() if one.size}
        self.origin, self.public_key = self._head.origin, self._head.public_key
        self.size, self.checkpoint = self._head.size, self._head.checkpoint
        if self.size:
            self._held(lambda: verify(self.checkpoint, self.origin, self.public_key))

    def consistency(self, old: int) -> list[bytes]:
        """That the tree of `old` checkpoints is a prefix of the whole."""
        return self._view.consistency(old, self.size)

    def accepted(self, log: str) -> tuple[int, str, str] | None:
        """Size and text of a log's newest accepted checkpoint, and the proof of its place; None when there is none.

        Raises `Refused` when the aggregate does not prove it.
        """
        note = self._accepted.get(log)
        if note is None:
            return None
        leaf = self._view.leaf_of(note)
        if leaf is None or leaf >= self.size:
            raise _not_whole()
        page = proof.write(note.encode(), leaf, self._view.inclusion(leaf, self.size), self.checkpoint)
        self._held(lambda: proof.check(page, self.origin, self.public_key))
        return parse(note).head.size, note, page

    @staticmethod
    def _held(check: Callable[[], object]) -> None:
        try:
            check()
        except BadInput as exc:
            raise _not_whole() from exc


def _not_whole() -> Refused:
    return Refused(
        "central's aggregate is not what central signed: it proves nothing", next_key="rightsdesk central check"
    )
