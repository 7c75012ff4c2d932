"""The letter to the persons of a breach (Art 34), by a real worker and mail server, and from the shell."""

from dataclasses import replace
from datetime import date
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from console import cli
from services.errors import BadInput, Refused
from services.fulfilment import people
from services.fulfilment.breach_notice import address
from services.fulfilment.engine import JobFailed
from services.sync.rebuild import differences
from services.types import BreachRaise, LetterText, NoticeWords, Right, Role
from tests.centre import AGENT as AGENT_NUMBER, LEAD as LEAD_NUMBER, LEAD_PIN, request, sign_in
from tests.entries import opened
from tests.servers import Smtp
from tests.services.test_fold_notice import breach
from tests.worker_centre import ME, Call
from tests.worker_fixtures import Make

pytestmark = pytest.mark.usefixtures("no_keyring")


def words(*cases: str, **more: Any) -> NoticeWords:
    made = NoticeWords(
        reason="high-risk", language="de", cases=cases, categories=("user.contact",),
        happened="Eine Liste ging an eine falsche Adresse.", consequences="Jemand kann in unserem Namen schreiben.",
        measures="Die Liste ist gelöscht.", advice="Rufen Sie uns an, wenn Sie unsicher sind.",
    )  # fmt: skip
    return replace(made, **more)


@pytest.mark.rule("ART-33-5")
def test_ART_34_each_person_is_told_by_letter_whatever_is_locked_and_a_letter_that_failed_tells_nobody(
    make_centre: Make, smtp: Smtp
) -> None:
    centre = make_centre()
    with (centre.home.path / "rightsdesk.toml").open("a") as file:
        file.write(f'[mail]\nhost = "{smtp.host}"\nport = {smtp.port}\ntls = "none"\nsender = "desk@example.org"\n')
    centre.start()
    desk = centre.desk()
    call = Call(centre, desk, ME, Right.ACCESS)
    # Nobody is known by it, so there is nowhere to write to.
    nobody = desk.intake.open(call.session, request(Right.ACCESS, identifier="+4915112345678")).case
    said = BreachRaise(
        "nordlicht", call.case, "a list was sent to a wrong address", None, ("user.contact",), 2, "no", "yes"
    )
    number = desk.breach.raise_(call.session, said).number
    smtp.wait(1)
    lead_desk = centre.desk("desk-2")
    lead = centre.until(lambda: sign_in(lead_desk, LEAD_NUMBER, LEAD_PIN, Role.LEAD))
    centre.until(lambda: centre.case(call.case).locked)
    centre.until(lambda: centre.case(number).letters and centre.case(number).letters[0].state == "sent")
    lead_desk.notice.add(lead, number, nobody)
    assert lead_desk.synced()

    form = lead_desk.notice.form(lead, number)
    assert (set(form.cases), form.named, form.languages[0]) == ({call.case, nobody}, ("user.contact",), "de")
    before = len(smtp.messages)
    read = lead_desk.notice.preview(lead, number, words(*form.cases))
    assert isinstance(read, LetterText)
    assert (read.template, read.language) == ("breach-notice", "de")
    assert "Eine Liste ging an eine falsche Adresse." in read.text
    assert len(smtp.messages) == before, "looking sends nothing"

    smtp.refuse = "452 the box is full"
    lead_desk._ctx.live[lead.id].pin_at -= 3600
    with pytest.raises(Refused, match="PIN again"):
        lead_desk.notice.send(lead, number, words(*form.cases))
    lead_desk.sign.step_up(lead, LEAD_PIN)
    assert lead_desk.notice.send(lead, number, words(*form.cases)) == 2

    def person(case: str) -> Any:
        return next(one for one in lead_desk.breach.read(lead, number).people if one.case == case)

    centre.until(lambda: person(nobody).state == "failed")
    assert person(nobody).reason == "there is no address to write to"
    centre.until(lambda: person(call.case).state == "waiting")
    assert person(call.case).at is not None, "and when it is tried next"
    smtp.refuse = "550 nobody of that name"
    centre.until(lambda: person(call.case).state == "failed")
    assert lead_desk.breach.read(lead, number).missing.startswith("whether the authority")
    lead_desk.breach.decide(lead, number, "authority", "risk-unlikely", "small")
    assert lead_desk.synced()
    assert lead_desk.breach.read(lead, number).missing == "2 of 2 persons not told yet (Art 34)"
    lead_desk.sign.step_up(lead, LEAD_PIN)
    with pytest.raises(Refused, match="not told yet"):
        lead_desk.breach.close(lead, number, "all-done")

    paper = lead_desk.letter.print(lead, nobody, breach(centre.case(number)).person(nobody).letter)  # type: ignore[union-attr]
    assert not paper.addressed, "whoever posts it writes the address"
    locked = centre.case(call.case).letters
    paper = lead_desk.letter.print(lead, call.case, next(x.id for x in locked if x.template == "breach-notice"))
    assert paper.addressed, "it stands in the window"
    file = centre.home.outbox / paper.file
    assert (file.stat().st_mode & 0o777, file.read_bytes()[:5]) == (0o600, b"%PDF-")
    with pytest.raises(Refused, match="a breach is open"):
        lead_desk.letter.print(lead, call.case, next(x.id for x in locked if x.template == "acknowledgement"))
    with pytest.raises(Refused, match="for lead or officer only"):
        desk.letter.print(call.session, call.case, locked[-1].id)
    assert lead_desk.synced()
    viewed = [e for e in centre.entries(call.case) if e.act == "data.viewed" and e.params["what"] == "letter-print"]
    assert [(e.actor, e.params["reason"]) for e in viewed] == [(f"agent:{LEAD_NUMBER}", "reach-person")]

    smtp.refuse = ""
    assert lead_desk.notice.again(lead, number) == 2
    centre.until(lambda: person(call.case).state == "told")
    assert centre.case(call.case).locked, "the lock of the case did not hold it back"
    mail = smtp.messages[-1]
    assert (mail["To"], call.case in mail["Subject"]) == (ME.email, True)
    assert mail.get_content().split() == read.text.replace(form.cases[0], call.case).split()
    assert nobody not in mail.get_content(), "no word of the others"
    sealed = centre.case(call.case).letters[-1]
    assert (sealed.template, sealed.state, sealed.medium) == ("breach-notice", "sent", "smtp")
    centre.until(lambda: person(nobody).state == "failed" and centre.acts(nobody)[-1] == "letter.failed")
    lead_desk.notice.handed(lead, number, nobody, "post")
    centre.until(lambda: person(nobody).state == "told")
    assert person(nobody).medium == "post"
    found = lead_desk.breach.content(lead, number)
    assert found["persons"] == {"told": 2, "not_told_yet": 0, "by_public_communication": 0, "without_a_letter": 0}
    assert found["letters"][0]["advice"] == "Rufen Sie uns an, wenn Sie unsicher sind."
    lead_desk.breach.close(lead, number, "all-done")
    assert lead_desk.synced()
    assert not centre.case(call.case).locked
    assert differences(centre.store) == [], "the same from nothing"
    logs = b"".join(path.read_bytes() for path in Path(centre.home.path).glob("terminals/*/log-*.db"))
    assert b"falsche Adresse" not in logs, "the words are sealed"
    assert number.encode() in logs, "the control"


@pytest.mark.long
@pytest.mark.parametrize("place", ["post.breach-notice", "post.after-send"])
def test_a_worker_that_is_killed_with_the_letter_leaves_one_letter_and_one_word_of_it(
    make_centre: Make, place: str
) -> None:
    centre = make_centre()
    centre.start()
    desk = centre.desk()
    call = Call(centre, desk, ME, Right.ACCESS)
    said = BreachRaise("nordlicht", call.case, "x", None, ("user.contact",), 1, "no", "yes")
    number = desk.breach.raise_(call.session, said).number
    lead_desk = centre.desk("desk-2")
    lead = centre.until(lambda: sign_in(lead_desk, LEAD_NUMBER, LEAD_PIN, Role.LEAD))
    centre.until(lambda: lead_desk.breach.read(lead, number).alerts == ("sent",))
    centre.stop()
    centre.start(kill_at=place)
    lead_desk.sign.step_up(lead, LEAD_PIN)
    lead_desk.notice.send(lead, number, words(call.case))
    centre.wait_dead()
    assert "breach.person_told" not in centre.acts(number)
    centre.start()
    centre.until(lambda: "breach.person_told" in centre.acts(number))
    acted = centre.acts(call.case)
    assert [acted.count(act) for act in ("letter.made", "letter.sent")] == [2, 2], "with the receipt"
    assert centre.acts(number).count("breach.person_told") == 1
    assert sum("Eine Liste ging" in letter for letter in centre.letters()) == 1


def test_the_letter_goes_to_what_is_long_on_file_then_to_what_is_on_file_then_to_what_was_given(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    today, held = date(2026, 11, 27), list[people.Point]()
    found = SimpleNamespace(undecided=False)
    room: Any = SimpleNamespace(
        catalog=lambda key: SimpleNamespace(graph=None), controller=lambda key: None, today=lambda controller: today
    )
    given = people.Identifier("email", "given@example.com")
    monkeypatch.setattr(people, "look_up", lambda room, case: found)
    monkeypatch.setattr(people, "points", lambda graph, found: tuple(held))
    monkeypatch.setattr(people, "requester", lambda room, case: given)
    task: Any = SimpleNamespace(room=room)
    case = opened(Right.ACCESS)
    assert address(task, case) == "given@example.com"
    held.append(people.Point("email", "new@example.com", date(2026, 11, 20)))
    assert address(task, case) == "new@example.com"
    held.append(people.Point("email", "old@example.com", date(2024, 1, 1)))
    assert address(task, case) == "old@example.com", "whoever changed it lately may be who did the harm"
    found.undecided = True
    with pytest.raises(JobFailed, match="which-person"):
        address(task, case)
    found.undecided, given = False, people.Identifier("phone", "+4915112345678")
    held.clear()
    with pytest.raises(JobFailed, match="no-address"):
        address(task, case)


YAML = """\
language: en
happened: "A list [red] went to a wrong address."
consequences: Somebody may write to you in our name.
measures: The list was deleted.
advice: Call us.
"""


def test_what_a_letter_cannot_be_is_said_beside_its_field_and_the_shell_sends_one(
    make_centre: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    centre = make_centre()
    centre.start()
    desk = centre.desk()
    call = Call(centre, desk, ME, Right.ACCESS)
    number = desk.breach.raise_(call.session, BreachRaise("nordlicht", "", "x", None, (), None, "no", "yes")).number
    other = desk.intake.open(call.session, request(Right.ACCESS, controller="harbour")).case
    assert desk.synced()
    lead_desk = centre.desk("desk-2")
    lead = centre.until(lambda: sign_in(lead_desk, LEAD_NUMBER, LEAD_PIN, Role.LEAD))
    for wrong, place in (
        (words(), "cases"),
        (words("C-26-999999"), "cases"),
        (words(number), "cases"),
        (words(other), "cases"),
        (words(call.case, call.case), "cases"),
        (words(call.case, language="it"), "language"),
        (words(call.case, reason="unreadable"), "reason"),
        (words(call.case, categories=()), "categories"),
        (words(call.case, categories=("shoes of ada",)), "categories"),
        (words(call.case, advice=" "), "advice"),
        (words(call.case, happened="x" * 2_001), "happened"),
    ):
        with pytest.raises(BadInput) as refused:
            lead_desk.notice.send(lead, number, wrong)
        assert refused.value.place == place
    with pytest.raises(Refused, match="for lead or officer only"):
        desk.notice.send(call.session, number, words(call.case))
    assert "breach.notice_asked" not in centre.acts(number)
    hostile = "[red]=cmd()\x1b[2J{{ controller.key }}"
    text = lead_desk.notice.preview(lead, number, words(call.case, happened=hostile)).text
    assert "{{ controller.key }}" in text, "what people write is text in a letter, not a template"
    assert AGENT_NUMBER not in text

    pin, notice = tmp_path / "pin", tmp_path / "notice.yml"
    pin.touch(mode=0o600)
    pin.write_text(LEAD_PIN)
    notice.write_text(YAML)
    monkeypatch.setenv("RIGHTSDESK_PIN_FILE", str(pin))
    monkeypatch.setenv("RIGHTSDESK_HOME", str(centre.home.path))
    command = ["breach", "notify", number, "--from", str(notice), "--agent", LEAD_NUMBER, "--case", call.case.lower()]
    assert cli.main([*command, "--show"]) == 2, "it does not say which data"
    notice.write_text(YAML + "data: [user.contact]\n")
    capsys.readouterr()
    assert cli.main([*command, "--show"]) == 0
    shown = capsys.readouterr().out
    assert "A list [red] went to a wrong address." in shown
    assert "breach.notice_asked" not in centre.acts(number), "it was shown, and nothing was sent"
    assert cli.main(command) == 0
    centre.until(lambda: "breach.person_told" in centre.acts(number))
    assert [one.state for one in breach(centre.case(number)).people] == ["told"]
    capsys.readouterr()
    assert cli.main(["breach", "list", "--agent", LEAD_NUMBER]) == 0
    assert "persons 1 of 1 by letter" in capsys.readouterr().out
    assert cli.main(command) == 2, "nobody is told twice"
