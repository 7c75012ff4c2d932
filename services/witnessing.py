"""A witness's folder, and one round over central: what it remembers, what it cosigns, what it says loudly."""

import json
import os
import secrets
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from hashlib import sha256
from pathlib import Path
from typing import Any, Protocol

from db.file_lock import FileLock
from services.action_log import checkpoint
from services.action_log.aggregate import AGGREGATE, Leaves, origin_of
from services.action_log.merkle import TreeHead
from services.action_log.tiles import split
from services.action_log.witness import Accepted, Alarm, Seen, Shown, look, look_at_aggregate, no_log
from services.errors import BadInput, NotFound, Unusable

VERSION = 1
FACTS = "witness.json"


class Central(Protocol):
    """What a round reads: `db.central_witness.CentralView`."""

    def facts(self) -> dict[str, str]: ...
    def logs(self) -> list[Shown]: ...
    def bodies(self, log: str, start: int = 0) -> Iterator[tuple[int, bytes]]: ...
    def aggregate(self) -> Shown: ...
    def leaves(self, start: int = 0) -> Iterator[tuple[int, bytes]]: ...
    def seals(self, log: str) -> Mapping[int, str]: ...


@dataclass(frozen=True, slots=True)
class Round:
    """What one round found. `new` are logs seen for the first time: their key is trusted from now on. `aggregate` is
    the head of it that is remembered now."""

    alarms: tuple[Alarm, ...]
    cosigned: Mapping[str, TreeHead]
    new: tuple[str, ...]
    entries: int
    aggregate: TreeHead | None = None


@dataclass(slots=True)
class Witness:
    """An open witness: who it is, what it remembers by log and of the aggregate: the newest checkpoint of each log
    in it, and those `since` a log was last found whole. Made by `opened`; one process at a time."""

    folder: Path
    name: str
    seed: bytes
    central: tuple[str, bytes] | None
    seen: dict[str, Seen] = field(default_factory=dict)
    aggregate: Seen | None = None
    newest: dict[str, TreeHead] = field(default_factory=dict)
    since: dict[str, list[str]] = field(default_factory=dict)

    @property
    def public_key(self) -> bytes:
        """The Ed25519 key (32 bytes) under which it cosigns."""
        return checkpoint.Signer(self.name, self.seed).public_key

    @property
    def verifier_key(self) -> str:
        """The same, as others note it down."""
        return checkpoint.cosigner_key(self.name, self.public_key)

    def note(self, log: str) -> str:
        """The newest cosigned checkpoint of a log; raises `NotFound`."""
        file = self.folder / "notes" / f"{_plain(log)}.txt"
        if not file.is_file():
            raise NotFound(f"nothing of the log {log} was cosigned yet")
        return file.read_text("utf-8")

    def cosigned_at(self, log: str) -> int:
        """When the newest note of a log was cosigned (seconds since 1970); 0 when none was."""
        try:
            return checkpoint.verify_cosignature(self.note(log), self.name, self.public_key)[1]
        except NotFound:
            return 0

    def round(self, central: Central, seconds: int, *, new_only: bool = False, restored: bool = False) -> Round:
        """Looks at every log and at the aggregate once; what holds is remembered and cosigned at `seconds`, the rest is
        left as it was.

        `new_only` reads no entry below the last full tile that is remembered. `restored`: central was put back to a
        backup, and whoever runs this witness knows why: its aggregate is taken as at first sight, if every log holds.
        """
        facts = central.facts()
        alarms, cosigned, new, count = self._central(facts), {}, [], 0
        shown = {one.log: one for one in central.logs()}
        for log in sorted(self.seen.keys() - shown.keys()):
            detail = f"Central knows it no more; {self.seen[log].head.size} entries were witnessed."
            alarms.append(Alarm(log, "log-gone", detail))
        whole, leaves = self._leaves(central, shown.values(), new_only)
        if restored and isinstance(whole, Alarm) and self.aggregate is not None:
            self._keep_refused(self.note(AGGREGATE), whole)  # evidence of what was: the newest note is written over
            self.aggregate, self.newest, self.since = None, {}, {}
            whole, leaves = self._leaves(central, shown.values(), new_only)
        for log, one in sorted(shown.items()):
            seen = self.seen.get(log)
            start = seen.start() if seen is not None and new_only else 0
            said = Accepted(leaves.newest.get(log), leaves.since.get(log, ())) if isinstance(whole, Seen) else None
            found = no_log(one) or self._successor(one, shown) or self._look(central, one, start, said)
            if isinstance(found, Alarm):
                alarms.append(found)
                self._keep_refused(one.checkpoint, found)
                continue
            count += found.head.size - start
            if seen is None:
                new.append(log)
            self._remember(found, one, seconds)
            leaves.since.pop(log, None)
            if found.head.size:
                cosigned[log] = found.head
        if isinstance(whole, Alarm):
            alarms.append(whole)
            self._keep_refused(central.aggregate().checkpoint, whole)
        elif not (restored and alarms):
            self._remember_aggregate(whole, leaves, central.aggregate(), seconds)
        return Round(tuple(alarms), cosigned, tuple(new), count, self.aggregate.head if self.aggregate else None)

    def _leaves(self, central: Central, logs: Iterable[Shown], new_only: bool) -> tuple[Seen | Alarm, Leaves]:
        """The aggregate, and what it says of logs. Origins are those at first sight, of a log that is gone as well."""
        name, key = self._cosigner()
        shown = replace(central.aggregate(), origin=origin_of(name.rpartition("/")[0]), public_key=key)
        trusted: dict[str, Shown | Seen] = {one.log: one for one in logs if no_log(one) is None} | self.seen
        origins = {one.origin: log for log, one in trusted.items()}
        seen, known = self.aggregate, 0 if self.aggregate is None else self.aggregate.head.size
        since = {log: list(notes) for log, notes in self.since.items()}
        leaves = Leaves(origins, known, dict(self.newest), seen is not None, since)
        start = seen.start() if seen is not None and new_only else 0
        return look_at_aggregate(shown, seen, central.leaves(start), start, leaves), leaves

    def _look(self, central: Central, one: Shown, start: int, said: Accepted | None) -> Seen | Alarm:
        rows, seals = central.bodies(one.log, start), central.seals(one.log)
        return look(one, self.seen.get(one.log), rows, start, self._cosigner(), seals, said)

    def _central(self, facts: Mapping[str, str]) -> list[Alarm]:
        """Central's own key is the one at first sight, like every log's."""
        try:
            told = f"{facts['deployment']}/central", bytes.fromhex(facts["cosigner-key"])
        except (KeyError, ValueError) as exc:
            raise Unusable("central does not say which key it cosigns with") from exc
        if self.central is None:
            self.central = told
            _write_facts(self)
        if told != self.central:
            return [Alarm("central", "foreign-key", "Central cosigns with another key than at first sight.")]
        return []

    def _cosigner(self) -> tuple[str, bytes]:
        assert self.central is not None  # noqa: S101 (set by _central)
        return self.central

    def _successor(self, shown: Shown, others: Mapping[str, Shown]) -> Alarm | None:
        """A log that follows others of its owner is opened by the key that the one before named (action-log.md 3)."""
        if shown.log in self.seen:
            return None
        owner, number = _split(shown.log)
        before = [log for log in {*self.seen, *others} if _split(log)[0] == owner and _split(log)[1] < number]
        if not before:
            return None
        last = max(before, key=lambda log: _split(log)[1])
        named = self.seen[last].next_key if last in self.seen else others[last].next_key
        if shown.public_key == named:
            return None
        return Alarm(shown.log, "foreign-key", "It follows a log of the same owner that named another key for it.")

    def _remember(self, seen: Seen, shown: Shown, seconds: int) -> None:
        """On the disk before anybody is told (c2sp.org/tlog-witness). The note is last: it names what is kept."""
        _write_json(self.folder / "logs" / f"{_plain(seen.log)}.json", _kept(seen))
        self._cosign(seen, shown.receipt, seconds)
        self.seen[seen.log] = seen

    def _remember_aggregate(self, seen: Seen, leaves: Leaves, shown: Shown, seconds: int) -> None:
        """After every log: what it says of them is new until they were looked at."""
        newest = {log: [head.size, head.root.hex()] for log, head in leaves.newest.items()}
        kept = {**_kept(seen), "newest": newest, "since": leaves.since}
        _write_json(self.folder / f"{AGGREGATE}.json", kept)
        self._cosign(seen, shown.checkpoint, seconds)
        self.aggregate, self.newest, self.since = seen, leaves.newest, leaves.since

    def _cosign(self, seen: Seen, note: str, seconds: int) -> None:
        if seen.head.size:
            cosigned = checkpoint.cosign(note, self.name, self.seed, seconds)
            _write(self.folder / "notes" / f"{_plain(seen.log)}.txt", cosigned)

    def _keep_refused(self, note: str, alarm: Alarm) -> None:
        """The note of a log that was refused: signed by the log's own key, it is evidence. Once each."""
        digest = sha256(note.encode()).hexdigest()[:16]
        # The alarm's id, not central's: whoever runs central must not choose where we write.
        file = self.folder / "refused" / f"{_plain(alarm.log)}-{alarm.kind}-{digest}.txt"
        if not file.exists():
            _write(file, note)


def create(folder: Path, name: str) -> str:
    """A new witness in a new or empty folder; its public key as others note it down. Raises `BadInput`."""
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise BadInput("is not an empty folder", place=str(folder))
    seed = secrets.token_bytes(32)
    checkpoint.Signer(name, seed)  # refuses what is no name before anything is written
    for part in (folder, folder / "logs", folder / "notes", folder / "refused"):
        part.mkdir(mode=0o700, parents=True, exist_ok=True)
    _write(folder / "key", seed.hex() + "\n")
    witness = Witness(folder, name, seed, None)
    _write_facts(witness)
    return witness.verifier_key


@contextmanager
def opened(folder: Path) -> Iterator[Witness]:
    """The witness of a folder, nobody else's meanwhile. Raises `NotFound`, `Unavailable` (in use), `Unusable`."""
    if not (folder / FACTS).is_file():
        raise NotFound(f"there is no witness in {folder}", next_key="rightsdesk witness init")
    lock = FileLock(folder / "lock", what="witness")
    try:
        yield _read(folder)
    finally:
        lock.release()


def _read(folder: Path) -> Witness:
    try:
        facts = json.loads((folder / FACTS).read_text("utf-8"))
        if facts["version"] != VERSION:
            raise Unusable("the witness's folder was written by another version of this program")
        central = None if facts["central"] is None else (facts["central"]["name"], _bytes(facts["central"]["key"]))
        witness = Witness(folder, facts["name"], _bytes((folder / "key").read_text("utf-8").strip()), central)
        for file in sorted((folder / "logs").glob("*.json")):
            seen = _seen(json.loads(file.read_text("utf-8")))
            witness.seen[seen.log] = seen
            _must_hold(witness, seen)
        if (file := folder / f"{AGGREGATE}.json").is_file():
            kept = json.loads(file.read_text("utf-8"))
            witness.aggregate = _seen(kept)
            witness.newest = {log: TreeHead(size, _bytes(root)) for log, (size, root) in kept["newest"].items()}
            witness.since = kept["since"]
            _must_hold(witness, witness.aggregate)
    except (ValueError, KeyError, TypeError, OSError) as exc:
        raise Unusable(f"the witness's own folder cannot be read ({type(exc).__name__}): restore it") from exc
    return witness


def _seen(kept: Mapping[str, Any]) -> Seen:
    return Seen(
        log=str(kept["log"]),
        origin=str(kept["origin"]),
        public_key=_bytes(str(kept["public_key"])),
        next_key=_bytes(str(kept["next_key"])),
        head=TreeHead(int(kept["size"]), _bytes(str(kept["root"]))),
        tiles=tuple(split(_bytes(str(kept["tiles"])))),
        tail=tuple(split(_bytes(str(kept["tail"])))),
        keys=tuple((int(size), _bytes(str(key))) for size, key in kept["keys"]),
    )


def _kept(seen: Seen) -> dict[str, object]:
    return {
        "log": seen.log, "origin": seen.origin, "public_key": seen.public_key.hex(), "next_key": seen.next_key.hex(),
        "keys": [[size, key.hex()] for size, key in seen.keys], "size": seen.head.size,
        "root": seen.head.root.hex(), "tiles": b"".join(seen.tiles).hex(), "tail": b"".join(seen.tail).hex(),
    }  # fmt: skip


def _must_hold(witness: Witness, seen: Seen) -> None:
    """What is remembered fits itself, and is no older than what was cosigned: the folder was not meddled with."""
    try:
        cosigned, _ = checkpoint.verify_cosignature(witness.note(seen.log), witness.name, witness.public_key)
    except NotFound:
        cosigned = TreeHead(0, seen.head.root)
    except BadInput as exc:
        raise Unusable(f"the witness's own note of the log {seen.log} {exc.reason}: restore its folder") from exc
    newer = seen.head.size > cosigned.size  # the process ended between the two files
    if not seen.is_sound() or not (newer or seen.head == cosigned or not seen.head.size):
        raise Unusable(f"the witness's own memory of the log {seen.log} was changed: restore its folder")


def _write_facts(witness: Witness) -> None:
    central = None if witness.central is None else {"name": witness.central[0], "key": witness.central[1].hex()}
    _write_json(witness.folder / FACTS, {"version": VERSION, "name": witness.name, "central": central})


def _write_json(file: Path, value: Mapping[str, object]) -> None:
    _write(file, json.dumps(value, indent=1, sort_keys=True))


def _write(file: Path, text: str) -> None:
    """Whole or not at all, and on the disk."""
    fresh = file.with_name(file.name + ".new")
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as out:
        out.write(text)
        out.flush()
        os.fsync(out.fileno())
    fresh.replace(file)


def _split(log: str) -> tuple[str, int]:
    owner, _, number = log.partition("/")
    return owner, int(number) if number.isdecimal() else 0


def _plain(log: str) -> str:
    return log.replace("/", "-")


def _bytes(text: str) -> bytes:
    return bytes.fromhex(text)
