"""Evidence for somebody outside: chosen entries of this home's logs, proved, as a folder of files."""

from bisect import bisect_right
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Protocol

from db.central_witness import CentralView
from db.log_reader import LogReader
from services.action_log import proof
from services.action_log.aggregate import AGGREGATE
from services.action_log.checkpoint import parse as parse_note, verify_cosignature
from services.action_log.entry import decode, from_raw, parse
from services.action_log.epochs import Chain
from services.action_log.evidence_files import MANIFEST, LogPart, Proved, files_of
from services.action_log.known import Known
from services.central_log import CentralLog
from services.errors import BadInput, NotFound, Refused, Unusable
from services.evidence import Evidence, LogFile
from services.evidence_aggregate import AggregateProofs

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


@dataclass(frozen=True, slots=True)
class Witnessed:
    """An independent witness: its folder of notes, or a copy of that, and the name and key it is known by."""

    notes: Path
    name: str
    public_key: bytes


class Grown(Protocol):
    """A tree with its signed head."""

    @property
    def size(self) -> int: ...
    @property
    def checkpoint(self) -> str: ...
    def consistency(self, old: int) -> list[bytes]: ...


class Source(Grown, Protocol):
    """A log to take entries from: its file, or what central holds of it."""

    def receipts(self) -> list[tuple[int, str]]: ...
    def rotations(self) -> list[tuple[int, bytes, str]]: ...
    def bodies(self, start: int, stop: int) -> Iterator[tuple[int, bytes]]: ...
    def of_case(self, case: str) -> Iterator[tuple[int, bytes]]: ...
    def inclusion(self, seq: int, size: int) -> list[bytes]: ...


@dataclass(frozen=True, slots=True)
class _Beside:
    """What is handed over beside the log's own proofs: notes of a witness, places in the aggregate."""

    witness: Witnessed | None
    aggregate: AggregateProofs | None


class _Here:
    """A log's file as a source, inside one snapshot."""

    def __init__(self, reader: LogReader) -> None:
        head = reader.head()
        self.size, self.checkpoint = head.frontier.size, head.checkpoint
        self.receipts, self.bodies, self.of_case = reader.receipts, reader.bodies, reader.of_case
        self.rotations = reader.rotations
        self.inclusion, self.consistency = reader.inclusion, reader.consistency


def export(
    evidence: Evidence,
    out: Path,
    wanted: Wanted,
    now: datetime,
    *,
    sealed: Sealed | None = None,
    central: CentralView | None = None,
    witness: Witnessed | None = None,
) -> Exported:
    """Writes the export into `out`, a new or empty folder; with `sealed`, the details that still exist too; with
    `central`, also from logs whose files are not here; with `witness`, what it cosigned of these logs. A log that does
    not continue what the witness saw is `Refused`.

    Each log is checked first: one that is not whole is `Refused`, naming kind and place. Raises `NotFound` when
    nothing fits, `BadInput` for a folder that is not empty, a range that is none, or too much at once.
    """
    _must_be_empty(out)
    beside = _Beside(witness, None if central is None else AggregateProofs(central))
    files_here = [file for file in _files(evidence, wanted, central) if central is None or not _cut_of(file)]
    parts = [part for file in files_here if (part := _from_file(evidence, file, wanted, beside)) is not None]
    if central is not None:
        parts += _from_central(central, {file.log for file in files_here}, wanted, beside)
    entries = [entry for part in parts for entry in part.entries]
    if not entries:
        raise NotFound(f"There is no entry of the {f'case {wanted.case}' if wanted.case else 'log'} in these logs.")
    kept = _details(evidence, parts, sealed) if sealed is not None else {}
    cosigners = [known.cosigner for known in evidence.known.values() if known.cosigner][:1]
    if not cosigners and central is not None:
        cosigners.append(_cosigner_of(central))
    logs = tuple(part.log for part in parts)
    if beside.aggregate is not None and beside.aggregate.size:
        parts.append(_aggregate(beside.aggregate, witness))
    if witness is not None and any(part.witness for part in parts):
        cosigners.append((witness.name, witness.public_key))
    span = {"from": wanted.first, "to": wanted.last} if wanted.case is None else {"case": wanted.case}
    about = {"made_at": now.isoformat(timespec="seconds"), "wanted": {"log": wanted.log, **span}}
    files = files_of(parts, cosigners, kept, about)
    _write(out, files)
    return Exported(
        folder=out,
        manifest=sha256(files[MANIFEST]).hexdigest(),
        entries=len(entries),
        files=len(files),
        logs=logs,
        unreceipted=sum(entry.receipt is None for entry in entries),
        details=len(kept),
    )


def _must_be_empty(out: Path) -> None:
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise BadInput("is not an empty folder; an export never mixes with other files", place=str(out))


def _files(evidence: Evidence, wanted: Wanted, central: CentralView | None) -> list[LogFile]:
    if central is not None and wanted.log is not None:
        return [file for file in evidence.files if file.log == wanted.log and file.path.is_file()]
    if wanted.case is None or wanted.log is not None:
        return [evidence.find(wanted.log)]
    if not evidence.files and central is None:
        raise NotFound("There are no logs in this home.")
    return [file for file in evidence.files if file.path.is_file()]


def _cut_of(file: LogFile) -> int:
    """Up to where a file's texts were pruned: central has them."""
    with LogReader(file.path) as reader:
        return reader.cut()


def _from_file(evidence: Evidence, file: LogFile, wanted: Wanted, beside: _Beside) -> LogPart | None:
    """What a log's file has of it; None when it has nothing."""
    with LogReader(file.path) as reader, reader.snapshot():
        source = _Here(reader)
        if not source.size or not (rows := _rows(source, wanted)):
            return None
        report = evidence.check(file.path)
        if report.state != "whole":
            place = f", {report.place}" if report.place else ""
            raise Refused(
                f"the log {file.log} is not whole ({report.kind}{place}): it proves nothing entry by entry",
                next_key="rightsdesk log verify; hand over the log's file itself",
            )
        return _part(source, file.log, evidence.known.get(file.log, Known()).public_key, rows, beside)


def _from_central(view: CentralView, here: set[str], wanted: Wanted, beside: _Beside) -> Iterator[LogPart]:
    """What central has of it in logs whose files are not here."""
    cosigner = _cosigner_of(view)
    logs = None if wanted.case is None else view.logs_of(wanted.case)
    for shown in view.logs():
        if shown.log in here or wanted.log not in (None, shown.log) or (logs is not None and shown.log not in logs):
            continue
        source = CentralLog(view, shown, cosigner)
        if source.size and (rows := _rows(source, wanted)):
            yield _part(source, shown.log, shown.public_key, rows, beside)


def _cosigner_of(view: CentralView) -> tuple[str, bytes]:
    facts = view.facts()
    return f"{facts['deployment']}/central", bytes.fromhex(facts["cosigner-key"])


def _aggregate(proofs: AggregateProofs, witness: Witnessed | None) -> LogPart:
    """Central's aggregate as of a log without entries: its head, and what the witness cosigned of it."""
    saw = None if witness is None else _saw(proofs, AGGREGATE, proofs.origin, Chain(proofs.public_key), witness)
    return LogPart(
        log=AGGREGATE,
        origin=proofs.origin,
        public_key=proofs.public_key,
        enrolled=True,
        size=proofs.size,
        checkpoint=proofs.checkpoint,
        entries=(),
        growth=_growth(proofs, {saw[0]} if saw is not None else set()),
        witness=saw,
    )


def _part(source: Source, log: str, enrolled: bytes | None, rows: dict[int, bytes], beside: _Beside) -> LogPart:
    """The chosen entries of a log that was found whole, proved."""
    rows = {**dict(source.bodies(0, 1)), **rows}  # the first entry names the key
    origin = parse_note(source.checkpoint).origin
    key = enrolled or _own_key(rows[0])
    pages = proof.write_keys(source.rotations(), source.inclusion)
    chain = proof.check_keys(pages, origin, key)
    receipts = dict(source.receipts())
    sizes = sorted(receipts)
    proved = tuple(_proved(source, seq, body, _covering(sizes, seq), receipts) for seq, body in sorted(rows.items()))
    for entry in proved:
        proof.check(entry.page, origin, chain.key_at(entry.receipt or source.size))
    used = sorted({entry.receipt for entry in proved if entry.receipt} | set(sizes[-1:]))
    saw = None if beside.witness is None else _saw(source, log, origin, chain, beside.witness)
    accepted = None if beside.aggregate is None else beside.aggregate.accepted(log)
    return LogPart(
        log=log,
        origin=origin,
        public_key=key,
        enrolled=enrolled is not None,
        size=source.size,
        checkpoint=source.checkpoint,
        entries=proved,
        receipts={size: receipts[size] for size in used},
        growth=_growth(source, {*used, *(one[0] for one in (saw, accepted) if one is not None)}),
        witness=saw,
        accepted=accepted,
        keys=tuple(pages),
        later_keys=tuple(chain.keys),
    )


def _growth(source: Grown, sizes: set[int]) -> dict[int, str]:
    """Proofs that the whole begins with the trees of these sizes."""
    return {size: proof.write_growth(size, source.consistency(size), source.checkpoint) for size in sorted(sizes)}


def _saw(source: Grown, log: str, origin: str, chain: Chain, witness: Witnessed) -> tuple[int, str] | None:
    """Size and note that the witness cosigned of a log, None when it never did; the log must continue it."""
    file = witness.notes / f"{log.replace('/', '-')}.txt"
    if not file.is_file():
        return None
    note = file.read_text("utf-8")
    try:
        head = chain.head(note, origin)
        if verify_cosignature(note, witness.name, witness.public_key)[0] != head:
            raise BadInput("is for another head")
        if head.size > source.size:
            raise BadInput(f"counts {head.size} entries, the log {source.size}")
        text = proof.write_growth(head.size, source.consistency(head.size), source.checkpoint)
        proof.check_growth(text, head, origin, chain.key_at(source.size))
    except BadInput as exc:
        raise Refused(f"the log {log} is not what the witness saw: its note {exc.reason}") from exc
    return head.size, note


def _rows(source: Source, wanted: Wanted) -> dict[int, bytes]:
    if wanted.case is not None:
        rows = dict(source.of_case(wanted.case))
        if len(rows) > MOST:
            raise BadInput(f"has {len(rows)} entries; one export holds {MOST} at most", place=f"case {wanted.case}")
        return rows
    if not 0 <= wanted.first <= wanted.last:
        raise BadInput("must not be before --from", place="--to")
    if wanted.last >= source.size:
        raise NotFound(f"The log has the entries 0 to {source.size - 1}; there is no entry {wanted.last}.")
    if wanted.last - wanted.first >= MOST:
        raise BadInput(f"is too far from --from: one export holds {MOST} entries at most", place="--to")
    rows = dict(source.bodies(wanted.first, wanted.last + 1))
    if len(rows) <= wanted.last - wanted.first:
        raise NotFound("The texts of some of these entries were pruned from this log.", next_key="--central")
    return rows


def _covering(sizes: list[int], seq: int) -> int | None:
    """The earliest receipt with entry `seq` in its tree: central had it by then."""
    at = bisect_right(sizes, seq)
    return sizes[at] if at < len(sizes) else None


def _proved(source: Source, seq: int, body: bytes, receipt: int | None, receipts: Mapping[int, str]) -> Proved:
    size, note = (source.size, source.checkpoint) if receipt is None else (receipt, receipts[receipt])
    return Proved(seq, body, proof.write(body, seq, source.inclusion(seq, size), note), receipt)


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
