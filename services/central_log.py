"""A log as central holds it, checked and with its proofs: for evidence from machines whose files are not here."""

from collections.abc import Iterator
from itertools import takewhile

from db.central_witness import CentralView
from services.action_log.merkle import Frontier, NodeReader, consistency_proof, cover, inclusion_proof, leaf_hash
from services.action_log.read_through import ROTATED
from services.action_log.tiles import TileEdge, node_reader
from services.action_log.witness import Alarm, Shown, look
from services.errors import Refused


class CentralLog:
    """Every entry is read once, its tree kept (32 bytes an entry). Raises `Refused` when the log is not whole."""

    def __init__(self, view: CentralView, shown: Shown, cosigner: tuple[str, bytes]) -> None:
        self._view, self._shown = view, shown
        self._frontier, self._edge = Frontier(), TileEdge()
        self._tiles: dict[tuple[int, int], bytes] = {}
        self._rotations: list[tuple[int, bytes]] = []
        self._seals = view.seals(shown.log)
        found = look(shown, None, self._reading(), 0, cosigner, self._seals)
        if isinstance(found, Alarm):
            place = f", {found.place}" if found.place else ""
            raise Refused(
                f"the log {shown.log} is not whole in central ({found.kind}{place}): it proves nothing entry by entry",
                next_key="rightsdesk witness check",
            )

    def _reading(self) -> Iterator[tuple[int, bytes]]:
        for seq, body in self._view.bodies(self._shown.log):
            leaf = leaf_hash(body)
            self._frontier.append(leaf)
            for tile in self._edge.append(leaf):
                self._tiles[tile.level, tile.index] = tile.data
            if body.startswith(ROTATED):
                self._rotations.append((seq, body))
            yield seq, body

    @property
    def size(self) -> int:
        """Entries that central holds."""
        return self._shown.size

    @property
    def checkpoint(self) -> str:
        """The log's signed head."""
        return self._shown.checkpoint

    def rotations(self) -> list[tuple[int, bytes, str]]:
        """(seq, bytes as signed, the old key's last note) of each entry that names the next key, oldest first."""
        return [(seq, body, self._seals[seq + 1]) for seq, body in self._rotations]

    def receipts(self) -> list[tuple[int, str]]:
        """(size, note) of central's cosignatures: it keeps the newest only."""
        return [(self._shown.size, self._shown.receipt)] if self._shown.size else []

    def bodies(self, start: int, stop: int) -> Iterator[tuple[int, bytes]]:
        """(seq, bytes as signed) of entries [start, stop)."""
        return takewhile(lambda row: row[0] < stop, self._view.bodies(self._shown.log, start))

    def of_case(self, case: str) -> Iterator[tuple[int, bytes]]:
        """(seq, bytes as signed) of every entry of a case."""
        return iter(self._view.of_case(self._shown.log, case))

    def inclusion(self, seq: int, size: int) -> list[bytes]:
        """Audit path of entry `seq` in the tree of `size`."""
        return inclusion_proof(seq, size, self._nodes())

    def consistency(self, old: int) -> list[bytes]:
        """That the tree of `old` is a prefix of the whole."""
        return consistency_proof(old, self.size, self._nodes())

    def _nodes(self) -> NodeReader:
        """Any complete node: the right edge from the frontier, the rest from tiles."""
        edge = dict(zip(cover(0, self._frontier.size), self._frontier.peaks, strict=True))

        def tile(level: int, index: int) -> bytes:
            return self._tiles.get((level, index)) or b"".join(self._edge.rows[level])

        inner = node_reader(tile)
        return lambda level, index: edge.get((level, index)) or inner(level, index)
