"""Evidence for somebody outside: chosen entries of this home's logs, proved, as a folder of files."""

from bisect import bisect_right
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from pathlib import Path

from db.log_reader import LogReader
from services.action_log import proof
from services.action_log.checkpoint import parse as parse_note
from services.action_log.entry import decode, from_raw, parse
from services.action_log.evidence_files import MANIFEST, LogPart, Proved, files_of
from services.action_log.known import Known
from services.errors import BadInput, NotFound, Refused, Unusable
from services.evidence import Evidence, LogFile

MOST = 10_000
"""Entries in one export. Whoever wants a whole log is better served with its file: docs/evidence.md."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which entries: those of a case in every log, or `first` to `last` (both included) of one log."""

    case: str | None = None
    log: str | None = None
    first: int = 0
    last: int = -1


@dataclass(frozen=True, slots=True)
class Exported:
    """What was written. `manifest` is the SHA-256 (hex) of the manifest, to be told in another way."""

    folder: Path
    manifest: str
    entries: int
    files: int
    logs: tuple[str, ...]
    unreceipted: int
    details: int


Sealed = Callable[[set[str]], dict[str, bytes]]
"""Ciphertexts that central still has, by SHA-256 (hex)."""


def export(evidence: Evidence, out: Path, wanted: Wanted, now: datetime, *, sealed: Sealed | None = None) -> Exported:
    """Writes the export into `out`, a new or empty folder; with `sealed`, the details that still exist too.

    Each log is checked first: one that is not whole is `Refused`, naming kind and place. Raises `NotFound` when
    nothing fits, `BadInput` for a folder that is not empty, a range that is none, or too much at once.
    """
    _must_be_empty(out)
    parts = [part for file in _files(evidence, wanted) if (part := _part(evidence, file, wanted)) is not None]
    entries = [entry for part in parts for entry in part.entries]
    if not entries:
        raise NotFound(f"There is no entry of the case {wanted.case} in these logs.")
    kept = _details(evidence, parts, sealed) if sealed is not None else {}
    cosigner = next((known.cosigner for known in evidence.known.values() if known.cosigner), None)
    span = {"from": wanted.first, "to": wanted.last} if wanted.case is None else {"case": wanted.case}
    about = {"made_at": now.isoformat(timespec="seconds"), "wanted": {"log": wanted.log, **span}}
    files = files_of(parts, cosigner, kept, about)
    _write(out, files)
    return Exported(
        folder=out,
        manifest=sha256(files[MANIFEST]).hexdigest(),
        entries=len(entries),
        files=len(files),
        logs=tuple(part.log for part in parts),
        unreceipted=sum(entry.receipt is None for entry in entries),
        details=len(kept),
    )


def _must_be_empty(out: Path) -> None:
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise BadInput("is not an empty folder; an export never mixes with other files", place=str(out))


def _files(evidence: Evidence, wanted: Wanted) -> list[LogFile]:
    if wanted.case is None or wanted.log is not None:
        return [evidence.find(wanted.log)]
    if not evidence.files:
        raise NotFound("There are no logs in this home.")
    return [file for file in evidence.files if file.path.is_file()]


def _part(evidence: Evidence, file: LogFile, wanted: Wanted) -> LogPart | None:
    """What one log has of it; None when it has nothing."""
    with LogReader(file.path) as reader, reader.snapshot():
        head = reader.head()
        if not head.frontier.size:
            return None
        rows = dict(_rows(reader, wanted, head.frontier.size))
        if not rows:
            return None
        if len(rows) > MOST:
            raise BadInput(f"are {len(rows)} entries; one export holds {MOST} at most", place="what you asked for")
        report = evidence.check(file.path)
        if report.state != "whole":
            place = f", {report.place}" if report.place else ""
            raise Refused(
                f"the log {file.log} is not whole ({report.kind}{place}): it proves nothing entry by entry",
                next_key="rightsdesk log verify; hand over the log's file itself",
            )
        rows[0] = reader.body(0)  # the first entry names the key
        known = evidence.known.get(file.log, Known())
        origin = parse_note(head.checkpoint).origin
        key = known.public_key or _own_key(rows[0])
        receipts = dict(reader.receipts())
        sizes = sorted(receipts)
        proved = tuple(
            _proved(reader, seq, body, _covering(sizes, seq), receipts, head.checkpoint)
            for seq, body in sorted(rows.items())
        )
        for entry in proved:
            proof.check(entry.page, origin, key)
        used = sorted({entry.receipt for entry in proved if entry.receipt} | set(sizes[-1:]))
        return LogPart(
            log=file.log,
            origin=origin,
            public_key=key,
            enrolled=known.public_key is not None,
            size=head.frontier.size,
            checkpoint=head.checkpoint,
            entries=proved,
            receipts={size: receipts[size] for size in used},
            growth={size: proof.write_growth(size, reader.consistency(size), head.checkpoint) for size in used},
        )


def _rows(reader: LogReader, wanted: Wanted, size: int) -> Iterator[tuple[int, bytes]]:
    if wanted.case is not None:
        return reader.of_case(wanted.case)
    if not 0 <= wanted.first <= wanted.last:
        raise BadInput("must not be before --from", place="--to")
    if wanted.last >= size:
        raise NotFound(f"The log has the entries 0 to {size - 1}; there is no entry {wanted.last}.")
    if wanted.last - wanted.first >= MOST:
        raise BadInput(f"is too far from --from: one export holds {MOST} entries at most", place="--to")
    return reader.bodies(wanted.first, wanted.last + 1)


def _covering(sizes: list[int], seq: int) -> int | None:
    """The earliest receipt with entry `seq` in its tree: central had it by then."""
    at = bisect_right(sizes, seq)
    return sizes[at] if at < len(sizes) else None


def _proved(
    reader: LogReader, seq: int, body: bytes, receipt: int | None, receipts: Mapping[int, str], checkpoint: str
) -> Proved:
    note = checkpoint if receipt is None else receipts[receipt]
    return Proved(seq, body, proof.write(body, seq, reader.inclusion(seq, receipt), note), receipt)


def _own_key(opening: bytes) -> bytes:
    """The key that the first entry names."""
    try:
        return bytes.fromhex(str(from_raw(parse(opening)).params["public_key"]))
    except (KeyError, ValueError) as exc:
        raise Unusable("the log's first entry names no key") from exc


def _details(evidence: Evidence, parts: list[LogPart], sealed: Sealed) -> dict[str, bytes]:
    """Sealed details that the entries name, as far as they are still in the logs of this home or in central."""
    named = {number for part in parts for entry in part.entries for number in decode(entry.body).details}
    found = sealed(named)
    for file in evidence.files:
        if named - found.keys() and file.path.is_file():
            with LogReader(file.path) as reader:
                found |= {d.hash: d.blob for d in reader.details() if d.hash in named}
    return {number: blob for number, blob in found.items() if sha256(blob).hexdigest() == number}


def _write(out: Path, files: Mapping[str, bytes]) -> None:
    """The manifest last: an export without one was broken off."""
    out.mkdir(mode=0o700, parents=True, exist_ok=True)
    for name in sorted(files, key=lambda name: (name == MANIFEST, name)):
        (out / name).parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        (out / name).write_bytes(files[name])
