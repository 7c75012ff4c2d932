"""Asks over a real worker: what is said is compared, two strikes count, nothing tells whether an account exists."""

import shutil
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import orjson
import pytest
import pyzipper
import sqlalchemy as sa

from db.central import ASK
from services.action_log.entry import new_id
from services.desk.asks import Asks
from services.errors import BadInput, Refused
from services.invitation import revoke
from services.types import Right, Role, Tier
from tests.centre import AGENT, COLLEAGUE, COLLEAGUE_PIN, LEAD, LEAD_PIN, sign_in
from tests.player import worker_log
from tests.worker_centre import PEOPLE, Call, WorkerCentre

STRANGER = "nobody.here@example.com"
LATELY_CHANGED = 5
"""The demo's person whose e-mail address was changed less than 30 days ago."""


@pytest.fixture(scope="module")
def live(centre_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[WorkerCentre]:
    """One worker for this file; each test has a call of its own."""
    home = tmp_path_factory.mktemp("answers") / "home"
    shutil.copytree(centre_template, home)
    centre = WorkerCentre(home)
    centre.start()
    yield centre
    centre.close()


@pytest.fixture(scope="module")
def desk(live: WorkerCentre):  # type: ignore[no-untyped-def]
    return live.desk()


def call_of(live: WorkerCentre, desk, person: int, *rights: Right) -> Call:  # type: ignore[no-untyped-def]
    return Call(live, desk, PEOPLE[person], *(rights or (Right.ACCESS,)))


def stranger(live: WorkerCentre, desk) -> Call:  # type: ignore[no-untyped-def]
    from dataclasses import replace

    return Call(live, desk, replace(PEOPLE[1], email=STRANGER), Right.ACCESS)


def check_of(call: Call) -> str:
    return call.desk.check.start(call.session, call.case).check


def ask(call: Call, kind: str, **payload: str) -> dict[str, object]:
    return Asks(call.desk._ctx).ask(kind, {"case": call.case, **payload})


def failed(call: Call) -> list[tuple[str, str]]:
    check = call.centre.case(call.case).check
    return list(check.failed) if check else []


@pytest.mark.rule("G2", "SAY-NO-ACCOUNT")
def test_a_question_looks_the_same_whether_or_not_an_account_exists(live: WorkerCentre, desk) -> None:  # type: ignore[no-untyped-def]
    known, unknown = call_of(live, desk, 1), stranger(live, desk)
    catalog = {"crm.customer.date_of_birth", "crm.customer.postcode", "crm.customer.customer_number"}
    for call in (known, unknown):
        check = check_of(call)
        first = ask(call, "question", check=check, factor="KBS")
        assert first["key"] in catalog
        assert set(first) == {"key", "text"}
        assert ask(call, "question", check=check, factor="KBS") == first, "a second look must not offer an easier one"
        assert ask(call, "question", check=check, factor="PIN")["key"] == "crm.customer.pin_hash"


def test_nothing_a_caller_says_passes_where_nothing_is_held(live: WorkerCentre, desk) -> None:  # type: ignore[no-untyped-def]
    call = stranger(live, desk)
    check = check_of(call)
    key = str(ask(call, "question", check=check, factor="KBS")["key"])
    assert ask(call, "answer", check=check, factor="KBS", key=key, answer=call.answer(key)) == {"passed": False}
    assert ask(call, "answer", check=check, factor="PIN", key="crm.customer.pin_hash", answer="1234") == {
        "passed": False
    }
    assert live.case(call.case).check.tier is Tier.TX  # type: ignore[union-attr]
    with pytest.raises(Refused, match="check is over"):
        ask(call, "answer", check=check, factor="PIN", key="crm.customer.pin_hash", answer="1234")


def test_the_right_answer_passes_and_stands_in_the_workers_log_before_the_reply(live: WorkerCentre, desk) -> None:  # type: ignore[no-untyped-def]
    call = call_of(live, desk, 1)
    check = check_of(call)
    key = str(ask(call, "question", check=check, factor="KBS")["key"])
    assert ask(call, "answer", check=check, factor="KBS", key=key, answer=call.answer(key)) == {"passed": True}
    assert ("KBS", key) in live.case(call.case).check.passed  # type: ignore[union-attr]
    entry = next(e for e in live.entries(call.case) if e.act == "factor.passed" and e.params["factor"] == "KBS")
    assert entry.actor == f"worker:{live.said.split()[1]}"
    assert entry.params["method"] == key


def test_a_question_that_was_not_put_is_not_compared(live: WorkerCentre, desk) -> None:  # type: ignore[no-untyped-def]
    call = call_of(live, desk, 1)
    check = check_of(call)
    put = str(ask(call, "question", check=check, factor="KBS")["key"])
    other = next(k for k in ("crm.customer.postcode", "crm.customer.date_of_birth") if k != put)
    with pytest.raises(Refused, match="was not put"):
        ask(call, "answer", check=check, factor="KBS", key=other, answer=call.answer(other))
    assert failed(call) == []


def test_guesses_sent_at_once_count_one_after_the_other(live: WorkerCentre, desk) -> None:  # type: ignore[no-untyped-def]
    call = call_of(live, desk, 2)
    check = check_of(call)
    guesses = ["0000", "1111", "2222", "3333", call.person.pin]

    def guess(pin: str) -> object:
        try:
            return ask(call, "answer", check=check, factor="PIN", key="crm.customer.pin_hash", answer=pin)["passed"]
        except Refused:
            return "refused"

    with ThreadPoolExecutor(5) as pool:
        verdicts = list(pool.map(guess, guesses))
    state = live.case(call.case).check
    assert state is not None
    assert state.strikes <= 2
    assert verdicts.count("refused") + len(state.passed) >= 3
    assert len(state.failed) + len(state.passed) <= 3


def code_in_outbox(live: WorkerCentre, before: int) -> str:
    letter = live.until(lambda: [x for x in live.letters()[before:] if "Code" in x])[0]
    return next(word for word in letter.split() if word.isdigit() and len(word) == 6)


@pytest.mark.rule("OTP")
def test_a_code_goes_to_the_address_on_file_counts_once_and_not_when_it_is_late(live: WorkerCentre, desk) -> None:  # type: ignore[no-untyped-def]
    call = call_of(live, desk, 4)
    check = check_of(call)
    live.until(lambda: live.case(call.case).acknowledged)
    before = len(live.letters())
    assert ask(call, "code", check=check, factor="OTP", way="email") == {"said": True}
    code = code_in_outbox(live, before)
    assert call.person.email in live.letters()[-1]
    assert "code" not in live.acts(call.case)
    assert ask(call, "answer", check=check, factor="OTP", key="", answer=f"{code[:3]} {code[3:]}") == {"passed": True}
    assert ask(call, "answer", check=check, factor="OTP", key="", answer=code) == {"passed": False}


@pytest.mark.rule("IDV-10", "G5")
@pytest.mark.parametrize("who", [LATELY_CHANGED, None])
def test_no_code_leaves_for_a_young_address_or_for_nobody_and_the_reply_is_the_same(
    live: WorkerCentre,
    desk,
    who: int | None,  # type: ignore[no-untyped-def]
) -> None:
    call = stranger(live, desk) if who is None else call_of(live, desk, who)
    check = check_of(call)
    live.until(lambda: live.case(call.case).acknowledged)
    before = len(live.letters())
    assert ask(call, "code", check=check, factor="OTP", way="email") == {"said": True}
    live.until(lambda: "code" in (live.home.logs / "worker.log").read_text())
    assert len(live.letters()) == before
    assert ask(call, "answer", check=check, factor="OTP", key="", answer="123456") == {"passed": False}


def test_nothing_is_revealed_before_the_tier_and_the_key_opens_the_package(live: WorkerCentre, desk) -> None:  # type: ignore[no-untyped-def]
    call = call_of(live, desk, 1)
    for what in ("person", "delivery", "package-key"):
        with pytest.raises(Refused, match="needs T2"):
            ask(call, "reveal", what=what)
    assert ask(call, "reveal", what="words") == {"value": "as said"}
    assert call.verify().tier_reached is Tier.T2
    desk.synced()
    assert ask(call, "reveal", what="person") == {"value": call.person.email}
    assert ask(call, "reveal", what="delivery") == {"value": call.person.email}
    call.export()
    live.until(lambda: live.case(call.case).closed)
    key = str(ask(call, "reveal", what="package-key")["value"])
    package = live.case(call.case).items[0].package
    with pyzipper.AESZipFile(live.home.packages / f"{package}.zip") as archive:
        archive.setpassword(key.encode())
        names = archive.namelist()
        manifest = orjson.loads(archive.read("manifest.json"))
        customers = orjson.loads(archive.read("data/crm/customer.json"))
    assert {"README.txt", "index.html", "redactions.csv", "answer_letter.txt"} <= set(names)
    assert manifest["case"] == call.case
    assert customers[0]["customer_number"] == call.person.customer_number
    letter = next(x for x in live.case(call.case).letters if x.template == "access-answer")
    read = desk.letter.read(call.session, call.case, letter.id)
    assert (read.template, read.version) == ("access-answer", letter.version)
    assert call.case in read.text
    seen = desk.letter.preview(call.session, call.case, "not-identified")
    assert "welche Daten Sie betreffen" in " ".join(seen.text.split())
    with pytest.raises(BadInput):
        desk.letter.preview(call.session, call.case, "erasure-outcome")
    with pytest.raises(Refused, match="no letter has failed"):
        desk.letter.retry(call.session, call.case, letter.id)


def test_search_finds_the_persons_cases_and_nobody_elses(live: WorkerCentre, desk) -> None:  # type: ignore[no-untyped-def]
    call = call_of(live, desk, 6)
    found = desk.find.search(call.session, "nordlicht", f"  {call.person.email.upper()} ")
    assert found == (call.case,)
    assert desk.find.search(call.session, "harbour", call.person.email) == ()


def test_the_status_of_purposes_needs_T1(live: WorkerCentre, desk) -> None:  # type: ignore[no-untyped-def]
    call = call_of(live, desk, 4, Right.ACCESS)
    with pytest.raises(Refused, match="needs T1"):
        ask(call, "purposes")
    call.verify()
    desk.synced()
    status = ask(call, "purposes")["status"]
    assert set(status) == {"newsletter", "partner-offers", "personalisation"}  # type: ignore[call-overload]
    assert set(status.values()) <= {"given", "withdrawn", "unknown"}  # type: ignore[attr-defined]


def test_a_question_of_an_unknown_kind_or_a_garbled_one_gets_a_sentence_without_data(
    live: WorkerCentre,
    desk,  # type: ignore[no-untyped-def]
) -> None:
    call = call_of(live, desk, 1)
    with pytest.raises(Refused, match="no question of the kind"):
        ask(call, "gossip")
    with pytest.raises(Refused, match="has no 'check'"):
        ask(call, "question", factor="KBS")
    garbled = new_id()
    desk._ctx.port().ask(garbled, "find", b"not sealed at all")
    reply = live.until(lambda: desk._ctx.port().take_reply(garbled)[1])
    assert reply
    with live.engine.connect() as conn:
        assert conn.execute(sa.select(sa.func.count()).select_from(ASK)).scalar() == 0, "asks go when read"


def test_a_sign_in_is_answered_by_the_worker_and_a_lock_out_stands_in_its_own_log(live: WorkerCentre, desk) -> None:  # type: ignore[no-untyped-def]
    asks, number, pin = Asks(desk._ctx), "0003", "8642"

    def told(pin: str) -> object:
        return asks.ask_soon("sign-in", {"agent": number, "pin": pin}, 30, lambda: False)["answer"]

    assert told(pin) == "ok"
    assert [told("0000") for _ in range(5)] + [told(pin)] == ["wrong"] * 5 + ["locked"]
    (entry,) = live.until(lambda: [e for e in worker_log(live.home.path) if e.act == "agent.locked_out"])
    assert entry.params == {"agent": number, "terminal": desk._ctx.terminal}
    assert told("0000") == "locked"


@pytest.mark.rule("ART-5-2")
def test_ART_5_2_leads_are_told_the_figures_of_their_controllers_and_an_agent_none(live: WorkerCentre, desk) -> None:  # type: ignore[no-untyped-def]
    case = call_of(live, desk, 3).case
    lead = sign_in(desk, LEAD, LEAD_PIN, Role.LEAD)
    live.until(lambda: live.case(case))
    told = {one.name: dict(one.rows) for one in desk.figures.read(lead)}
    assert set(told) == {"Nordlicht Versand GmbH", "Harbour & Vale Ltd"}
    assert int(told["Nordlicht Versand GmbH"]["requests received"]) >= 1
    assert told["Harbour & Vale Ltd"]["requests received"] == "0"
    agent = sign_in(desk, COLLEAGUE, COLLEAGUE_PIN, Role.AGENT)
    with pytest.raises(Refused, match="for leads and the officer"):
        desk.figures.read(agent)
    # Central knows who may: what a terminal says of a person who is no lead does not count.
    since = {"since": "2026-01-01"}
    assert Asks(desk._ctx).ask("figures", {"agent": AGENT, **since})["figures"] == []
    assert len(Asks(desk._ctx).ask("figures", {"agent": LEAD, **since})["figures"]) == 2, "the control"


@pytest.mark.parametrize(
    "payload",
    [
        {}, {"agent": "0042"}, {"agent": "0042", "pin": None}, {"agent": 42, "pin": 2580}, {"agent": "0042", "pin": ""},
        {"agent": "0" * 40, "pin": "1"}, {"agent": "0042", "pin": "\x00"}, {"agent": "x' OR '1", "pin": "2580"},
    ],
)  # fmt: skip
def test_a_sign_in_that_is_none_is_refused_without_what_it_held(live: WorkerCentre, desk, payload) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(Refused, match=r"the question has no '|no agent's number with a PIN") as refused:
        Asks(desk._ctx).ask_soon("sign-in", payload, 30, lambda: False)
    assert "OR" not in str(refused.value)


def test_a_terminal_that_was_shut_out_is_answered_nothing_but_that(live: WorkerCentre, desk) -> None:  # type: ignore[no-untyped-def]
    other = live.desk("desk-2")
    sign_in(other, COLLEAGUE, COLLEAGUE_PIN)  # control: until then it is answered
    revoke(live.home, live.vault, "terminal", "desk-2")
    for call in (lambda: sign_in(other, LEAD, LEAD_PIN), lambda: Asks(other._ctx).ask("ways", {"case": "C-26-000001"})):
        with pytest.raises(Refused, match="this terminal was shut out"):
            call()  # type: ignore[no-untyped-call]
    sign_in(desk, LEAD, LEAD_PIN)


@pytest.mark.rule("IDV-11", "G8")
def test_what_the_caller_said_and_who_it_is_stand_nowhere(live: WorkerCentre, desk) -> None:  # type: ignore[no-untyped-def]
    call = call_of(live, desk, 7)
    check = check_of(call)
    said = "Xyzzy-Plugh-4711"
    ask(call, "answer", check=check, factor="PIN", key="crm.customer.pin_hash", answer=said)
    kept = [p for p in live.home.path.rglob("*") if p.is_file() and "data" not in p.parts and "outbox" not in p.parts]
    plain = b"".join(p.read_bytes() for p in kept if p.suffix in (".log", ".json") or p.name.startswith("log-"))
    assert call.case.encode() in plain, "the control: the logs were read"
    for text in (said, call.person.email, call.person.pin + '"', call.person.name, call.person.phone):
        assert text.encode() not in plain
    with live.engine.connect() as conn:
        for table in ("entry", "case_", "job", "ask", "detail", "lookup", "subject"):
            rows = conn.execute(sa.text(f"SELECT * FROM {table}")).all()
            assert not [r for r in rows if said in str(r) or call.person.email in str(r)], table
