"""The verifier: all entries, held against the signed head, the seals of earlier keys, the tiles, the receipts, the
anchor, the enrolled key.

It is asked by `log verify`, by the check that runs behind the desk, and by tests; it opens nothing itself.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Literal

from services.action_log import checkpoint
from services.action_log.act import from_params
from services.action_log.acts import LogOpened, LogPruned, SyncReceipt
from services.action_log.entry import decode
from services.action_log.epochs import Chain, check_seals, follow
from services.action_log.known import Known, Stored
from services.action_log.merkle import Frontier, TreeHead, root_at
from services.action_log.read_through import NOTED, PRUNED, ROTATED, Finding, Reading, read_through, upper_tiles
from services.action_log.report import Kind, Report, State
from services.action_log.tiles import WIDTH, node_reader
from services.errors import BadInput

Read = Callable[[str, Sequence[int]], Reading]
"""(log, sizes) → what came of reading all its entries."""


@dataclass(frozen=True, slots=True)
class _Wrong:
    kind: Kind
    first: int | None = None
    last: int | None = None
    detail: str = ""


@dataclass(frozen=True, slots=True)
class _Signed:
    """The head as the note says it, and the log's first key; `wrong` when there is none."""

    origin: str
    head: TreeHead | None
    wrong: _Wrong | None
    by: Literal["enrolled", "own", "nobody"]
    key: bytes | None = None


def verify(entries: Iterable[tuple[int, bytes]], stored: Stored, known: Known) -> Report:
    """Checks `entries` (seq, body as written; in order) and says whether the log is whole, or what is wrong where."""
    rows = iter(entries)
    first = next(rows, None)
    again = rows if first is None else chain([first], rows)
    return verify_read(
        lambda log, sizes: read_through(again, log, stored.tile, sizes, stored.cut),
        None if first is None else first[1],
        stored,
        known,
    )


def verify_read(read: Read, opening: bytes | None, stored: Stored, known: Known) -> Report:
    """Like `verify`, for a caller that reads the entries itself; `opening` is the first entry's body."""
    signed = _signed(stored, known, opening)
    log = "/".join(signed.origin.split("/")[-2:]) or _own_log(opening)
    heads, bad_receipt = _known_heads(stored, known)
    seals = {size: note for size, note, _ in stored.seals}
    reading = read(log, [stored.cut, *seals, *(head.size for _, head in heads)])
    chain = Chain(signed.key or b"")
    astray = follow(chain, reading.telling(ROTATED))
    wrong = (
        _entries(reading, stored, signed)
        or _pruned(reading, stored)
        or signed.wrong
        or _found(astray)
        or _signature(stored, known, signed, chain)
        or _found(check_seals(chain, seals, reading.roots, signed.origin))
        or _counted(stored, chain)
        or _frontier(reading, stored)
        or _tiles(reading, stored)
        or bad_receipt
        or _receipts(stored, signed, chain)
        or _heads(reading, heads)
        or _noted(reading, stored)
    )
    state: State = "whole" if wrong is None else "unusable" if wrong.kind == "newer-entry" else "tampered"
    return Report(
        state=state,
        size=reading.frontier.size,
        root=reading.frontier.root(),
        kind=None if wrong is None else wrong.kind,
        first=None if wrong is None else wrong.first,
        last=None if wrong is None else wrong.last,
        detail="" if wrong is None else wrong.detail,
        log=log,
        signed_by=signed.by,
        anchored=known.anchor is not None,
        receipts=len(stored.receipts),
        cut=stored.cut,
        sealed=chain.sealed,
    )


def _signed(stored: Stored, known: Known, opening: bytes | None) -> _Signed:
    """Reads the note; the log's first key is the enrolled one, else the one that the log names."""
    if not stored.checkpoint:
        return _Signed("", None, _Wrong("head-missing", detail="There is no signed head."), "nobody")
    try:
        point = checkpoint.parse(stored.checkpoint)
    except BadInput as exc:
        return _Signed("", None, _Wrong("bad-checkpoint", detail=f"The checkpoint {exc.reason}."), "nobody")
    key = known.public_key if known.public_key is not None else _own_key(opening)
    if key is None:
        wrong = _Wrong("head-missing", 0, 0, "The first entry names no key, and none was given.")
        return _Signed(point.origin, point.head, wrong, "nobody")
    by: Literal["enrolled", "own"] = "own" if known.public_key is None else "enrolled"
    return _Signed(point.origin, point.head, None, by, key)


def _signature(stored: Stored, known: Known, signed: _Signed, chain: Chain) -> _Wrong | None:
    """The newest note is signed by the key in force at its size, and by no other."""
    origin = known.origin or signed.origin
    try:
        chain.head(stored.checkpoint, origin)
    except checkpoint.BadSignature as exc:
        if chain.is_retired(stored.checkpoint, origin):
            last = None if signed.head is None else signed.head.size - 1
            return _Wrong("retired-key", chain.sealed, last, "They are signed by a key of an earlier time.")
        kind: Kind = "foreign-key" if exc.foreign else "bad-signature"
        return _Wrong(kind, detail=f"The checkpoint {exc.reason}.")
    return None


def _counted(stored: Stored, chain: Chain) -> _Wrong | None:
    """Each seal stands under the epoch that it is of."""
    for size, _, epoch in stored.seals:
        if epoch != chain.epoch_at(size):
            return _Wrong("bad-seal", chain.began(size), size - 1, "Their seal is filed under another key.")
    return None


def _found(finding: Finding | None) -> _Wrong | None:
    return None if finding is None else _Wrong(finding.kind, finding.first, finding.last, finding.detail)


def _own_key(opening: bytes | None) -> bytes | None:
    """The key that `log.opened`, the first entry, names."""
    try:
        entry = decode(opening or b"")
        act = from_params(entry.act, entry.params)
    except BadInput:
        return None
    return bytes.fromhex(act.public_key) if isinstance(act, LogOpened) else None


def _own_log(opening: bytes | None) -> str:
    """The log that the first entry says it is of, where no checkpoint says it."""
    try:
        return "" if opening is None else decode(opening).log
    except BadInput:
        return ""


def _entries(reading: Reading, stored: Stored, signed: _Signed) -> _Wrong | None:
    """Gaps, edits, order, size and root against the signed head."""
    found = reading.wrong
    if found is not None and not found.by_tile:
        return _Wrong(found.kind, found.first, found.last, found.detail)
    size, head = reading.frontier.size, signed.head
    if head is None or reading.frontier.head() == head:
        return None
    if found is not None:
        return _Wrong(found.kind, found.first, found.last, found.detail)
    if size < head.size:
        return _Wrong("tail-cut", size, head.size - 1, f"The signed head has {head.size} entries.")
    if size > head.size:
        return _Wrong("surplus-entry", head.size, size - 1, f"The signed head has {head.size} entries.")
    return _by_peaks(reading.frontier, stored, head) or _Wrong(
        "root-mismatch", 0, size - 1, "The entries do not have the signed root."
    )


def _pruned(reading: Reading, stored: Stored) -> _Wrong | None:
    """Where bodies are gone, an entry of the log says so: with exactly this cut, and the root over what is gone. And
    central has them."""
    accepted = max((size for size, _ in stored.receipts), default=0)
    if accepted < stored.cut:
        detail = "They were pruned, and no receipt of central covers them."
        return _Wrong("missing-entry", max(accepted, 1), stored.cut - 1, detail)
    if not stored.cut or any(_says(body, stored.cut, reading) for _, body in reading.telling(PRUNED)):
        return None
    return _Wrong("missing-entry", 1, stored.cut - 1, "No entry of the log says that just these were pruned.")


def _says(body: bytes, cut: int, reading: Reading) -> bool:
    try:
        entry = decode(body)
        act = from_params(entry.act, entry.params)
    except BadInput:
        return False
    return isinstance(act, LogPruned) and act.cut == cut and act.root == reading.roots[cut].hex()


def _by_peaks(ours: Frontier, stored: Stored, head: TreeHead) -> _Wrong | None:
    """Where an edit lies when no tile tells: the first subtree whose root is not the stored one."""
    try:
        theirs = Frontier.from_bytes(stored.size, stored.frontier)
    except BadInput:
        return None
    if theirs.head() != head:
        return None
    first = 0
    for bit in range(ours.size.bit_length() - 1, -1, -1):
        width = 1 << bit
        if ours.size & width:
            index = (ours.size >> bit + 1).bit_count()
            if ours.peaks[index] != theirs.peaks[index]:
                return _Wrong("edited-entry", first, first + width - 1, "One of these is not what was signed.")
            first += width
    return None


def _frontier(reading: Reading, stored: Stored) -> _Wrong | None:
    ours = reading.frontier
    if ours.size != stored.size or ours.to_bytes() != stored.frontier:
        return _Wrong("frontier-mismatch", detail="The head row does not fit the entries.")
    return None


def _tiles(reading: Reading, stored: Stored) -> _Wrong | None:
    """Every tile is there and says what the entries say."""
    found = reading.wrong
    if found is not None:  # only a tile said so, and the signed root says that the entries are right
        return _Wrong("tile-mismatch", found.first, found.last, "The entries are right; their tile was changed.")
    count = len(reading.tile_roots)
    for level, index, data in upper_tiles(reading.tile_roots):
        count += 1
        if stored.tile(level, index) != data:
            return _Wrong("tile-mismatch", detail=f"Tile {level}/{index} was changed.")
    missing = next((i for i in range(len(reading.tile_roots)) if stored.tile(0, i) is None), None)
    if missing is not None:
        return _Wrong("tile-mismatch", missing * WIDTH, missing * WIDTH + WIDTH - 1, "Their tile is missing.")
    if count != stored.tiles:
        return _Wrong("tile-mismatch", detail="There are tiles that belong to no entries.")
    return None


def _known_heads(stored: Stored, known: Known) -> tuple[list[tuple[str, TreeHead]], _Wrong | None]:
    """Heads that others know this log had; the second part is the first receipt that does not hold."""
    outside = (("the anchor", known.anchor), ("central", known.accepted))
    heads = [(name, head) for name, head in outside if head is not None]
    wrong: _Wrong | None = None
    for size, note in stored.receipts:
        try:
            head = checkpoint.parse(note).head
            if known.cosigner is not None:
                checkpoint.verify_cosignature(note, *known.cosigner)
            if head.size != size:
                raise BadInput("is for another size")
            heads.append(("central's receipt", head))
        except BadInput as exc:
            wrong = wrong or _Wrong("bad-receipt", detail=f"The receipt at size {size} {exc.reason}.")
    return heads, wrong


def _receipts(stored: Stored, signed: _Signed, chain: Chain) -> _Wrong | None:
    """Each receipt is for a note by the key of its time."""
    for size, note in stored.receipts:
        try:
            chain.head(note, signed.origin)
        except BadInput as exc:
            return _Wrong("bad-receipt", detail=f"The receipt at size {size} {exc.reason}.")
    return None


def _heads(reading: Reading, heads: list[tuple[str, TreeHead]]) -> _Wrong | None:
    size = reading.frontier.size
    roots = {0: Frontier().root(), **reading.roots}
    for name, head in sorted(heads, key=lambda pair: -pair[1].size):
        if head.size > size:
            return _Wrong("rolled-back", size, head.size - 1, f"There are {size} entries; {name} knows {head.size}.")
    for name, head in sorted(heads, key=lambda pair: pair[1].size):
        if roots.get(head.size) != head.root:
            return _Wrong("forked", 0, head.size - 1, f"{name[0].upper()}{name[1:]} knows another log of this name.")
    return None


def _noted(reading: Reading, stored: Stored) -> _Wrong | None:
    """What the log itself says that central signed for is under a receipt that is here, and of this tree."""
    newest = max((size for size, _ in stored.receipts), default=0)
    node = node_reader(
        lambda level, index: stored.tile(level, index) or (b"" if level else b"".join(reading.tail))
    )  # every tile was held against the entries: what is not stored is the unfinished one of level 0
    for seq, body in reading.telling(NOTED):
        act = from_params("sync.receipt", decode(body).params)
        if not isinstance(act, SyncReceipt) or act.size > seq:
            return _Wrong("bad-receipt", seq, seq, "It notes a receipt for entries that came after it.")
        if act.size > newest:
            said = f"It says that central signed for {act.size} entries; the newest receipt here is for {newest}."
            return _Wrong("bad-receipt", seq, seq, said)
        if root_at(act.size, node).hex() != act.root:
            return _Wrong("bad-receipt", seq, seq, f"The {act.size} entries that it says central signed are others.")
    return None
