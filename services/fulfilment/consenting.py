"""A choice about consent, carried into every system that holds it, and read back (rules.md 4.5, 4.6)."""

from collections.abc import Iterable
from datetime import UTC, datetime
from functools import partial

import orjson

from db.kill_points import reach
from services.action_log.acts import ConsentFailed, ConsentWritten, ItemResolved
from services.cases.case import Case
from services.cases.fold_tasks import GIVE, WITHDRAW
from services.controllers import Controller, Purpose, words
from services.errors import Refused
from services.fulfilment import people
from services.fulfilment.by_hand import ask_all, is_by_hand, keeps_consent, written
from services.fulfilment.consent import holds_purpose, read_consent, write_consent
from services.fulfilment.engine import JobFailed
from services.fulfilment.notices import given_or_on_file
from services.fulfilment.post import send
from services.fulfilment.steps import Task, never
from services.fulfilment.waits import AWAY
from services.fulfilment.workroom import Catalog, Workroom
from services.identity.identifiers import lookup_digest
from services.letters.compose import spoken
from services.types import Outcome

ALL_MARKETING = "marketing"
"""The purpose under which a catalog keeps an objection to all direct marketing (Art 21(2))."""
SUPERSEDED = "superseded"
SUPPRESSION = "suppression"


def change_consent(task: Task) -> None:
    """Suppression for marketing first; write, read back and record per system; receipt; then the item ends.

    A withdrawal is tried until every system took it (Art 7(3)); a consent that is not taken goes back to the agent.
    """
    case = task.case()
    params = orjson.loads(task.job.params)
    named, given, at = list(params["purposes"]), bool(params["given"]), int(params["at"])
    controller = task.room.controller(case.controller)
    kinds = [f"{SUPPRESSION}:{p.key}" for p in controller.purposes if p.marketing and p.key in named] or [SUPPRESSION]
    marketing = not named or any(p.marketing for p in controller.purposes if p.key in named)
    if marketing and not given:
        task.patiently("suppression", lambda: _suppress(task.room, case, kinds), forever=True)
    purposes = named or [*(p.key for p in controller.purposes if p.marketing), ALL_MARKETING]
    places = task.patiently("places", lambda: _places(task.room.catalog(case.controller), purposes), forever=True)
    if asked := [(purpose, key) for purpose, key in places["by hand"]]:
        task.patiently("ask-people", lambda: ask_all(task, asked, GIVE if given else WITHDRAW), forever=True)
    attempt = 0
    for kind, left in places.items():  # people last: what a program can write waits for nobody
        by_hand = kind == "by hand"
        while left := [place for place in left if not _write(task, case, place, given, at, attempt, by_hand)]:
            if given:
                task.patiently("failed", lambda: _give_back(task, case, named[0]), forever=True)
                raise JobFailed("system-failed")
            again = partial(task.due, AWAY, task.room.pauses[-1])
            until = task.patiently(f"again:{attempt}", again, forever=True)
            task.wait(until, stirred=task.answered if by_hand else never)
            attempt += 1
        attempt += 1
    _receipt(task, case, controller, named, given, at)
    task.patiently("resolved", lambda: _resolve(task, case), forever=True)


def _give_back(task: Task, case: Case, purpose: str) -> None:
    act = ConsentFailed(purpose, None, "system-failed")
    task.report("failed", act, case, task.job.item)


def status(room: Workroom, case: Case) -> dict[str, str]:
    """What the systems say about each purpose of the controller: `given`, `withdrawn` or `unknown`."""
    catalog, who = room.catalog(case.controller), people.subject(room, case.id)
    controller = room.controller(case.controller)
    told = {}
    for purpose in controller.purposes:
        states = [
            state.given
            for _, key in _places(catalog, [purpose.key])["by program"]
            for state in read_consent(
                catalog.systems[key],
                catalog.connectors[key],
                purpose.key,
                who.identities,
                region=controller.country,
                choice=who.choice,
            )
        ]
        # Withdrawn in one system is withdrawn: the careful reading.
        told[purpose.key] = "withdrawn" if False in states else "given" if True in states else "unknown"
    return told


def _places(catalog: Catalog, purposes: Iterable[str]) -> dict[str, list[list[str]]]:
    """Purpose and system wherever the catalog says that a system holds the purpose; those that people work apart."""
    found: dict[str, list[list[str]]] = {"by program": [], "by hand": []}
    for purpose in purposes:
        for key, system in catalog.systems.items():
            connector = catalog.connectors.get(key)
            if keeps_consent(connector, purpose):
                found["by hand"].append([purpose, key])
            elif connector is not None and not is_by_hand(connector) and holds_purpose(system, purpose):
                found["by program"].append([purpose, key])
    return found


def _write(task: Task, case: Case, place: list[str], given: bool, at: int, attempt: int, by_hand: bool) -> bool:
    """One purpose in one system, with its act; whether nothing is left to do there."""
    purpose, key = place

    def work() -> list[int | bool]:
        if by_hand:
            return [written(task, key, GIVE if given else WITHDRAW, purpose), True, False]
        return list(_written(task.room, case, key, purpose, given, at))

    try:
        done = task.patiently(f"{purpose}:{key}:{attempt}", work, by_hand=by_hand)
        rows, same = int(done[0]), bool(done[1])
        reason = SUPERSEDED if done[2] else "" if same else "not-read-back"
    except JobFailed as exc:
        rows, same, reason = 0, False, str(exc)
    act = ConsentFailed(purpose, key, reason) if reason else ConsentWritten(purpose, key, rows, same and not by_hand)
    step = f"{purpose}:{key}:{'failed' if reason else 'written'}"
    task.patiently(step, lambda: task.report(step, act, case, task.job.item), forever=True)
    return reason in ("", SUPERSEDED)


def _written(room: Workroom, case: Case, key: str, purpose: str, given: bool, at: int) -> tuple[int, bool, bool]:
    """Rows written, whether they read back so, and whether a newer opposite choice stood in the way (then none is)."""
    controller = room.controller(case.controller)
    who = people.subject(room, case.id)
    known, choice = who.identities, who.choice
    catalog, region = room.catalog(case.controller), controller.country
    system, connector = catalog.systems[key], catalog.connectors[key]
    when = datetime.fromtimestamp(at // 1_000_000, UTC)
    before = read_consent(system, connector, purpose, known, region=region, choice=choice)
    if any(s.given is not None and s.given != given and _is_later(s.since, when) for s in before):
        return 0, True, True
    chosen = controller.purpose(purpose)
    text = chosen.consent.version if chosen is not None else ""
    try:
        rows = write_consent(system, connector, purpose, given, known, when, text=text, region=region, choice=choice)
    except Refused:
        raise JobFailed("which-person") from None
    after = read_consent(system, connector, purpose, known, region=region, choice=choice)
    return rows, all(s.given is given for s in after), False


def _is_later(since: str, when: datetime) -> bool:
    """Whether a system's own time, UTC as text, lies after `when`."""
    try:
        held = datetime.fromisoformat(since)
    except ValueError:
        return False
    return (held if held.tzinfo else held.replace(tzinfo=UTC)) > when


def _suppress(room: Workroom, case: Case, kinds: list[str]) -> None:
    """A keyed digest that later mailings and imports are held against (rules.md 4.5)."""
    known = people.identities(room, case.id)
    digests = [lookup_digest(room.lookup_key, case.controller, of, one) for of, all_ in known.items() for one in all_]
    for kind in kinds:
        room.replay.put(digests, case.controller, case.id, kind)


def _receipt(task: Task, case: Case, controller: Controller, named: list[str], given: bool, at: int) -> None:
    """To the address that the choice is about, else to the one on file."""
    item = case.item(task.job.item)
    language = spoken(controller, item.language if item is not None else "")
    when = task.room.at(controller, at)

    def to() -> str | None:
        return given_or_on_file(task, case)

    if not named:
        facts: dict[str, object] = {"at": when, "channels": ["all"]}
        send(task, "letter", case, "marketing-stop", language, lambda: facts, to)
    for purpose in (p for p in controller.purposes if p.key in named):
        send(
            task, "letter", case, "consent-receipt", language, partial(_facts, purpose, language, given, when), to
        )  # fmt: skip


def _facts(purpose: Purpose, language: str, given: bool, when: datetime) -> dict[str, object]:
    return {
        "purpose": words(purpose.title, language),
        "given": given,
        "at": when,
        "effect": words(purpose.consent.effect, language),
        "text": words(purpose.consent.texts, language),
        "text_version": purpose.consent.version,
    }


def _resolve(task: Task, case: Case) -> None:
    """The last of several choices under one item ends it, and only if all were written.

    Should two find themselves the last, their act has the same id.
    """
    job = task.job
    if not task.room.store.close_job(job):
        return
    reach("consent.closing")
    act = ItemResolved(Outcome.DONE, "7-1" if orjson.loads(job.params)["given"] else "7-3")
    task.room.results.report(f"{case.id}/{job.item}", "resolved", act, case, job.item)
