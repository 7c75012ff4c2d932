"""The keys that a log's writer holds: the one in force signs every commit, and seals its epoch before it goes."""

from collections.abc import Sequence
from dataclasses import replace

from db.log_file import Connection
from db.log_reader import tile_reader
from db.log_start import Expected, Growing
from services.action_log.checkpoint import Signer
from services.action_log.epochs import STRIDE, Chain
from services.action_log.merkle import TreeHead, root_at
from services.action_log.tiles import node_reader


class WriterKeys:
    """Of these seeds one is in force, which the log says; `settle` drops the others."""

    def __init__(self, origin: str, seeds: Sequence[bytes]) -> None:
        self._origin = origin
        self._signers = {signer.public_key: signer for signer in (Signer(origin, seed) for seed in seeds)}

    def expected(self, of: Expected) -> Expected:
        """The same, with the keys that are held now."""
        return replace(of, keys=tuple(self._signers))

    def take(self, seed: bytes) -> bytes:
        """Hold one more seed; its public key."""
        signer = Signer(self._origin, seed)
        self._signers[signer.public_key] = signer
        return signer.public_key

    def settle(self, chain: Chain) -> None:
        """Hold the key in force alone."""
        self._signers = {chain.key: self._signers[chain.key]}

    def sign(self, growing: Growing) -> str:
        """The note of the whole log. Where it ends with `key.rotated`, the old key has signed it already."""
        head, chain = growing.frontier.head(), growing.chain
        return growing.checkpoint if head.size == chain.sealed else self._signers[chain.key].sign(head)

    def seal(self, db: Connection, growing: Growing, body: bytes) -> None:
        """Keep the old key's last notes: over the tree that ends with `body`, which names the next key, and where the
        epoch is longer than a batch for central, on the way there."""
        head, chain, nodes = growing.frontier.head(), growing.chain, node_reader(tile_reader(db))
        on_the_way = range(chain.sealed + STRIDE, head.size, STRIDE)
        heads = [*(TreeHead(size, root_at(size, nodes)) for size in on_the_way), head]
        old = self._signers[chain.key]
        rows = [(one.size, chain.epoch, old.sign(one)) for one in heads]
        db.executemany("INSERT INTO seal(size, epoch, note) VALUES (?, ?, ?)", rows)
        chain.rotate(head.size - 1, body)
        growing.checkpoint = rows[-1][2]

    def batch_end(self, db: Connection, growing: Growing, start: int, most: int) -> tuple[int, str]:
        """Where a batch that begins at `start` ends, and the note of that size: kept, or by the key in force."""
        if start < growing.chain.sealed:
            epoch = "(SELECT epoch FROM seal WHERE size > ?1 ORDER BY size LIMIT 1)"
            query = f"SELECT size, note FROM seal WHERE size > ?1 AND epoch = {epoch} ORDER BY size"  # noqa: S608
            kept: list[tuple[int, str]] = db.execute(query, (start,)).fetchall()
            return next((row for row in reversed(kept) if row[0] <= start + most), kept[0])
        size = min(growing.frontier.size, start + most)
        return size, self._signers[growing.chain.key].sign(TreeHead(size, root_at(size, node_reader(tile_reader(db)))))
