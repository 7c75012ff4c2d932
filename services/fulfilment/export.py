"""The export job: search everything, build the package, send it to the contact point on file (rules.md 4.1)."""

from collections.abc import Iterator
from datetime import timedelta

import orjson

from db.kill_points import reach
from services.action_log.acts import ExportBuilt, ExportDelivered, ExportFailed, ItemResolved
from services.cases.case import Case
from services.controllers import Controller
from services.errors import Refused
from services.fulfilment import held_back, people
from services.fulfilment.by_hand import is_by_hand
from services.fulfilment.consulted import as_csv, extract
from services.fulfilment.engine import JobFailed
from services.fulfilment.found import Found
from services.fulfilment.package import Built, Heading, Kind, Redaction, build, destroy
from services.fulfilment.package_tables import Part, part_of
from services.fulfilment.portable import Scope, facts_for_portability, left_out_csv, schema
from services.fulfilment.post import as_text, failed, from_text, letter_id, post, write
from services.fulfilment.redactions import WHOLE, Redactions
from services.fulfilment.searched import look_everywhere
from services.fulfilment.steps import Task
from services.fulfilment.transfer import target_of, transfer
from services.fulfilment.waiting import begins
from services.fulfilment.workroom import Catalog
from services.letters.access import AccessAnswer, facts_for_access
from services.letters.compose import Letter, spoken
from services.sync.jobs import op_of
from services.types import Outcome, Right

MAX_ATTACHED = 8 * 1024 * 1024
"""Bytes of archive that go with a mail; a larger one waits for the person to fetch it, and the mail says so."""
DAY_US = 86_400 * 1_000_000
WAITS = -1
"""Instead of a number of rows: parts wait for a decision, the last of which begins a new job."""


def export(task: Task) -> None:
    """Answer an access or portability item; a missing fact, person or address ends in export.failed with its code."""
    case = task.case()
    if not begins(task):
        return
    try:
        rows = task.patiently("build", lambda: _built(task), by_hand=True)
        if rows == WAITS:
            return
        task.patiently("deliver", lambda: _delivered(task))
    except JobFailed as exc:
        reason = str(exc)
        if task.done("built", case) is None:  # an archive without its key, which nobody could open or expire
            destroy(task.room.home.packages, op_of(task.job.id, "package"))
        failed(task, "letter", case, reason)
        act = ExportFailed(reason)
        task.step("failed", lambda: task.report("failed", act, case, task.job.item))
        return
    task.step("resolved", lambda: _resolved(task, rows))


def _built(task: Task) -> int:
    """The package with its key sealed apart; how many rows are in it, or `WAITS`. Built before is not built again."""
    room, job, case = task.room, task.job, task.case()
    before = task.done("built", case)
    if before is None and task.done("held", case) is not None:
        return WAITS
    if before is None:
        controller = room.controller(case.controller)
        found = look_everywhere(task)
        _sendable(task, controller, found)
        held = held_back.redactions(room, case, task.item(case), found)
        if held.undecided:
            held_back.wait(task, case, held)
            return WAITS
        package = op_of(job.id, "package")
        made = _build(task, case, controller, held, package)
        reach("export.after-build")
        key = room.details.seal(case.id, "package-key", orjson.dumps({"package": package, "key": made.key}))
        if key is None:
            raise JobFailed("details-gone")
        letter = room.details.seal(case.id, "letter", as_text(made.letter))
        rows_of = {s.key: 0 for s in found.systems if s.count} | made.counts
        systems = tuple(sorted(rows_of))
        act = ExportBuilt(package, made.manifest, made.sha256, systems, tuple(rows_of[s] for s in systems))
        task.report("built", act, case, job.item, (key, letter))
        before = task.done("built", case) or {}
    reach("export.after-built")
    _record(task, case, str(before["package"]), str(before["archive"]))
    held_back.forget(room, case, job.item)
    counts = before["counts"]
    return sum(n for n in counts if isinstance(n, int)) if isinstance(counts, list) else 0


def _sendable(task: Task, controller: Controller, found: Found) -> None:
    """Raises `JobFailed` when the answer would be about others or about one of several, or has no proven address."""
    if found.undecided:
        raise JobFailed("which-person")
    if found.stopped:
        raise JobFailed("too-many-others")
    _address(task, controller, found)


def _address(task: Task, controller: Controller, found: Found) -> str:
    """The contact point on file; where nothing is held, the address that asked: it alone learns that (rules.md 7.6)."""
    room, case = task.room, task.job.case
    given = people.requester(room, case)
    held = people.points(room.catalog(controller.key).graph, found)
    to = people.mail_point(held, given, room.today(controller))
    if to is None and not any(system.count for system in found.systems) and given.kind == "email":
        return given.normal
    if to is None:
        raise JobFailed("contact-changed" if any(p.kind == "email" for p in held) else "no-contact-point")
    return to


def _build(task: Task, case: Case, controller: Controller, held: Redactions, package: str) -> Built:
    room = task.room
    catalog, language = room.catalog(case.controller), _language(task, controller)
    item = task.item(case)
    now = room.now()
    expires = room.at(controller, now) + timedelta(days=controller.package_days)
    kind: Kind = "portability" if item.right is Right.PORTABILITY else "access"
    basis = "GDPR Art 20" if kind == "portability" else "GDPR Art 15"
    if controller.regime == "UK":
        basis = f"UK {basis}"
    heading = Heading(
        case.id, controller, language, room.at(controller, now), expires.date(), basis, catalog.digest, kind
    )
    scope = Scope(catalog) if kind == "portability" else None
    lines = list(scope.left_out(held)) if scope else []
    said: dict[str, object] = (
        {"portable": facts_for_portability(catalog, held, scope, lines, language, _sent_to(task, case))}
        if scope
        else {"access": _facts(controller, catalog, held, language)}
    )

    def letter(redacted: int) -> Letter:
        given = {**said, "redacted": redacted, "expires_on": expires.date()}
        return write(task, "letter", case, f"{kind}-answer", language, given)

    parts = list(_parts(catalog, held, language, scope))
    nodes = [node for node, count in held.counts().items() if count]
    if scope:
        beside = {"left_out.csv": left_out_csv(lines, language), "schema.json": schema(scope, nodes, language)}
    else:
        beside = {"consultations.csv": as_csv(extract(room, case.id, language))}
    return build(room.home.packages, package, heading, parts, letter, _withheld(held), beside)


def _facts(controller: Controller, catalog: Catalog, held: Redactions, language: str) -> AccessAnswer:
    """Art 15(1)(a)-(h) for what is disclosed; a missing one ends the job with the field's name as its code."""
    counts = {(node.dataset, node.collection): rows for node, rows in held.counts().items() if rows}
    try:
        return facts_for_access(controller, catalog.systems, counts, language)
    except Refused as exc:
        raise JobFailed(_code_of_fact(exc.reason)) from None


def _code_of_fact(sentence: str) -> str:
    """`missing:shop.orders:purpose` out of the refusal's sentence, which names it (letters/access.py)."""
    words = sentence.split(": ")
    place, name = (words[-2], words[-1].split(" ")[0]) if len(words) > 2 else ("fact", "unknown")
    return f"missing:{place}:{name}"[:64]


def _parts(catalog: Catalog, held: Redactions, language: str, scope: Scope | None) -> Iterator[Part]:
    counts = held.counts()
    for part in held.found.collections():
        node = part.node
        fields = tuple(str(f.name) for f in scope.fields(node)) if scope else None
        if counts[node] and fields != ():
            dataset, system = catalog.graph.dataset(node), catalog.graph.system(node)
            by_hand = is_by_hand(catalog.connectors.get(system))
            collection = catalog.graph.nodes[node]
            yield part_of(system, dataset, collection, held.rows(part), language, fields, by_hand=by_hand)


def _withheld(held: Redactions) -> list[Redaction]:
    """Rows that stay out whole."""
    graph = held.graph
    return [Redaction(graph.system(node), node.collection, WHOLE, n, why) for node, why, n in held.withheld()]


def _record(task: Task, case: Case, package: str, archive: str) -> None:
    room = task.room
    days = room.controller(case.controller).package_days
    row = {
        "id": package,
        "case_id": case.id,
        "file": str(room.home.packages / f"{package}.zip"),
        "sha256": archive,
        "expires_at": room.now() + days * DAY_US,
        "state": "kept",
    }
    room.store.put_package(row)


def _delivered(task: Task) -> str:
    """The answer letter with the archive, where it fits into a mail, to the contact point on file."""
    room, job, case = task.room, task.job, task.case()
    package = op_of(job.id, "package")
    if task.done("letter:sent", case) is None:
        room.results.settle(stopped=room.stopped)
        controller = room.controller(case.controller)
        to = _address(task, controller, people.look_up(room, case.id))
        archive = room.home.packages / f"{package}.zip"
        letter, fits = _written(task, case), archive.stat().st_size <= MAX_ATTACHED
        expires = room.today(controller) + timedelta(days=controller.package_days)
        target = target_of(room, case, task.item(case))
        if target is not None:
            if not fits:
                raise JobFailed("too-large")
            transfer(task, case, target, archive, expires, letter.language)
            fits = False
        elif not fits:
            letter = write(task, "letter", case, "export-waits", letter.language, {"expires_on": expires})
        post(task, "letter", case, letter, to, archive if fits else None)
    task.report("delivered", ExportDelivered(package, letter_id(task, "letter")), case, job.item)
    reach("export.after-delivered")
    return "sent"


def _sent_to(task: Task, case: Case) -> str:
    """Who gets the package instead of the person; empty for the person."""
    target = target_of(task.room, case, task.item(case))
    return target.name if target is not None else ""


def _written(task: Task, case: Case) -> Letter:
    """The answer letter as it lies in the package; raises `JobFailed` when its copy is gone."""
    for text in task.room.details.own(case.id, "letter").values():
        letter = from_text(text)
        if letter.id == letter_id(task, "letter"):
            return letter
    raise JobFailed("letter-gone")


def _language(task: Task, controller: Controller) -> str:
    return spoken(controller, str(orjson.loads(task.job.params).get("language") or ""))


def _resolved(task: Task, rows: int) -> None:
    case = task.case()
    item = task.item(case)
    article = "20" if item.right is Right.PORTABILITY else "15"
    empty = Outcome.PARTLY if item.systems else Outcome.NOTHING_HELD  # held, and nothing of it portable
    outcome = Outcome.DONE if rows else empty
    task.report("resolved", ItemResolved(outcome, article), case, task.job.item)
