"""The witness follows a log from key to key: whoever runs central names no key in a log's place."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
import sqlalchemy as sa

from db import central
from db.central import ENTRY, HEAD, SEAL
from db.central_aggregate import append
from db.log import LogReader, LogWriter
from services import witnessing
from services.action_log import checkpoint
from services.action_log.checkpoint import public_key
from services.action_log.entry import decode, encode
from services.action_log.merkle import Frontier, leaf_hash
from tests.log_samples import CENTRAL, CENTRAL_SEED, SEED, numbered
from tests.witnessed_central import AGGREGATOR, FIRST, KEY, NOW, Watched

ORIGIN = f"demo/{FIRST}"
THEIRS = b"t" * 32
SIZES = [*range(250, 262), 512]
"""Where the key changes: also exactly at the end of a tile, where a witness begins to read."""


@pytest.fixture
def watched(tmp_path: Path) -> Iterator[Watched]:
    """One log of 200 entries, witnessed once."""
    url = f"sqlite:///{tmp_path / 'central.db'}"
    central.create(url, KEY).dispose()
    found = Watched(central.open_engine(url, KEY), tmp_path)
    witnessing.create(found.state, "witness.example")
    accept(found, bodies_under(found, SEED, 200), SEED)
    assert found.look().alarms == ()
    yield found
    found.engine.dispose()


def bodies_under(watched: Watched, seed: bytes, size: int, after: bytes | None = None) -> list[bytes]:
    """The log's own entries up to that size, the last one naming the key that comes after, if any."""
    file = watched.folder / "log.db"
    with LogWriter(file, log=FIRST, origin=ORIGIN, seed=seed) as writer:
        writer.append_many(numbered(size - writer.size - (after is not None)))
        if after is not None:
            writer.rotate(after)
    with LogReader(file) as reader:
        return [body for _, body in reader.bodies()]


def accept(watched: Watched, bodies: Sequence[bytes], seed: bytes, *, sealed: bool = False) -> None:
    """What central does with a batch that the key of `seed` signed; `sealed` where it ends with the change of keys."""
    frontier = Frontier()
    for body in bodies:
        frontier.append(leaf_hash(body))
    note = checkpoint.sign(ORIGIN, seed, frontier.head())
    receipt = checkpoint.cosign(note, CENTRAL, CENTRAL_SEED, NOW)
    with central.writing(watched.engine).begin() as conn:
        held = conn.execute(sa.select(sa.func.count()).select_from(ENTRY).where(ENTRY.c.log == FIRST)).scalar_one()
        rows = [watched._row(FIRST, seq, body) for seq, body in enumerate(bodies)]
        conn.execute(sa.insert(ENTRY), rows[held:])
        watched._set_head(conn, FIRST, note)
        append(conn, note, AGGREGATOR)
        if sealed:
            conn.execute(sa.insert(SEAL), [{"log": FIRST, "size": len(bodies), "receipt": receipt}])


def kinds(watched: Watched, *, new_only: bool = False) -> list[tuple[str, int | None, int | None]]:
    return [(a.kind, a.first, a.last) for a in watched.look(new_only=new_only).alarms if a.log == FIRST]


@pytest.mark.parametrize("size", SIZES)
def test_a_log_that_goes_on_under_its_next_key_is_whole_however_it_is_read(watched: Watched, size: int) -> None:
    accept(watched, bodies_under(watched, SEED, size, THEIRS), SEED, sealed=True)
    assert kinds(watched, new_only=True) == []
    assert kinds(watched, new_only=True) == []
    for more in (1, 255, 300):
        accept(watched, bodies_under(watched, THEIRS, size + more), THEIRS)
        assert kinds(watched, new_only=True) == kinds(watched) == []


def forged(bodies: Sequence[bytes]) -> list[bytes]:
    """The log, and an entry after it that names a key of somebody else's."""
    last = decode(bodies[-1])
    params = {"epoch": 1, "public_key": public_key(THEIRS).hex()}
    return [*bodies, encode(last._replace(seq=len(bodies), act="key.rotated", params=params))]  # type: ignore[arg-type]


@pytest.mark.parametrize("new_only", [False, True])
@pytest.mark.parametrize("sealed", [False, True], ids=["without a seal", "with a seal of theirs"])
def test_a_key_that_somebody_else_names_in_central_is_found(watched: Watched, sealed: bool, new_only: bool) -> None:
    bodies = forged(bodies_under(watched, SEED, 200))
    accept(watched, bodies, THEIRS, sealed=sealed)
    more = [encode(decode(bodies[1])._replace(seq=len(bodies)))]
    accept(watched, [*bodies, *more], THEIRS)
    (found,) = kinds(watched, new_only=new_only)
    assert found[0] in ("bad-signature", "seal-missing", "bad-seal")


def test_a_seal_that_was_taken_out_of_central_is_found(watched: Watched) -> None:
    accept(watched, bodies_under(watched, SEED, 300, THEIRS), SEED, sealed=True)
    accept(watched, bodies_under(watched, THEIRS, 400), THEIRS)
    assert kinds(watched) == []
    watched.sql(sa.delete(SEAL))
    assert kinds(watched) == [("seal-missing", 0, 299)]


def test_a_head_by_the_old_key_is_found(watched: Watched) -> None:
    bodies = bodies_under(watched, SEED, 300, THEIRS)
    accept(watched, bodies, SEED, sealed=True)
    bodies = bodies_under(watched, THEIRS, 400)
    accept(watched, bodies, SEED)
    assert kinds(watched) == [("retired-key", None, None)]
    with central.writing(watched.engine).begin() as conn:
        conn.execute(sa.update(HEAD).values(checkpoint=""))
    assert kinds(watched) == [("bad-checkpoint", None, None)]
