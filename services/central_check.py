"""Whether what central holds is what was signed: logs against their signatures, cases against their logs.

A database administrator can change any row; here it is found, and the row or the log is named. That central as a
whole went back to an older state no central can know: terminals' receipts and a witness do (action-log.md 1).
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import suppress
from hashlib import sha256

import sqlalchemy as sa

from db.central_audit import AuditView
from db.central_engine import open_engine
from services.action_log.aggregate import AGGREGATE, Leaves, grow
from services.action_log.entry import decode
from services.action_log.merkle import Frontier, TreeHead, leaf_hash
from services.action_log.witness import Accepted, Alarm, Shown, look, look_at_aggregate
from services.cases.case import Case, from_json
from services.cases.own_retention import CONTACT, RECORD
from services.catalog.version import Stored
from services.catalog_check import Published, changed_catalogs, published_by
from services.errors import BadInput
from services.home import CENTRAL_KEY, Home
from services.people_check import accounts, changed
from services.secrets import Vault
from services.sync.holding import differences_of_holds
from services.sync.ingest import OPENING, RESEALED, owner_of
from services.sync.rebuild import differences_in
from services.sync.systems import differences_of_systems


def central_check(home: Home, vault: Vault) -> list[str]:
    """Everything that was changed behind our back, each as a sentence; empty when nothing was."""
    engine = open_engine(home.central_url, vault.get(CENTRAL_KEY))
    try:
        return [*guards(engine), *rows(engine)]
    finally:
        engine.dispose()


def guards(engine: sa.Engine) -> list[str]:
    """Roles, grants, views, functions and triggers that are not what they were made as."""
    if engine.dialect.name == "postgresql":
        from db import central_guards

        return central_guards.changed(engine)
    with AuditView.of(engine) as view:
        return view.changed_triggers()


def rows(engine: sa.Engine) -> list[str]:
    """Rows that are not what the logs say; the centre may be at work meanwhile."""
    with AuditView.of(engine) as view:
        return list(_rows(view))


def _rows(view: AuditView) -> Iterator[str]:
    facts = view.facts()
    cosigner = (f"{facts['deployment']}/central", bytes.fromhex(facts["cosigner-key"]))
    named: dict[str, str] = {}
    resealed: set[str] = set()
    catalogs: set[Published] = set()
    publishers = {"operator", "worker"} if view.embedded else {"operator"}
    publishing = {log for log, kind in view.kinds().items() if kind in publishers}
    logs = view.logs()
    leaves = Leaves({one.origin: one.log for one in logs})
    wrong = list(_aggregate(view, leaves))
    newest = None if wrong else leaves.newest
    wrong += [
        words
        for held in logs
        for words in _log(view, held, cosigner, named, resealed, newest, catalogs if held.log in publishing else set())
    ]
    yield from wrong
    yield from (f"entry {pos} has an earlier time than the one accepted before it" for pos in view.out_of_order())
    yield from _details(view, named, resealed)
    yield from _fences(view)
    if not wrong:  # what is not what was signed is not folded
        yield from (f"case {words}" for words in differences_in(view))
        systems = differences_of_systems(view)
        yield from (f"system {name}: what was seen of it last is not what the logs say" for name in systems)
        yield from (f"hold {name}: it is not what the logs say" for name in differences_of_holds(view))
        yield from _people(view)
        if view.operators_entries() is not None:  # else an act of theirs waits for a worker
            yield from changed_catalogs(catalogs, (Stored(*row) for row in view.catalogs()))


def _people(view: AuditView) -> Iterator[str]:
    """People whom somebody else than an operator changed; not looked at while an operator's acts wait for a worker."""
    bodies = view.operators_entries()
    if bodies is not None:
        yield from changed(accounts(map(decode, bodies)), view.agents())


def _aggregate(view: AuditView, leaves: Leaves) -> Iterator[str]:
    """The accepted checkpoints: each of an enrolled log, in the tree that was signed, the stored hashes those of it."""
    frontier, odd = Frontier(), []

    def read() -> Iterator[tuple[int, bytes]]:
        for place, note, nodes in view.stored_leaves():
            if place == frontier.size and grow(frontier, leaf_hash(note)) != nodes:
                odd.append(f"{AGGREGATE}: the hashes stored with entry {place} are not those of the tree")
            yield place, note

    found = look_at_aggregate(view.aggregate(), None, read(), 0, leaves)
    if isinstance(found, Alarm):
        yield _said(AGGREGATE, found)
    elif view.aggregate_frontier() != frontier.to_bytes():
        yield f"{AGGREGATE}: its frontier is not that of the tree"
    yield from odd


def _log(
    view: AuditView,
    held: Shown,
    cosigner: tuple[str, bytes],
    named: dict[str, str],
    resealed: set[str],
    newest: Mapping[str, TreeHead] | None,
    catalogs: set[Published],
) -> Iterator[str]:
    """One log: every entry in its place, the tree the one that was signed, by its key and by us, and the newest of it
    in the aggregate (`newest`, where that is whole), filed as it says.

    Sealed details that an opening names go into `named`, digest → case; keys that were sealed anew into `resealed`;
    catalogs that were published into `catalogs`.
    """
    misfiled: list[str] = []
    frontier = Frontier()

    def read() -> Iterator[tuple[int, bytes]]:
        for seq, filed, body in view.filed(held.log):
            with suppress(BadInput):  # that it is no entry is found by whoever reads on
                entry = decode(body)
                if entry.case != filed:
                    misfiled.append(f"log {held.log}: entry {seq} is filed under {filed}, and names {entry.case}")
                if entry.act in OPENING and (owner := owner_of(entry)) is not None:
                    named.update(dict.fromkeys(entry.details, str(owner)))
                if entry.act == RESEALED:
                    resealed.update(entry.details)
                if (catalog := published_by(entry)) is not None:
                    catalogs.add(catalog)
            frontier.append(leaf_hash(body))
            yield seq, body

    accepted = None if newest is None else Accepted(newest.get(held.log))
    found = look(held, None, read(), 0, cosigner, view.seals(held.log), accepted)
    if isinstance(found, Alarm):
        yield _said(f"log {held.log}", found)
    else:
        key = found.keys[-1][1] if found.keys else found.public_key
        if view.goes_on_from(held.log) != (frontier.to_bytes(), key):
            yield f"log {held.log}: what its next entries are held against was changed"
    yield from misfiled


def _said(what: str, alarm: Alarm) -> str:
    place = f" ({alarm.place})" if alarm.place else ""
    return f"{what}: {alarm.kind}{place}: {alarm.detail}"


def _details(view: AuditView, named: dict[str, str], resealed: set[str]) -> Iterator[str]:
    """Sealed details that were changed, or that are gone although their case was not shredded.

    A case key that was sealed anew stands in the place of one that is named.
    """
    there: set[str] = set()
    instead: Counter[str] = Counter()
    for digest, owner, blob in view.details():
        there.add(digest)
        instead[owner] += digest in resealed and digest not in named
        if sha256(blob).hexdigest() != digest:
            yield f"a sealed detail of {owner} is not what was sealed"
    gone = Counter(case for digest, case in named.items() if digest not in there)
    for case, count in sorted((case, count) for case, count in gone.items() if count > instead[case]):
        body = view.body(case)  # that the case is gone is said by `differences_in`
        if body is not None and not _may_be_gone(from_json(body), count - instead[case]):
            yield f"a sealed detail of {case} is gone, and the case was not shredded"


def _may_be_gone(case: Case, count: int) -> bool:
    """Of what an opening names: all once it was shredded or its record is over, the requester with the contact data."""
    return case.shredded or RECORD in case.reduced or (CONTACT in case.reduced and count == 1)


def _fences(view: AuditView) -> Iterator[str]:
    for case, body, fence in view.fences():
        if fence < from_json(body).fence:
            yield f"the claim of {case} has fence {fence}, and {from_json(body).fence} was given already"
