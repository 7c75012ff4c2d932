"""Portable data straight to another provider (Art 20(2)): who proves what, what leaves to whom, and who has the key."""

import re
from email import message_from_bytes, policy

import pytest

from services.action_log import acts
from services.cases.case import Case
from services.desk.desk import Desk
from services.errors import BadInput, Refused
from services.types import Factor, ItemState, Outcome, Right
from tests.entries import after, entry, opened
from tests.services.test_cases_fold import verified
from tests.services.test_rectification import seconded
from tests.worker_centre import ME, Call, WorkerCentre
from tests.worker_fixtures import Make

MAIL, NAME = "import@example.net", "Süd [red] Strom"


def proven(centre: WorkerCentre, desk: Desk, call: Call) -> None:
    """The check of CL-PORT-DIR: a code to the address on file, the service PIN, a lead beside."""
    check, session, case = desk.check, call.session, call.case
    view = check.start(session, case)
    assert view.template == "CL-PORT-DIR"
    while not view.ended:
        step = view.steps[view.current]
        name = step.id.partition(".")[0]
        if name == "identify":
            asked = check.question(session, case, step.id).key
            view = check.answer(session, case, step.id, asked, call.answer(asked))
        elif name == "target-code":
            check.send_code(session, case, f"target-code.{Factor.OTP}")
            (mail,) = centre.until(
                lambda: [text for text in centre.letters() if re.search(r"^Subject:.*Code", text, re.M)]
            )
            code = re.search(r"\b(\d{6})\b", mail)
            assert code is not None
            view = check.answer(session, case, f"target-code.{Factor.OTP}", "", code[1])
        elif name == "second":
            asked = check.question(session, case, f"second.{Factor.PIN}").key
            view = check.answer(session, case, f"second.{Factor.PIN}", asked, call.answer(asked))
        elif name == "colleague":
            view = seconded(centre, desk, call)
        else:
            view = check.mark(session, case, step.id, "y")


@pytest.mark.rule("ART-20-2")
def test_Art_20_2_the_archive_goes_to_the_provider_the_key_and_the_letter_to_the_person(make_centre: Make) -> None:
    centre = make_centre()
    centre.start()
    desk = centre.desk()
    call = Call(centre, desk, ME, Right.PORTABILITY)
    with pytest.raises(Refused, match="needs T3"):
        desk.act.transfer(call.session, call.case, NAME, MAIL)
    desk.check.note(call.session, call.case, "third-party")
    proven(centre, desk, call)
    call.step_up()
    for name, mail, words in ((NAME, "nowhere", "whole e-mail"), ("x", MAIL, "a name"), (NAME, "@", "whole e-mail")):
        with pytest.raises(BadInput, match=words):
            desk.act.transfer(call.session, call.case, name, mail)
    desk.act.transfer(call.session, call.case, NAME, MAIL)
    assert desk.synced()
    call.keep_in("1")
    centre.until(lambda: centre.case(call.case).items[0].state is ItemState.CLOSED)
    assert centre.case(call.case).items[0].outcome is Outcome.DONE
    mails = [message_from_bytes(file.read_bytes(), policy=policy.default) for file in centre.home.outbox.glob("*.eml")]
    (theirs,) = [mail for mail in mails if mail["To"] == MAIL]
    (archive,) = theirs.iter_attachments()
    assert archive.get_filename().endswith(".zip")
    told = " ".join(theirs.get_body(("plain",)).get_content().split())
    assert NAME in told
    assert ME.email not in told
    (mine,) = [mail for mail in mails if "mitnehmen" in mail["Subject"].lower() or "Mitnehmen" in mail["Subject"]]
    assert mine["To"] == ME.email
    assert not list(mine.iter_attachments()), "the archive went to the provider alone"
    answer = " ".join(mine.get_body(("plain",)).get_content().split())
    assert f"geradewegs an {NAME} ging" in answer
    key = desk.find.reveal(call.session, call.case, "package-key")
    assert key not in told + answer
    assert all(MAIL.encode() not in body for *_, body in _entries(centre, call.case)), "sealed: the log has its digest"


def _entries(centre: WorkerCentre, case: str) -> list[tuple[object, ...]]:
    from db.central_port import CentralPort

    return [tuple(one) for one in CentralPort(centre.engine, "").entries_of(case)]


@pytest.mark.rule("ART-20-2")
@pytest.mark.parametrize(
    ("right", "facts", "details", "reason"),
    [
        (Right.ACCESS, ("third-party",), ("e" * 64,), "only portable data"),
        (Right.PORTABILITY, (), ("e" * 64,), "was not noted"),
        (Right.PORTABILITY, ("third-party",), (), "nobody is named"),
        (Right.PORTABILITY, ("third-party",), ("e" * 64,), "needs T3, reached T2"),
    ],
)
def test_Art_20_2_what_does_not_fit_goes_nowhere(
    right: Right, facts: tuple[str, ...], details: tuple[str, ...], reason: str
) -> None:
    case: Case = verified(opened(right))
    for fact in facts:
        case = after(case, entry(acts.FactNoted(fact=fact)))
    act = acts.ExportAsked(format="json", language="de", delivery="direct")
    done = after(case, entry(act, item="1", details=details))
    assert reason in done.conflicts[-1].reason
    assert done.items[0].state is not ItemState.RUNNING
