"""Work by hand through a real worker: asked for, answered at a desk, and nothing done before a person says so."""

import orjson
import pytest
import pyzipper
import sqlalchemy as sa
from sqlcipher3 import dbapi2

from db.central import JOB, PROGRESS
from services.action_log import acts
from services.cases.words import reason_words
from services.desk.desk import Desk
from services.errors import BadInput, NotFound, Refused
from services.home import CENTRAL_KEY, ENGINE_KEY, key
from services.types import ItemState, Outcome, Right, TaskView
from tests.by_hand import answer, answered_export, tasks, waits, with_archive
from tests.centre import LEAD, LEAD_PIN
from tests.faults.search import Planted, in_database, in_files
from tests.worker_centre import PEOPLE, Call, WorkerCentre, _signed_in
from tests.worker_child import OVERDUE
from tests.worker_fixtures import Make

PLANTED: Planted = {"street": "Quittenweg 17 a"}


def parked(centre: WorkerCentre, kind: str) -> bool:
    """Whether that job was begun and is nobody's now."""
    with centre.engine.connect() as conn:
        row = conn.execute(sa.select(*JOB.c["state", "worker", "fence"]).where(JOB.c.kind == kind)).first()
    return row is not None and row.state == "queued" and row.worker == "" and row.fence > 0


@pytest.fixture
def asked(make_centre: Make) -> Call:
    """A call whose search met the archive."""
    centre = make_centre()
    with_archive(centre)
    centre.start()
    call = Call(centre, centre.desk(), PEOPLE[4], Right.ACCESS)
    call.verify()
    call.desk.find.preview(call.session, call.case)
    return call


def shown(centre: WorkerCentre, system: str = "archive") -> str:
    """What the workers say of a system while they are at work."""
    with centre.engine.connect() as conn:
        return str(conn.execute(sa.select(PROGRESS.c.state).where(PROGRESS.c.system == system)).scalar())


def test_an_access_request_waits_for_the_archive_and_goes_on_by_itself_when_somebody_answers(make_centre: Make) -> None:
    centre = make_centre()
    with_archive(centre)
    centre.start()
    call = Call(centre, centre.desk(), PEOPLE[4], Right.ACCESS)
    call.verify()
    told = call.desk.find.preview(call.session, call.case)
    (archive,) = [system for system in told.systems if system.system == "archive"]
    assert (archive.state, archive.found) == ("waiting", 0)
    task = waits(call, "find")
    assert (task.state.responsible, task.state.outcome, task.late, task.why_not) == ("archive", "", False, "")
    centre.until(lambda: centre.case(call.case).found)
    assert "archive" not in {one.system for one in centre.case(call.case).found}, "nothing found is a person's to say"
    call.step_up()
    call.desk.act.export(call.session, call.case)
    centre.until(lambda: parked(centre, "export"))
    assert shown(centre) == "waiting for people"
    assert not {"export.built", "export.failed", "item.resolved"} & set(centre.acts(call.case))
    answer(call, task, "completed", 4, found="Vertrag vom 3.2., Seite 1")
    call.keep_in()
    centre.until(lambda: "item.resolved" in centre.acts(call.case))
    built = next(e for e in centre.entries(call.case) if e.act == "export.built")
    systems, counts = built.params["systems"], built.params["counts"]
    assert isinstance(systems, list)
    assert isinstance(counts, list)
    assert dict(zip(systems, counts, strict=True))["archive"] == 1
    assert centre.acts(call.case).count("task.asked") == 1, "each search met it, one asked"
    (archive,) = [s for s in centre.case(call.case).items[0].systems if s.system == "archive"]
    assert (archive.state, archive.reason) == ("found", "by-hand")
    assert [s.reason for s in centre.case(call.case).items[0].systems if s.system == "crm"] == [""], "the control"


def test_what_a_person_typed_is_in_the_package_as_that_and_sealed_everywhere_else(make_centre: Make) -> None:
    centre = make_centre()
    with_archive(centre)
    centre.start()
    typed = f"=HYPERLINK(1)\n<script>alert(1)</script>\x1b[2J\u202eOrdner 12, {PLANTED['street']}"
    call = answered_export(centre, Right.ACCESS, "completed", 2, found=typed)
    opens = call.desk.find.reveal(call.session, call.case, "package-key")
    package = centre.case(call.case).items[0].package
    with pyzipper.AESZipFile(centre.home.packages / f"{package}.zip") as archive:
        archive.setpassword(opens.encode())
        (row,) = orjson.loads(archive.read("data/archive/paper.json"))
        csv, page = archive.read("data/archive/paper.csv").decode(), archive.read("index.html").decode()
        manifest = orjson.loads(archive.read("manifest.json"))
    assert (row["found"], row["count"]) == (typed, 2)
    assert "\"'=HYPERLINK" in csv, "no spreadsheet runs it"
    assert "<script>" not in page
    assert page.count("von einem Menschen nachgesehen und eingetragen") == 1, "the archive, and no other system"
    assert manifest["by_hand"] == ["archive/paper"]
    files = (centre.home.logs / "worker.log", *centre.home.path.rglob("log-*.db"), *centre.home.packages.iterdir())
    assert in_files(files, PLANTED) == {}
    kept = (
        (centre.home.engine_file, ENGINE_KEY, "deliver#0"), (centre.home.path / "central.db", CENTRAL_KEY, call.case),
    )  # fmt: skip
    for path, name, there in kept:
        db = dbapi2.connect(str(path))
        db.execute(f"PRAGMA key=\"x'{key(centre.vault, name).hex()}'\"")
        assert in_database(db, PLANTED) == {}, path.name
        assert in_database(db, {"there": there}), "the control: the search finds what is there"
        db.close()


def test_nothing_is_held_there_only_when_a_person_said_so(make_centre: Make) -> None:
    centre = make_centre()
    with_archive(centre)
    centre.start()
    call = answered_export(centre, Right.ACCESS, "nothing-found")
    assert not [one for one in centre.case(call.case).items[0].systems if one.system == "archive"]
    assert [e.actor for e in centre.entries(call.case) if e.act == "task.answered"] == [call.session.actor]


WRONG = (
    ("done", 1, "", "", "outcome"), ("completed", 0, "", "", "count"), ("nothing-found", 2, "", "", "count"),
    ("completed", -1, "", "", "count"), ("completed", 10**9, "", "", "count"), ("exception", 0, "", "", "reason"),
    ("exception", 0, "Ada moved", "", "reason"), ("completed", 1, "not-ours", "", "reason"),
    ("nothing-found", 0, "", "words", "found"), ("completed", 1, "", "x" * 4_001, "found"),
    ("completed", 1, "", "a\0b", "found"),
)  # fmt: skip


def test_an_answer_that_makes_no_sense_is_refused_at_the_desk(asked: Call) -> None:
    task = waits(asked, "find")
    for outcome, count, reason, found, place in WRONG:
        with pytest.raises(BadInput) as refused:
            answer(asked, task, outcome, count, reason, found)
        assert refused.value.place == place
    assert waits(asked, "find").state.outcome == "", "it waits as before"


def test_a_task_is_answered_once_and_looked_at_as_an_action(asked: Call) -> None:
    call, task = asked, waits(asked, "find")
    form = call.desk.task.form(call.session, call.case, task.state.task, "de")
    assert form.say == "Ordner in Raum 12 durchsehen"
    assert form.identities == (("email", call.person.email),)
    assert call.person.email not in repr(form)
    assert call.desk.synced()
    viewed = [e for e in call.centre.entries(call.case) if e.act == "data.viewed"]
    assert [(e.params["what"], e.params["system"]) for e in viewed if e.params["what"] == "task"] == [
        ("task", "archive")
    ]
    with pytest.raises(NotFound):
        call.desk.task.answer(call.session, call.case, "1" * 32, "completed", 1)
    before = call.desk.case.state(call.case)
    answer(call, task, "completed", 4)
    with pytest.raises((NotFound, Refused)):
        answer(call, task, "nothing-found")
    # A terminal that had not heard of it says the opposite: what was said first stands, the other is met as a conflict.
    late = acts.TaskAnswered(task=task.state.task, system="archive", outcome="nothing-found", count=0, reason=None)
    call.desk._ctx.record(call.session, late, before, task.item)
    assert call.desk.synced()
    case = call.centre.case(call.case)
    assert [one.reason for one in case.conflicts] == ["it was answered: completed"]
    assert [(one.outcome, one.count, one.by) for one in case.items[0].tasks] == [("completed", 4, call.session.actor)]


def test_who_could_not_look_gives_the_export_back_and_may_mend_it(make_centre: Make) -> None:
    centre = make_centre()
    with_archive(centre)
    centre.start()
    call = Call(centre, centre.desk(), PEOPLE[4], Right.ACCESS)
    call.verify()
    call.step_up()
    call.desk.act.export(call.session, call.case)
    answer(call, waits(call, "find"), "exception", reason="not-reachable")
    centre.until(lambda: "export.failed" in centre.acts(call.case))
    assert centre.case(call.case).items[0].returned == "by-hand:not-reachable"
    assert "export.built" not in centre.acts(call.case)
    answer(call, waits(call, "find"), "completed", 1)
    call.export()
    centre.until(lambda: "item.resolved" in centre.acts(call.case))
    assert centre.acts(call.case).count("task.asked") == 1


@pytest.mark.long
def test_a_late_search_is_shown_as_late_and_waited_for_all_the_same(make_centre: Make) -> None:
    centre = make_centre()
    with_archive(centre)
    centre.start(OVERDUE)
    call = Call(centre, centre.desk(), PEOPLE[4], Right.ACCESS)
    call.verify()
    call.step_up()
    call.desk.act.export(call.session, call.case)
    task = waits(call, "find")
    assert task.late
    (seen,) = call.desk.case.read(call.session, call.case).items[0].tasks
    assert (seen.waits, seen.late) == (True, True)
    centre.until(lambda: shown(centre) == "waiting for people")
    answer(call, task, "completed", 1)
    assert not tasks(call, "find")[0].late
    call.keep_in()
    centre.until(lambda: "item.resolved" in centre.acts(call.case))


def erasing(centre: WorkerCentre, *modes: str) -> tuple[Call, TaskView, Desk]:
    """An erasure that is approved and waits for the archive alone, its task, and the lead's desk."""
    with_archive(centre)
    centre.start(*modes)
    call = Call(centre, centre.desk(), PEOPLE[6], Right.ERASURE)
    call.verify()
    assert "waits for archive" in call.desk.find.preview(call.session, call.case).blocked
    answer(call, waits(call, "find"), "completed", 2)
    call.ask_to_erase()
    desk = centre.desk("desk-2")
    call.approve(desk)
    task = waits(call, "erase")
    centre.until(lambda: {"crm", "shop"} <= {one.system for one in item(centre, call).systems if one.state == "done"})
    return call, task, desk


def item(centre: WorkerCentre, call: Call):  # type: ignore[no-untyped-def]
    return centre.case(call.case).items[0]


def state_of(centre: WorkerCentre, call: Call) -> tuple[str, str]:
    found = next((one for one in item(centre, call).systems if one.system == "archive"), None)
    return (found.state, found.reason) if found else ("", "")


def test_an_erasure_by_hand_ends_when_a_person_says_so_with_what_they_say(make_centre: Make) -> None:
    centre = make_centre()
    call, task, _ = erasing(centre)
    centre.until(lambda: parked(centre, "erase"))
    assert shown(centre) == "waiting for people"
    assert not {"erase.verified", "item.resolved"} & set(centre.acts(call.case))
    assert state_of(centre, call) == ("", "")
    answer(call, task, "completed", 3)
    centre.until(lambda: centre.case(call.case).shredded)
    (archive,) = [one for one in item(centre, call).systems if one.system == "archive"]
    assert (archive.state, archive.deleted, archive.reason) == ("done", 3, "by-hand")
    (crm,) = [one for one in item(centre, call).systems if one.system == "crm"]
    assert crm.reason != "by-hand", "the control"
    assert centre.acts(call.case).count("task.asked") == 2
    letter = next(text for text in centre.letters() if "Papierakten" in text)
    assert next(line for line in letter.splitlines() if "Papierakten" in line).endswith(": 3 gelöscht")


def test_an_erasure_that_people_refuse_is_a_leads_who_asks_again_or_skips_it(make_centre: Make) -> None:
    centre = make_centre()
    call, task, desk = erasing(centre)
    answer(call, task, "exception", reason="legal-hold")
    centre.until(lambda: state_of(centre, call) == ("exception", "by-hand:legal-hold"))
    lead = centre.until(lambda: _signed_in(desk, LEAD, LEAD_PIN))
    desk.work.retry(lead, call.case, "1", "archive")
    again = waits(call, "erase", round=2)
    assert (again.state.task, again.state.outcome) == (task.state.task, ""), "the same task, asked anew"
    answer(call, again, "exception", reason="legal-hold")
    centre.until(lambda: state_of(centre, call) == ("exception", "by-hand:legal-hold"))
    desk.sign.step_up(lead, LEAD_PIN)
    desk.work.skip(lead, call.case, "1", "archive", "not-possible", "a court wants the file")
    centre.until(lambda: centre.case(call.case).shredded)
    assert state_of(centre, call) == ("skipped", "not-possible")
    assert item(centre, call).outcome is Outcome.PARTLY
    letter = next(text for text in centre.letters() if "Papierakten" in text)
    assert "nicht gelöscht" in next(line for line in letter.splitlines() if "Papierakten" in line)


@pytest.mark.long
def test_an_erasure_that_is_late_is_a_leads_and_a_late_answer_still_counts(make_centre: Make) -> None:
    centre = make_centre()
    call, task, _ = erasing(centre, OVERDUE)
    centre.until(lambda: state_of(centre, call) == ("exception", "by-hand:late"))
    assert task.late
    answer(call, task, "nothing-found")
    centre.until(lambda: centre.case(call.case).shredded)
    (archive,) = [one for one in item(centre, call).systems if one.system == "archive"]
    assert (archive.state, archive.deleted, archive.reason) == ("nothing found", 0, "by-hand")


@pytest.mark.long
def test_a_worker_that_is_killed_while_people_look_goes_on_from_their_answer(make_centre: Make) -> None:
    centre = make_centre()
    with_archive(centre)
    centre.start()
    call = Call(centre, centre.desk(), PEOPLE[4], Right.ACCESS)
    call.verify()
    call.step_up()
    call.desk.act.export(call.session, call.case)
    task = waits(call, "find")
    centre.until(lambda: parked(centre, "export"))
    centre.kill()
    call.desk.task.answer(call.session, call.case, task.state.task, "completed", 1)
    centre.start()
    call.keep_in()
    centre.until(lambda: "item.resolved" in centre.acts(call.case))
    assert centre.acts(call.case).count("export.built") == 1


def test_a_restriction_by_hand_is_done_when_a_person_says_so(make_centre: Make) -> None:
    centre = make_centre()
    with_archive(centre)
    centre.start()
    call = Call(centre, centre.desk(), PEOPLE[4], Right.RESTRICTION)
    call.verify()
    call.desk.act.restrict(call.session, call.case, "18-1-a")
    task = waits(call, "restrict")
    centre.until(lambda: any(one.system == "crm" for one in item(centre, call).systems))
    assert state_of(centre, call) == ("", "")
    assert item(centre, call).state is ItemState.RUNNING
    answer(call, task, "completed", 2)
    centre.until(lambda: state_of(centre, call) == ("done", "by-hand"))


def test_a_consent_by_hand_is_withdrawn_when_a_person_says_so(make_centre: Make) -> None:
    centre = make_centre()
    with_archive(centre)
    centre.start()
    call = Call(centre, centre.desk(), PEOPLE[4], Right.CONSENT_WITHDRAW)
    call.desk.act.consent(call.session, call.case, "newsletter", given=False)
    task = waits(call, "consent-withdraw")
    assert task.state.purpose == "newsletter"
    assert call.desk.task.form(call.session, call.case, task.state.task, "en").say.endswith(": consent withdrawn")
    centre.until(lambda: any(one.system == "news" for one in item(centre, call).systems))
    assert "item.resolved" not in centre.acts(call.case)
    answer(call, task, "completed", 1)
    centre.until(lambda: "item.resolved" in centre.acts(call.case))
    assert state_of(centre, call) == ("done", "by-hand")
    written = [e.params for e in centre.entries(call.case) if e.act == "consent.written"]
    assert [(one["system"], one["read_back"]) for one in written if one["system"] == "archive"] == [("archive", False)]
    assert {one["read_back"] for one in written if one["system"] != "archive"} == {True}, "the control"


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("by-hand", "by hand"),
        ("by-hand:legal-hold", "by hand: legal hold"),
        ("by-hand:late", "by hand: late"),
        ("unusable", "the system would not take it: a rule or a right of its own"),
        ("vendor-late", "vendor-late"),
    ],
)
def test_a_reason_stands_as_words_where_people_see_it(code: str, words: str) -> None:
    assert reason_words(code) == words
