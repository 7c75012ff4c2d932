"""Whole access and erasure over an HTTP interface with a database beside it: found, changed, looked at, never twice."""

import json
import os
import subprocess
import sys
from contextlib import closing

import pytest
from sqlcipher3 import dbapi2

from services.connectors.base import Rewrite
from services.errors import Pending, Refused, Unavailable, Unusable
from services.fulfilment.change import Left, apply
from services.fulfilment.found import Reach
from services.fulfilment.plan import Plan
from tests.datasystems.vendor import done_then, hang_up, status
from tests.datasystems.vendor_system import HOSTILE, HTTP, MASK_KEY, Place

JOBS = HTTP.replace(
    'delete: {method: DELETE, path: "/notes/{id}"}',
    'delete: {method: POST, path: "/notes/{id}/erasure", job: {state: state, until: by}}',
)


def accounts(place: Place) -> list[int]:
    with closing(dbapi2.connect(str(place.file))) as store:
        return [row[0] for row in store.execute("SELECT id FROM account ORDER BY id")]


def apply_vendor(place: Place, plan: Plan) -> tuple[int, int, int]:
    """The vendor's part, by a connector as a new process has it: deleted, masked, gone."""
    done = apply(plan, "vendor", place.connectors()["vendor"], secret=MASK_KEY)
    return done.deleted, done.masked, done.gone


def test_a_person_is_found_in_both_systems(vendored: Place) -> None:
    found = vendored.look()
    assert {system.key: (system.reach, system.count) for system in found.systems} == {
        "shop": (Reach.FOUND, 1), "vendor": (Reach.FOUND, 4),
    }  # fmt: skip
    assert {row.values["id"] for part in found.collections() for row in part.own} == {1, "p1", "n1", "n2", "n3"}
    assert vendored.look("nobody@x.org").systems[1].reach is Reach.NOTHING


def test_an_erasure_takes_the_person_and_leaves_everybody_else(vendored: Place) -> None:
    before = dict(vendored.vendor.people["p2"])
    plan = vendored.plan()
    assert plan.faults == ()
    done = vendored.erase(plan)
    assert (done["shop"].deleted, done["vendor"].deleted, done["vendor"].masked) == (1, 3, 1)
    assert sorted(vendored.vendor.notes) == ["n4", "n5"]
    assert vendored.vendor.people["p1"]["email"].endswith("@erased.invalid")
    assert vendored.vendor.people["p1"]["name"] is None
    assert vendored.vendor.people["p2"] == before
    assert accounts(vendored) == [2]
    assert vendored.left(plan) == {"shop": (), "vendor": ()}


def test_a_second_run_finds_the_plan_and_changes_nothing(vendored: Place) -> None:
    plan = Plan.from_json(vendored.plan().to_json())
    vendored.erase(plan)
    before, changes = json.dumps(vendored.vendor.people), len(vendored.vendor.asked("PATCH"))
    assert apply_vendor(vendored, plan) == (0, 0, 3)
    assert (json.dumps(vendored.vendor.people), len(vendored.vendor.asked("PATCH"))) == (before, changes)


def test_what_comes_back_after_the_erasure_is_reported(vendored: Place) -> None:
    plan = vendored.plan()
    vendored.erase(plan)
    vendored.vendor.people["p9"] = {"id": "p9", "email": "ADA@x.org", "name": "Ada", "version": 1}
    vendored.vendor.notes["n1"] = {"id": "n1", "person": "p1", "text": "again", "version": 1}
    assert vendored.left(plan)["vendor"] == (Left("notes", 1), Left("people", 1))


def test_a_vendor_that_says_yes_and_does_nothing_is_found_out(vendored: Place) -> None:
    plan = vendored.plan()
    vendored.vendor.play("PATCH /api/people/p1", status(200))
    vendored.vendor.play("DELETE /api/notes/n2", status(200))
    assert apply_vendor(vendored, plan) == (3, 1, 0), "it said so"
    assert vendored.left(plan)["vendor"] == (Left("notes", 1), Left("people", 1))


def test_a_vendor_that_ignores_the_filter_gives_nobody_else_away(vendored: Place) -> None:
    vendored.vendor.ignore_filters = True
    found = vendored.look()
    assert {row.values["id"] for part in found.collections() for row in part.rows} == {1, "p1", "n1", "n2", "n3"}
    assert found.others == 0


def test_a_key_out_of_hostile_characters_stays_one_step_of_the_path(vendored: Place) -> None:
    vendored.erase(vendored.plan("eve@x.org"), vendored.connectors())
    assert vendored.vendor.people[HOSTILE]["email"].endswith("@erased.invalid")
    assert sorted(vendored.vendor.notes) == ["n1", "n2", "n3", "n4"]
    assert vendored.vendor.people["p2"]["email"] == "bob@x.org"
    patched = vendored.vendor.asked("PATCH")[0]
    assert patched.path.count("/") == 3
    assert patched.query == {}


@pytest.mark.parametrize("key", [".", "..", ""])
def test_a_key_that_would_be_another_address_is_refused(vendored: Place, key: str) -> None:
    vendored.vendor.notes["n1"]["id"] = key
    vendored.vendor.notes[key] = vendored.vendor.notes.pop("n1")
    with pytest.raises(Unusable, match="a key that no path can hold"):
        apply_vendor(vendored, vendored.plan())
    assert vendored.vendor.asked("DELETE") == []


def test_a_row_that_changes_between_the_look_and_the_change_is_refused(vendored: Place) -> None:
    plan = vendored.plan()
    connector = vendored.connectors()["vendor"]
    with connector.change() as change:
        change.read("people", ("id", "email", "name"), ("id",), [("p1",)])
        vendored.vendor.people["p1"]["version"] += 1
        with pytest.raises(Refused, match="row changed meanwhile"):
            change.rewrite(Rewrite("people", ("id",), ("name",), (("p1",),), (("gone",),)))
    assert vendored.vendor.people["p1"]["name"] == "Ada Lo"
    assert apply_vendor(vendored, plan) == (3, 1, 0), "looked at again, it goes"


@pytest.mark.parametrize("start", ["DELETE /api/notes/n2", "PATCH /api/people/p1", "GET /api/people/p1"])
def test_a_fault_in_the_middle_is_gone_on_from_and_nothing_is_done_twice(vendored: Place, start: str) -> None:
    plan = vendored.plan()
    vendored.vendor.play(start, status(500))
    with pytest.raises(Unavailable, match=r"a fault of its own \(500\)"):
        apply_vendor(vendored, plan)
    deleted, masked, gone = apply_vendor(vendored, plan)
    assert (deleted + gone, masked <= 1) == (3, True)
    assert vendored.left(plan)["vendor"] == ()
    assert vendored.vendor.people["p1"]["version"] == 2, "changed once"


def test_an_answer_that_is_lost_is_no_second_change(vendored: Place) -> None:
    plan = vendored.plan()
    vendored.vendor.play("PATCH /api/people/p1", done_then(hang_up))
    with pytest.raises(Unavailable, match="cut the connection"):
        apply_vendor(vendored, plan)
    assert apply_vendor(vendored, plan) == (3, 0, 0)
    assert vendored.vendor.people["p1"]["version"] == 2
    assert len(vendored.vendor.asked("PATCH")) == 1


def test_a_deletion_whose_answer_is_lost_counts_as_done(vendored: Place) -> None:
    plan = vendored.plan()
    vendored.vendor.play("DELETE /api/notes/n2", done_then(hang_up))
    assert apply_vendor(vendored, plan) == (2, 1, 1)
    assert vendored.left(plan)["vendor"] == ()


CHILD = """
import sys
from pathlib import Path
from types import SimpleNamespace
from services.fulfilment.change import apply
from services.fulfilment.plan import Plan
from tests.datasystems.vendor_system import MASK_KEY, Place
folder = Path(sys.argv[1])
place = Place(SimpleNamespace(url=sys.argv[2]), folder)
apply(Plan.from_json((folder / "plan").read_bytes()), "vendor", place.connectors()["vendor"], secret=MASK_KEY)
"""


@pytest.mark.parametrize("point", ["erase.between-statements", "http.between-rows:3", "erase.before-commit"])
def test_a_worker_that_is_killed_in_the_middle_is_followed_by_one_that_ends_it(vendored: Place, point: str) -> None:
    plan = vendored.plan()
    (vendored.folder / "plan").write_bytes(plan.to_json())
    child = [sys.executable, "-c", CHILD, str(vendored.folder), vendored.vendor.url]
    died = subprocess.run(
        child, env=os.environ | {"RIGHTSDESK_KILL_AT": point}, capture_output=True, text=True, check=False
    )
    assert died.returncode == -9, died.stderr
    assert vendored.vendor.people["p1"]["version"] == 2, "it died after the first change"
    deleted, masked, gone = apply_vendor(vendored, plan)
    assert (deleted + gone, masked) == (3, 0)
    assert vendored.left(plan)["vendor"] == ()
    assert vendored.vendor.people["p1"]["version"] == 2, "changed once"
    assert len({one.path for one in vendored.vendor.asked("DELETE")}) == 3


def test_a_vendor_that_answers_later_is_asked_again_and_told_once(vendored: Place) -> None:
    vendored.write(http=JOBS)
    vendored.vendor.slow_jobs = True
    plan, connector = vendored.plan(), vendored.connectors()["vendor"]
    for _ in range(2):
        with pytest.raises(Pending) as told:
            apply(plan, "vendor", connector, secret=MASK_KEY)
        assert (told.value.until, told.value.reason) == (
            "2099-01-31", "system 'vendor' carries out 3 changes by 2099-01-31",
        )  # fmt: skip
    assert len(vendored.vendor.asked("POST /api/notes")) == 3, "asked again, the state of the job was read"
    vendored.vendor.finish()
    assert apply(plan, "vendor", connector, secret=MASK_KEY).deleted == 3
    assert len(vendored.vendor.asked("POST /api/notes")) == 3
    assert vendored.left(plan)["vendor"] == ()


def test_a_worker_that_forgot_the_job_gives_the_same_order_under_the_same_key(vendored: Place) -> None:
    vendored.write(http=JOBS)
    vendored.vendor.slow_jobs = True
    plan = vendored.plan()
    for _ in range(2):
        with pytest.raises(Pending):
            apply_vendor(vendored, plan)
    asked = vendored.vendor.asked("POST /api/notes")
    keys = {(one.path, one.headers["idempotency-key"]) for one in asked}
    assert (len(asked), len(keys), len(vendored.vendor.jobs)) == (6, 3, 3)
    vendored.vendor.finish()
    assert apply_vendor(vendored, plan) == (0, 0, 3), "what is gone by then counts as gone"
    assert not any("ada" in one.headers["idempotency-key"] for one in asked)


def test_a_job_that_fails_is_told_and_ordered_anew(vendored: Place) -> None:
    vendored.write(http=JOBS)
    vendored.vendor.slow_jobs = True
    plan, connector = vendored.plan(), vendored.connectors()["vendor"]
    with pytest.raises(Pending):
        apply(plan, "vendor", connector, secret=MASK_KEY)
    vendored.vendor.finish("failed")
    with pytest.raises(Unusable, match="its job on a row of 'notes' failed"):
        apply(plan, "vendor", connector, secret=MASK_KEY)


@pytest.mark.parametrize(
    "address", ["https://evil.example/jobs/1", "//evil.example/x", "http://127.0.0.1:1/api/jobs/1"]
)
def test_a_job_on_another_host_is_not_asked(vendored: Place, address: str) -> None:
    vendored.write(http=JOBS)
    vendored.vendor.play("POST /api/notes/n1", status(202, Location=address))
    with pytest.raises(Unusable, match="another host, where our login must not go"):
        apply_vendor(vendored, vendored.plan())


def test_control_without_a_description_of_the_job_it_is_still_told_when(vendored: Place) -> None:
    vendored.write()
    vendored.vendor.slow_jobs = True
    with pytest.raises(Pending):
        apply_vendor(vendored, vendored.plan())


def test_an_order_whose_answer_is_lost_is_given_again_under_the_same_key(vendored: Place) -> None:
    vendored.write(http=JOBS)
    vendored.vendor.slow_jobs = True
    vendored.vendor.play("POST /api/notes/n1", done_then(hang_up), status(503))
    with pytest.raises(Pending):
        apply_vendor(vendored, vendored.plan())
    asked = vendored.vendor.asked("POST /api/notes/n1")
    assert (len(asked), len({one.headers["idempotency-key"] for one in asked}), len(vendored.vendor.jobs)) == (3, 1, 3)


def test_a_put_sends_the_whole_row_with_what_changes(vendored: Place) -> None:
    vendored.write(
        http=HTTP.replace("method: PATCH", "method: PUT").replace(
            'name: "{name}"}', 'name: "{name}", "more.id": "{id}"}'
        )
    )
    plan = vendored.plan()
    assert apply_vendor(vendored, plan) == (3, 1, 0)
    sent = json.loads(vendored.vendor.asked("PUT")[0].body)
    assert (sent["name"], sent["more"]) == (None, {"id": "p1"})
    assert vendored.left(plan)["vendor"] == ()


def test_a_mask_that_no_request_carries_or_no_field_takes_is_refused_before_anything_is_written(
    vendored: Place,
) -> None:
    for old, new, words in (
        (', name: "{name}"}', "}", "http.yml sends no people.name"),
        ("  notes:", "    required: [name]\n  notes:", ""),
    ):
        vendored.write(http=HTTP.replace(old, new))
        plan = vendored.plan()
        if words:
            with pytest.raises(Unusable, match=words):
                apply_vendor(vendored, plan)
            assert vendored.vendor.asked("PATCH") + vendored.vendor.asked("DELETE") == []
    assert apply_vendor(vendored, plan) == (3, 1, 0)
    assert vendored.vendor.people["p1"]["name"] == "", "a field that cannot be empty gets the emptiest text"


def test_a_system_that_is_read_only_is_never_asked_to_change(vendored: Place) -> None:
    plan = vendored.plan()
    path = vendored.folder / "vendor" / "system.yml"
    path.write_text(path.read_text() + "read_only: true\n")
    with pytest.raises(Unusable, match="can only be read"):
        apply_vendor(vendored, plan)
