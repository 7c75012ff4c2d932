"""Work by hand through a real worker: asked for, answered at a desk, and nothing done before that."""

from pathlib import Path

import pytest

from services.errors import BadInput, NotFound, Refused
from services.types import Right, TaskView
from tests.services.test_manual import DATASET, WORDS
from tests.worker_centre import PEOPLE, Call, WorkerCentre
from tests.worker_fixtures import Make

FACTS = """\
    x_console:
      label: {en: Paper files, de: Papierakten}
      purpose: {en: To keep contracts, de: Verträge aufbewahren}
      storage: {en: Ten years, de: Zehn Jahre}
      source: {en: You, de: Sie selbst}
      recipients: [Archiv GmbH]
      basis: contract
      origin: provided
"""


def with_archive(centre: WorkerCentre) -> None:
    folder: Path = centre.home.systems("nordlicht") / "archive"
    folder.mkdir()
    head = "key: archive\ncontroller: nordlicht\nconnector: manual\nurl: manual:archive\ndatasets: [archive.yml]\n"
    (folder / "system.yml").write_text(head, "utf-8")
    (folder / "archive.yml").write_text(DATASET.replace("    collections:", f"{FACTS}    collections:", 1), "utf-8")
    (folder / "manual.yml").write_text(WORDS, "utf-8")


def waits(centre: WorkerCentre, call: Call, what: str) -> TaskView:
    def there() -> TaskView | None:
        call.desk.caught_up()
        return next((t for t in call.desk.task.of(call.session, call.case) if t.state.what == what), None)

    return centre.until(there)


def test_an_access_request_waits_for_the_archive_and_is_answered_with_what_it_found(make_centre: Make) -> None:
    centre = make_centre()
    with_archive(centre)
    centre.start()
    call = Call(centre, centre.desk(), PEOPLE[4], Right.ACCESS)
    call.verify()
    told = call.desk.find.preview(call.session, call.case)
    (archive,) = [system for system in told.systems if system.system == "archive"]
    assert (archive.state, archive.found) == ("waiting", 0)
    task = waits(centre, call, "find")
    assert (task.state.responsible, task.state.outcome, task.late, task.why_not) == ("archive", "", False, "")
    call.step_up()
    call.desk.act.export(call.session, call.case)
    centre.until(lambda: "export.failed" in centre.acts(call.case))
    assert centre.case(call.case).items[0].returned == "waits-for-a-system"
    assert "item.resolved" not in centre.acts(call.case)

    form = call.desk.task.form(call.session, call.case, task.state.task, "de")
    assert form.say == "Ordner in Raum 12 durchsehen"
    assert ("email", call.person.email) in form.identities
    assert call.person.email not in repr(form)
    viewed = centre.until(lambda: [x for x in centre.entries(call.case) if x.act == "data.viewed"])
    assert "task" in {e.params["what"] for e in viewed}

    answer = call.desk.task.answer
    for outcome, count, reason, place in (
        ("done", 1, "", "outcome"), ("completed", 0, "", "count"), ("nothing-found", 2, "", "count"),
        ("exception", 0, "", "reason"), ("exception", 0, "Ada moved", "reason"), ("completed", 1, "not-ours", "reason"),
    ):  # fmt: skip
        with pytest.raises(BadInput) as refused:
            answer(call.session, call.case, task.state.task, outcome, count=count, reason=reason)
        assert refused.value.place == place
    with pytest.raises(NotFound):
        answer(call.session, call.case, "1" * 32, "completed", count=1)
    answer(call.session, call.case, task.state.task, "completed", count=4)
    assert call.desk.synced()
    with pytest.raises((NotFound, Refused)):
        answer(call.session, call.case, task.state.task, "nothing-found")

    call.step_up()
    call.desk.act.export(call.session, call.case)
    centre.until(lambda: "item.resolved" in centre.acts(call.case))
    built = next(e for e in centre.entries(call.case) if e.act == "export.built")
    systems, counts = built.params["systems"], built.params["counts"]
    assert isinstance(systems, list)
    assert isinstance(counts, list)
    assert dict(zip(systems, counts, strict=True))["archive"] == 1
    acts = centre.acts(call.case)
    assert acts.count("task.asked") == 1, "each search met it, one asked"


def test_an_erasure_by_hand_is_asked_for_and_ends_when_a_person_says_so(make_centre: Make) -> None:
    centre = make_centre()
    with_archive(centre)
    centre.start()
    call = Call(centre, centre.desk(), PEOPLE[6], Right.ERASURE)
    call.verify()
    assert "waits for archive" in call.desk.find.preview(call.session, call.case).blocked
    task = waits(centre, call, "find")
    call.desk.task.answer(call.session, call.case, task.state.task, "completed", count=2)
    assert call.desk.synced()
    call.ask_to_erase()
    call.approve(centre.desk("desk-2"))
    erase = waits(centre, call, "erase")
    centre.until(lambda: any(s.system == "crm" and s.state == "done" for s in centre.case(call.case).items[0].systems))
    assert not {"erase.verified", "item.resolved"} & set(centre.acts(call.case))
    assert not any(s.system == "archive" and s.state == "done" for s in centre.case(call.case).items[0].systems)
    call.desk.task.answer(call.session, call.case, erase.state.task, "completed", count=2)
    centre.until(lambda: centre.case(call.case).shredded)
    (archive,) = [s for s in centre.case(call.case).items[0].systems if s.system == "archive"]
    assert (archive.state, archive.deleted) == ("done", 0), "what people erased stands in their answer"
    by = [t for t in centre.case(call.case).items[0].tasks if t.what == "erase"]
    assert [(t.outcome, t.count, t.by) for t in by] == [("completed", 2, call.session.actor)]
