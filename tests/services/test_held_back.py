"""An export that waits, end to end: what the reviewer sees, what a decision does to the package, what stays behind."""

import csv
import io
import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
import pyzipper

from console.cli import main
from services.errors import BadInput, Refused
from services.fulfilment.package_tables import BLACK
from services.fulfilment.package_words import reason_words
from services.letters.consulted import WHAT
from services.types import HeldPart, ItemState, Outcome, Right
from tests.worker_centre import PEOPLE, Call, WorkerCentre

OTHER = "zoe.winter@example.net"


@pytest.fixture(scope="module")
def live(centre_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[WorkerCentre]:
    home = tmp_path_factory.mktemp("held") / "home"
    shutil.copytree(centre_template, home)
    made = WorkerCentre(home)
    made.start()
    yield made
    made.close()


@pytest.fixture(scope="module")
def call(live: WorkerCentre) -> Call:
    """A call whose export waits; a message of the person's names somebody else."""
    person = PEOPLE[0]
    requester = "SELECT id FROM requester WHERE lower(email)=lower(?)"
    with closing_db(live, "desk") as db:
        (message,) = next(iter(db.execute(
            f"SELECT m.id FROM message m JOIN ticket t ON t.id=m.ticket_id WHERE t.requester_id IN ({requester})",
            (person.email,),
        )))  # fmt: skip
        db.execute("UPDATE message SET body=? WHERE id=?", (f"please ask {OTHER} \x1b[2J =cmd() [red]", message))
        db.commit()
    made = Call(live, live.desk(), person, Right.ACCESS)
    made.verify()
    made.step_up()
    made.desk.act.export(made.session, made.case)
    live.until(lambda: waits(made))
    return made


def closing_db(live: WorkerCentre, system: str):  # type: ignore[no-untyped-def]
    from contextlib import closing

    from sqlcipher3 import dbapi2

    return closing(dbapi2.connect(str(live.home.path / "data" / "nordlicht" / f"{system}.db")))


def waits(call: Call) -> bool:
    item = call.desk.case.state(call.case).items[0]
    return item.state is ItemState.REVIEW and item.undecided > 0


def parts(call: Call) -> tuple[HeldPart, ...]:
    return call.desk.held.waiting(call.session, call.case)


def test_the_case_and_the_leads_list_show_that_it_waits(call: Call) -> None:
    view = call.desk.case.read(call.session, call.case)
    assert "may be about others" in view.items[0].text
    assert view.key("redact").allowed
    assert not list(call.centre.home.packages.glob("*.zip")), "nothing is packed yet"


def test_the_list_says_what_where_and_why_and_shows_no_value(call: Call) -> None:
    found = parts(call)
    assert {part.why for part in found} >= {"third-party", "free-text"}
    text = next(part for part in found if part.why == "free-text")
    assert (text.system, text.collection, text.field) == ("desk", "message", "body")
    assert "email" in text.kinds
    assert "please ask [email]" in text.around
    assert OTHER not in json.dumps([part.around for part in found])
    assert call.desk.held.reveal(call.session, text).startswith(f"please ask {OTHER}"), "the control: it is there"


def test_giving_out_takes_the_pin_and_a_known_reason(call: Call) -> None:
    live = call.desk._ctx.live[call.session.id]
    live.pin_at -= 120
    one = parts(call)[0]
    with pytest.raises(Refused, match="PIN"):
        call.desk.held.decide(call.session, one, "disclose", "no-harm")
    with pytest.raises(BadInput):
        call.desk.held.decide(call.session, one, "redact", "because I say so")
    with pytest.raises(BadInput):
        call.desk.held.decide(call.session, one, "burn", "others")


def test_the_package_holds_what_was_decided_the_log_ids_and_codes_alone(call: Call) -> None:
    live, desk = call.centre, call.desk
    call.step_up()
    names = next(part for part in parts(call) if part.field == "agent_name")
    desk.held.decide(call.session, names, "disclose", "no-harm", alike=True)
    text = next(part for part in parts(call) if part.why == "free-text")
    assert OTHER in desk.held.reveal(call.session, text)
    desk.held.decide(call.session, text, "redact", "in-confidence", alike=True)
    assert desk.synced()
    call.keep_in()
    live.until(lambda: live.case(call.case).items[0].outcome is Outcome.DONE)
    archive = pyzipper.AESZipFile(live.home.packages / f"{live.case(call.case).items[0].package}.zip")
    archive.setpassword(desk.find.reveal(call.session, call.case, "package-key").encode())
    messages = json.loads(archive.read("data/desk/message.json"))
    assert any(row["body"] == f"please ask {BLACK} \x1b[2J =cmd() [red]" for row in messages)
    assert any(row["agent_name"] not in (None, "", BLACK) for row in messages)
    whole = b"".join(archive.read(name) for name in archive.namelist())
    assert OTHER.encode() not in whole
    lines = list(csv.DictReader(io.StringIO(archive.read("redactions.csv").decode())))
    assert ("body", reason_words("in-confidence", "de")) in {(x["field"], x["reason"]) for x in lines}
    used = list(csv.reader(io.StringIO(archive.read("consultations.csv").decode())))
    assert WHAT["compared"]["de"] in {row[1] for row in used}, "the check of who called (ACC-4)"
    assert WHAT["shown"]["de"] in {row[1] for row in used}
    assert "0042" not in archive.read("consultations.csv").decode()
    entries = [e for e in live.entries(call.case) if e.act in ("export.held", "redaction.decided")]
    assert {e.params["reason"] for e in entries if e.act == "redaction.decided"} <= {
        "no-harm",
        "in-confidence",
        "others",
    }
    assert OTHER not in json.dumps([e.params for e in entries])
    assert [d for d in live.store.details(call.case, "held") if d[0] == call.case] == []
    viewed = [e.params["what"] for e in live.entries(call.case) if e.act == "data.viewed"]
    assert {"held-parts", "held-part"} <= set(viewed), "reading is an action"
    with pytest.raises(Refused):
        parts(call)


def test_ACC_4_the_extract_is_written_for_all_cases_of_the_person_and_for_nobody_elses(
    live: WorkerCentre, call: Call, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    again, other = Call(live, call.desk, call.person, Right.ERASURE), Call(live, call.desk, PEOPLE[3], Right.ACCESS)
    for one in (again, other):
        one.verify()
    live.until(lambda: all("factor.passed" in live.acts(one.case) for one in (again, other)))
    where = ["--home", str(live.home.path)]
    assert main(["log", "extract", again.case, "--language", "en", "--json", *where]) == 0
    told = [line["why"] for line in json.loads(capsys.readouterr().out)]
    assert any(call.case in why for why in told)
    assert any(again.case in why for why in told)
    assert not any(other.case in why for why in told)
    assert main(["log", "extract", other.case, *where]) == 0
    assert call.case not in capsys.readouterr().out
    assert main(["log", "extract", other.case, "-o", str(tmp_path / "x.csv"), *where]) == 0
    assert main(["log", "extract", other.case, "-o", str(tmp_path / "x.csv"), *where]) == 2
    assert "cannot be made" in capsys.readouterr().err
    assert main(["log", "extract", "C-26-999999", *where]) == 1
