"""A family with one e-mail address, over a real worker: nothing moves until it is said who calls, and then for one."""

import csv
import io
import json
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
import pyzipper

from services.errors import BadInput, Refused
from services.types import ItemState, Matches, Outcome, PersonMatch, Right
from tests.worker_centre import PEOPLE, Call, WorkerCentre, one_address

ME, OTHER = PEOPLE[2], PEOPLE[4]
"""They live in one household."""
SLIP = ME.email.replace("@", "x@")
THIRD = "K90017"


@pytest.fixture
def live(centre_template: Path, tmp_path: Path) -> Iterator[WorkerCentre]:
    home = tmp_path / "home"
    shutil.copytree(centre_template, home)
    one_address(home, ME, OTHER)
    with closing(sqlite3.connect(home / "data" / "nordlicht" / "shop.db")) as db, db:
        db.execute("INSERT INTO account VALUES (900,?,?,?,'2024-05-05',NULL)", (THIRD, SLIP, ME.name))
    made = WorkerCentre(home)
    made.start()
    yield made
    made.close()


def test_nothing_moves_until_it_is_said_who_calls_and_then_for_one_alone(live: WorkerCentre) -> None:
    """One call, step by step: each goes on from the one before."""
    call = call_of(live)
    below_the_tier_nobody_learns_that_there_are_several(call)
    until_it_is_said_nothing_is_shown_packed_or_planned(call)
    the_list_is_masked_and_the_log_holds_ids_alone(call)
    whoever_is_chosen_must_be_on_the_list_and_several_need_a_reason(call)
    the_package_holds_the_one_who_was_chosen_and_nothing_of_the_other(call)
    a_record_that_is_only_like_theirs_is_taken_with_a_reason_and_erased_then(call)


def call_of(live: WorkerCentre) -> Call:
    return Call(live, live.desk(), ME, Right.ACCESS, Right.ERASURE)


def matches(call: Call) -> Matches:
    return call.desk.whom.matches(call.session, call.case)


def mine(found: Matches) -> PersonMatch:
    """The one of them whose masked number ends as ME's does."""
    (one,) = [p for p in found.people if not p.near and any(k.endswith(ME.customer_number[-2:]) for k in p.known)]
    return one


def below_the_tier_nobody_learns_that_there_are_several(call: Call) -> None:
    with pytest.raises(Refused, match="needs T1"):
        matches(call)
    with pytest.raises(Refused, match="needs T1"):
        call.desk.find.preview(call.session, call.case)


def until_it_is_said_nothing_is_shown_packed_or_planned(call: Call) -> None:
    call.verify()
    seen = call.desk.find.preview(call.session, call.case, "1")
    assert "which of them" in seen.blocked
    assert "(P)" in seen.blocked
    assert seen.collections == ()
    assert call.desk.find.preview(call.session, call.case, "2").plan == ""
    call.step_up()
    call.desk.caught_up()
    with pytest.raises(Refused, match=r"\(P\)"):
        call.desk.act.export(call.session, call.case)
    with pytest.raises(Refused, match=r"\(P\)"):
        call.desk.act.erase(call.session, call.case, call.case[-4:])


def the_list_is_masked_and_the_log_holds_ids_alone(call: Call) -> None:
    found = matches(call)
    assert found.undecided
    assert len([p for p in found.people if not p.near]) == 2
    assert {"number", "born", "name"} <= set(mine(found).unlike)
    (near,) = [p for p in found.people if p.near]
    assert near.why == ("email-slip",)
    told = json.dumps([str(p) for p in found.people])
    for person in (ME, OTHER):
        for value in (person.customer_number, person.given_name, person.family_name, person.date_of_birth.isoformat()):
            assert value not in told
    assert ME.customer_number[-2:] in told, "the control: it is about them"
    listed = [e for e in call.centre.entries(call.case) if e.act == "people.listed"]
    assert listed
    assert ME.email not in json.dumps([e.params for e in listed])


def whoever_is_chosen_must_be_on_the_list_and_several_need_a_reason(call: Call) -> None:
    found = matches(call)
    ids = [p.id for p in found.people if not p.near]
    with pytest.raises(BadInput):
        call.desk.whom.choose(call.session, found, ["f" * 32])
    with pytest.raises(BadInput):
        call.desk.whom.choose(call.session, found, ids)
    with pytest.raises(BadInput):
        call.desk.whom.choose(call.session, found, [p.id for p in found.people if p.near], "they-say-so")


def the_package_holds_the_one_who_was_chosen_and_nothing_of_the_other(call: Call) -> None:
    live, desk = call.centre, call.desk
    found = matches(call)
    desk.whom.choose(call.session, found, [mine(found).id])
    assert desk.synced()
    with pytest.raises(Refused, match="what the person you chose knows"):
        desk.find.preview(call.session, call.case, "1")
    call.verify()
    seen = desk.find.preview(call.session, call.case, "1")
    assert seen.blocked == ""
    call.step_up()
    desk.act.export(call.session, call.case, item="1")
    assert desk.synced()
    call.keep_in("1")
    live.until(lambda: live.case(call.case).items[0].outcome is Outcome.DONE)
    archive = pyzipper.AESZipFile(live.home.packages / f"{live.case(call.case).items[0].package}.zip")
    archive.setpassword(desk.find.reveal(call.session, call.case, "package-key").encode())
    whole = b"".join(archive.read(name) for name in archive.namelist()).decode("utf-8", "replace")
    assert ME.customer_number in whole
    for value in (OTHER.customer_number, OTHER.date_of_birth.isoformat(), OTHER.phone):
        assert value not in whole
    lines = csv.DictReader(io.StringIO(archive.read("redactions.csv").decode()))
    held = {line["collection"] for line in lines if line["field"] == "*"}
    assert held == {"household"}, "nor that there is somebody else: the home alone is both's"


def a_record_that_is_only_like_theirs_is_taken_with_a_reason_and_erased_then(call: Call) -> None:
    live, desk = call.centre, call.desk
    found = matches(call)
    assert not found.undecided
    (near,) = [p for p in found.people if p.near and "name" in p.why]
    desk.whom.choose(call.session, found, [mine(found).id, near.id], "two-accounts")
    assert desk.synced()
    if desk.case.state(call.case).check.ended:  # type: ignore[union-attr]
        call.verify()
    before = rows_of(live, OTHER.customer_number)
    plan = desk.find.preview(call.session, call.case, "2")
    assert plan.blocked == ""
    call.step_up()
    desk.act.erase(call.session, call.case, call.case[-4:])
    assert desk.synced()
    call.approve(live.desk("desk-2"))
    live.until(lambda: live.case(call.case).items[1].state is ItemState.CLOSED)
    assert live.rows("crm", f"SELECT 1 FROM customer WHERE customer_number='{ME.customer_number}'") == []
    numbers = f"('{ME.customer_number}', '{THIRD}')"
    gone = live.rows("shop", f"SELECT 1 FROM account WHERE customer_number IN {numbers}")
    assert gone == []
    assert rows_of(live, OTHER.customer_number) == before


def rows_of(live: WorkerCentre, number: str) -> list[object]:
    """All that the shop and the customer system hold of that customer."""
    customer = f"(SELECT id FROM customer WHERE customer_number='{number}')"
    account = f"(SELECT id FROM account WHERE customer_number='{number}')"
    return [
        live.rows("crm", f"SELECT * FROM customer WHERE id IN {customer}"),
        live.rows("crm", f"SELECT * FROM contact_email WHERE customer_id IN {customer}"),
        live.rows("crm", f"SELECT * FROM contact_phone WHERE customer_id IN {customer}"),
        live.rows("shop", f"SELECT * FROM account WHERE id IN {account}"),
        live.rows("shop", f"SELECT * FROM orders WHERE account_id IN {account}"),
        live.rows("shop", f"SELECT * FROM invoice WHERE customer_number='{number}'"),
        live.rows("desk", f"SELECT * FROM requester WHERE customer_number='{number}'"),
    ]
