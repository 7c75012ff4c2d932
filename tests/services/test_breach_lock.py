"""A breach stops the work on its case: what a worker has begun or is about to begin waits for the release."""

from pathlib import Path

import pytest

from console import cli
from services.types import BreachRaise, Role
from tests.centre import AGENT, AGENT_PIN, LEAD, LEAD_PIN, Centre, sign_in
from tests.worker_centre import CASE
from tests.worker_fixtures import Make

pytestmark = pytest.mark.usefixtures("no_keyring")


def test_an_erasure_that_is_due_waits_for_the_release_and_its_shredding_leaves_the_breach(
    make_due: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    centre = make_due()
    small = Centre(centre.home.path)
    with small.desk() as desk:
        session = sign_in(desk, AGENT, AGENT_PIN)
        words = "the plan may be of somebody else"
        breach = BreachRaise("nordlicht", CASE, words, None, ("user.name",), None, "unknown", "no")
        number = desk.breach.raise_(session, breach).number
        small.settle(desk)
    small.engine.dispose()
    centre.start()
    centre.until(lambda: centre.journal("parked"))
    lead_desk = centre.desk("desk-2")
    lead = centre.until(lambda: sign_in(lead_desk, LEAD, LEAD_PIN, Role.LEAD))
    centre.until(lambda: lead_desk.breach.read(lead, number).alerts == ("sent",))
    assert "erase.started" not in centre.acts(CASE), "only the word of the breach itself left"
    lead_desk.sign.step_up(lead, LEAD_PIN)
    lead_desk.breach.release(lead, number, "not-concerned")
    centre.until(lambda: centre.case(CASE).shredded)
    assert lead_desk.breach.texts(lead, number).words == words, "what documents it outlives the case"
    pin, pdf, register = (tmp_path / name for name in ("pin", "breach.pdf", "register.csv"))
    pin.touch(mode=0o600)
    pin.write_text(LEAD_PIN)
    monkeypatch.setenv("RIGHTSDESK_PIN_FILE", str(pin))
    monkeypatch.setenv("RIGHTSDESK_HOME", str(centre.home.path))
    who = ["--agent", LEAD, "--role", "lead"]
    assert cli.main(["breach", "export", number, *who, "--format", "pdf", "-o", str(pdf)]) == 0
    assert cli.main(["breach", "export", *who, "-o", str(register)]) == 0
    assert pdf.read_bytes().startswith(b"%PDF-")
    assert pdf.stat().st_mode & 0o077 == 0
    assert words in register.read_text()
    capsys.readouterr()
    assert cli.main(["breach", "list", *who]) == 0
    assert number in capsys.readouterr().out
    assert cli.main(["breach", "export", number, *who, "-o", str(pdf)]) == 2, "never over a file"
    pin.write_text(AGENT_PIN)
    assert cli.main(["breach", "list", "--agent", AGENT]) == 1, "not for agents"
