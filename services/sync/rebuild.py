"""Folding every log from nothing: the tables a central would have if they were lost (design.md 7.4)."""

from db.central_audit import AuditView
from db.central_store import CentralStore
from services.action_log.entry import decode
from services.cases.case import Case, to_json
from services.cases.fold import fold
from services.cases.queue import columns
from services.controllers import Controller

Rows = dict[str, dict[str, object]]


def from_nothing(view: AuditView) -> Rows:
    """Every case by id, as `case_` would hold it: body, revision and queue columns."""
    controllers = {key: Controller.from_json(body) for key, body in view.controllers().items()}
    cases: dict[str, Case] = {}
    for accepted_at, body in view.accepted():
        entry = decode(body)
        if entry.case is None:
            continue
        folded = fold(cases.get(entry.case), entry, accepted_at)
        if folded is not None:
            cases[folded.id] = folded
    return {case.id: as_row(case, controllers[case.controller]) for case in cases.values()}


def as_row(case: Case, controller: Controller) -> dict[str, object]:
    """What the fold alone decides of a row of `case_`."""
    own = {"id": case.id, "controller": case.controller, "subject": case.subject, "body": to_json(case)}
    return {**own, "revision": case.revision, **columns(case, controller)}


def differences(store: CentralStore) -> list[str]:
    """Cases whose live row is not what the logs say, with the columns that differ; empty when all is well."""
    with AuditView.of(store.engine) as view:
        return differences_in(view)


def differences_in(view: AuditView) -> list[str]:
    """Like `differences`, within a view: what is ingested meanwhile is in neither side."""
    rebuilt, live = from_nothing(view), view.cases()
    found = [f"{case}: not in the logs" for case in live.keys() - rebuilt.keys()]
    for case, row in rebuilt.items():
        there = live.get(case)
        wrong = ["missing"] if there is None else [name for name, value in row.items() if there[name] != value]
        if wrong:
            found.append(f"{case}: {', '.join(wrong)}")
    return sorted(found)
