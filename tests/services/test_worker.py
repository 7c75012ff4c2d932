"""The worker process on a real home: what it does for a case, in which order, and what it leaves alone."""

import json
import os
import shutil
import signal
import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from typer.testing import CliRunner

from console.commands.worker import app as worker_command
from db import central
from db.central import JOB, PACKAGE, REPLAY
from services.fulfilment.engine import _open
from services.home import ENGINE_KEY, enrol, key
from services.types import ItemState, Outcome, Right
from tests.worker_centre import CASE, ME, PEOPLE, Call, WorkerCentre
from tests.worker_fixtures import Make


@pytest.fixture(scope="module")
def live(centre_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[WorkerCentre]:
    """One running worker for the tests that leave each other alone."""
    home = tmp_path_factory.mktemp("worker") / "home"
    shutil.copytree(centre_template, home)
    centre = WorkerCentre(home)
    centre.start()
    yield centre
    centre.close()


@pytest.fixture(scope="module")
def desk(live: WorkerCentre):  # type: ignore[no-untyped-def]
    return live.desk()


def verified(centre: WorkerCentre, desk, right: Right, person: int = 1) -> Call:  # type: ignore[no-untyped-def]
    """A call whose check is passed."""
    call = Call(centre, desk, PEOPLE[person], right)
    call.verify()
    return call


# ── the process ───────────────────────────────────────────────────────────────────────────────────────────────


def test_it_is_another_process_that_says_who_it_is_and_that_it_lives(live: WorkerCentre) -> None:
    assert live.worker is not None
    assert live.worker.pid != os.getpid()
    _, name, _, _, pid = live.said.split()
    assert int(pid) == live.worker.pid
    seen = sa.select(central.TERMINAL.c.seen_at, central.TERMINAL.c.pid).where(central.TERMINAL.c.id == name)
    with live.engine.connect() as conn:
        before = conn.execute(seen).one()
    assert before.pid == live.worker.pid
    time.sleep(1.3)
    with live.engine.connect() as conn:
        assert conn.execute(seen).one().seen_at > before.seen_at


def test_the_status_lists_every_worker(live: WorkerCentre) -> None:
    def told() -> tuple[int, list[dict[str, object]]]:
        run = CliRunner().invoke(worker_command, ["status", "--home", str(live.home.path), "--json"])
        return run.exit_code, json.loads(run.output)["workers"]

    code, (first,) = told()
    assert (code, first["alive"], first["leads"]) == (0, True, True)
    assert live.worker is not None
    assert first["pid"] == live.worker.pid
    lines = CliRunner().invoke(worker_command, ["status", "--home", str(live.home.path)]).output.splitlines()
    assert [line.startswith(f"{first['name']} ({first['id']})  lives for ") for line in lines] == [True]
    assert ", leads, 0 jobs, pid " in lines[0]


def test_a_second_worker_ingests_when_the_first_is_gone_and_ends_with_its_parent(make_centre: Make) -> None:
    centre = make_centre()
    centre.start()
    first = centre.worker
    second = enrol(centre.home, centre.vault, "worker", "worker-2")
    centre.start(second)
    journal = centre.home.logs / "worker.log"
    assert journal.read_text().count('"leads"') == 1
    assert first is not None
    first.kill()
    first.wait(10)
    call = Call(centre, centre.desk(), ME, Right.ACCESS)
    centre.until(lambda: centre.case(call.case).acknowledged)
    assert journal.read_text().count('"leads"') == 2
    assert [e.actor for e in centre.entries(call.case) if e.act == "case.acknowledged"] == [f"worker:{second}"]
    assert centre.stop() == 0, "it ends with its parent"


# ── receipt, export ───────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.rule("INT-6")
def test_INT_6_the_receipt_names_the_period_and_not_whether_an_account_exists(live: WorkerCentre, desk) -> None:  # type: ignore[no-untyped-def]
    from dataclasses import replace

    known = Call(live, desk, PEOPLE[8], Right.ACCESS)
    nobody = Call(live, desk, replace(ME, email="nobody.at.all@example.com"), Right.ACCESS)
    texts = []
    for call in (known, nobody):
        live.until(lambda call=call: live.case(call.case).acknowledged)  # type: ignore[misc]
        letter = next(x for x in live.letters() if call.person.email in x and call.case in x)
        texts.append(letter.replace(call.person.email, "@").replace(call.case, "#"))
    assert texts[0] == texts[1]


@pytest.mark.rule("INT-7")
def test_an_export_goes_to_the_address_on_file_with_its_archive(live: WorkerCentre, desk) -> None:  # type: ignore[no-untyped-def]
    call = verified(live, desk, Right.ACCESS)
    call.export()
    live.until(lambda: live.case(call.case).closed)
    case = live.case(call.case)
    assert case.items[0].outcome is Outcome.DONE
    assert case.conflicts == ()
    done = [a for a in live.acts(call.case) if a.startswith(("export.", "item.r"))]
    held = [a for a in done if a in ("export.held", "redaction.decided")]
    assert [a for a in done if a not in held] == ["export.asked", "export.built", "export.delivered", "item.resolved"]
    letter = next(x.id for x in case.letters if x.template == "access-answer")
    raw = (live.home.outbox / f"{letter}.eml").read_text()
    assert f"{case.items[0].package}.zip" in raw
    assert f"To: {ME.email}" in raw
    built = next(e for e in live.entries(call.case) if e.act == "export.built")
    assert dict(zip(built.params["systems"], built.params["counts"], strict=True))["shop"] > 0


def test_IDV_10_no_export_goes_to_an_address_changed_lately(live: WorkerCentre, desk) -> None:  # type: ignore[no-untyped-def]
    call = verified(live, desk, Right.ACCESS, person=5)
    call.export()
    live.until(lambda: "export.failed" in live.acts(call.case))
    item = live.case(call.case).items[0]
    assert item.returned == "contact-changed"
    assert item.state is ItemState.IN_PROGRESS
    assert "export.built" not in live.acts(call.case)


def test_a_missing_fact_refuses_the_export_and_is_named(live: WorkerCentre, desk) -> None:  # type: ignore[no-untyped-def]
    catalog = live.home.systems("nordlicht") / "shop" / "shop.yml"
    whole = catalog.read_text()
    lines = [line for line in whole.splitlines() if not line.strip().startswith("purpose: {en: To carry out")]
    assert len(lines) < len(whole.splitlines())
    call = verified(live, desk, Right.ACCESS)
    before = set(live.home.packages.glob("*.zip"))
    catalog.write_text("\n".join(lines) + "\n")
    try:
        call.export()
        live.until(lambda: "export.failed" in live.acts(call.case))
    finally:
        catalog.write_text(whole)
    returned = live.case(call.case).items[0].returned
    assert returned.startswith("missing:shop.")
    assert returned.endswith(":purpose")
    assert set(live.home.packages.glob("*.zip")) == before


def test_an_export_waits_for_a_system_that_is_away_and_gives_up_whole(live: WorkerCentre, desk) -> None:  # type: ignore[no-untyped-def]
    call = verified(live, desk, Right.ACCESS)
    file = live.home.path / "data" / "nordlicht" / "news.db"
    file.rename(file.with_suffix(".away"))
    try:
        call.export()
        live.until(lambda: "export.failed" in live.acts(call.case))
    finally:
        file.with_suffix(".away").rename(file)
    assert live.case(call.case).items[0].returned == "away"
    call.export()
    live.until(lambda: live.case(call.case).closed)


# ── erasure ───────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture(scope="module")
def erased(approved_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[WorkerCentre]:
    """A home whose due erasure was carried out."""
    home = tmp_path_factory.mktemp("erased") / "home"
    shutil.copytree(approved_template, home)
    centre = WorkerCentre(home)
    centre.start()
    centre.until(lambda: centre.case(CASE).shredded)
    yield centre
    centre.close()


@pytest.mark.rule("ERA-7", "ERA-8")
def test_ERA_7_an_erasure_keeps_the_legal_order_and_shreds_what_was_sealed(erased: WorkerCentre) -> None:
    done = erased.acts(CASE)
    wanted = ["find.done", "plan.made", "erase.asked", "erase.approved", "erase.started", *["erase.system_done"] * 4,
              "erase.verified", "item.resolved", "subject.shredded"]  # fmt: skip
    assert [a for a in done if a in set(wanted)] == wanted
    case = erased.case(CASE)
    assert case.conflicts == ()
    assert case.items[0].outcome is Outcome.PARTLY, "invoices are kept"
    begun = next(e for e in erased.entries(CASE) if e.act == "erase.started")
    assert begun.ts >= case.items[0].approved_at + 1_000_000, "not before the waiting period's end"
    assert erased.rows("crm", f"SELECT 1 FROM customer WHERE customer_number='{ME.customer_number}'") == []
    assert len(erased.rows("shop", f"SELECT 1 FROM invoice WHERE customer_number='{ME.customer_number}'")) == 3
    told = ["recipient-notice"] * 2
    assert [x.template for x in case.letters] == ["acknowledgement", "erasure-notice", *told, "erasure-outcome"]
    assert {x.state for x in case.letters} == {"sent"}
    assert erased.store.count_details(CASE) == 0
    with erased.engine.connect() as conn:
        kinds = conn.execute(sa.select(REPLAY.c.kind)).scalars().all()
        assert kinds == ["erasure"] * 2, "the address that was given, and the customer number"
        person = conn.execute(sa.select(central.CASE.c.person).where(central.CASE.c.id == CASE)).scalar()
    assert person == "erased"


@pytest.mark.rule("ERA-2")
def test_ERA_2_invoices_stay_marked_as_stored_only_and_the_letter_says_so(erased: WorkerCentre) -> None:
    mine = f"FROM invoice WHERE customer_number='{ME.customer_number}' AND restricted_at IS NOT NULL"
    assert len(erased.rows("shop", f"SELECT 1 {mine}")) == 3
    assert len(erased.rows("shop", "SELECT 1 FROM payment WHERE restricted_at IS NOT NULL")) == 3
    assert len(erased.rows("shop", "SELECT 1 FROM invoice WHERE restricted_at IS NOT NULL")) == 3, "nobody else's"
    (shop,) = (one for one in erased.case(CASE).items[0].systems if one.system == "shop")
    assert (shop.kept, shop.stored_only, shop.not_marked) == (6, 6, 0)
    letter = next(" ".join(text.split()) for text in erased.letters() if "Was wir gelöscht haben" in text)
    kept = letter[letter.index("Rechnung:") :].partition("- Shop")[0]
    assert "(dort als nur noch gespeichert gekennzeichnet)" in kept
    assert letter.count("gekennzeichnet") == letter.count("aufbewahrt wegen") > 0, "and of nothing else"


def test_art_19_each_recipient_is_told_once_or_the_case_says_why_not(erased: WorkerCentre) -> None:
    states = {one.recipient: (one.state, one.reason) for one in erased.case(CASE).items[0].recipients}
    assert states == {
        "elbkurier-logistik-gmbh": ("told", ""),
        "mailwerk-gmbh": ("told", ""),
        "spreebank-ag": ("impossible", "no-address"),
        "nordlicht-service": ("impossible", "not-in-controller"),
    }
    notices = [text for text in erased.letters() if "Artikel 19" in " ".join(text.split())]
    assert sorted(text.splitlines()[0] for text in notices) == [
        "To: privacy@elbkurier.example", "To: privacy@mailwerk.example",
    ]  # fmt: skip
    assert all(ME.email in text for text in notices), "else nobody knows whose data to erase"
    outcome = next(text for text in erased.letters() if "Was wir gelöscht haben" in text)
    said, _, not_told = outcome.partition("konnten wir nicht unterrichten")
    assert ("Elbkurier" in said, "Spreebank" in not_told) == (True, True)


def test_the_engine_keeps_no_personal_data(erased: WorkerCentre) -> None:
    database = _open(f"sqlite:///{erased.home.engine_file}", key(erased.vault, ENGINE_KEY))
    with database.connect() as conn:
        tables = conn.execute(sa.text("SELECT name FROM sqlite_master WHERE type='table'")).scalars().all()
        text = "\n".join(str(row) for name in tables for row in conn.execute(sa.text(f'SELECT * FROM "{name}"')))
    assert "erase:crm" in text, "the control: the steps were read"
    for value in (ME.email, ME.family_name, ME.phone, ME.customer_number, ME.street):
        assert value not in text


def test_an_erasure_withdrawn_in_time_leaves_everything(live: WorkerCentre, desk) -> None:  # type: ignore[no-untyped-def]
    call = verified(live, desk, Right.ERASURE, person=10)
    call.ask_to_erase()
    call.approve(live.desk("desk-2"))
    desk.act.withdraw(call.session, call.case)
    assert desk.synced()
    time.sleep(1.8)
    assert "erase.started" not in live.acts(call.case)
    assert live.rows("crm", f"SELECT 1 FROM customer WHERE customer_number='{call.person.customer_number}'")
    with live.engine.connect() as conn:
        states = conn.execute(sa.select(JOB.c.state).where(JOB.c.kind == "erase")).scalars().all()
    assert states == ["withdrawn"]


def test_new_rows_need_a_new_approval(make_due: Make) -> None:
    centre = make_due()
    with sqlite3.connect(centre.home.path / "data" / "nordlicht" / "shop.db") as db:
        account = db.execute("SELECT id FROM account WHERE customer_number=?", (ME.customer_number,)).fetchone()[0]
        row = (9001, account, "O9009001", "2026-11-24 10:00:00", "2026-11", "delivered", "Leeds", "1 Row", None, "5.0")
        db.execute("INSERT INTO orders VALUES (?,?,?,?,?,?,?,?,?,?)", row)
    centre.start()
    centre.until(lambda: "erase.failed" in centre.acts(CASE))
    item = centre.case(CASE).items[0]
    assert item.returned == "plan-changed"
    assert item.state is ItemState.IN_PROGRESS
    assert item.plan == ""
    assert "erase.system_done" not in centre.acts(CASE)
    assert centre.rows("crm", f"SELECT 1 FROM customer WHERE customer_number='{ME.customer_number}'")


def test_a_row_planted_between_erase_and_verify_is_reported(make_due: Make) -> None:
    centre = make_due()
    centre.start(kill_at="erase.before-verify")
    assert centre.wait_dead() == -signal.SIGKILL
    with sqlite3.connect(centre.home.path / "data" / "nordlicht" / "news.db") as db:
        columns = "(id, email, name, language, signed_up_at)"
        db.execute(f"INSERT INTO subscriber {columns} VALUES (9001, ?, 'x', 'de', '2026-11-24')", (ME.email,))
    centre.start()
    centre.until(lambda: "erase.verified" in centre.acts(CASE))
    seen = next(e for e in centre.entries(CASE) if e.act == "erase.verified")
    assert seen.params["left"] == 1
    assert "erasure-outcome" not in [x.template for x in centre.case(CASE).letters]
    assert "subject.shredded" not in centre.acts(CASE)


def test_a_system_that_is_away_leaves_the_others_done_and_is_done_when_it_is_back(make_due: Make) -> None:
    centre = make_due()
    centre.start(kill_at="erase.after-started")
    centre.wait_dead()
    file = centre.home.path / "data" / "nordlicht" / "news.db"
    file.rename(file.with_suffix(".away"))
    centre.start()
    centre.until(lambda: len(centre.case(CASE).items[0].systems) == 4)
    systems = {s.system: (s.state, s.reason) for s in centre.case(CASE).items[0].systems}
    assert systems.pop("news") == ("failed", "away")
    assert {state for state, _ in systems.values()} == {"done"}
    file.with_suffix(".away").rename(file)
    centre.until(lambda: centre.case(CASE).shredded)
    assert {s.state for s in centre.case(CASE).items[0].systems} == {"done"}


# ── consent, retention ────────────────────────────────────────────────────────────────────────────────────────


def subscriber(centre: WorkerCentre, person: int, columns: str) -> tuple[object, ...]:
    (row,) = centre.rows("news", f"SELECT {columns} FROM subscriber WHERE email='{PEOPLE[person].email}'")
    return row


def test_a_withdrawal_is_written_read_back_and_told(live: WorkerCentre, desk) -> None:  # type: ignore[no-untyped-def]
    call = Call(live, desk, PEOPLE[4], Right.CONSENT_WITHDRAW)
    desk.act.consent(call.session, call.case, "personalisation", given=False)
    live.until(lambda: live.case(call.case).closed)
    assert subscriber(live, 4, "personalisation_withdrawn_at")[0] is not None
    written = next(e for e in live.entries(call.case) if e.act == "consent.written")
    assert written.params == {"purpose": "personalisation", "system": "news", "rows": 1, "read_back": True}
    assert "consent-receipt" in [x.template for x in live.case(call.case).letters]


@pytest.mark.rule("ART-21-2")
def test_Art_21_all_marketing_stops_and_a_suppression_entry_is_kept(live: WorkerCentre, desk) -> None:  # type: ignore[no-untyped-def]
    call = Call(live, desk, PEOPLE[8], Right.OBJECTION_MARKETING)
    desk.act.stop_marketing(call.session, call.case)
    live.until(lambda: live.case(call.case).closed)
    stopped = subscriber(live, 8, "newsletter_withdrawn_at, partner_offers_withdrawn_at, marketing_stopped_at")
    assert None not in stopped
    with live.engine.connect() as conn:
        kinds = conn.execute(sa.select(REPLAY.c.kind).where(REPLAY.c.case_id == call.case)).scalars().all()
    assert kinds == ["suppression"]


def test_an_old_withdrawal_does_not_undo_a_newer_giving(live: WorkerCentre, desk) -> None:  # type: ignore[no-untyped-def]
    with sqlite3.connect(live.home.path / "data" / "nordlicht" / "news.db") as db:
        newer = "newsletter_given_at='2099-01-01 00:00:00', newsletter_withdrawn_at=NULL"
        db.execute(f"UPDATE subscriber SET {newer} WHERE email=?", (PEOPLE[9].email,))
    call = Call(live, desk, PEOPLE[9], Right.CONSENT_WITHDRAW)
    desk.act.consent(call.session, call.case, "newsletter", given=False)
    live.until(lambda: live.case(call.case).closed)
    told = next(e for e in live.entries(call.case) if e.act == "consent.failed")
    assert told.params["reason"] == "superseded"
    assert subscriber(live, 9, "newsletter_withdrawn_at") == (None,)


def test_two_choices_under_one_item_both_count_and_end_it_once(live: WorkerCentre, desk) -> None:  # type: ignore[no-untyped-def]
    call = Call(live, desk, PEOPLE[2], Right.CONSENT_WITHDRAW)
    desk.act.consent(call.session, call.case, "newsletter", given=False)
    desk.act.consent(call.session, call.case, "partner-offers", given=False)
    live.until(lambda: live.case(call.case).closed)
    time.sleep(0.5)
    assert live.acts(call.case).count("consent.written") == 2
    assert live.case(call.case).conflicts == ()


@pytest.mark.rule("KEEP-PACKAGES")
def test_a_package_is_destroyed_when_its_days_are_over(live: WorkerCentre, desk) -> None:  # type: ignore[no-untyped-def]
    call = verified(live, desk, Right.ACCESS, person=6)
    call.export()
    live.until(lambda: live.case(call.case).closed)
    package = live.case(call.case).items[0].package
    file = live.home.packages / f"{package}.zip"
    assert file.exists()
    with central.writing(live.engine).begin() as conn:
        conn.execute(sa.update(PACKAGE).where(PACKAGE.c.id == package).values(expires_at=1))
    live.until(lambda: "package.destroyed" in live.acts(call.case), 45)
    assert not file.exists()
    assert not [d for d in live.store.details(call.case, "package-key") if d[0] == call.case]


def test_Art_7_a_withdrawal_is_tried_until_the_system_takes_it(live: WorkerCentre, desk) -> None:  # type: ignore[no-untyped-def]
    call = Call(live, desk, PEOPLE[6], Right.CONSENT_WITHDRAW)
    file = live.home.path / "data" / "nordlicht" / "news.db"
    file.rename(file.with_suffix(".away"))
    try:
        desk.act.consent(call.session, call.case, "newsletter", given=False)
        live.until(lambda: "consent.failed" in live.acts(call.case))
        assert live.case(call.case).items[0].state is ItemState.RUNNING
    finally:
        file.with_suffix(".away").rename(file)
    live.until(lambda: live.case(call.case).closed)
    assert subscriber(live, 6, "newsletter_withdrawn_at")[0] is not None
