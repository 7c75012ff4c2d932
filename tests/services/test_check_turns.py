"""What turns a check, over a real worker: texts and call-backs, facts found, a lead's word, a warm transfer, REP."""

import json
import shutil
import threading
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from services.desk.desk import Desk
from services.errors import BadInput, Refused
from services.identity.identifiers import normalise
from services.letters.dates import weekday
from services.types import Channel, Factor, Intake, Requester, Right, Session, Tier
from tests.centre import COLLEAGUE, COLLEAGUE_PIN, LEAD, LEAD_PIN
from tests.worker_centre import PEOPLE, Call, WorkerCentre, _signed_in

STRANGER = "nobody.here@example.com"
LATELY_CHANGED = 5
SENT: list[tuple[str, Any]] = []


class TextsTaken(BaseHTTPRequestHandler):
    """A gateway for text messages that keeps what it gets."""

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        SENT.append((self.headers["Authorization"], body))
        self.send_response(202)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Quiet."""


@pytest.fixture(scope="module")
def live(centre_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[WorkerCentre]:
    """One worker for this file, with a text gateway; what a customer's phone rows hold is said to be recorded."""
    home = tmp_path_factory.mktemp("turns") / "home"
    shutil.copytree(centre_template, home)
    server = ThreadingHTTPServer(("127.0.0.1", 0), TextsTaken)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    with (home / "rightsdesk.toml").open("a") as settings:
        settings.write(f'\n[texts]\nurl = "http://127.0.0.1:{server.server_address[1]}/"\n')
    file = next((home / "controllers" / "nordlicht").rglob("crm.yml"))
    text = file.read_text()
    assert "{contact: phone, changed_at: changed_at}" in text
    file.write_text(text.replace("{contact: phone,", "{contact: phone, sensitivity: recording,"))
    centre = WorkerCentre(home)
    centre.vault.put("texts-secret", b"s3cret")
    centre.start()
    yield centre
    centre.close()
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module")
def desk(live: WorkerCentre) -> Desk:
    return live.desk()


@pytest.fixture(scope="module")
def other(live: WorkerCentre) -> Desk:
    return live.desk("desk-2")


def known(live: WorkerCentre, desk: Desk, person: int = 1) -> Call:
    return Call(live, desk, PEOPLE[person], Right.ACCESS)


def stranger(live: WorkerCentre, desk: Desk) -> Call:
    from dataclasses import replace

    return Call(live, desk, replace(PEOPLE[1], email=STRANGER), Right.ACCESS)


def signed_in(live: WorkerCentre, desk: Desk, agent: str, pin: str) -> Session:
    session: Session = live.until(lambda: _signed_in(desk, agent, pin))
    return session


def step(call: Call, factor: str) -> str:
    view = call.desk.check.view(call.session, call.case)
    return next(one.id for one in view.steps if one.factor == factor)


def test_a_code_by_text_goes_to_the_number_on_file_and_stands_in_no_log(live: WorkerCentre, desk: Desk) -> None:
    call = known(live, desk)
    number = normalise("phone", call.person.phone, "DE")
    desk.check.start(call.session, call.case)
    said = desk.check.send_code(call.session, call.case, step(call, "OTP"), "phone")
    assert "If we hold" in said or "Wenn uns" in said
    secret, body = live.until(lambda: [one for one in SENT if one[1]["to"] == number])[0]
    assert secret == "Bearer s3cret"
    code = next(word for word in body["text"].split() if word.isdigit() and len(word) == 6)
    desk.check.answer(call.session, call.case, step(call, "OTP"), "", code)
    assert desk.synced()
    assert ("OTP", "phone") in live.case(call.case).check.passed  # type: ignore[union-attr]
    journal = (live.home.logs / "worker.log").read_text()
    written = journal + "".join(str(entry) for entry in live.entries(call.case))
    assert not {word for word in (number, number[-6:], code) if word in written}


def test_the_way_of_a_code_is_one_that_is_set_up_and_a_stranger_gets_the_same_words(
    live: WorkerCentre, desk: Desk
) -> None:
    here, nobody = known(live, desk), stranger(live, desk)
    words = []
    for call in (here, nobody):
        desk.check.start(call.session, call.case)
        words.append(desk.check.send_code(call.session, call.case, step(call, "OTP"), "phone"))
        with pytest.raises(Refused, match="do not go that way"):
            desk.check.send_code(call.session, call.case, step(call, "OTP"), "pigeon")
    assert words[0] == words[1]


@pytest.mark.rule("IDV-10", "SAY-NO-ACCOUNT")
def test_no_line_of_a_checklist_tells_whether_an_account_exists_or_was_changed_lately(
    live: WorkerCentre, desk: Desk
) -> None:
    views = []
    for call in (known(live, desk), known(live, desk, LATELY_CHANGED), stranger(live, desk)):
        view = desk.check.start(call.session, call.case)
        views.append([(s.id, s.title, s.say.replace(call.case, ""), s.state, s.blocked) for s in view.steps])
    assert views[0] == views[1] == views[2]
    received = datetime.now(ZoneInfo("Europe/Berlin")).date()
    said = {}
    for language in ("fr", "de", "it"):
        steps = desk.check.view(call.session, call.case, language).steps
        said[language] = next(one.say for one in steps if one.id == "g9")
    assert f"reçue le {weekday(received, 'fr')}" in said["fr"], "dates as they are spoken, in the words' own language"
    assert said["it"] == said["de"], "the controller's language, where nobody wrote the one that was asked for"


def test_CBK_the_number_on_file_is_shown_for_the_call_back_and_nobody_passes_it_without(
    live: WorkerCentre, desk: Desk
) -> None:
    call, nobody = known(live, desk), stranger(live, desk)
    desk.check.start(call.session, call.case)
    with pytest.raises(Refused, match="call the number on file first"):
        desk.check.mark(call.session, call.case, step(call, "CBK"), "y")
    with pytest.raises(Refused, match="only a call-back"):
        desk.check.number(call.session, call.case, step(call, "OTP"))
    assert desk.check.number(call.session, call.case, step(call, "CBK")) == call.person.phone
    desk.check.mark(call.session, call.case, step(call, "CBK"), "y")
    seen = [e for e in desk_entries(desk, call.case) if e.act == "data.viewed"]
    assert [(e.params["what"], e.params["count"]) for e in seen] == [("call-back-number", 1)]
    desk.check.start(nobody.session, nobody.case)
    assert desk.check.number(nobody.session, nobody.case, step(nobody, "CBK")) == ""
    with pytest.raises(Refused, match="call the number on file first"):
        desk.check.mark(nobody.session, nobody.case, step(nobody, "CBK"), "y")


def desk_entries(desk: Desk, case: str) -> list[Any]:
    from services.action_log.entry import decode

    with desk._ctx.book.reader() as reader:
        return [decode(body) for _, body in reader.of_case(case, 0)]


@pytest.mark.rule("TIER-MAX")
def test_rules_7_4_what_the_search_finds_raises_the_check_and_a_lead_alone_lowers_it(
    live: WorkerCentre, desk: Desk, other: Desk
) -> None:
    call = known(live, desk)
    assert call.verify().tier_reached is Tier.T2
    desk.find.preview(call.session, call.case)
    key = live.until(lambda: (k := desk.case.read(call.session, call.case).key("export")).reason and k)
    assert "needs T3, reached T2" in key.reason
    view = desk.check.start(call.session, call.case)
    assert (view.template, view.tier_needed, view.ended) == ("CL-ACC-SENS", Tier.T3, "")
    assert next(s.state for s in view.steps if s.id == "identify.KBS") == "passed", "what was proven stays proven"
    assert desk.synced()
    lead = signed_in(live, other, LEAD, LEAD_PIN)
    other._ctx.live[lead.id].pin_at -= 120
    with pytest.raises(Refused, match="PIN"):
        other.check.lower(lead, call.case, Tier.T2, "known-otherwise")
    other.sign.step_up(lead, LEAD_PIN)
    with pytest.raises(BadInput):
        other.check.lower(lead, call.case, Tier.T2, "because")
    with pytest.raises(Refused, match="not lower"):
        other.check.lower(lead, call.case, Tier.T3, "known-otherwise")
    with pytest.raises(Refused, match="lead only"):
        desk.check.lower(call.session, call.case, Tier.T2, "known-otherwise")
    other.check.lower(lead, call.case, Tier.T2, "known-otherwise")
    assert other.synced()
    live.until(lambda: desk.case.read(call.session, call.case).key("export").allowed)


def test_G10_a_warm_transfer_takes_the_check_along_to_the_one_who_was_named(
    live: WorkerCentre, desk: Desk, other: Desk
) -> None:
    call = known(live, desk)
    with pytest.raises(Refused, match="checks anew"):
        desk.check.offer(call.session, call.case, COLLEAGUE)
    call.verify()
    with pytest.raises(Refused, match="another person"):
        desk.check.offer(call.session, call.case, call.session.agent)
    desk.check.offer(call.session, call.case, COLLEAGUE)
    assert desk.synced()
    assert desk.case.tier(desk.case.state(call.case), call.session) is Tier.T0
    colleague = signed_in(live, other, COLLEAGUE, COLLEAGUE_PIN)
    live.until(lambda: other.queue.take(colleague, call.case) or True)
    other.check.accept(colleague, call.case)
    assert other.synced()
    assert other.case.tier(live.case(call.case), colleague) is Tier.T2
    with pytest.raises(Refused, match="no check was handed"):
        other.check.accept(colleague, call.case)


def test_rules_6_a_representative_shows_an_authority_that_counts_today_and_no_copy_is_kept(
    live: WorkerCentre, desk: Desk
) -> None:
    session = signed_in(live, desk, "0042", "2580")
    intake = Intake("nordlicht", Channel.PHONE, Requester.REPRESENTATIVE, (Right.ACCESS,), PEOPLE[1].email, "as said")
    case = desk.intake.open(session, intake).case
    view = desk.check.start(session, case)
    assert (view.template, view.tier_needed) == ("CL-REP-LAW", Tier.T3)
    with pytest.raises(Refused, match="until when"):
        desk.check.mark(session, case, "authority.REP", "y")
    today = date.today()
    for dated, until in ((today, today - timedelta(days=2)), (today + timedelta(days=2), None)):
        with pytest.raises(Refused, match="over, or not begun"):
            desk.check.authority(session, case, "this-request", dated, until)
    with pytest.raises(BadInput):
        desk.check.authority(session, case, "whatever", today, None)
    after = desk.check.authority(session, case, "this-request", today - timedelta(days=9), today + timedelta(days=9))
    assert next(s.state for s in after.steps if s.id == "authority.REP") == "passed"
    seen = next(e for e in desk_entries(desk, case) if e.act == "authority.seen")
    assert set(seen.params) == {"check", "scope", "dated", "until"}
    assert seen.details == ()


@pytest.mark.rule("IDV-3")
def test_a_fact_that_is_noted_raises_an_open_check_at_once(live: WorkerCentre, desk: Desk) -> None:
    call = known(live, desk, 2)
    assert desk.check.start(call.session, call.case).template == "CL-ACC-STD"
    with pytest.raises(BadInput):
        desk.check.note(call.session, call.case, "contact-changed")
    desk.check.note(call.session, call.case, "fraud")
    view = desk.check.view(call.session, call.case)
    assert (view.template, view.tier_needed) == ("CL-ACC-SENS", Tier.T3)
    assert {s.factor for s in view.steps} >= {Factor.DOC, Factor.SUP}
