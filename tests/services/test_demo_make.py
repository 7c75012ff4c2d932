"""Making a demo home: in one process or several, over many people, never in the place of something else."""

from collections import Counter
from pathlib import Path

import orjson
import pytest
import sqlalchemy as sa

from db import central
from db.central_audit import AuditView
from services.action_log.entry import decode
from services.demo import make, mark
from services.demo.make import make_home
from services.demo.side_work import SideWork
from services.errors import BadInput, Unusable
from services.evidence import evidence_of
from services.home import CENTRAL_KEY, MOST_DIGITS, Home, key, new_owner
from services.secrets import open_vault
from services.sync.rebuild import differences
from tests.centre import Centre

pytestmark = pytest.mark.usefixtures("no_keyring")


def central_of(home: Path) -> sa.Engine:
    return central.open_engine(Home(home).central_url, key(open_vault(home, demo=True), CENTRAL_KEY))


def cases_of(home: Path) -> list[tuple[str, str, str, str]]:
    """(number, rights, state, due) of every case."""
    columns = (central.CASE.c.id, central.CASE.c.rights, central.CASE.c.state, central.CASE.c.due)
    with central_of(home).connect() as conn:
        return [tuple(row) for row in conn.execute(sa.select(*columns).order_by(central.CASE.c.id))]  # type: ignore[misc]


def test_a_backlog_is_spread_over_rights_states_dates_and_both_controllers(tmp_path: Path) -> None:
    made = make_home(tmp_path / "home", cases=400, people=20, seed=2)
    cases = cases_of(made.home.path)
    assert len({case[0] for case in cases}) == 400
    assert len(Counter(case[1] for case in cases)) >= 8
    assert len(Counter(case[2] for case in cases)) >= 4
    assert len(Counter(case[3] for case in cases)) >= 30
    with central_of(made.home.path).connect() as conn:
        per = Counter(conn.execute(sa.select(central.CASE.c.controller)).scalars())
        people = conn.execute(sa.select(sa.func.count()).select_from(central.SUBJECT)).scalar_one()
        masked = list(conn.execute(sa.select(central.SUBJECT.c.masked)).scalars())
    assert min(per.values()) > 100
    assert people == 20
    assert all("•" in label for label in masked)


def test_the_backlog_is_signed_imports_folded_as_the_logs_say(tmp_path: Path) -> None:
    centre = Centre(make_home(tmp_path / "home", cases=60, people=5).home.path)
    with AuditView.of(centre.engine) as view:
        acts = [decode(body) for _, body in view.accepted()]
    assert Counter(entry.act for entry in acts) == {"log.opened": 1, "case.imported": 60}
    assert differences(centre.store) == []
    evidence = evidence_of(centre.home, centre.vault)
    assert [evidence.check(file.path).state for file in evidence.files] == ["whole"]


@pytest.fixture
def one_moment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Homes made one after the other are made at the same time: the hour may change between them."""
    moment = make.today()
    monkeypatch.setattr(make, "today", lambda: moment)


@pytest.mark.usefixtures("one_moment")
def test_equal_seeds_give_equal_cases(tmp_path: Path) -> None:
    first, same, other = (
        make_home(tmp_path / n, cases=30, people=9, seed=s).home for n, s in (("a", 4), ("b", 4), ("c", 5))
    )
    assert cases_of(first.path) == cases_of(same.path)
    assert cases_of(first.path) != cases_of(other.path)


@pytest.mark.usefixtures("one_moment")
def test_several_processes_make_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    alone = make_home(tmp_path / "alone", cases=40, people=6, seed=4).home
    monkeypatch.setattr(make, "MANY", 40)
    apart = make_home(tmp_path / "apart", cases=40, people=6, seed=4).home
    assert cases_of(apart.path) == cases_of(alone.path)
    for name in ("crm", "shop", "desk", "news"):
        files = [home.path / "data" / "harbour" / f"{name}.db" for home in (alone, apart)]
        assert files[0].read_bytes() == files[1].read_bytes()


def fail(word: str) -> None:
    raise BadInput(word)


def test_what_a_side_process_raises_is_raised_here() -> None:
    with SideWork(apart=True) as side:
        side.start(fail, "beside")
        with pytest.raises(BadInput, match="beside"):
            side.finish()
    with SideWork(apart=False) as side, pytest.raises(BadInput, match="at once"):
        side.start(fail, "at once")


def test_a_home_takes_no_place_that_is_taken(tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("mine")
    with pytest.raises(Unusable, match="not empty"):
        make_home(tmp_path)
    with pytest.raises(Unusable, match="not a demo home"):
        mark.remove_home(tmp_path)
    assert (tmp_path / "letter.txt").read_text() == "mine"


def test_a_half_made_home_is_no_demo_and_can_go(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(make, "put_controllers", stop)
        with pytest.raises(KeyboardInterrupt):
            make_home(tmp_path / "home", cases=3)
    assert not mark.is_demo(tmp_path / "home")
    mark.remove_home(tmp_path / "home")
    assert not (tmp_path / "home").exists()
    assert mark.is_demo(make_home(tmp_path / "home", cases=0, people=2).home.path)


def test_a_made_home_is_for_its_owner_alone(tmp_path: Path) -> None:
    home = make_home(tmp_path / "home", cases=4, people=2).home.path
    wide = [str(path.relative_to(home)) for path in home.rglob("*") if path.stat().st_mode & 0o077]
    assert wide == []


def test_agents_have_every_role_and_hashes_only(tmp_path: Path) -> None:
    made = make_home(tmp_path / "home", cases=0, people=2)
    with central_of(made.home.path).connect() as conn:
        rows = conn.execute(sa.select(central.AGENT.c.pin_hash, central.AGENT.c.roles)).all()
    assert all(row[0].startswith("$argon2id$") for row in rows)
    roles = {role for row in rows for granted in orjson.loads(row[1]).values() for role in granted}
    assert roles == {"agent", "lead", "officer", "trainer", "operator"}


def test_an_owner_id_never_reads_as_a_telephone_or_a_word() -> None:
    """Eight decimal digits and a log's number are nine: the lint would refuse every line of such a log."""
    for _ in range(3000):
        owner = new_owner()
        assert 1 <= sum(c.isdigit() for c in owner) <= MOST_DIGITS
