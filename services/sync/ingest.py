"""The worker's ingest: verify a handed-in batch, insert, fold, make jobs, cosign; all in one transaction.

A batch that does not hold is refused whole: its log must be closed and a successor opened (action-log.md 6.4).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256

import orjson
from sqlalchemy.exc import DataError, IntegrityError

from db import central_aggregate as aggregate
from db.central import ENTRY, JOB, LOOKUP, SEAL, STALE, SUBJECT
from db.central_retention import drop_kinds, nothing_left
from db.central_shapes import unpack_details
from db.central_store import Batch, CentralStore, IngestTx
from db.kill_points import reach
from services.action_log import checkpoint
from services.action_log.aggregate import origin_of
from services.action_log.enrolment import check_public_key
from services.action_log.entry import Entry, decode_each, lint
from services.action_log.merkle import Frontier, leaf_hash
from services.action_log.sealing import open_sealed
from services.cases.case import Case, from_json
from services.cases.fold import LEASE_US, OPENING, counted, fold
from services.cases.hold import SET as HOLD_SET
from services.cases.own_retention import KINDS, RECORD
from services.catalog.seen import CHECKED
from services.controllers import Controller
from services.deployment_keys import DeploymentKeys
from services.errors import BadInput, Unusable
from services.identity import identifiers
from services.sync.halting import obey_halts
from services.sync.holding import NONE, how_much, take_holds
from services.sync.jobs import JobDraft, is_step_of, jobs_of
from services.sync.rebuild import as_row
from services.sync.systems import see

ACTORS = {
    "terminal": ("agent:", "log:"),
    "worker": ("worker:", "log:"),
    "import": ("import:", "log:"),
    "operator": ("operator:", "log:"),
}
"""Which actors may stand in a log of each kind: results are a worker's alone."""


FIRST = (*OPENING, HOLD_SET)
"""Acts that bring the key and the requester of what they begin."""
OF_PERSONS = ("breach.decided", "breach.notice_asked", "breach.person_settled")
"""What people decide of who is told of a breach."""
RESEALED = "keys.resealed"
GONE_LABEL, OVER_LABEL = "erased", "time over"
"""What every queue shows instead of a person whose case was shredded, or of whom nothing is kept any more."""


class Refusal(Exception):
    """The batch does not hold; the sentence goes to the log's owner."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IngestKeys:
    """What only workers hold: to open details, to cosign, to make lookups."""

    deployment: str
    opens: DeploymentKeys
    cosign_seed: bytes
    lookup: bytes

    @property
    def cosigner(self) -> str:
        return f"{self.deployment}/central"


@dataclass(slots=True)
class Folded:
    """What a batch did to cases: newest states, which existed, jobs, taken-back jobs, new claims, freed claims, and
    items whose waiting jobs a person woke.

    `dropped`: cases with their subject and the part whose time is over.
    `shredded` are all it touched that are, `persons` the subjects of those that it shredded.
    """

    cases: dict[str, Case] = field(default_factory=dict)
    known: set[str] = field(default_factory=set)
    jobs: list[JobDraft] = field(default_factory=list)
    cancelled: list[tuple[str, str]] = field(default_factory=list)
    claims: list[dict[str, object]] = field(default_factory=list)
    freed: list[tuple[str, int]] = field(default_factory=list)
    woken: list[tuple[str, str]] = field(default_factory=list)
    dropped: list[tuple[str, str, str]] = field(default_factory=list)
    shredded: set[str] = field(default_factory=set)
    persons: list[str] = field(default_factory=list)


class Ingest:
    """Drains central's inbox. One at a time in a deployment: the transaction locks the lead and the head's row."""

    def __init__(self, store: CentralStore, keys: IngestKeys) -> None:
        self._store = store
        self._keys = keys
        self._signer = checkpoint.Signer(origin_of(keys.deployment), keys.cosign_seed)
        self._controllers: dict[str, Controller] = {}

    def run_once(self, lead: int | None = None) -> int:
        """Ingest the oldest batch; how many entries it held, 0 when the inbox is empty.

        `lead` is the fence by which this worker leads: raises `Deposed`, changing nothing, when another does by now.
        What needs no store is checked before the transaction: others can write meanwhile.
        """
        batch = self._store.next_batch()
        if batch is None:
            return 0
        try:
            checked = check(batch)
            with self._store.ingest(lead) as tx:
                if tx.lock(batch):  # else another worker was quicker
                    self._take(tx, batch, checked)
                    reach("ingest.before-commit")
            return len(checked.entries)
        except (Refusal, BadInput) as exc:
            reason = str(exc)
        except (ValueError, KeyError, TypeError, IntegrityError, DataError) as exc:
            # What its content makes impossible is its owner's trouble, and must not stop the others.
            reason = f"the entries do not fit what central holds ({type(exc).__name__})"
        with self._store.ingest(lead) as tx:
            if tx.lock(batch):
                tx.refuse(batch.log, reason)
        return 1

    def _take(self, tx: IngestTx, batch: Batch, checked: "Checked") -> None:
        at, (stale, details) = tx.now(), _stale(tx, batch, checked)
        rows = [(batch.log, e.seq, e.case, at, b) for e, b in zip(checked.entries, checked.bodies, strict=True)]
        tx.insert_values(ENTRY, ("log", "seq", "case_id", "accepted_at", "body"), rows)
        tx.insert(STALE, [{"log": batch.log, "seq": seq} for seq in sorted(stale)])
        folded = self._fold(tx, [e for e in checked.entries if e.seq not in stale], at)
        # Also what comes late, or again after a restore: nothing of a shredded case is kept.
        details = [d for d in details if d["owner"] not in folded.shredded]
        anew = {digest for e in checked.entries if e.act == RESEALED for digest in e.details}
        tx.replace_keys([d for d in details if d["hash"] in anew])
        details = [d for d in details if d["hash"] not in anew]
        tx.add_details(details)
        tx.shred(sorted(folded.shredded))
        self._write(tx, folded, details, at)
        take_holds(tx, [e for e in checked.entries if e.seq not in stale], details, at, self._text, self._digest)
        if batch.kind == "worker":
            see(tx.conn, [e for e in checked.entries if e.act == CHECKED])
        obey_halts(tx, checked.entries)
        receipt = checkpoint.cosign(batch.checkpoint, self._keys.cosigner, self._keys.cosign_seed, at // 1_000_000)
        tx.set_head(batch.log, checked.frontier, batch.checkpoint, receipt, checked.key)
        if checked.key != batch.key:
            tx.insert(SEAL, [{"log": batch.log, "size": checked.frontier.size, "receipt": receipt}])
        aggregate.append(tx.conn, batch.checkpoint, self._signer)
        tx.drop_batch(batch.id)

    def _fold(self, tx: IngestTx, entries: Sequence[Entry], at: int) -> Folded:
        touched = [e for e in entries if e.case is not None]
        bodies = tx.cases(e.case for e in touched if e.case)
        states: dict[str, Case] = {case: from_json(body) for case, body in bodies.items()}
        folded = Folded(states, set(bodies))
        changed: dict[str, Case] = {}
        for entry in touched:
            before = states.get(entry.case or "")
            after = fold(before, entry, at)
            if after is None or after is before:
                continue
            states[after.id] = changed[after.id] = after
            if before is None or counted(after, entry):
                self._effects(folded, entry, after, at)
        folded.shredded = {case.id for case in states.values() if case.shredded}
        folded.cases = changed
        return folded

    def _effects(self, folded: Folded, entry: Entry, case: Case, at: int) -> None:
        if any(one.waits for one in case.questions) and (entry.act == "clock.answered" or case.closed):
            folded.woken.append((case.id, ""))  # the letter that asks is wanted no more
        folded.jobs.extend(jobs_of(entry, case, at, self._controller(case.controller).waiting_period_s * 1_000_000))
        if entry.act in ("case.opened", "case.claimed"):
            until = at + LEASE_US
            folded.claims.append({"case_id": case.id, "holder": case.holder, "fence": case.fence, "until": until})
        elif entry.act == "erase.withdrawn":
            folded.cancelled.append((case.id, entry.item or ""))
        elif entry.act in ("system.retry_asked", "system.skip_asked", "letter.retry_asked", "letter.handed"):
            folded.woken.append((case.id, entry.item or ""))
        elif entry.act == "task.answered":  # one answer serves every item of the case
            folded.woken.extend((case.id, item.id) for item in case.items)
        elif entry.act == "breach.released" and not case.locked:
            folded.woken.extend((case.id, item) for item in ("", *(i.id for i in case.items)))
        elif entry.act in OF_PERSONS and case.breach is not None:  # a letter that failed waits for what is decided
            folded.woken.extend((one.case, "") for one in case.breach.people)
        elif entry.act in ("case.released", "case.assigned"):
            folded.freed.append((case.id, case.fence))
        elif entry.act == "details.dropped":
            folded.dropped.append((case.id, case.subject, str(entry.params["what"])))
        elif entry.act == "subject.shredded":
            folded.persons.append(case.subject)

    def _write(self, tx: IngestTx, folded: Folded, details: Sequence[Mapping[str, object]], at: int) -> None:
        for subject in folded.persons:
            tx.forget_person(subject, GONE_LABEL)
        for case, subject, what in folded.dropped:
            if how_much(tx.conn, [subject]):
                continue  # a legal hold came first
            drop_kinds(tx.conn, case, KINDS.get(what))
            if what == RECORD and nothing_left(tx.conn, subject):
                tx.forget_person(subject, OVER_LABEL)
        masked = self._subjects(tx, folded, details)
        rev, on_hold = tx.next_revs(len(folded.cases)), how_much(tx.conn, [c.subject for c in folded.cases.values()])
        rows = [as_row(case, self._controller(case.controller)) for case in folded.cases.values()]
        for n, row in enumerate(rows, rev):
            row["rev"], row["person"] = n, masked.get(str(row["subject"]), "-")
            row["on_hold"] = on_hold.get(str(row["subject"]), NONE)
        tx.put_cases(rows, folded.known)
        tx.raise_claims(folded.claims)
        for case, fence in folded.freed:
            tx.free_claim(case, fence)
        jobs = [
            {
                "id": j.id,
                "kind": j.kind,
                "controller": j.controller,
                "case_id": j.case,
                "item": j.item,
                "state": "queued",
                "not_before": j.not_before,
                "params": j.params.decode(),
                "worker": "",
                "fence": 0,
            }
            for j in folded.jobs
        ]
        tx.insert(JOB, jobs)
        for case, item in folded.woken:
            tx.wake_jobs(case, item)
        for case, item in folded.cancelled:
            tx.cancel_jobs(case, item, "erase")

    def _subjects(self, tx: IngestTx, folded: Folded, details: Sequence[Mapping[str, object]]) -> dict[str, str]:
        """Masked labels of the persons behind the changed cases; new ones are opened, masked and made findable."""
        masked = tx.subjects(c.subject for c in folded.cases.values())
        people: list[dict[str, object]] = []
        lookups: list[dict[str, object]] = []
        keys = {str(d["owner"]): d["blob"] for d in details if d["kind"] == "key"}
        for detail in details:
            owner = str(detail["owner"])
            case = folded.cases.get(owner)
            if detail["kind"] != "requester" or case is None or case.subject in masked or owner not in keys:
                continue
            try:
                found = self._open(owner, keys[owner], detail["blob"])
            except (Unusable, ValueError, KeyError, TypeError, AttributeError) as exc:
                raise Refusal("a sealed requester does not open") from exc
            masked[case.subject] = found.masked
            people.append({"id": case.subject, "controller": case.controller, "masked": found.masked})
            digest = self._digest(case.controller, found.kind, found.normal)
            lookups.append({"digest": digest, "subject": case.subject, "controller": case.controller})
        tx.insert(SUBJECT, people)
        tx.insert(LOOKUP, lookups)
        return masked

    def _digest(self, controller: str, kind: str, normal: str) -> str:
        return identifiers.lookup_digest(self._keys.lookup, controller, kind, normal)

    def _text(self, owner: str, sealed_key: object, blob: object, kind: str) -> bytes:
        deployment = self._keys.deployment
        if not isinstance(sealed_key, bytes) or not isinstance(blob, bytes):
            raise ValueError("not bytes")
        key = self._keys.opens.open(sealed_key, deployment=deployment, owner=owner, kind="key")
        return open_sealed(key, blob, deployment=deployment, owner=owner, kind=kind)

    def _open(self, case: str, sealed_key: object, blob: object) -> "Requester":
        raw = orjson.loads(self._text(case, sealed_key, blob, "requester"))
        return Requester(raw["kind"], raw["normal"], identifiers.mask(raw["kind"], raw["normal"]))

    def _controller(self, key: str) -> Controller:
        if key not in self._controllers:
            found = self._store.controllers()
            self._controllers = {k: Controller.from_json(body) for k, body in found.items()}
        if key not in self._controllers:
            raise Refusal(f"there is no controller {key}")
        return self._controllers[key]


@dataclass(frozen=True, slots=True)
class Requester:
    """An opened requester: the normal form is never kept."""

    kind: str
    normal: str
    masked: str


@dataclass(frozen=True, slots=True)
class Checked:
    """A batch that holds in itself: its entries with their bytes, its details, its log's frontier and key after it."""

    bodies: list[bytes]
    entries: list[Entry]
    details: list[dict[str, object]]
    frontier: Frontier
    key: bytes


def _stale(tx: IngestTx, batch: Batch, checked: Checked) -> tuple[set[int], list[dict[str, object]]]:
    """Results of jobs that another worker has by now, by seq, and the details that are left without theirs."""
    fenced = [e for e in checked.entries if e.fence is not None and e.case] if batch.kind == "worker" else []
    fences = tx.fences(e.case for e in fenced if e.case) if fenced else {}
    late = [e for e in fenced if next((f for job, f in fences.items() if is_step_of(e.op, job)), e.fence) != e.fence]
    gone = {digest for e in late for digest in e.details}
    return {e.seq for e in late}, [d for d in checked.details if d["hash"] not in gone]


def check(batch: Batch) -> Checked:
    """The batch as what it says, all signatures and shapes checked; raises `Refusal`."""
    bodies = batch.entries.split(b"\n")
    entries = check_entries(batch, bodies)
    frontier = check_tree(batch, bodies)
    return Checked(bodies, entries, check_details(batch, entries), frontier, next_key(batch, entries))


def check_entries(batch: Batch, bodies: Sequence[bytes]) -> list[Entry]:
    """The batch's entries: canonical, in sequence, of this log, by actors that may write there; else `Refusal`."""
    if batch.start != batch.size:
        raise Refusal(f"starts at {batch.start}, central holds {batch.size}")
    allowed = ACTORS.get(batch.kind, ())
    entries: list[Entry] = []
    try:
        for seq, entry in enumerate(decode_each(bodies), batch.start):
            lint(entry)
            if entry.seq != seq or entry.log != batch.log:
                raise Refusal(f"entry {seq} is not in its place")
            if not entry.actor.startswith(allowed):
                raise Refusal(f"entry {seq} is by an actor that may not write in a {batch.kind}'s log")
            entries.append(entry)
    except BadInput as exc:
        raise Refusal(f"entry {batch.start + len(entries)} {exc}") from exc
    return entries


def check_details(batch: Batch, entries: Sequence[Entry]) -> list[dict[str, object]]:
    """The batch's sealed details: each named by an entry of its case, keys and requesters by its opening."""
    details = unpack_details(batch.details)
    named = {digest: e for e in entries for digest in e.details}
    for detail in details:
        entry, blob = named.get(str(detail["hash"])), detail["blob"]
        if entry is None or not isinstance(blob, bytes) or sha256(blob).hexdigest() != detail["hash"]:
            raise Refusal("a sealed detail is not what an entry names")
        if entry.act == RESEALED and batch.kind == "worker" and detail["kind"] == "key":
            continue
        if detail["owner"] != owner_of(entry) or (detail["kind"] in ("key", "requester") and entry.act not in FIRST):
            raise Refusal("a sealed detail is another case's")
    return list({str(d["hash"]): d for d in details}.values())


def owner_of(entry: Entry) -> object:
    """Whose the sealed details are that an entry names: its case's, or the hold's that it sets."""
    return entry.params["hold"] if entry.act == HOLD_SET else entry.case


def check_tree(batch: Batch, bodies: Sequence[bytes]) -> Frontier:
    """The log's frontier after the batch; `Refusal` unless the key in force signed exactly this tree."""
    frontier = Frontier.from_bytes(batch.size, batch.frontier)
    for body in bodies:
        frontier.append(leaf_hash(body))
    head = checkpoint.verify(batch.checkpoint, batch.origin, batch.key)
    if head != frontier.head():
        raise Refusal("the signed tree head is not that of the entries")
    return frontier


def next_key(batch: Batch, entries: Sequence[Entry]) -> bytes:
    """The key that signs what comes after the batch.

    An entry that names another is the last that the old key signs, so no batch goes on after it: what the old key did
    not sign can name no next one. Raises `Refusal`, `BadInput`.
    """
    named = [e for e in entries if e.act == "key.rotated"]
    if not named:
        return batch.key
    if named != [entries[-1]]:
        raise Refusal(f"entry {named[0].seq} names another key, and the batch goes on after it")
    return check_public_key(bytes.fromhex(str(named[0].params["public_key"])))
