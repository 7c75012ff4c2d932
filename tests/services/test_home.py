"""The home folder: made private, made once, its terminals and workers enrolled by name."""

import os
import stat
from pathlib import Path

import pytest
import sqlalchemy as sa

from db import central
from db.central_port import CentralPort
from services.action_log.checkpoint import Signer, public_key
from services.errors import NotFound, Unavailable, Unusable
from services.home import CENTRAL_KEY, Home, create, enrol, key, new_owner, owner_of, put_controllers
from services.log_seeds import LogSeeds
from services.secrets import Vault, open_vault
from tests.centre import Centre, make_template, request, sign_in


@pytest.fixture
def made(tmp_path: Path, no_keyring: None) -> tuple[Home, Vault]:
    """A new deployment without anyone in it."""
    home = Home(tmp_path / "made")
    vault = open_vault(home.path, demo=True)
    create(home, "d.example", vault)
    return home, vault


def port(home: Home, vault: Vault, owner: str = "") -> CentralPort:
    return CentralPort(central.open_engine(home.central_url, key(vault, CENTRAL_KEY)), owner)


def test_a_new_deployment_knows_itself(made: tuple[Home, Vault]) -> None:
    home, vault = made
    facts = port(home, vault).facts()
    assert (facts["deployment"], facts["next-number"], facts["rev"]) == ("d.example", "1", "0")
    assert facts["cosigner-key"] == Signer("d.example/central", key(vault, "ingest-seed")).public_key.hex()
    names = ("central-key", "engine-key", "deployment-key", "ingest-seed", "lookup-key", "pin-pepper")
    assert len({key(vault, n) for n in names}) == len(names)


def test_a_second_making_is_refused_and_harms_neither_keys_nor_data(made: tuple[Home, Vault]) -> None:
    home, vault = made
    with pytest.raises(Unusable, match="stands here already"):
        create(home, "other.example", vault)
    assert port(home, vault).facts()["deployment"] == "d.example"
    (home.path / "central.db").rename(home.path / "backup.db")
    with pytest.raises(Unusable, match="stands here already"):
        create(home, "other.example", vault)  # its keys open the backup, and nothing else does
    (home.path / "backup.db").rename(home.path / "central.db")
    assert port(home, vault).facts()["deployment"] == "d.example"


def test_a_making_that_failed_can_be_tried_again(tmp_path: Path, no_keyring: None, monkeypatch) -> None:  # type: ignore[no-untyped-def]
    home = Home(tmp_path / "home")
    vault = open_vault(home.path, demo=True)

    def full(*_: object) -> None:
        raise Unavailable("the disk is full")

    monkeypatch.setattr(central, "create", full)
    with pytest.raises(Unavailable):
        create(home, "d.example", vault)
    monkeypatch.undo()
    create(home, "d.example", vault)
    assert port(home, vault).facts()["deployment"] == "d.example"


@pytest.mark.parametrize("kind", ["terminal", "worker", "import"])
def test_who_is_enrolled_has_keys_here_and_their_public_halves_in_central(made: tuple[Home, Vault], kind) -> None:  # type: ignore[no-untyped-def]
    home, vault = made
    owner = enrol(home, vault, kind, "front desk")
    assert owner_of(home, kind, "front desk") == owner
    there = port(home, vault, owner)
    assert there.public_key(f"{owner}/1") == public_key(LogSeeds(vault, owner).now.in_force)
    assert there.hello(f"{owner}/1").size == 0
    assert (vault.get(f"desk-key:{owner}") is not None) is (kind == "terminal")
    with pytest.raises(NotFound):
        owner_of(home, kind, "back desk")


def test_a_name_stands_once_a_kind_and_a_refusal_leaves_nothing_behind(made: tuple[Home, Vault]) -> None:
    home, vault = made
    enrol(home, vault, "terminal", "one")
    enrol(home, vault, "worker", "one")
    before = sorted(home.path.rglob("*"))
    with pytest.raises(Unusable, match="terminal called one already"):
        enrol(home, vault, "terminal", "one")
    assert sorted(home.path.rglob("*")) == before


def test_owner_ids_are_read_neither_as_words_nor_as_numbers() -> None:
    owners = [new_owner() for _ in range(500)]
    assert len(set(owners)) == 500
    assert all(1 <= sum(c.isdigit() for c in o) <= 4 for o in owners)


def test_controllers_are_replaced_whole(made: tuple[Home, Vault], centre: Centre) -> None:
    from services.controllers import Controller

    home, vault = made
    both = [Controller.from_json(body) for body in centre.store.controllers().values()]
    put_controllers(home, vault, both)
    put_controllers(home, vault, both[:1])
    assert [k for k, _ in port(home, vault).controllers()] == [both[0].key]


def test_a_key_that_is_gone_is_named(made: tuple[Home, Vault]) -> None:
    vault = made[1]
    vault.delete(CENTRAL_KEY)
    with pytest.raises(Unusable, match="'central-key' is not in the demo-file"):
        key(vault, CENTRAL_KEY)


@pytest.mark.rule("TRM-8")
@pytest.mark.skipif(os.name == "nt", reason="modes are another thing there")
@pytest.mark.parametrize("umask", [0o000, 0o027])
def test_everything_in_a_home_is_its_owners_alone_whatever_the_umask(
    tmp_path: Path, no_keyring: None, umask: int
) -> None:
    before = os.umask(umask)
    try:
        centre = Centre(make_template(tmp_path / "home"))
        with centre.desk() as desk:
            desk.intake.open(sign_in(desk), request())
            centre.settle(desk)
            paths = [centre.home.path, *centre.home.path.rglob("*")]
            modes = {str(p.relative_to(tmp_path)): stat.S_IMODE(p.stat().st_mode) for p in paths}
    finally:
        os.umask(before)
    wide = {name: oct(mode) for name, mode in modes.items() if mode & 0o077}
    assert wide == {}
    assert len(modes) > 40


def test_control_a_stranger_in_central_is_no_log_of_ours(made: tuple[Home, Vault]) -> None:
    home, vault = made
    owner = enrol(home, vault, "terminal", "one")
    with pytest.raises(NotFound, match="not enrolled for this terminal"):
        port(home, vault, "00000000").hello(f"{owner}/1")
    engine = central.open_engine(home.central_url, key(vault, CENTRAL_KEY))
    with engine.connect() as conn:
        assert conn.execute(sa.select(central.LOG.c.id)).scalars().all() == [f"{owner}/1"]
