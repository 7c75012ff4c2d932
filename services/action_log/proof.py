"""One entry proved on one page of text: c2sp.org/tlog-proof@v1, checkable offline by anyone with the log's key.

The entry's bytes travel in `extra` (base64), so the page needs nothing beside it. That a log only grew stands on a
page of the form in which c2sp.org/tlog-witness is asked: `old <size>`, the hashes, the newer checkpoint.
"""

import base64
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from services.action_log.checkpoint import unbase64, verify
from services.action_log.epochs import Chain
from services.action_log.merkle import HASH_BYTES, TreeHead, check_consistency, check_inclusion, leaf_hash
from services.errors import BadInput

HEADER = "c2sp.org/tlog-proof@v1"
MAX_HASHES = 63


@dataclass(frozen=True, slots=True)
class Proof:
    """What a proof text says; nothing is checked yet."""

    body: bytes
    index: int
    path: tuple[bytes, ...]
    checkpoint: str


def write(body: bytes, index: int, path: Sequence[bytes], checkpoint: str) -> str:
    """The proof text of entry `index` with these bytes; `path` is its audit path in the checkpoint's tree."""
    lines = [HEADER, f"extra {_b64(body)}", f"index {index}", *map(_b64, path), "", checkpoint]
    return "\n".join(lines)


def parse(text: str) -> Proof:
    """Reads a proof text strictly; raises `BadInput`."""
    top, gap, checkpoint = text.partition("\n\n")
    lines = top.split("\n")
    number = re.fullmatch(r"index (0|[1-9][0-9]{0,15})", lines[2]) if len(lines) > 2 else None
    if not gap or number is None or lines[0] != HEADER or not lines[1].startswith("extra "):
        raise BadInput("is not a log proof: header, extra and index are wanted", place="proof")
    return Proof(unbase64(lines[1].removeprefix("extra ")), int(number[1]), _hashes(lines[3:]), checkpoint)


def check(text: str, origin: str, public_key: bytes) -> tuple[bytes, int, TreeHead]:
    """The proved entry's bytes, its place and the signed head; raises `BadInput` when it proves nothing."""
    proof = parse(text)
    head = verify(proof.checkpoint, origin, public_key)
    if not check_inclusion(leaf_hash(proof.body), proof.index, head, proof.path):
        raise BadInput("does not lead from the entry to the signed root", place="proof")
    return proof.body, proof.index, head


def write_keys(
    rotations: Iterable[tuple[int, bytes, str]], inclusion: Callable[[int, int], Sequence[bytes]]
) -> list[str]:
    """A proof text for each entry that names a log's next key, in the tree that the key before it signed last.

    `rotations` are (seq, body, that key's last note), `inclusion` gives audit paths by seq and size.
    """
    return [write(body, seq, inclusion(seq, seq + 1), note) for seq, body, note in rotations]


def check_keys(pages: Iterable[str], origin: str, enrolled: bytes) -> Chain:
    """The keys of a log from the enrolled one on; raises `BadInput` where a page does not lead from key to key."""
    chain = Chain(enrolled)
    for page in pages:
        body, index, head = check(page, origin, chain.key)
        if head.size != index + 1:
            raise BadInput("goes on after the entry that names another key", place="proof")
        chain.rotate(index, body)
    return chain


def write_growth(old: int, path: Sequence[bytes], checkpoint: str) -> str:
    """The text that proves the tree of `old` entries to be the beginning of the checkpoint's tree."""
    return "\n".join([f"old {old}", *map(_b64, path), "", checkpoint])


def check_growth(text: str, old: TreeHead, origin: str, public_key: bytes) -> TreeHead:
    """The newer signed head that `old` is the beginning of; raises `BadInput` when the text proves nothing."""
    top, _, note = text.partition("\n\n")
    first, *lines = top.split("\n")
    if first != f"old {old.size}":
        raise BadInput("is not a proof for that size", place="proof")
    head = verify(note, origin, public_key)
    if not check_consistency(old, head, _hashes(lines)):
        raise BadInput("does not lead from the older root to the signed root", place="proof")
    return head


def _hashes(lines: Sequence[str]) -> tuple[bytes, ...]:
    path = tuple(map(unbase64, lines))
    if len(path) > MAX_HASHES or any(len(one) != HASH_BYTES for one in path):
        raise BadInput("holds hashes that are none", place="proof")
    return path


def _b64(raw: bytes) -> str:
    return base64.b64encode(raw).decode()
