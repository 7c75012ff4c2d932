"""The aggregate: every checkpoint that central accepted, cosigned as one, so that no fork fits between two looks."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from typer.testing import CliRunner, Result

from console.commands.witness import app
from db import central
from db.central import AGGREGATE, AGGREGATE_HEAD, ENTRY, HEAD
from db.central_aggregate import append
from db.central_witness import CentralView
from services import witnessing
from services.action_log import checkpoint, proof
from services.action_log.checkpoint import Signer
from services.action_log.merkle import Frontier, TreeHead, leaf_hash
from services.action_log.witness import Alarm, Seen, look
from services.errors import Unusable
from tests.centre import Centre, request, sign_in
from tests.log_samples import CENTRAL, CENTRAL_SEED, OTHER_SEED, SEED
from tests.once import BOTH, SQLITE, Once
from tests.witnessed_central import AGGREGATOR, FIRST, KEY, SECOND, Watched

NAME = "witness.example"
COSIGNER = (CENTRAL, Signer(CENTRAL, CENTRAL_SEED).public_key)
Found = list[tuple[str, str, int | None, int | None]]


def make(folder: Path, url: str) -> Watched:
    """Two logs, accepted in five batches, all witnessed."""
    key = KEY if url.startswith("sqlite") else None
    central.create(url, key).dispose()
    made = Watched(central.open_engine(url, key), folder)
    witnessing.create(made.state, NAME)
    for log, count in ((FIRST, 290), (SECOND, 20), (FIRST, 5), (SECOND, 3), (FIRST, 5)):
        made.write(log, count)
    assert made.look().alarms == ()
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
    engine = central.open_engine(url, KEY if request.param == SQLITE else None)
    found = made.moved(engine, tmp_path)
    yield found
    found.engine.dispose()
    once.forget(url)


def run(*arguments: object) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def found_in(watched: Watched, **how: bool) -> Found:
    return [(a.log, a.kind, a.first, a.last) for a in watched.look(**how).alarms]


def bodies_of(watched: Watched, log: str, edited: int) -> list[bytes]:
    """The log's entries, one of them another than it was."""
    bodies = [body for _, body in watched.bodies(log)]
    bodies[edited] = bodies[edited].replace(b"agent:0042", b"agent:0043")
    return bodies


def accept(watched: Watched, note: str) -> None:
    with central.writing(watched.engine).begin() as conn:
        append(conn, note, AGGREGATOR)


def head_of(watched: Watched, log: str) -> str:
    with watched.engine.connect() as conn:
        return str(conn.execute(sa.select(HEAD.c.checkpoint).where(HEAD.c.log == log)).scalar_one())


def signed_again(watched: Watched, notes: list[str]) -> None:
    """The aggregate made anew by somebody who has central's key."""
    watched.unguard()
    with central.writing(watched.engine).begin() as conn:
        conn.execute(sa.delete(AGGREGATE))
        conn.execute(sa.delete(AGGREGATE_HEAD))
        for note in notes:
            append(conn, note, AGGREGATOR)


def notes_of(watched: Watched) -> list[str]:
    with CentralView.of(watched.engine) as view:
        return [note.decode() for _, note in view.leaves()]


def test_control_an_aggregate_that_grew_passes_and_is_cosigned(watched: Watched) -> None:
    watched.write(SECOND, 1)
    for how in ({}, {"new_only": True}):
        found = watched.look(**how)
        assert found.alarms == ()
        assert found.aggregate is not None
        assert found.aggregate.size == 6
    with witnessing.opened(watched.state) as witness:
        note = witness.note("aggregate")
        assert checkpoint.verify_cosignature(note, NAME, witness.public_key)[0] == found.aggregate
    assert checkpoint.verify(note, AGGREGATOR.origin, COSIGNER[1]) == found.aggregate


def test_every_accepted_checkpoint_is_proved_and_the_aggregate_only_grew(watched: Watched) -> None:
    with CentralView.of(watched.engine) as view:
        shown = view.aggregate()
        frontier = Frontier()
        for place, note in view.leaves():
            page = proof.write(note, place, view.inclusion(place, shown.size), shown.checkpoint)
            head = proof.check(page, AGGREGATOR.origin, COSIGNER[1])[2]
            frontier.append(leaf_hash(note))
            grown = proof.write_growth(place + 1, view.consistency(place + 1, shown.size), shown.checkpoint)
            assert proof.check_growth(grown, frontier.head(), AGGREGATOR.origin, COSIGNER[1]) == head
        assert (head.size, view.leaf_of(head_of(watched, FIRST)), view.leaf_of("nothing")) == (5, 4, None)


def edit(watched: Watched, place: int) -> None:
    watched.sql(sa.update(AGGREGATE).where(AGGREGATE.c.idx == place).values(note="another"))


ATTACKS: dict[str, tuple[Callable[[Watched], None], Found]] = {
    "edited": (lambda w: edit(w, 1), [("aggregate", "edited-entry", 1, 1)]),
    "deleted": (
        lambda w: w.sql(sa.delete(AGGREGATE).where(AGGREGATE.c.idx == 1)),
        [("aggregate", "missing-entry", 1, 1)],
    ),
    "last deleted": (
        lambda w: w.sql(sa.delete(AGGREGATE).where(AGGREGATE.c.idx == 4)),
        [("aggregate", "tail-cut", 4, 4)],
    ),
    "head deleted": (lambda w: w.sql(sa.delete(AGGREGATE_HEAD)), [("aggregate", "rolled-back", 0, 4)]),
    "put back": (lambda w: signed_again(w, notes_of(w)[:3]), [("aggregate", "rolled-back", 3, 4)]),
    "one left out": (
        lambda w: signed_again(w, [notes_of(w)[n] for n in (0, 1, 3, 4)]),
        [("aggregate", "rolled-back", 4, 4)],
    ),
    "in another order": (
        lambda w: signed_again(w, [notes_of(w)[n] for n in (0, 1, 3, 2, 4)]),
        [("aggregate", "forked", 2, 2)],
    ),
}


@pytest.mark.parametrize("name", ATTACKS)
def test_an_aggregate_that_was_changed_is_named_and_not_cosigned(watched: Watched, name: str) -> None:
    attack, wanted = ATTACKS[name]
    before = (watched.state / "notes" / "aggregate.txt").read_bytes()
    attack(watched)
    assert found_in(watched) == found_in(watched) == wanted
    assert (watched.state / "notes" / "aggregate.txt").read_bytes() == before


def test_a_leaf_that_nobody_witnessed_is_held_against_the_signature(watched: Watched) -> None:
    watched.write(FIRST, 1)
    other = checkpoint.sign(f"demo/{FIRST}", SEED, TreeHead(301, bytes(32)))
    watched.sql(sa.update(AGGREGATE).where(AGGREGATE.c.idx == 5).values(note=other))
    assert found_in(watched) == [("aggregate", "root-mismatch", 5, 5)]


@pytest.mark.parametrize("new_only", [False, True])
@pytest.mark.parametrize(
    ("note", "kind"),
    [
        ("no checkpoint", "bad-checkpoint"),
        (checkpoint.sign("demo/9d4c1e55/1", SEED, TreeHead(7, bytes(32))), "foreign-entry"),
        (checkpoint.sign(f"demo/{SECOND}", SEED, TreeHead(23, bytes(32))), "rolled-back"),
        (checkpoint.sign(f"demo/{SECOND}", SEED, TreeHead(22, bytes(32))), "rolled-back"),
    ],
)
def test_each_leaf_is_a_checkpoint_of_an_enrolled_log_that_grew(
    watched: Watched, note: str, kind: str, new_only: bool
) -> None:
    accept(watched, note)
    assert found_in(watched, new_only=new_only) == [("aggregate", kind, 5, 5)]


def test_an_accepted_checkpoint_that_the_log_never_signed_is_found(watched: Watched) -> None:
    watched.write(SECOND, 1)
    *before, last = notes_of(watched)
    head = checkpoint.parse(last).head
    signed_again(watched, [*before, checkpoint.sign(f"demo/{SECOND}", OTHER_SEED, head)])
    watched.write(SECOND, 1)
    assert found_in(watched) == found_in(watched) == [(SECOND, "bad-signature", 23, 23)]


# ── a log that is forked between two looks ────────────────────────────────────────────────────────────────────


def forked(watched: Watched, size: int) -> None:
    """Five more entries are accepted; then another history of `size` entries stands there, and everything fits."""
    watched.write(FIRST, 5)
    watched.sign_again(FIRST, bodies_of(watched, FIRST, 302)[:size])


def without_the_aggregate(watched: Watched) -> Seen | Alarm:
    with witnessing.opened(watched.state) as witness, CentralView.of(watched.engine) as view:
        (shown,) = [one for one in view.logs() if one.log == FIRST]
        return look(shown, witness.seen[FIRST], view.bodies(FIRST), 0, COSIGNER, view.seals(FIRST))


@pytest.mark.parametrize("new_only", [False, True])
@pytest.mark.parametrize(
    ("size", "wanted"), [(305, (FIRST, "forked", 300, 304)), (303, (FIRST, "rolled-back", 303, 304))]
)
def test_another_history_than_the_one_accepted_since_is_found(
    watched: Watched, size: int, wanted: tuple[str, str, int, int], new_only: bool
) -> None:
    forked(watched, size)
    assert isinstance(without_the_aggregate(watched), Seen)  # the control: entries, head and signatures all fit
    assert found_in(watched, new_only=new_only) == [wanted]


@pytest.mark.parametrize("new_only", [False, True])
def test_it_is_found_although_the_other_history_was_accepted_in_turn(watched: Watched, new_only: bool) -> None:
    watched.write(FIRST, 5)
    bodies = bodies_of(watched, FIRST, 302)
    more = bodies[-1].replace(b'"seq":304', b'"seq":305')
    watched.sign_again(FIRST, [*bodies, more])
    accept(watched, head_of(watched, FIRST))
    assert isinstance(without_the_aggregate(watched), Seen)
    for _ in range(3):  # and said again, although the aggregate itself holds and goes on
        found = watched.look(new_only=new_only)
        assert [(a.log, a.kind, a.first, a.last) for a in found.alarms] == [(FIRST, "forked", 300, 304)]
        watched.write(SECOND, 1)
    assert found.aggregate is not None
    assert found.aggregate.size == 9


def test_entries_that_were_never_accepted_are_found(watched: Watched) -> None:
    bodies = bodies_of(watched, FIRST, 0)
    more = bodies[-1].replace(b'"seq":299', b'"seq":300')
    watched.sign_again(FIRST, [body for _, body in watched.bodies(FIRST)] + [more])
    assert isinstance(without_the_aggregate(watched), Seen)
    assert found_in(watched) == [(FIRST, "not-in-aggregate", 300, 300)]


def test_the_command_is_told_of_a_restore(centre: Centre, tmp_path: Path) -> None:
    state, home = tmp_path / "witness", ("--home", centre.home.path)
    run("init", "--state", state, "--name", NAME)
    with centre.desk() as desk:
        centre.settle(desk)
        assert run("check", "--state", state, *home, "--restored").exit_code == 0  # nothing to forget at first sight
        with centre.engine.connect() as conn:
            head = dict(conn.execute(sa.select(AGGREGATE_HEAD)).mappings().one())
        desk.intake.open(sign_in(desk), request())
        centre.settle(desk)
    told = json.loads(run("check", "--state", state, *home, "--json").output)
    assert told["aggregate"]["size"] > head["size"]
    assert "\naggregate  " in run("show", "--state", state).output
    assert run("show", "--state", state, "--log", "aggregate").output.count("\u2014 ") == 2
    with central.writing(centre.engine).begin() as conn:  # the aggregate alone is put back
        conn.exec_driver_sql("DROP TRIGGER leaves_not_deleted")
        conn.execute(sa.delete(AGGREGATE).where(AGGREGATE.c.idx >= head["size"]))
        conn.execute(sa.update(AGGREGATE_HEAD).values(head))
    result = run("check", "--state", state, *home)
    assert (result.exit_code, "ALARM  aggregate  ROLLED-BACK" in result.output) == (1, True), result.output
    result = run("check", "--state", state, *home, "--restored")
    assert (result.exit_code, "NOT-IN-AGGREGATE" in result.output) == (1, True), result.output


# ── who signs it, and the witness's own memory ────────────────────────────────────────────────────────────────


CHANGES: dict[str, Callable[[Watched], None]] = {
    "frontier": lambda w: w.sql(sa.update(AGGREGATE_HEAD).values(frontier=bytes(64))),
    "size": lambda w: w.sql(sa.update(AGGREGATE_HEAD).values(size=4, frontier=bytes(32))),
    "no note": lambda w: w.sql(sa.update(AGGREGATE_HEAD).values(checkpoint="")),
    "another's signature": lambda w: w.sql(
        sa.update(AGGREGATE_HEAD).values(
            checkpoint=checkpoint.sign(AGGREGATOR.origin, OTHER_SEED, TreeHead(5, bytes(32)))
        )
    ),
    "head deleted": lambda w: w.sql(sa.delete(AGGREGATE_HEAD)),
}


@pytest.mark.parametrize("name", CHANGES)
def test_what_was_changed_gets_no_signature(watched: Watched, name: str) -> None:
    CHANGES[name](watched)
    with watched.engine.connect() as conn:
        entries = conn.execute(sa.select(sa.func.count()).select_from(ENTRY)).scalar()
    with pytest.raises(Unusable, match="not what it signed"):
        watched.write(FIRST, 1)
    with watched.engine.connect() as conn:
        assert conn.execute(sa.select(sa.func.count()).select_from(ENTRY)).scalar() == entries


def test_a_process_that_ended_before_the_aggregate_was_remembered_goes_on(watched: Watched) -> None:
    memory, note = watched.state / "aggregate.json", watched.state / "notes" / "aggregate.txt"
    old = memory.read_bytes(), note.read_bytes()
    watched.write(FIRST, 5)
    watched.look()
    memory.write_bytes(old[0])
    note.write_bytes(old[1])
    assert watched.look(new_only=True).alarms == watched.look().alarms == ()


def test_a_memory_of_it_that_was_changed_is_not_believed(watched: Watched) -> None:
    file = watched.state / "aggregate.json"
    kept = json.loads(file.read_text())
    file.write_text(json.dumps({**kept, "size": 4}))
    with pytest.raises(Unusable, match="aggregate"):
        watched.look()
