"""The deployment's key is rotated while the centre works: nothing is lost, and in the end the old key opens nothing."""

import shutil
from pathlib import Path

import pytest
import sqlalchemy as sa

from console.commands.rotating import rotate
from db.central import DETAIL, LOG
from db.central_rotation import HAS, RotationStore
from services.action_log.sealing import new_key, open_sealed, public_of, seal
from services.central_check import rows
from services.deployment_keys import NEXT, OLD
from services.deployment_proof import proof
from services.desk.desk import Desk
from services.errors import Refused, Unusable
from services.home import DEPLOYMENT_KEY, key
from services.rotation import Progress, begin, hasten, progress
from services.secrets import open_vault
from services.types import Session
from tests.centre import AGENT, AGENT_PIN, request
from tests.server_centre import DEPLOYMENT
from tests.server_work import ServerWork
from tests.worker_centre import WorkerCentre, _signed_in
from tests.worker_fixtures import Make

WORDS = "as said"


def opened(desk: Desk, session: Session, count: int = 2) -> list[str]:
    """New cases, each with the words of the request."""
    return [desk.intake.open(session, request(identifier=f"n{n}@example.com")).case for n in range(count)]


def openable(centre: WorkerCentre, private: bytes) -> set[str]:
    """Cases whose sealed key in central opens with that key."""
    with centre.engine.connect() as conn:
        found = conn.execute(sa.select(DETAIL.c.owner, DETAIL.c.blob).where(DETAIL.c.kind == "key")).all()
    return {case for case, blob in found if _opens(private, blob, case)}


def _opens(private: bytes, blob: bytes, case: str) -> bool:
    try:
        open_sealed(private, bytes(blob), deployment=DEPLOYMENT, owner=case, kind="key")
    except Unusable:
        return False
    return True


def stage(centre: WorkerCentre) -> str:
    return progress(centre.engine, centre.vault).stage


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Terminals hear of it at once, not within ten seconds."""
    monkeypatch.setattr("services.sync.down.PEOPLE_S", 0.1)


@pytest.mark.postgres
@pytest.mark.timeout(300)
def test_two_workers_two_terminals_one_of_them_away_on_postgresql(
    postgres: str, tmp_path: Path, centre_template: Path, no_keyring: None, quick: None
) -> None:
    centre = ServerWork(tmp_path / "centre", postgres, centre_template)
    try:
        centre.work("worker-1", kill_at="rotation.after-page")
        second = centre.machine("worker", "worker-2")
        desk = centre.desk("desk-1")
        session = centre.until(lambda: _signed_in(desk, AGENT, AGENT_PIN))
        cases = opened(desk, session)
        assert desk.synced()
        old = key(centre.vault, DEPLOYMENT_KEY)
        centre.until(lambda: openable(centre, old) == set(cases))

        done, said = rotate(centre.home, centre.vault, days=7, end=False)
        assert not done
        assert "worker-2" in said
        centre.until(lambda: progress(centre.engine, centre.vault).lacking == ("worker-2",))
        assert RotationStore(centre.engine).facts()["deployment-key"] == public_of(old).hex(), "nobody seals to it yet"
        with pytest.raises(Refused, match="already"):
            begin(centre.engine, centre.vault, 7)

        centre.work("worker-2")
        centre.until(lambda: stage(centre) != "announced", 60)
        new = key(centre.vault, DEPLOYMENT_KEY)
        assert new != old
        assert HAS not in "".join(RotationStore(centre.engine).facts())
        centre.until(lambda: centre._started[0].poll() is not None, 60)  # it led, and dies after a page
        centre.work("worker-1")
        centre.until(lambda: stage(centre) == "sealed", 60)
        assert (openable(centre, new), openable(centre, old)) == (set(cases), set())

        centre.until(lambda: desk._ctx.deployment_key == public_of(new))
        late = away_and_back(centre, desk, session, public_of(old))
        centre.until(lambda: late <= openable(centre, old))
        hasten(centre.engine)
        centre.until(lambda: stage(centre) == "none", 60)
        assert openable(centre, new) == {*cases, *late}
        vaults = [centre.vault, *(m.vault for m in centre.machines.values())]
        again = [open_vault(m.home.path, demo=True) for m in (centre.machines["worker-1"], second)]
        centre.until(lambda: not any(v.get(name) for v in (*vaults, *again) for name in (OLD, NEXT)))
        assert {v.get(DEPLOYMENT_KEY) for v in (centre.vault, *again)} == {new}
        assert rows(centre.engine) == []
        assert problems(centre) == {""}

        away_and_back(centre, desk, session, public_of(old))  # the control: later than was said
        centre.until(lambda: problems(centre) != {""})
    finally:
        centre.close()


def away_and_back(centre: WorkerCentre, desk: Desk, session: Session, heard: bytes) -> set[str]:
    """Cases of a terminal that last heard of another key."""
    centre.until(lambda: desk._ctx.store.meta("deployment-key"))
    kept = type(desk._ctx).deployment_key
    type(desk._ctx).deployment_key = property(lambda self: heard)  # type: ignore[assignment, method-assign]
    try:
        return set(opened(desk, session))
    finally:
        type(desk._ctx).deployment_key = kept  # type: ignore[method-assign]


def problems(centre: WorkerCentre) -> set[str]:
    with centre.engine.connect() as conn:
        return set(conn.execute(sa.select(LOG.c.problem)).scalars())


def test_an_embedded_centre_rotates_and_what_was_sealed_before_opens(make_centre: Make, quick: None) -> None:
    centre = make_centre()
    centre.start()
    desk = centre.desk()
    session = centre.until(lambda: _signed_in(desk, AGENT, AGENT_PIN))
    (case,) = opened(desk, session, 1)
    assert desk.synced()
    old = key(centre.vault, DEPLOYMENT_KEY)
    begin(centre.engine, centre.vault, 7)
    centre.until(lambda: stage(centre) == "sealed", 60)
    hasten(centre.engine)
    centre.until(lambda: progress(centre.engine, centre.vault) == Progress("none"), 60)
    assert desk.find.reveal(session, case, "words") == WORDS
    assert openable(centre, old) == set()
    assert centre.vault.get(OLD) is None
    assert rows(centre.engine) == []
    with centre.engine.begin() as conn:
        conn.execute(sa.delete(DETAIL).where(DETAIL.c.owner == case, DETAIL.c.kind == "key"))
    assert rows(centre.engine) == [f"a sealed detail of {case} is gone, and the case was not shredded"], "the control"


# ── whoever holds the database and no key ─────────────────────────────────────────────────────────────────────


def say(centre: WorkerCentre, **facts: str) -> None:
    RotationStore(centre.engine).put({name.replace("_", "-"): value for name, value in facts.items()})


def refuses(desk: Desk) -> bool:
    return "not the deployment's newest" in desk._ctx.link.state.alarm


def test_a_key_that_the_cosigner_did_not_sign_is_sealed_to_by_nobody(make_centre: Make, quick: None) -> None:
    centre = make_centre()
    centre.start()
    desk = centre.desk()
    session = centre.until(lambda: _signed_in(desk, AGENT, AGENT_PIN))
    desk.intake.open(session, request())  # the numbers of the next ones are here from now on
    mine, own = key(centre.vault, DEPLOYMENT_KEY), new_key()
    true = public_of(mine).hex()
    say(centre, deployment_key=own[0].hex())
    centre.until(lambda: refuses(desk))
    say(centre, deployment_key_proof=proof(bytes(32), DEPLOYMENT, 2**60, own[0].hex()))
    centre.until(lambda: refuses(desk))
    case = desk.intake.open(session, request()).case
    centre.until(lambda: case in openable(centre, mine))  # the log is handed in all the same
    assert openable(centre, own[1]) == set()

    say(centre, deployment_key=true)  # and a worker is offered one
    owner = next((centre.home.path / "workers").iterdir()).name
    ask_key = public_of(key(centre.vault, f"ask-key:{owner}"))
    blob = seal(ask_key, own[1], deployment=DEPLOYMENT, owner=owner, kind="deployment-key")
    forged = {"rotation-next": own[0].hex(), "rotation-until": str(2**60), f"rotation-for:{owner}": blob.hex()}
    forged["rotation-proof"] = proof(bytes(32), DEPLOYMENT, 2**60, own[0].hex())
    RotationStore(centre.engine).put(forged)
    centre.until(lambda: '"rotate"' in (centre.home.logs / "worker.log").read_text())
    assert (centre.vault.get(NEXT), key(centre.vault, DEPLOYMENT_KEY)) == (None, mine)


def test_an_older_key_that_leaked_cannot_be_named_again(make_centre: Make, quick: None) -> None:
    centre = make_centre()
    centre.start()
    desk = centre.desk()
    facts = []
    for _ in range(2):
        begin(centre.engine, centre.vault, 7)
        centre.until(lambda: stage(centre) == "sealed", 60)
        hasten(centre.engine)
        centre.until(lambda: stage(centre) == "none", 60)
        facts.append(RotationStore(centre.engine).facts())
        heard = bytes.fromhex(facts[-1]["deployment-key"])
        centre.until(lambda heard=heard: desk._ctx.deployment_key == heard)  # type: ignore[misc]
    say(centre, deployment_key=facts[0]["deployment-key"], deployment_key_proof=facts[0]["deployment-key-proof"])
    centre.until(lambda: refuses(desk))
    assert desk._ctx.deployment_key.hex() == facts[1]["deployment-key"]


def test_a_central_restored_from_before_a_rotation_is_worked_with_and_rotated_again(
    make_centre: Make, quick: None
) -> None:
    centre = make_centre()
    centre.start()
    desk = centre.desk()
    session = centre.until(lambda: _signed_in(desk, AGENT, AGENT_PIN))
    (case,) = opened(desk, session, 1)
    assert desk.synced()
    old = key(centre.vault, DEPLOYMENT_KEY)
    centre.until(lambda: case in openable(centre, old))
    backup = sqlite_copy(centre)
    begin(centre.engine, centre.vault, 7)
    centre.until(lambda: stage(centre) == "sealed", 60)
    new = key(centre.vault, DEPLOYMENT_KEY)
    centre.until(lambda: desk._ctx.deployment_key == public_of(new))
    desk.close()
    centre.stop()
    centre.engine.dispose()
    for file in centre.home.path.glob("central.db*"):
        file.unlink()
    shutil.copy(backup, centre.home.path / "central.db")
    assert openable(centre, old) == {case}, "the control: it is sealed to the old key again"

    centre.start()
    desk = centre.desk()
    session = centre.until(lambda: _signed_in(desk, AGENT, AGENT_PIN))
    centre.until(lambda: refuses(desk))
    assert desk.find.reveal(session, case, "words") == WORDS, "shown, and worked with"
    assert desk._ctx.deployment_key == public_of(new)
    begin(centre.engine, centre.vault, 7)
    centre.until(lambda: stage(centre) == "sealed", 60)
    centre.until(lambda: not refuses(desk))
    hasten(centre.engine)
    centre.until(lambda: stage(centre) == "none", 60)
    newest = key(centre.vault, DEPLOYMENT_KEY)
    assert newest not in (old, new)
    assert (openable(centre, newest), openable(centre, old)) == ({case}, set())
    assert desk.find.reveal(session, case, "words") == WORDS
    centre.until(lambda: centre.vault.get(OLD) is None)


def sqlite_copy(centre: WorkerCentre) -> Path:
    """Central's file as it is now."""
    raw = centre.engine.raw_connection()
    raw.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)")
    raw.close()
    return Path(shutil.copy(centre.home.path / "central.db", centre.home.path.parent / "backup.db"))
