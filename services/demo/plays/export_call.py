"""A call for a copy of one's data: checked by a code in the mail, answered by an encrypted package."""

import json
import zipfile
from pathlib import Path

from services.demo.people import Person
from services.demo.plays import seen
from services.demo.plays.caller import Caller
from services.demo.plays.stage import Seat, Stage
from services.types import Factor, ItemState, Outcome, Right

NAME = "export"


def play(stage: Stage, person: Person) -> None:
    """Access by the owner; what the package holds is counted against the databases themselves."""
    with stage.call(NAME, "nordlicht") as call:
        caller, seat = Caller(person, stage.home.outbox), stage.requester
        case = stage.intake(call, caller, Right.ACCESS)
        stage.identify(call, caller, Factor.OTP)
        preview = seat.desk.find.preview(seat.session, case)
        stage.step(call, "found " + ", ".join(f"{s.system} {s.found}" for s in preview.systems))
        expected = seen.rows_of(stage.home.path, call.controller, person)
        call.counts = {"found": {s.system: s.found for s in preview.systems}, "held": seen.by_system(expected)}
        stage.check("export: found what the systems hold", *agrees(call.counts["found"], call.counts["held"]))
        seat.step_up()
        seat.desk.act.export(seat.session, case)
        keep_in(stage, seat, case)
        item = stage.when(case, ItemState.CLOSED)
        stage.step(call, f"ended: {item.outcome}, {item.text}")
        stage.check("export: the item ended as done", item.outcome is Outcome.DONE, item.outcome)
        archive = stage.home.packages / f"{item.package}.zip"
        key = seat.desk.find.reveal(seat.session, case, "package-key")
        call.package = str(archive)
        stage.step(call, f"package at {archive}")
        files = open_package(archive, key)
        stage.check("export: the package opens with its key", bool(files), f"{len(files)} files")
        stage.check("export: it does not open without", not open_package(archive, "00000-00000"), "a wrong key")
        stage.check("export: it holds the person's rows", *holds(files, person, expected))


def keep_in(stage: Stage, seat: Seat, case: str) -> None:
    """Keep in all that may be about others, as a careful agent does, until the package is made."""
    while stage.when(case, ItemState.REVIEW, ItemState.SENT, ItemState.CLOSED).state is ItemState.REVIEW:
        parts = seat.desk.held.waiting(seat.session, case)
        for part in {part.group: part for part in parts if not part.decision}.values():
            seat.desk.held.decide(seat.session, part, "redact", "others", alike=True)
        stage.until("the decisions in central", lambda: seat.desk.synced(1))


def agrees(found: dict[str, int], held: dict[str, int]) -> tuple[bool, str]:
    """Whether rows found are those that are held, system by system, and any are."""
    words = ", ".join(f"{system} {found.get(system, 0)} of {count}" for system, count in held.items())
    return found == held and sum(held.values()) > 0, words


def open_package(archive: Path, key: str) -> dict[str, bytes]:
    """Every file of an archive by name; empty when it does not open with `key`."""
    import pyzipper

    try:
        with pyzipper.AESZipFile(archive) as package:
            package.setpassword(key.encode())
            return {name: package.read(name) for name in package.namelist()}
    except (OSError, RuntimeError, zipfile.BadZipFile):
        return {}


def holds(files: dict[str, bytes], person: Person, expected: seen.Rows) -> tuple[bool, str]:
    """Whether the package has all rows of each system, the person's number, a manifest and the letter."""
    counts: dict[str, int] = dict.fromkeys(expected, 0)
    for name, content in files.items():
        parts = name.split("/")
        if parts[0] == "data" and name.endswith(".json"):
            counts[parts[1]] = counts.get(parts[1], 0) + len(json.loads(content))
    same, words = agrees(counts, seen.by_system(expected))
    named = person.customer_number.encode() in b"".join(files.values())
    whole = {"manifest.json", "answer_letter.txt", "index.html"} <= files.keys()
    return same and named and whole, words
