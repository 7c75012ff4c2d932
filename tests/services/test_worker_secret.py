"""`rightsdesk worker secret`: a password goes into the vault and nowhere else, and doctor misses it."""

from pathlib import Path

import pytest

from console import cli
from console.commands.worker import _mail, _texts
from console.settings import load_standing
from services.doctor import around
from tests.centre import Centre

WORD = "hunter2-[red]=cmd()"


@pytest.fixture
def typed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The file that the secret is read from, as nobody types here."""
    file = tmp_path / "word"
    file.write_text(f"{WORD}\n")
    file.chmod(0o600)
    monkeypatch.setenv("RIGHTSDESK_WORKER_SECRET_FILE", str(file))
    return file


def secret(centre: Centre, *words: str) -> int:
    return cli.main(["worker", "secret", *words, "--home", str(centre.home.path)])


def test_a_worker_takes_it_up_at_its_start_and_it_is_never_shown(
    centre: Centre, typed: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = centre.home.path / "rightsdesk.toml"
    more = '[mail]\nhost = "127.0.0.1"\nuser = "desk"\nsender = "desk@example.org"\n[texts]\nurl = "https://sms.example.org"\n'
    settings.write_text((settings.read_text() if settings.exists() else "") + more)
    standing = load_standing(centre.home.path)

    def taken_up() -> tuple[str, str]:
        mail, texts = _mail(standing, None, True), _texts(standing, None, True)
        assert mail is not None
        assert texts is not None
        return mail.password, texts.secret

    assert taken_up() == ("", ""), "the control"
    for name in ("mail-password", "texts-secret"):
        assert secret(centre, name) == 0
    assert taken_up() == (WORD, WORD)
    said = capsys.readouterr()
    assert said.out == "mail-password is in the vault\ntexts-secret is in the vault\n"
    assert WORD not in said.out + said.err
    assert secret(centre, "texts-secret", "--remove") == 0
    assert secret(centre, "texts-secret", "--remove") == 1
    assert taken_up() == (WORD, "")


@pytest.mark.parametrize("name", ["", "mail_password", "central", "\x1b]52;c;eA==\x07", "system:crm"])
def test_another_name_is_refused_and_nothing_is_kept(
    centre: Centre, typed: Path, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    assert secret(centre, name) == 2
    said = capsys.readouterr().err
    assert "mail-password or texts-secret" in said
    assert "\x1b" not in said


def test_doctor_names_the_one_that_is_missing_and_the_command(centre: Centre, typed: Path) -> None:
    def seen() -> list[tuple[str, str, bool]]:
        found = [
            *around.mail(centre.vault, "127.0.0.1", 1, "desk", centre.home.outbox),
            *around.texts(centre.vault, "https://sms.example.org"),
        ]
        return [(one.subject, one.state, "rightsdesk worker secret" in one.todo) for one in found]

    silent = ("mail", "bad", False)  # nobody listens there
    assert seen() == [("mail", "bad", True), silent, ("texts", "warn", True)]
    assert secret(centre, "mail-password") == 0
    assert secret(centre, "texts-secret") == 0
    assert seen() == [silent, ("texts", "ok", False)]
    assert list(around.texts(centre.vault, "")) == [], "codes go by mail alone"
