"""The attacker game: every row of action-log.md 1, and who finds what each of them does (docs/log.md, what it proves).

An attack plays on a centre at work; then all who look say what they see: the terminal at its start and at its next
contact, `log verify`, `central check`, and the witness. Whoever must see it is named in the table. Attackers who change
nothing must pass everything. More ways to change a log or a central, one by one: test_action_log_verify.py,
test_action_log_flips.py, test_log_start.py, test_sync_restores.py, test_central_check.py, test_witness.py.
"""

import shutil
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

from services.action_log import checkpoint
from services.action_log.merkle import Frontier, leaf_hash
from services.errors import Unavailable
from services.home import INGEST_SEED, key
from services.log_seeds import Seeds
from tests.attacked_logs import UPDATE, signed_again, sqlite
from tests.centre import copy_of
from tests.faults.network import Weather
from tests.faults.scene import ALL, SYNCED, Scene
from tests.faults.test_console_kills import lost_or_broken, run_until_killed, start
from tests.log_samples import unguarded
from tests.lone_terminal import DEPLOYMENT, Terminal, bodies_of
from tests.server_centre import ServerCentre
from tests.services.test_central_check import attack as as_administrator, in_transaction, literal

AT_THE_CONSOLE = "agent at the console"
SAME_ACCOUNT = "agent with the same OS account"
SNAPSHOT = "local admin with a full snapshot"
ADMINISTRATOR = "database administrator"
NETWORK = "network"
PROMISE = {
    AT_THE_CONSOLE: "unable to alter; nothing that was said to be done is lost",
    SAME_ACCOUNT: "detected for all that is synced",
    SNAPSHOT: "found at the next contact; before that invisible",
    ADMINISTRATOR: "found by the terminals' receipts, by an independent witness, and by central check",
    NETWORK: "harmless",
}
BAD = {
    "drops": Weather(lost=40, unanswered=30),
    "repeats": Weather(repeated=90),
    "delays and reorders": Weather(late=50, repeated=20),
}


@dataclass(frozen=True)
class Attack:
    """One move of one adversary. `found` begins what must be said of it; empty where nothing may be said."""

    by: str
    does: str
    play: Callable[[Scene], object]
    found: tuple[str, ...] = ()
    goes_on: bool = True

    def __str__(self) -> str:
        return f"{self.by}: {self.does}"


# ── at the console ────────────────────────────────────────────────────────────────────────────────────────────


def killed(point: str) -> Callable[[Scene], None]:
    """A console that is killed there while an agent logs requests; nothing that it said is lost."""

    def play(scene: Scene) -> None:
        said = run_until_killed(scene.centre, start("console_child", scene.centre.home.path, at=point))
        assert lost_or_broken(scene.centre, said) == ""

    return play


def without_network(scene: Scene) -> None:
    """The line is pulled, work goes on: what waits is counted, none of it is lost."""
    scene.terminal.open()
    scene.terminal.append(3)
    assert scene.terminal.book.waiting()[0] == ALL - SYNCED + 3
    scene.terminal.book.close()


# ── the same account ──────────────────────────────────────────────────────────────────────────────────────────


def edited(seq: int) -> Callable[[Scene], None]:
    def play(scene: Scene) -> None:
        with unguarded(scene.file) as db:
            changed = bodies_of(scene.file)[seq].replace(b'"training":false', b'"training":true')
            assert db.execute(UPDATE, (changed, seq)).rowcount

    return play


def sql(statement: str) -> Callable[[Scene], None]:
    def play(scene: Scene) -> None:
        with unguarded(scene.file) as db:
            assert db.execute(statement).rowcount

    return play


def signed_anew(
    bodies: Callable[[list[bytes]], list[bytes]], seed: bytes = b"", *, keys: bool = False
) -> Callable[[Scene], None]:
    """The log written anew over other entries: with the stolen key, or with `seed`. `keys`: what
    stands in the vault and the receipts fit it."""

    def play(scene: Scene) -> None:
        origin = f"{DEPLOYMENT}/{scene.log}"
        signed_again(scene.file, bodies(bodies_of(scene.file)), origin, seed or scene.seed)
        if keys:
            sql("DELETE FROM receipt")(scene)
            scene.centre.vault.delete(f"anchor:{scene.log}")
            if seed:
                scene.centre.vault.put(f"log-seed:{scene.owner}", Seeds(seed, seed).to_json())

    return play


def lied(at: int) -> Callable[[list[bytes]], list[bytes]]:
    """The entries with one that says something else."""
    return lambda bodies: [
        body.replace(b'"training":false', b'"training":true') if seq == at else body for seq, body in enumerate(bodies)
    ]


def deleted(scene: Scene, *, anchor: bool) -> None:
    for file in scene.file.parent.glob("log-1.db*"):
        file.unlink()
    if anchor:
        scene.centre.vault.delete(f"anchor:{scene.log}")


def swapped(scene: Scene) -> None:
    """The log of one terminal in the place of another's."""
    other = Terminal(scene.centre)
    other.append(12)
    other.push()
    other.book.close()
    shutil.copy(other.file, scene.file)


# ── the database administrator ────────────────────────────────────────────────────────────────────────────────


def on_central(*statements: str) -> Callable[[Scene], None]:
    return lambda scene: as_administrator(scene.centre, *(s.format(log=scene.log) for s in statements))


def edits_central(scene: Scene) -> None:
    body = scene.terminal.held()[3]
    changed = literal(scene.centre, body.replace(b'"training":false', b'"training":true'))
    as_administrator(scene.centre, f"UPDATE entry SET body = {changed} WHERE log = '{scene.log}' AND seq = 3")


def signs_central_anew(scene: Scene) -> None:
    """Another history of the log, with the terminal's key and central's own stolen: by itself it is without fault."""
    bodies, frontier = lied(3)(scene.terminal.held()), Frontier()
    for body in bodies:
        frontier.append(leaf_hash(body))
    note = checkpoint.sign(f"{DEPLOYMENT}/{scene.log}", scene.seed, frontier.head())
    receipt = checkpoint.cosign(note, f"{DEPLOYMENT}/central", key(scene.centre.vault, INGEST_SEED), 1_764_000_000)
    changed, edge = literal(scene.centre, bodies[3]), literal(scene.centre, frontier.to_bytes())
    as_administrator(
        scene.centre,
        f"UPDATE entry SET body = {changed} WHERE log = '{scene.log}' AND seq = 3",
        f"UPDATE log_head SET frontier = {edge}, checkpoint = '{note}' WHERE log = '{scene.log}'",
        f"UPDATE log_head SET receipt = '{receipt}' WHERE log = '{scene.log}'",
    )


def drops_a_trigger(scene: Scene) -> None:
    with scene.centre.engine.begin() as conn:
        conn.exec_driver_sql("DROP TRIGGER entries_not_changed")


# ── the local administrator, the network ──────────────────────────────────────────────────────────────────────


def puts_all_back(scene: Scene) -> None:
    """Folder and vault of an earlier day."""
    scene.put_back_folder()
    scene.put_back_vault()


def bad_line(how: str) -> Callable[[Scene], None]:
    def play(scene: Scene) -> None:
        assert scene.start() == []
        with scene.bad_line(BAD[how]) as network:
            for _ in range(40):
                scene.terminal.append(1)
                with suppress(Unavailable):
                    scene.terminal.uplink.run_once()
                scene.centre.ingest.run_once()
                network.deliver()
        assert sum(network.happened.values()) > 10, "the control: it was that bad"
        scene.terminal.book.close()

    return play


# ── the table ─────────────────────────────────────────────────────────────────────────────────────────────────

ATTACKS = (
    Attack(AT_THE_CONSOLE, "kills it before the commit", killed("log.before-commit:6")),
    Attack(AT_THE_CONSOLE, "kills it after the commit", killed("log.after-commit:6")),
    Attack(AT_THE_CONSOLE, "kills it while it sends", killed("up.after-submit:2")),
    Attack(AT_THE_CONSOLE, "pulls the network and works on", without_network),
    Attack(SAME_ACCOUNT, "edits what is synced", edited(3), ("verify: edited-entry", "start: edited-entry")),
    Attack(SAME_ACCOUNT, "edits what is not synced", edited(ALL - 1), ("verify: edited-entry", "start: edited-entry")),
    Attack(SAME_ACCOUNT, "cuts the tail", sql(f"DELETE FROM log WHERE seq >= {SYNCED - 2}"),
           ("verify: tail-cut", "start: tail-cut")),
    Attack(SAME_ACCOUNT, "cuts a piece out", sql("DELETE FROM log WHERE seq = 3"),
           ("verify: missing-entry entry 3", "start: edited-entry")),
    Attack(SAME_ACCOUNT, "puts one entry in another's place", sql("UPDATE log SET body = (SELECT body FROM log "
           "WHERE seq = 4) WHERE seq = 3"), ("verify: reordered entry 3", "start: edited-entry")),
    Attack(SAME_ACCOUNT, "cuts the tail and signs it with the stolen key",
           signed_anew(lambda bodies: bodies[: SYNCED - 2], keys=True),
           ("verify: rolled-back", "contact: rolled-back")),
    Attack(SAME_ACCOUNT, "writes what is synced anew with the stolen key", signed_anew(lied(3), keys=True),
           ("verify: forked", "contact: forked")),
    Attack(SAME_ACCOUNT, "signs everything with a new key", signed_anew(list, b"t" * 32),
           ("verify: foreign-key", "start: foreign-key")),
    Attack(SAME_ACCOUNT, "signs with a new key that stands in the vault too", signed_anew(list, b"t" * 32, keys=True),
           ("verify: foreign-key", "contact: central knows this terminal by another signing key"), goes_on=False),
    Attack(SAME_ACCOUNT, "deletes the log", lambda scene: deleted(scene, anchor=False),
           ("verify: rolled-back", "start: rolled-back")),
    Attack(SAME_ACCOUNT, "deletes the log and what the vault knows of it", lambda scene: deleted(scene, anchor=True),
           ("verify: rolled-back", "contact: rolled-back")),
    Attack(SAME_ACCOUNT, "puts another terminal's log in its place", swapped,
           ("verify: foreign-key", "start: foreign-key")),
    Attack(SAME_ACCOUNT, "takes a guard off the table",
           lambda scene: sqlite(scene.file, "DROP TRIGGER log_no_delete"), ("verify: schema-changed",)),
    Attack(SAME_ACCOUNT, "puts the folder back, not the vault", Scene.put_back_folder,
           ("verify: rolled-back", "start: rolled-back")),
    Attack(SNAPSHOT, "puts folder and vault back", puts_all_back, ("verify: rolled-back", "contact: rolled-back")),
    Attack(ADMINISTRATOR, "edits an entry", edits_central, ("witness: edited-entry", "central check: log ")),
    Attack(ADMINISTRATOR, "deletes an entry", on_central("DELETE FROM entry WHERE log = '{log}' AND seq = 3"),
           ("witness: missing-entry", "central check: log ")),
    Attack(ADMINISTRATOR, "deletes the newest entries",
           on_central(f"DELETE FROM entry WHERE log = '{{log}}' AND seq >= {SYNCED - 2}"),
           ("witness: tail-cut", "central check: log ")),
    Attack(ADMINISTRATOR, "takes a receipt away", on_central("UPDATE log_head SET receipt = '' WHERE log = '{log}'"),
           ("witness: bad-receipt", "central check: log ", "contact: central's receipt does not hold")),
    Attack(ADMINISTRATOR, "puts an older backup in central's place", Scene.restore_central,
           ("witness: rolled-back", "contact: central lost entries")),
    Attack(ADMINISTRATOR, "signs another history with every key there is", signs_central_anew,
           ("witness: forked", "contact: forked")),
    Attack(ADMINISTRATOR, "changes whose key a log is", on_central("UPDATE log SET public_key = x'" + "6b" * 32 +
           "' WHERE id = '{log}'"), ("witness: foreign-key", "central check: log ",
                                    "contact: central knows this terminal by another signing key"), goes_on=False),
    Attack(ADMINISTRATOR, "drops a trigger", drops_a_trigger, ("central check: trigger entries_not_changed is gone",)),
    *(Attack(NETWORK, how, bad_line(how)) for how in BAD),
)  # fmt: skip
NOTHING = (
    Attack(AT_THE_CONSOLE, "does nothing", lambda scene: None),
    Attack(
        SAME_ACCOUNT, "takes the guards off and puts them on again", sql("UPDATE log SET body = body WHERE seq = 3")
    ),
    Attack(SAME_ACCOUNT, "copies the folder and puts the copy back", lambda scene: copied_and_put_back(scene)),
    Attack(ADMINISTRATOR, "writes what stands there", on_central("UPDATE entry SET body = body WHERE log = '{log}'")),
)


def copied_and_put_back(scene: Scene) -> None:
    shutil.copytree(scene.file.parent, scene.folder / "now")
    shutil.rmtree(scene.file.parent)
    shutil.copytree(scene.folder / "now", scene.file.parent)


@pytest.fixture
def scene(centre_template: Path, tmp_path: Path, no_keyring: None) -> Iterator[Scene]:
    shutil.copytree(centre_template, tmp_path / "bare", ignore=shutil.ignore_patterns("data"))
    made = Scene(copy_of(tmp_path / "bare", tmp_path / "home"), tmp_path)
    yield made
    made.terminal.book.close()
    made.centre.engine.dispose()


@pytest.mark.parametrize("attack", ATTACKS, ids=str)
def test_the_attack_is_found_by_whom_it_must_be_and_work_goes_on(scene: Scene, attack: Attack) -> None:
    attack.play(scene)
    said = scene.findings()
    assert [words for words in attack.found if not any(one.startswith(words) for one in said)] == [], (
        PROMISE[attack.by],
        said,
    )
    if not attack.found:
        assert said == [], PROMISE[attack.by]
        assert scene.terminal.held() == bodies_of(scene.file), PROMISE[attack.by]
    assert scene.goes_on() is attack.goes_on


@pytest.mark.parametrize("attack", NOTHING, ids=str)
def test_control_who_changes_nothing_passes_everything(scene: Scene, attack: Attack) -> None:
    attack.play(scene)
    assert scene.findings() == []
    assert scene.goes_on()
    assert len(scene.terminal.held()) == ALL + 1


def test_a_full_snapshot_put_back_is_invisible_until_the_next_contact_and_found_then(scene: Scene) -> None:
    """docs/log.md and docs/stores.md say so."""
    puts_all_back(scene)
    assert scene.start() == []
    assert scene.terminal.append(1)
    assert scene.contact() == ["contact: rolled-back"]
    assert scene.goes_on()
    assert len(scene.terminal.held(scene.log)) == SYNCED, "what central had accepted stays accepted"


def test_a_full_snapshot_from_before_anything_was_synced_hides_what_nobody_else_saw(scene: Scene) -> None:
    """The limit of the promise: what left the machine never is gone with it, and nothing contradicts that."""
    shutil.copytree(scene.file.parent, scene.folder / "unsynced")
    scene.terminal.open()
    assert scene.contact() == []
    assert len(scene.terminal.held()) == ALL
    scene.terminal.append(2)  # nobody but this machine ever sees these
    scene.terminal.book.close()
    shutil.rmtree(scene.file.parent)
    shutil.copytree(scene.folder / "unsynced", scene.file.parent)
    scene.centre.vault.delete(f"anchor:{scene.log}")
    assert [*scene.start(), *scene.contact()] == []


def test_unsynced_entries_of_the_newest_key_can_be_written_anew_by_whoever_has_it(scene: Scene) -> None:
    """The limit of the promise (docs/log.md): until they are synced, or their key was changed, nobody can tell."""
    signed_anew(lied(ALL - 1), keys=True)(scene)
    assert scene.findings() == []


@pytest.mark.postgres
def test_a_grant_changed_by_the_administrator_of_a_server_is_found(
    postgres: str, tmp_path: Path, centre_template: Path, no_keyring: None
) -> None:
    served = ServerCentre(tmp_path, postgres, centre_template)
    with served.engine.connect() as conn:
        assert in_transaction(conn) == []
        conn.exec_driver_sql("GRANT UPDATE ON entry TO rightsdesk_worker")
        assert in_transaction(conn) == ["UPDATE on entry was granted to rightsdesk_worker"]
        conn.rollback()
    served.engine.dispose()


def test_every_adversary_of_the_table_has_a_move() -> None:
    assert {attack.by for attack in ATTACKS} == PROMISE.keys()
