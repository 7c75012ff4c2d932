"""A stolen terminal, with its keys and its login to central: whose PIN can be found out from it, and whose not."""

from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlcipher3 import dbapi2

from db import central
from services import pins
from services.desk import pins as desk_pins
from services.errors import Refused, Unavailable
from services.home import PIN_PEPPER, key
from services.invitation import revoke
from services.log_seeds import LogSeeds
from tests.centre import AGENT, AGENT_PIN, COLLEAGUE, COLLEAGUE_PIN, sign_in
from tests.lone_terminal import wait_until
from tests.server_centre import Machine, ServerCentre

pytestmark = pytest.mark.postgres
VIEWS = (
    "alembic_version", "meta", "log", "log_head", "inbox", "case_", "entry", "agent", "controller", "ask", "terminal",
)  # fmt: skip
USES = ("log-seed", "ask-key", "desk-key", "pin-key")


@pytest.fixture
def served(postgres: str, tmp_path: Path, centre_template: Path, no_keyring: None) -> Iterator[ServerCentre]:
    centre = ServerCentre(tmp_path, postgres, centre_template)
    yield centre
    centre.engine.dispose()


def secrets_of(stolen: Machine) -> set[bytes]:
    """Every secret in the stolen vault: a key that a hash could be made with."""
    names = [path.name for path in (stolen.home.path / "keys" / "sealed").iterdir()]
    found = {stolen.vault.get(f"{use}:{stolen.owner}") for use in USES} | {stolen.vault.get("central-key")}
    assert len(names) >= len(found)
    return {value for value in found if value is not None} | {*LogSeeds(stolen.vault, stolen.owner).now.all}


def everything_of(stolen: Machine) -> list[str]:
    """Every value that the stolen disk holds and that its login is shown."""
    values: list[object] = []
    db = dbapi2.connect(str(stolen.home.desk(stolen.owner)))
    db.execute(f"PRAGMA key=\"x'{key(stolen.vault, f'desk-key:{stolen.owner}').hex()}'\"")
    for (table,) in db.execute("SELECT name FROM sqlite_master WHERE type='table'").fetchall():
        values += [value for row in db.execute(f"SELECT * FROM {table}") for value in row]
    db.close()
    engine = stolen.engine()
    with engine.connect() as conn:
        for view in VIEWS:
            values += [value for row in conn.exec_driver_sql(f"SELECT * FROM desk.{view}") for value in row]
    engine.dispose()
    texts = [v.decode("utf-8", "replace") if isinstance(v, bytes) else str(v) for v in values]
    return [*texts, *(p.read_bytes().decode("latin-1") for p in stolen.home.path.rglob("*") if p.is_file())]


def hashes_in(values: Iterable[str]) -> set[str]:
    return {value for value in values if value.startswith("$argon2")}


def recognised(kept: Iterable[str], keys: Iterable[bytes], agent: str, pin: str) -> bool:
    """Whether the thief would know that `pin` is the right one, had they come to it among all guesses."""
    return any(pins.fits(secret, one, agent, pin) for one in kept for secret in keys)


@pytest.mark.rule("ART-32")
def test_from_a_stolen_terminal_no_pin_can_be_tested_but_of_who_signed_in_there(served: ServerCentre) -> None:
    stolen, other = served.joined("terminal", "desk-1"), served.joined("terminal", "desk-2")
    with stolen.desk() as desk, other.desk() as elsewhere:
        sign_in(desk)
        sign_in(elsewhere, COLLEAGUE, COLLEAGUE_PIN)
        with pytest.raises(Refused):
            sign_in(desk, COLLEAGUE, "0000")  # a try alone leaves nothing behind
        served.settle(desk, elsewhere)
    values, keys = everything_of(stolen), secrets_of(stolen)
    assert any("Noor Haddad" in value for value in values)  # control: the thief sees who works there
    kept = hashes_in(values)
    assert not recognised(kept, keys, COLLEAGUE, COLLEAGUE_PIN)
    # The known limit, and the control that the thief's looking works: of who signed in there a guess can be tested.
    assert recognised(kept, keys, AGENT, AGENT_PIN)
    assert len(kept) == 1
    pepper = served.vault.get(PIN_PEPPER)
    assert pepper is not None
    assert pepper not in keys
    assert all(pepper.hex() not in value for value in values)


def test_control_with_a_copy_of_everybodys_hashes_ten_thousand_guesses_find_a_pin(served: ServerCentre) -> None:
    """As it was: every terminal held argon2 of each PIN, without a key that it lacks."""
    with served.engine.connect() as conn:
        query = sa.select(central.AGENT.c.pin_hash).where(central.AGENT.c.id == COLLEAGUE)
        central_s = conn.execute(query).scalar_one()
    known_key = b""
    copied = pins.keep(known_key, COLLEAGUE, COLLEAGUE_PIN, quick=True)
    guesses = (f"{n:04}" for n in range(10_000))
    assert next(pin for pin in guesses if pins.fits(known_key, copied, COLLEAGUE, pin)) == COLLEAGUE_PIN
    assert not pins.fits(known_key, central_s, COLLEAGUE, COLLEAGUE_PIN)


def test_online_a_stolen_login_guesses_five_times_in_five_minutes(served: ServerCentre) -> None:
    """Whoever speaks to central past the console is counted all the same."""
    stolen = served.joined("terminal", "desk-1")
    with stolen.desk() as desk:
        asks = desk.sign._pins._asks
        said = [
            asks.ask_soon("sign-in", {"agent": COLLEAGUE, "pin": f"{n:04}"}, 30, lambda: False)["answer"]
            for n in range(12)
        ]
    assert said == ["wrong"] * 5 + ["locked"] * 7


def test_a_revoked_terminal_signs_nobody_in_and_ends_what_is_open_at_its_next_contact(
    served: ServerCentre, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(desk_pins, "FIRST_S", 1.0)
    gone, stays = served.joined("terminal", "desk-1"), served.joined("terminal", "desk-2")
    with gone.desk() as desk, stays.desk() as other:
        session, theirs = sign_in(desk), sign_in(other, COLLEAGUE, COLLEAGUE_PIN)
        revoke(served.home, served.vault, "terminal", "desk-1")
        desk._ctx.link.wake()
        wait_until(lambda: desk._ctx.link.state.shut_out)
        for act in (
            lambda: sign_in(desk),
            lambda: desk.queue.next(session),
            lambda: desk.sign.step_up(session, AGENT_PIN),
        ):
            with pytest.raises(Refused, match="does not let this terminal in any more"):
                act()
        desk.sign.lock(session, "key")
        desk.sign.sign_out(session, "left")  # control: leaving goes
        other.queue.next(theirs)  # control: another terminal works on
    unplugged = Machine(gone.home, gone.owner, gone.name, gone.vault)
    monkeypatch.setattr("db.central_engine.open_engine", _nobody_there)
    with unplugged.desk() as desk:  # started again without a network: what central said last stands
        wait_until(lambda: not desk._ctx.online)
        with pytest.raises(Refused, match="does not let this terminal in any more"):
            sign_in(desk)


def _nobody_there(*_: object, **__: object) -> None:
    raise Unavailable("central does not answer")
