"""The files of an evidence export: what was signed, proofs, keys, a manifest, and how to check it all without us.

Values in, bytes out; `services/evidence_export.py` reads the logs. Equal input gives equal bytes.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256

from services.action_log.aggregate import AGGREGATE
from services.action_log.checkpoint import cosigner_key, verifier_key
from services.action_log.evidence_readme import readme

FORMAT = "rightsdesk-evidence/1"
MANIFEST = "manifest.json"


@dataclass(frozen=True, slots=True)
class Proved:
    """An entry: its bytes as signed, and a tlog-proof that leads to the earliest note that covers it.

    `receipt` is the size of the tree that central cosigned with the entry in it, None when it did not yet.
    """

    seq: int
    body: bytes
    page: str
    receipt: int | None


@dataclass(frozen=True, slots=True)
class LogPart:
    """What is handed over of one log.

    `enrolled`: the key is the one that central enrolled; else only the log's own first entry names it. `receipts` and
    `growth` go by size: central's cosigned notes, and proofs that the newest checkpoint's tree begins with theirs and
    the witness's. `witness` is the size and note that an independent witness cosigned, if one was given; `accepted` the
    size and text of the newest checkpoint that central accepted, and a tlog-proof of its place in central's aggregate.
    """

    log: str
    origin: str
    public_key: bytes
    enrolled: bool
    size: int
    checkpoint: str
    entries: tuple[Proved, ...]
    receipts: Mapping[int, str] = field(default_factory=dict)
    growth: Mapping[int, str] = field(default_factory=dict)
    witness: tuple[int, str] | None = None
    accepted: tuple[int, str, str] | None = None
    keys: tuple[str, ...] = ()
    later_keys: tuple[bytes, ...] = ()

    @property
    def notes(self) -> dict[str, tuple[int, str]]:
        """Every cosigned note by its file's name: its size and text."""
        named = {f"receipt-{size}.txt": (size, note) for size, note in self.receipts.items()}
        if self.accepted:
            named[f"accepted-{self.accepted[0]}.txt"] = self.accepted[:2]
        return named | ({f"witness-{self.witness[0]}.txt": self.witness} if self.witness else {})

    @property
    def folder(self) -> str:
        """Where it stands in the export."""
        return AGGREGATE if self.log == AGGREGATE else f"logs/{self.log.replace('/', '-')}"


def files_of(
    parts: Sequence[LogPart],
    cosigners: Sequence[tuple[str, bytes]],
    details: Mapping[str, bytes],
    about: Mapping[str, object],
) -> dict[str, bytes]:
    """Every file by its name in the export, the manifest among them.

    `cosigners` are names and keys of central and the witness, `details` ciphertexts by SHA-256 (hex), `about` what
    the manifest says of how and when the export was made.
    """
    files: dict[str, bytes] = {}
    for part in parts:
        files[f"{part.folder}/checkpoint.txt"] = part.checkpoint.encode()
        for name, (_, note) in part.notes.items():
            files[f"{part.folder}/{name}"] = note.encode()
        if part.accepted:
            files[f"{part.folder}/accepted-{part.accepted[0]}.tlog-proof"] = part.accepted[2].encode()
        if part.keys:
            files[f"{part.folder}/keys.json"] = (json.dumps(part.keys, indent=1) + "\n").encode()
            later = [verifier_key(part.origin, key) for key in part.later_keys]
            files[f"{part.folder}/keys.txt"] = "".join(f"{line}\n" for line in later).encode()
        for size, text in part.growth.items():
            files[f"{part.folder}/growth-{size}.txt"] = text.encode()
        for entry in part.entries:
            files[f"{part.folder}/entry-{entry.seq}.json"] = entry.body
            files[f"{part.folder}/entry-{entry.seq}.tlog-proof"] = entry.page.encode()
    files |= {f"details/{number}": blob for number, blob in details.items()}
    keys = [verifier_key(part.origin, part.public_key) for part in parts]
    keys += [cosigner_key(*cosigner) for cosigner in cosigners]
    files["keys.txt"] = "".join(f"{line}\n" for line in keys).encode()
    files["README.txt"] = readme(len(details)).encode()
    files[MANIFEST] = _manifest(files, parts, about)
    return dict(sorted(files.items()))


def _manifest(files: Mapping[str, bytes], parts: Sequence[LogPart], about: Mapping[str, object]) -> bytes:
    logs = [
        {
            "log": part.log,
            "folder": part.folder,
            "origin": part.origin,
            "key": verifier_key(part.origin, part.public_key),
            "key_from": "central's enrolment" if part.enrolled else "the log's own first entry",
            "size": part.size,
            "entries": [{"seq": entry.seq, "receipt": entry.receipt} for entry in part.entries],
            "notes": {name: size for name, (size, _) in part.notes.items()},
        }
        for part in parts
    ]
    listed = {name: {"bytes": len(data), "sha256": sha256(data).hexdigest()} for name, data in files.items()}
    whole = {**about, "format": FORMAT, "logs": logs, "files": listed}
    return (json.dumps(whole, indent=2, sort_keys=True) + "\n").encode()
