"""Rectification (Art 16): what is wrong is corrected wherever it stands, read back, told; what is not taken is said."""

import sqlite3
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import pytest
from sqlcipher3 import dbapi2

from services.desk.desk import Desk
from services.errors import BadInput, Refused
from services.home import ENGINE_KEY, key
from services.sync.rebuild import differences
from services.types import ChecklistView, CorrectableLine, Factor, ItemState, Outcome, Right, Tier
from tests.centre import LEAD, LEAD_PIN
from tests.server_work import ServerWork
from tests.worker_centre import PEOPLE, Call, WorkerCentre
from tests.worker_fixtures import Make

ME, OTHER = PEOPLE[1], PEOPLE[2]
ADDRESSES = {"crm": "contact_email", "desk": "requester", "news": "subscriber", "shop": "account"}


def line(desk: Desk, call: Call, field: str, category: str = "") -> CorrectableLine:
    """The one line of that field."""
    lines = desk.rectify.lines(call.session, call.case)
    (found,) = [one for one in lines if one.field == field and category in one.category]
    return found


def verified(centre: WorkerCentre, *rights: Right) -> Call:
    """A call that asks for these rights, checked as its checklist says."""
    call = Call(centre, centre.desk(), ME, *rights)
    call.verify()
    return call


def proven(centre: WorkerCentre, desk: Desk, call: Call) -> None:
    """The check of CL-RECT-CRIT: two strong factors on different ways, and a lead beside."""
    check, session, case = desk.check, call.session, call.case
    view = check.start(session, case, grave=True)
    while not view.ended:
        step = view.steps[view.current]
        name = step.id.partition(".")[0]
        if name == "identify":
            asked = check.question(session, case, step.id).key
            view = check.answer(session, case, step.id, asked, call.answer(asked))
        elif name == "strong":
            asked = check.question(session, case, f"strong.{Factor.PIN}").key
            view = check.answer(session, case, f"strong.{Factor.PIN}", asked, call.answer(asked))
        elif name in ("another", "or-document"):
            assert check.number(session, case, f"{name}.{Factor.CBK}")
            view = check.mark(session, case, f"{name}.{Factor.CBK}", "y")
        elif name == "colleague":
            with pytest.raises(Refused, match="another person"):
                check.mark(session, case, step.id, "y")
            view = seconded(centre, desk, call)
        else:
            view = check.mark(session, case, step.id, "y")


def seconded(centre: WorkerCentre, desk: Desk, call: Call) -> ChecklistView:
    """A lead at another desk confirms the check; it as it then is, with T3 reached."""
    assert desk.synced()
    beside = centre.desk("desk-2")
    lead = centre.until(partial(signed_in, beside))
    beside.check.second(lead, call.case)
    assert beside.synced()
    seen = lambda: desk.check.view(call.session, call.case)  # noqa: E731 - a look of one line
    return centre.until(lambda: view if (view := seen()).tier_reached is Tier.T3 else None)


def signed_in(desk: Desk):  # type: ignore[no-untyped-def]
    try:
        return desk.sign.sign_in(LEAD, LEAD_PIN)
    except Refused:
        return None


def family_names(centre: WorkerCentre) -> list[str]:
    return [str(name) for (name,) in centre.rows("crm", "SELECT family_name FROM customer ORDER BY id")]


def addresses(centre: WorkerCentre, email: str) -> dict[str, int]:
    """How often an address stands in each system."""
    asked = {key: f"SELECT count(*) FROM {table} WHERE email = '{email}'" for key, table in ADDRESSES.items()}
    return {key: int(str(centre.rows(key, sql)[0][0])) for key, sql in asked.items()}


def change(centre: WorkerCentre, system: str, *statements: str) -> None:
    """What somebody else does to a system."""
    with sqlite3.connect(centre.home.path / "data" / "nordlicht" / f"{system}.db") as db:
        for statement in statements:
            db.execute(statement)


def come_back(centre: WorkerCentre, call: Call) -> tuple[str, dict[str, str]]:
    """Why the item is the agent's again, and what each system ended with."""
    centre.until(lambda: centre.case(call.case).items[0].returned)
    item = centre.case(call.case).items[0]
    assert item.state is ItemState.IN_PROGRESS
    return item.returned, {one.system: one.state + one.reason for one in item.systems}


@pytest.mark.rule("ART-16")
def test_Art_16_a_wrong_name_is_corrected_read_back_and_told(make_centre: Make) -> None:
    centre = make_centre()
    centre.start()
    desk = centre.desk()
    call = Call(centre, desk, ME, Right.RECTIFICATION)
    with pytest.raises(Refused, match="T1"):
        desk.rectify.lines(call.session, call.case)
    call.verify()
    before = family_names(centre)
    wrong = line(desk, call, "family name")
    assert ME.family_name not in str(desk.rectify.lines(call.session, call.case)), "masked"
    assert wrong.systems == ("crm",)
    desk.rectify.ask(call.session, call.case, {wrong: "[red]O'Neill =cmd()"})
    centre.until(lambda: centre.case(call.case).closed)
    after = family_names(centre)
    changed = [(old, new) for old, new in zip(before, after, strict=True) if old != new]
    assert changed == [(ME.family_name, "[red]O'Neill =cmd()")], "one row, nobody else's"
    written = [e.params for e in centre.entries(call.case) if e.act == "rectification.written"]
    assert written == [{"system": "crm", "rows": 1}]
    assert "rectification-outcome" in [x.template for x in centre.case(call.case).letters]
    assert differences(centre.store) == []


def test_no_new_value_stands_in_a_log_or_an_engine_table_in_clear(make_centre: Make) -> None:
    centre = make_centre()
    centre.start()
    call = verified(centre, Right.RECTIFICATION)
    secret = "Zwyxabel"
    call.desk.rectify.ask(call.session, call.case, {line(call.desk, call, "family name"): secret})
    centre.until(lambda: centre.case(call.case).closed)
    assert secret in family_names(centre), "the control: it was written"
    assert not any(secret in str(entry.params) for entry in centre.entries(call.case))
    engine = dbapi2.connect(str(centre.home.engine_file))
    engine.execute("PRAGMA cipher_log_level=NONE")
    engine.execute(f"PRAGMA key=\"x'{key(centre.vault, ENGINE_KEY).hex()}'\"")
    tables = [name for (name,) in engine.execute("SELECT name FROM sqlite_master WHERE type='table'")]
    text = str([engine.execute(f'SELECT * FROM "{name}"').fetchall() for name in tables])
    engine.close()
    assert "rectify.started" in text or "started#0" in text, "the control: the job's steps stand there"
    assert (secret in text, ME.family_name in text, ME.email in text) == (False, False, False)
    assert secret not in (centre.home.logs / "worker.log").read_text()


@pytest.mark.rule("IDV-10")
def test_contact_data_take_T3_old_addresses_are_told_first_and_the_new_one_proves_nothing_for_30_days(
    make_centre: Make,
) -> None:
    centre = make_centre()
    centre.start()
    desk = centre.desk()
    call = Call(centre, desk, ME, Right.RECTIFICATION, Right.OBJECTION_MARKETING)
    call.verify()
    wrong = line(desk, call, "email")
    assert (wrong.grave, wrong.systems, wrong.value) == (True, ("crm", "desk", "news", "shop"), wrong.value)
    with pytest.raises(Refused, match="T3"):
        desk.rectify.ask(call.session, call.case, {wrong: "New.Address@example.org"})
    proven(centre, desk, call)
    desk.rectify.ask(call.session, call.case, {wrong: "New.Address@example.org"})
    assert desk.case.state(call.case).items[0].state is ItemState.READY, "it waits first (rules.md 7.4)"
    centre.until(lambda: centre.case(call.case).items[0].ended)
    assert centre.acts(call.case).index("wait.ended") < centre.acts(call.case).index("rectification.started")
    assert addresses(centre, ME.email) == dict.fromkeys(ADDRESSES, 0)
    assert addresses(centre, "New.Address@example.org") == {**dict.fromkeys(ADDRESSES, 1), "desk": 1}
    ((changed,),) = centre.rows("crm", "SELECT changed_at FROM contact_email WHERE email='New.Address@example.org'")
    assert str(changed)[:10] == f"{datetime.now(UTC):%Y-%m-%d}", "the day of the change stands beside it (IDV-10)"
    acts = [(e.act, e.params.get("template")) for e in centre.entries(call.case)]
    assert acts.index(("letter.made", "rectification-notice")) < acts.index(("rectification.written", None))
    notices = [mail for mail in centre.letters() if "berichtigen" in mail and "hinter Ihrem Rücken" in mail]
    assert [mail.splitlines()[0] for mail in notices] == [f"To: {ME.email}"], "the old address, not the new one"
    told = {one.recipient: one.state for one in centre.case(call.case).items[0].recipients}
    assert told["elbkurier-logistik-gmbh"] == "told"
    assert any("New.Address@example.org" in mail for mail in centre.letters() if "Elbkurier" in mail)
    desk.act.stop_marketing(call.session, call.case)
    centre.until(lambda: centre.case(call.case).closed)
    stopped = [e.params for e in centre.entries(call.case) if e.act == "consent.written"]
    assert sum(int(str(p["rows"])) for p in stopped) > 0, "after the correction the same case still reaches the person"


def test_an_address_of_somebody_else_is_not_written(make_centre: Make) -> None:
    centre = make_centre()
    centre.start()
    desk = centre.desk()
    call = Call(centre, desk, ME, Right.RECTIFICATION)
    proven(centre, desk, call)
    before = addresses(centre, OTHER.email)
    desk.rectify.ask(call.session, call.case, {line(desk, call, "email"): OTHER.email.upper()})
    assert come_back(centre, call) == ("somebody-else", {})
    assert (addresses(centre, OTHER.email), addresses(centre, ME.email)["crm"]) == (before, 1)
    assert centre.acts(call.case).count("rectification.started") == 0


def test_what_one_system_does_not_take_comes_back_with_the_reason_and_the_others_are_done(make_centre: Make) -> None:
    centre = make_centre()
    for file in centre.home.path.rglob("systems/news/system.yml"):
        file.write_text(file.read_text() + "read_only: true\n")
    change(centre, "shop", "CREATE UNIQUE INDEX one ON account (email)")
    somebody = f"(SELECT min(id) FROM account WHERE email <> '{ME.email}')"
    change(centre, "shop", f"UPDATE account SET email = 'New@example.org' WHERE id = {somebody}")
    centre.start()
    desk = centre.desk()
    call = Call(centre, desk, ME, Right.RECTIFICATION)
    proven(centre, desk, call)
    desk.rectify.ask(call.session, call.case, {line(desk, call, "email"): "New@example.org"})
    returned, _ = come_back(centre, call)
    assert returned == "somebody-else", "the control: a shop's account of somebody else has that address"
    desk.rectify.ask(call.session, call.case, {line(desk, call, "email"): "Other@example.org"})
    centre.until(lambda: len(centre.case(call.case).items[0].systems) == 4 and centre.case(call.case).items[0].returned)
    returned, systems = come_back(centre, call)
    assert (returned, systems) == (
        "read-only",
        {"crm": "done", "desk": "done", "news": "failedread-only", "shop": "done"},
    )
    assert addresses(centre, "Other@example.org") == {"crm": 1, "desk": 1, "news": 0, "shop": 1}
    view = desk.case.read(call.session, call.case)
    assert "it can only be read there" in view.items[0].text, "the reason in words"
    told = {one.recipient: one.state for one in centre.case(call.case).items[0].recipients}
    assert told["elbkurier-logistik-gmbh"] == "told", "whoever had it from the others is told all the same"
    assert "rectification-outcome" not in [x.template for x in centre.case(call.case).letters]


def test_once_it_is_mended_the_rest_is_corrected_and_what_was_done_is_left_alone(make_centre: Make) -> None:
    centre = make_centre()
    change(centre, "shop", "CREATE TRIGGER no BEFORE UPDATE ON account BEGIN SELECT RAISE(ABORT, 'constraint'); END")
    centre.start()
    desk = centre.desk()
    call = Call(centre, desk, ME, Right.RECTIFICATION)
    proven(centre, desk, call)
    desk.rectify.ask(call.session, call.case, {line(desk, call, "email"): "New@example.org"})
    assert come_back(centre, call) == (
        "unusable",
        {"crm": "done", "desk": "done", "news": "done", "shop": "failedunusable"},
    )
    assert addresses(centre, "New@example.org") == {"crm": 1, "desk": 1, "news": 1, "shop": 0}
    change(centre, "shop", "DROP TRIGGER no")
    left = [one for one in desk.rectify.lines(call.session, call.case) if one.systems == ("shop",) and one.grave]
    (old,) = [one for one in left if one.kind == "email"]
    desk.rectify.ask(call.session, call.case, {old: "New@example.org"})
    centre.until(lambda: centre.case(call.case).closed)
    assert addresses(centre, "New@example.org") == dict.fromkeys(ADDRESSES, 1)
    written = [e.params["system"] for e in centre.entries(call.case) if e.act == "rectification.written"]
    assert sorted(map(str, written)) == ["crm", "desk", "news", "shop"], "each once"


def test_what_was_done_by_hand_ends_with_the_letter_that_says_so(make_centre: Make) -> None:
    centre = make_centre()
    for file in centre.home.path.rglob("systems/crm/system.yml"):
        file.write_text(file.read_text() + "read_only: true\n")
    centre.start()
    call = verified(centre, Right.RECTIFICATION)
    call.desk.rectify.ask(call.session, call.case, {line(call.desk, call, "family name"): "Neumann"})
    assert come_back(centre, call) == ("read-only", {"crm": "failedread-only"})
    centre.until(lambda: call.desk.case.state(call.case).items[0].returned)
    assert "Neumann" not in family_names(centre)
    call.desk.act.resolve(call.session, call.case, "1", Outcome.DONE)
    centre.until(lambda: "rectification-outcome" in [x.template for x in centre.case(call.case).letters])
    centre.until(lambda: any("Ihre Daten sind berichtigt" in mail for mail in centre.letters()))
    assert centre.case(call.case).items[0].outcome is Outcome.DONE


def test_contact_data_stay_as_they_are_while_no_old_address_can_be_told(make_centre: Make) -> None:
    centre = make_centre()
    outbox = centre.home.outbox
    centre.start()
    desk = centre.desk()
    call = Call(centre, desk, ME, Right.RECTIFICATION)
    proven(centre, desk, call)
    centre.until(lambda: outbox.is_dir() and list(outbox.glob("*.eml")))
    outbox.rename(outbox.with_name("away"))
    outbox.write_text("no folder: nothing can leave")
    desk.rectify.ask(call.session, call.case, {line(desk, call, "email"): "New@example.org"})
    assert come_back(centre, call) == ("not-told", {})
    assert addresses(centre, "New@example.org") == dict.fromkeys(ADDRESSES, 0)


def test_a_new_value_is_looked_at_before_it_is_kept_and_no_error_repeats_it(make_centre: Make) -> None:
    centre = make_centre()
    centre.start()
    call = verified(centre, Right.RECTIFICATION)
    born, name = line(call.desk, call, "date of birth"), line(call.desk, call, "family name")
    for one, value in (
        (name, "Zwy\x00xabel"), (name, "Zwy\x1b[31mxabel"), (name, "  "), (name, "Zwyxabel" * 70),
        (name, "Zwy\u202exabel"), (born, "Zwyxabel"), (born, "31.2.1990"), (born, "5.3.80"),
    ):  # fmt: skip
        with pytest.raises(BadInput) as caught:
            call.desk.rectify.ask(call.session, call.case, {one: value})
        assert "Zwy" not in str(caught.value)
    assert "rectification.asked" not in centre.acts(call.case)
    call.desk.rectify.ask(call.session, call.case, {born: "2.5.1990", name: '"; DROP TABLE customer; --'})
    centre.until(lambda: centre.case(call.case).closed)
    now = centre.rows("crm", "SELECT date_of_birth FROM customer WHERE family_name LIKE '%DROP TABLE%'")
    assert now == [("1990-05-02",)], "both, in the one row"


def test_a_terminal_that_calls_contact_data_harmless_is_not_believed(make_centre: Make) -> None:
    """A changed terminal may say what it likes: the worker knows the catalog."""
    centre = make_centre()
    centre.start()
    call = verified(centre, Right.RECTIFICATION)
    harmless = replace(line(call.desk, call, "email"), grave=False)
    call.desk.rectify.ask(call.session, call.case, {harmless: "thief@example.org"})
    assert come_back(centre, call) == ("needs-T3", {})
    assert addresses(centre, "thief@example.org") == dict.fromkeys(ADDRESSES, 0)


def test_a_worker_killed_between_the_write_and_its_act_writes_nothing_twice(make_centre: Make) -> None:
    centre = make_centre()
    centre.start(kill_at="rectify.after-commit")
    call = verified(centre, Right.RECTIFICATION)
    call.desk.rectify.ask(call.session, call.case, {line(call.desk, call, "family name"): "Neumann"})
    centre.wait_dead()
    assert "Neumann" in family_names(centre), "the control: it was written, and nobody said so"
    assert "rectification.written" not in centre.acts(call.case)
    centre.start()
    centre.until(lambda: centre.case(call.case).closed)
    written = [e.params for e in centre.entries(call.case) if e.act == "rectification.written"]
    assert written == [{"system": "crm", "rows": 1}]
    assert [x.template for x in centre.case(call.case).letters].count("rectification-outcome") == 1
    assert differences(centre.store) == []


@pytest.mark.postgres
def test_it_works_the_same_where_central_is_a_PostgreSQL(
    postgres: str, centre_template: Path, tmp_path: Path, no_keyring: None
) -> None:
    centre = ServerWork(tmp_path / "centre", postgres, centre_template)
    try:
        centre.work()
        call = verified(centre, Right.RECTIFICATION)
        call.desk.rectify.ask(call.session, call.case, {line(call.desk, call, "family name"): "[red]O'Neill"})
        centre.until(lambda: centre.case(call.case).closed, 60)
        assert "[red]O'Neill" in family_names(centre)
        assert centre.acts(call.case).count("rectification.written") == 1
    finally:
        centre.close()
