"""Letters by a real mail server that is full, refuses, and takes them: what the case says, and what ends when."""

import signal

from services.cases.fold_letters import failed_letters
from services.types import Right
from tests.servers import Smtp
from tests.worker_centre import ME, Call
from tests.worker_fixtures import Make


def test_letters_leave_by_a_real_mail_server_or_wait_or_are_refused_and_nobody_was_told_before(
    make_centre: Make, smtp: Smtp
) -> None:
    """4xx waits and says when next, 5xx ends the try and waits for a person; a signal ends the worker."""
    centre = make_centre()
    with (centre.home.path / "rightsdesk.toml").open("a") as file:
        file.write(f'[mail]\nhost = "{smtp.host}"\nport = {smtp.port}\ntls = "none"\nsender = "desk@example.org"\n')
    smtp.refuse = "452 the box is full"
    centre.start()
    desk = centre.desk()
    call = Call(centre, desk, ME, Right.RESTRICTION)
    shown = centre.until(lambda: [x for x in desk.case.read(call.session, call.case).letters if x.state == "waiting"])
    assert (shown[0].template, shown[0].reason) == ("acknowledgement", "no mail goes out")
    assert shown[0].again is not None, "and when it is tried next"
    assert not centre.case(call.case).acknowledged
    smtp.refuse = ""
    (mail,) = smtp.wait(1)
    assert mail["To"] == ME.email
    centre.until(lambda: centre.case(call.case).acknowledged)
    assert centre.case(call.case).letters[0].medium == "smtp"
    assert not list(centre.home.outbox.glob("*.eml"))

    call.verify()
    smtp.refuse = "550 nobody of that name"
    desk.act.restrict(call.session, call.case, "18-1-a")
    (letter,) = centre.until(lambda: failed_letters(centre.case(call.case)), 60)
    assert (letter.template, letter.reason) == ("restriction-set", "mail-refused")
    assert "item.resolved" not in centre.acts(call.case), "nobody was told, so nothing has ended"
    read = desk.letter.read(call.session, call.case, letter.id)
    assert (read.version, read.language) == (letter.version, "de")
    smtp.refuse = ""
    desk.letter.retry(call.session, call.case, letter.id)
    centre.until(lambda: centre.case(call.case).closed, 60)
    sent = next(mail for mail in smtp.messages if letter.id in str(mail["Message-ID"]))
    assert sent["To"] == ME.email
    assert sent.get_content().split() == read.text.split()
    acts = [act for act in centre.acts(call.case) if act.startswith(("letter.", "item.r"))]
    assert acts[-4:] == ["letter.failed", "letter.retry_asked", "letter.sent", "item.resolved"]
    assert centre.worker is not None
    centre.worker.send_signal(signal.SIGTERM)
    assert centre.wait_dead(15) == 0
