"""The witness: an unchanged central passes; whatever its administrator changes is found, named, and not cosigned."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from typer.testing import CliRunner, Result

from console.commands.witness import app
from db import central
from db.central import ENTRY, HEAD, LOG, META
from db.central_roles import AUDITORS
from services import witnessing
from services.action_log import checkpoint
from services.action_log.checkpoint import Signer
from services.errors import BadInput, NotFound, Unavailable, Unusable
from tests.centre import Centre, request, sign_in
from tests.log_samples import CENTRAL, CENTRAL_SEED, OTHER_SEED, SEED
from tests.once import BOTH, SQLITE, Once
from tests.witnessed_central import FIRST, KEY, NOW, SECOND, SPARE, Watched

NAME = "witness.example"


def make(folder: Path, url: str) -> Watched:
    """Two logs, 600 and 20 entries, both witnessed once."""
    key = KEY if url.startswith("sqlite") else None
    central.create(url, key).dispose()
    made = Watched(central.open_engine(url, key), folder)
    witnessing.create(made.state, NAME)
    made.write(FIRST, 600)
    made.write(SECOND, 20)
    first = made.look()
    assert (first.alarms, first.new, first.entries) == ((), (SECOND, FIRST), 620)
    made.engine.dispose()
    return made


@pytest.fixture(scope="module")
def once(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Once[Watched]]:
    made = Once(tmp_path_factory.mktemp("watched"), request, make)
    yield made
    made.close()


@pytest.fixture(params=BOTH)
def watched(request: pytest.FixtureRequest, once: Once[Watched], tmp_path: Path) -> Iterator[Watched]:
    """A central of the test's own, as `make` says, in each of the two databases."""
    made, url = once.copy(request.param, tmp_path)
    found = made.moved(central.open_engine(url, KEY if request.param == SQLITE else None), tmp_path)
    yield found
    found.engine.dispose()
    once.forget(url)


def found_in(watched: Watched) -> list[tuple[str, str, int | None, int | None]]:
    return [(a.log, a.kind, a.first, a.last) for a in watched.look().alarms]


def test_control_a_central_that_only_grew_passes_and_is_cosigned(watched: Watched) -> None:
    for count in (1, 255, 300):
        watched.write(FIRST, count)
        found = watched.look()
        assert (found.alarms, found.new) == ((), ())
    assert found.cosigned[FIRST].size == 600 + 556
    with witnessing.opened(watched.state) as witness:
        note = witness.note(FIRST)
        head, seconds = checkpoint.verify_cosignature(note, NAME, witness.public_key)
    assert (head, seconds) == (found.cosigned[FIRST], watched.clock)
    key = Signer(f"demo/{FIRST}", SEED).public_key
    assert checkpoint.verify(note, f"demo/{FIRST}", key) == head
    assert checkpoint.verify_cosignature(note, CENTRAL, Signer(CENTRAL, CENTRAL_SEED).public_key)[0] == head


def test_control_nothing_new_passes_too(watched: Watched) -> None:
    assert watched.look().alarms == watched.look().alarms == ()


@pytest.mark.parametrize(("seq", "first", "last"), [(17, 0, 255), (511, 256, 511), (512, 512, 512), (599, 599, 599)])
def test_an_edited_entry_is_found_and_its_place_named(watched: Watched, seq: int, first: int, last: int) -> None:
    watched.edit(FIRST, seq)
    assert found_in(watched) == [(FIRST, "edited-entry", first, last)]


def test_an_edit_is_found_below_entries_that_are_new(watched: Watched) -> None:
    watched.write(FIRST, 300)
    watched.edit(FIRST, 17)
    assert found_in(watched) == [(FIRST, "edited-entry", 0, 255)]


def test_an_edit_among_entries_that_nobody_witnessed_is_found_by_the_signature(watched: Watched) -> None:
    watched.write(FIRST, 300)
    watched.edit(FIRST, 700)
    assert found_in(watched) == [(FIRST, "root-mismatch", 600, 899)]


def test_deleted_last_entries_are_found(watched: Watched) -> None:
    watched.delete(FIRST, 590, 600)
    assert found_in(watched) == [(FIRST, "tail-cut", 590, 599)]


def test_a_gap_is_found(watched: Watched) -> None:
    watched.delete(SECOND, 7, 9)
    assert found_in(watched) == [(SECOND, "missing-entry", 7, 8)]


def test_a_cut_with_a_head_that_was_signed_again_is_a_rollback(watched: Watched) -> None:
    watched.sign_again(FIRST, [body for _, body in watched.bodies(FIRST)][:590])
    assert found_in(watched) == [(FIRST, "rolled-back", 590, 599)]


def test_an_older_backup_is_found_in_every_log_that_it_takes_back(watched: Watched) -> None:
    old = watched.backup()
    watched.write(FIRST, 5)
    watched.look()
    watched.restore(old)
    assert found_in(watched) == [(FIRST, "rolled-back", 600, 604), ("aggregate", "rolled-back", 2, 2)]
    assert [a.log for a in watched.look(restored=True).alarms] == [FIRST]  # a log that lacks entries stops that too
    before = (watched.state / "notes" / "aggregate.txt").read_text()
    watched.write(FIRST, 5)  # what the terminal has is sent again: the log is whole, the aggregate another
    assert found_in(watched) == [("aggregate", "forked", 2, 2)]
    assert watched.look(restored=True).alarms == ()
    assert watched.look().alarms == ()
    assert before in [note.read_text() for note in (watched.state / "refused").iterdir()]


def test_a_backup_from_before_a_log_was_enrolled_is_found(watched: Watched) -> None:
    old = watched.backup()
    watched.enrol("9d4c1e55/1")
    watched.write("9d4c1e55/1", 3)
    watched.look()
    watched.restore(old)
    assert [(a.log, a.kind) for a in watched.look().alarms] == [
        ("9d4c1e55/1", "log-gone"),
        ("aggregate", "rolled-back"),
    ]


def test_a_log_signed_anew_with_another_key_is_found(watched: Watched) -> None:
    watched.sign_again(FIRST, [body for _, body in watched.bodies(FIRST)], OTHER_SEED)
    assert found_in(watched) == [(FIRST, "foreign-key", None, None)]


def test_another_history_signed_with_the_stolen_key_is_found(watched: Watched) -> None:
    bodies = [body for _, body in watched.bodies(FIRST)]
    bodies[300] = bodies[300].replace(b"agent:0042", b"agent:0043")
    watched.sign_again(FIRST, bodies)
    assert found_in(watched) == [(FIRST, "forked", 256, 511)]


def test_another_history_is_found_although_it_is_longer_and_only_new_entries_are_read(watched: Watched) -> None:
    watched.write(FIRST, 300)
    bodies = [body for _, body in watched.bodies(FIRST)]
    bodies[300] = bodies[300].replace(b"agent:0042", b"agent:0043")
    watched.sign_again(FIRST, bodies)
    assert [(a.log, a.kind) for a in watched.look(new_only=True).alarms] == [(FIRST, "root-mismatch")]
    assert found_in(watched) == [(FIRST, "forked", 256, 511)]


def test_new_only_reads_little_passes_what_grew_and_says_what_it_cannot_see(watched: Watched) -> None:
    assert watched.look(new_only=True).entries == 88 + 20
    watched.write(FIRST, 168)  # to the end of a tile, where nothing is remembered above it
    assert watched.look(new_only=True).alarms == ()
    assert watched.look(new_only=True).entries == 20
    watched.write(FIRST, 1)
    found = watched.look(new_only=True)
    assert (found.alarms, found.cosigned[FIRST].size) == ((), 769)
    watched.edit(FIRST, 17)
    assert watched.look(new_only=True).alarms == ()  # as its help says
    assert found_in(watched) == [(FIRST, "edited-entry", 0, 255)]


def set_head(watched: Watched, **values: object) -> None:
    watched.sql(sa.update(HEAD).where(HEAD.c.log == FIRST).values(**values))


def other_receipt(watched: Watched) -> None:
    with watched.engine.connect() as conn:
        note = conn.execute(sa.select(HEAD.c.checkpoint).where(HEAD.c.log == FIRST)).scalar_one()
    set_head(watched, receipt=checkpoint.cosign(note, CENTRAL, OTHER_SEED, NOW))


HEADS: dict[str, Callable[[Watched], None]] = {
    "bad-checkpoint": lambda w: set_head(w, checkpoint="nothing"),
    "bad-receipt": other_receipt,
    "rolled-back": lambda w: w.sql(sa.delete(HEAD).where(HEAD.c.log == FIRST)),
    "foreign-key": lambda w: w.sql(sa.update(LOG).where(LOG.c.id == FIRST).values(origin="demo/other")),
    "reordered": lambda w: swap(w, 3, 4),
    "not-canonical": lambda w: w.edit(FIRST, 3, b'{"act"', b'{ "act"'),
}


def swap(watched: Watched, one: int, other: int) -> None:
    bodies = dict(watched.bodies(FIRST))
    for seq, body in ((one, bodies[other]), (other, bodies[one])):
        watched.sql(sa.update(ENTRY).where(ENTRY.c.log == FIRST, ENTRY.c.seq == seq).values(body=body))


@pytest.mark.parametrize("kind", HEADS)
def test_each_other_change_is_named(watched: Watched, kind: str) -> None:
    HEADS[kind](watched)
    assert [(log, what) for log, what, *_ in found_in(watched)] == [(FIRST, kind)]


def test_another_cosigning_key_of_central_is_found(watched: Watched) -> None:
    other = Signer(CENTRAL, OTHER_SEED).public_key.hex()
    watched.sql(sa.update(META).where(META.c.key == "cosigner-key").values(value=other))
    assert [(log, kind) for log, kind, *_ in found_in(watched)] == [("central", "foreign-key")]


def test_a_successor_is_opened_by_the_key_that_was_named_for_it_only(watched: Watched) -> None:
    watched.enrol("7f3a90c1/2", SPARE)
    watched.enrol("5b2e4d07/2", OTHER_SEED)
    assert [(log, kind) for log, kind, *_ in found_in(watched)] == [("5b2e4d07/2", "foreign-key")]


def test_whoever_runs_central_does_not_choose_where_the_witness_writes(watched: Watched) -> None:
    before = sorted(watched.folder.rglob("*"))
    watched.enrol("../../x")
    assert [(a.log, a.kind) for a in watched.look().alarms] == [("?", "bad-checkpoint")]
    more = set(watched.folder.rglob("*")) - set(before)
    assert all(path.parent.name == "refused" for path in more if "witness" in path.parts)


def test_an_alarm_moves_nothing_is_said_again_and_keeps_what_was_signed(watched: Watched) -> None:
    remembered = (watched.state / "logs" / "7f3a90c1-1.json").read_bytes()
    note = (watched.state / "notes" / "7f3a90c1-1.txt").read_bytes()
    bodies = [body for _, body in watched.bodies(FIRST)]
    watched.sign_again(FIRST, [*bodies[:300], bodies[300].replace(b"0042", b"0043"), *bodies[301:]])
    found = watched.look()
    assert found.alarms == watched.look().alarms != ()
    assert list(found.cosigned) == [SECOND]  # the others are still cosigned
    assert (watched.state / "logs" / "7f3a90c1-1.json").read_bytes() == remembered
    assert (watched.state / "notes" / "7f3a90c1-1.txt").read_bytes() == note
    (kept,) = (watched.state / "refused").iterdir()
    refused = checkpoint.verify(kept.read_text("utf-8"), f"demo/{FIRST}", Signer(f"demo/{FIRST}", SEED).public_key)
    assert (refused.size, refused.root.hex() in remembered.decode()) == (600, False)


# ── its own folder ────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def alone(tmp_path: Path) -> Iterator[Watched]:
    url = f"sqlite:///{tmp_path / 'central.db'}"
    central.create(url, KEY).dispose()
    engine = central.open_engine(url, KEY)
    found = Watched(engine, tmp_path)
    witnessing.create(found.state, NAME)
    found.write(FIRST, 300)
    found.look()
    yield found
    engine.dispose()


@pytest.mark.parametrize("key", ["size", "root", "tail", "tiles"])
def test_a_memory_that_was_changed_is_not_believed(alone: Watched, key: str) -> None:
    file = alone.state / "logs" / "7f3a90c1-1.json"
    kept = json.loads(file.read_text())
    kept[key] = 299 if key == "size" else "00" * 32 + kept[key][64:]
    file.write_text(json.dumps(kept))
    with pytest.raises(Unusable, match="7f3a90c1/1"):
        alone.look()


def test_a_memory_put_back_is_not_believed(alone: Watched) -> None:
    file = alone.state / "logs" / "7f3a90c1-1.json"
    old = file.read_bytes()
    alone.write(FIRST, 5)
    alone.look()
    file.write_bytes(old)
    with pytest.raises(Unusable, match="restore"):
        alone.look()


def test_a_process_that_ended_between_memory_and_note_goes_on(alone: Watched) -> None:
    note = alone.state / "notes" / "7f3a90c1-1.txt"
    old = note.read_bytes()
    alone.write(FIRST, 5)
    alone.look()
    note.write_bytes(old)
    assert alone.look().cosigned[FIRST].size == 305


def test_one_process_at_a_time(alone: Watched) -> None:
    with witnessing.opened(alone.state), pytest.raises(Unavailable):
        alone.look()
    assert alone.look().alarms == ()


def test_a_witness_is_made_in_an_empty_folder_only_and_its_key_is_its_own(tmp_path: Path) -> None:
    key = witnessing.create(tmp_path / "one", NAME)
    assert key.startswith(f"{NAME}+")
    assert (tmp_path / "one" / "key").stat().st_mode & 0o777 == 0o600
    with pytest.raises(BadInput, match="not an empty folder"):
        witnessing.create(tmp_path / "one", NAME)
    with pytest.raises(BadInput):
        witnessing.create(tmp_path / "two", "a name with blanks")
    assert not (tmp_path / "two").exists()
    with pytest.raises(NotFound), witnessing.opened(tmp_path / "three"):
        pass


# ── the command ───────────────────────────────────────────────────────────────────────────────────────────────


def run(*arguments: object) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def test_the_command_watches_a_home_and_ends_with_1_when_its_central_was_changed(
    centre: Centre, tmp_path: Path
) -> None:
    state, home = tmp_path / "witness", ("--home", centre.home.path)
    assert run("check", "--state", state, *home).exit_code == 2
    assert run("init", "--state", state, "--name", NAME).output.startswith(f"{NAME}+")
    with centre.desk() as desk:
        desk.intake.open(sign_in(desk), request())
        centre.settle(desk)
        log = desk._ctx.book.log
    result = run("check", "--state", state, *home)
    assert result.exit_code == 0, result.output
    assert f"new  {log}" in result.output
    told = json.loads(run("show", "--state", state, "--json").output)
    assert log in [row["log"] for row in told["logs"] if row["cosigned_at"]]
    assert run("show", "--state", state, "--log", log).output.count("\u2014 ") == 3
    with central.writing(centre.engine).begin() as conn:
        for (name,) in conn.exec_driver_sql("SELECT name FROM sqlite_master WHERE type = 'trigger'").all():
            conn.exec_driver_sql(f"DROP TRIGGER {name}")
        conn.execute(sa.delete(ENTRY).where(ENTRY.c.log == log, ENTRY.c.seq == 1))
    result = run("check", "--state", state, *home)
    assert result.exit_code == 1
    assert f"ALARM  {log}  MISSING-ENTRY, entry 1." in result.output
    found = json.loads(run("check", "--state", state, *home, "--json").output)
    assert (found["exit"], found["alarms"][0]["log"], found["alarms"][0]["kind"]) == (1, log, "missing-entry")
    for path in state.rglob("*"):
        assert path.is_dir() or b"nobody@example" not in path.read_bytes()


def test_the_command_says_what_it_cannot_use(tmp_path: Path) -> None:
    state = tmp_path / "witness"
    run("init", "--state", state, "--name", NAME)
    assert run("check", "--state", state, "--home", tmp_path / "none").exit_code == 2
    assert run("check", "--state", state, "--central", "mysql://x/y").exit_code == 2
    assert run("check", "--state", state, "--central", "postgresql://u:secret@h/d").exit_code == 2
    assert run("show", "--state", tmp_path / "none").exit_code == 2


@pytest.mark.postgres
def test_on_a_server_a_login_that_may_only_read_is_enough(postgres: str, tmp_path: Path) -> None:
    central.create(postgres, None).dispose()
    owner = central.open_engine(postgres, None)
    watched = Watched(owner, tmp_path)
    witnessing.create(watched.state, NAME)
    watched.write(FIRST, 20)
    watched.engine = central.open_engine(postgres, None)
    sa.event.listen(watched.engine, "begin", lambda conn: conn.exec_driver_sql(f"SET LOCAL ROLE {AUDITORS}"))
    try:
        with watched.engine.connect() as conn, pytest.raises(sa.exc.ProgrammingError, match="permission denied"):
            conn.execute(sa.delete(ENTRY))
        assert watched.look().cosigned[FIRST].size == 20
    finally:
        watched.engine.dispose()
        owner.dispose()


@pytest.mark.postgres
def test_a_server_that_does_not_answer_is_exit_3(tmp_path: Path) -> None:
    run("init", "--state", tmp_path / "w", "--name", NAME)
    result = run("check", "--state", tmp_path / "w", "--central", "postgresql://nobody@127.0.0.1:1/none")
    assert result.exit_code == 3, result.output
