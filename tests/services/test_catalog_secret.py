"""`rightsdesk catalog secret`: a password goes into the vault and nowhere else."""

from pathlib import Path

import pytest

from console import cli
from tests.centre import Centre

WORD = "hunter2-[red]=cmd()"


@pytest.fixture
def typed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The file that the password is read from, as nobody types here."""
    file = tmp_path / "word"
    file.write_text(f"{WORD}\n")
    file.chmod(0o600)
    monkeypatch.setenv("RIGHTSDESK_SYSTEM_PASSWORD_FILE", str(file))
    return file


def secret(centre: Centre, *words: str) -> int:
    return cli.main(["catalog", "secret", *words, "--home", str(centre.home.path)])


def test_it_is_kept_where_a_system_finds_it_and_is_never_shown(
    centre: Centre, typed: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert secret(centre, "muster/crm") == 0
    assert centre.vault.get("system:muster/crm") == WORD.encode()
    assert secret(centre, "muster/crm") == 0
    said = capsys.readouterr()
    assert said.out == "muster/crm is in the vault\nmuster/crm is in the vault, in the place of the one before\n"
    assert WORD not in said.out + said.err


def test_what_is_taken_out_is_gone_and_taking_out_nothing_is_said(centre: Centre, typed: Path) -> None:
    assert secret(centre, "muster/crm", "--remove") == 1
    assert secret(centre, "muster/crm") == 0
    assert secret(centre, "muster/crm", "--remove") == 0
    assert centre.vault.get("system:muster/crm") is None


@pytest.mark.parametrize("name", ["", "  ", "a\nb", "\x1b]52;c;eA==\x07", "x" * 101])
def test_a_name_that_is_none_is_refused_and_nothing_is_kept(
    centre: Centre, typed: Path, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    assert secret(centre, name) == 2
    assert "\x1b" not in capsys.readouterr().err
    assert centre.vault.get(f"system:{name}") is None


def test_a_password_that_others_may_read_is_refused(centre: Centre, typed: Path) -> None:
    typed.chmod(0o644)
    assert secret(centre, "muster/crm") == 2
    assert centre.vault.get("system:muster/crm") is None
