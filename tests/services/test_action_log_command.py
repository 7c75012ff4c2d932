"""`rightsdesk log`: exit codes, what is said, and a whole home held against central and the vault."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from console.commands.log import app
from db.log import LogWriter
from services.action_log import proof
from services.action_log.checkpoint import public_key, verifier_key
from services.home import Home, create, enrol, make_folders
from services.secrets import Vault, open_vault
from services.sync.logbook import Logbook
from tests.attacked_logs import ENDS, SEEDS, write_epochs
from tests.log_samples import LOG, ORIGIN, OTHER_SEED, copy_of, draft, numbered, open_log, unguarded, write_log


def run(*arguments: object) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


@pytest.fixture
def nobody(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home that does not exist."""
    monkeypatch.setenv("RIGHTSDESK_HOME", str(tmp_path / "none"))
    return tmp_path / "none"


class Deployment:
    """A home with one terminal, its log written and anchored."""

    def __init__(self, folder: Path, vault: Vault) -> None:
        self.home, self.vault = Home(folder), vault
        create(self.home, "demo", vault)
        self.owner = enrol(self.home, vault, "terminal", "desk one")
        self.path = self.home.log("terminal", self.owner)
        self.write(400)

    def write(self, count: int) -> None:
        book = Logbook(self.home, "terminal", self.owner, self.vault, "demo")
        book.writer.append_many(numbered(count))
        book.close()


@pytest.fixture
def deployment(tmp_path: Path) -> Deployment:
    home = Home(tmp_path / "home")
    make_folders(home)
    return Deployment(home.path, open_vault(home.path))


# ── verify ────────────────────────────────────────────────────────────────────────────────────────────────────


def test_verify_a_file_alone_says_that_only_its_own_key_was_asked(tmp_path: Path, nobody: Path) -> None:
    path = write_log(tmp_path, 300)
    result = run("verify", path)
    assert result.exit_code == 0
    assert f"{LOG}  WHOLE" in result.output
    assert "a log signed anew would pass" in result.output


def test_verify_names_kind_and_place_and_ends_with_1(tmp_path: Path, nobody: Path) -> None:
    path = write_log(tmp_path, 300)
    with unguarded(path) as db:
        db.execute("UPDATE log SET body = CAST(replace(body, 'agent:0042', 'agent:0043') AS BLOB) WHERE seq = 17")
    result = run("verify", path)
    assert result.exit_code == 1
    assert f"{LOG}  TAMPERED: edited-entry, entry 17." in result.output
    (row,) = json.loads(run("verify", path, "--json").output)["logs"]
    assert (row["state"], row["kind"], row["place"], row["first"]) == ("tampered", "edited-entry", "entry 17", 17)


def test_verify_several_the_worst_counts_and_unusable_ends_with_2(tmp_path: Path, nobody: Path) -> None:
    whole = write_log(tmp_path, 5)
    junk = tmp_path / "junk.db"
    junk.write_bytes(b"no log" * 999)
    assert run("verify", junk).exit_code == 2
    assert run("verify", tmp_path / "absent.db").exit_code == 2
    assert run("verify", whole, junk).exit_code == 2
    cut = copy_of(whole, tmp_path / "cut")
    with unguarded(cut) as db:
        db.execute("DELETE FROM log WHERE seq = 4")
    assert run("verify", whole, junk, cut).exit_code == 1
    result = run("verify", whole, junk, cut, "--json")
    assert json.loads(result.output)["exit"] == result.exit_code == 1


def test_verify_a_home_holds_its_logs_against_central_and_the_vault(deployment: Deployment) -> None:
    result = run("verify", "--home", deployment.home.path)
    assert result.exit_code == 0, result.output
    assert "Held against the enrolled key, the anchor and 0 receipts" in result.output


def test_verify_a_home_finds_a_log_signed_anew(deployment: Deployment) -> None:
    deployment.path.unlink()
    log = f"{deployment.owner}/1"
    with LogWriter(deployment.path, log=log, origin=f"demo/{log}", seed=OTHER_SEED) as writer:
        writer.append_many(numbered(400))
    assert run("verify", "--home", deployment.home.path).exit_code == 1
    result = run("verify", deployment.path, "--home", deployment.home.path)
    assert result.exit_code == 1
    assert "foreign-key" in result.output


def test_verify_a_home_finds_a_restored_older_file(deployment: Deployment, tmp_path: Path) -> None:
    old = copy_of(deployment.path, tmp_path / "old")
    deployment.write(50)
    assert run("verify", "--home", deployment.home.path).exit_code == 0
    deployment.path.write_bytes(old.read_bytes())
    result = run("verify", "--home", deployment.home.path)
    assert result.exit_code == 1
    assert "rolled-back, entries 401 to 450" in result.output


def test_verify_a_home_finds_a_deleted_log(deployment: Deployment) -> None:
    deployment.path.unlink()
    result = run("verify", "--home", deployment.home.path)
    assert result.exit_code == 1
    assert "The file is gone; it had 401 entries." in result.output


def test_verify_a_home_without_logs_says_so(tmp_path: Path) -> None:
    result = run("verify", "--home", tmp_path)
    assert result.exit_code == 2


# ── show ──────────────────────────────────────────────────────────────────────────────────────────────────────


def test_show_newest_first_of_one_case_and_as_written(tmp_path: Path, nobody: Path) -> None:
    with open_log(tmp_path) as writer:
        writer.append(numbered(30))
        writer.append([draft(case="C-26-004999")])
        path = writer.path
        lines = run("show", path, "-n", 3).output.splitlines()
        assert len(lines) == 3
        assert "7f3a90c1/1:31" in lines[0]
        assert "case.claimed" in lines[0]
        (line,) = run("show", path, "--case", "C-26-004999", "--json").output.splitlines()
        with writer.reader() as reader:
            assert line.encode() == reader.body(31)
        assert run("show", path, "--case", "C-26-004998").output == ""
    assert run("show", tmp_path / "none.db").exit_code == 2


def test_show_a_home(deployment: Deployment) -> None:
    lines = run("show", "--home", deployment.home.path).output.splitlines()
    assert len(lines) == 20
    assert f"{deployment.owner}/1:400" in lines[0]
    assert run("show", f"{deployment.owner}/1", "--home", deployment.home.path).output.splitlines() == lines


# ── prove ─────────────────────────────────────────────────────────────────────────────────────────────────────


def test_prove_writes_a_page_that_stands_alone(tmp_path: Path, nobody: Path) -> None:
    with open_log(tmp_path) as writer:
        writer.append_many(numbered(700))
        key = writer.public_key
    page = tmp_path / "entry.tlog-proof"
    assert run("prove", 333, "--log", tmp_path / "log-1.db", "-o", page).exit_code == 0
    body, index, head = proof.check(page.read_text("utf-8"), ORIGIN, key)
    assert (index, head.size) == (333, 701)
    assert b'"seconds":332' in body
    assert run("prove", 333, "--log", tmp_path / "log-1.db").output == page.read_text("utf-8")


def test_prove_says_what_is_not_there(tmp_path: Path, nobody: Path, deployment: Deployment) -> None:
    write_log(tmp_path, 5)
    result = run("prove", 99, "--log", tmp_path / "log-1.db")
    assert result.exit_code == 2
    assert "no entry 99" in result.output
    assert run("prove", 1).exit_code == 2
    assert run("prove", 1, "--home", deployment.home.path).exit_code == 0


def test_keys_says_which_key_signs_from_where_and_writes_what_leads_from_one_to_the_next(
    tmp_path: Path, nobody: Path
) -> None:
    path = write_epochs(tmp_path)
    result = run("keys", "--log", path, "-o", tmp_path / "keys.json")
    assert result.exit_code == 0
    keys = [public_key(seed) for seed in SEEDS]
    said = [line.split() for line in result.output.splitlines()]
    assert said == [[str(n), verifier_key(ORIGIN, key)] for n, key in zip((0, *ENDS), keys, strict=True)]
    chain = proof.check_keys(json.loads((tmp_path / "keys.json").read_text()), ORIGIN, keys[0])
    assert chain.keys == keys[1:]
    assert run("keys", "--log", tmp_path / "none.db").exit_code == 2
    assert f"{ENDS[-1]} entries are sealed" in run("verify", path).output
