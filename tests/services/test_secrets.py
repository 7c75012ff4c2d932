"""services/secrets.py: keys where they were promised to be, and a plain word when they cannot be had."""

import os
import shutil
import stat
import subprocess
import sys
import threading
from pathlib import Path

import keyring
import pytest
from keyring.backend import KeyringBackend
from keyring.errors import InitError

from services import sealed_files
from services.errors import BadInput, Unusable
from services.secrets import Vault, open_vault
from tests.conftest import CHECKOUT, MemoryKeyring

WORDS = "correct horse battery"


@pytest.fixture(params=["keyring", "passphrase", "demo-file"])
def made(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[str, dict[str, object], Path]:
    """Each way: its kind, what opens it, the home."""
    if request.param == "demo-file":
        request.getfixturevalue("no_keyring")
    ways: dict[str, dict[str, object]] = {
        "keyring": {},
        "passphrase": {"passphrase": WORDS},
        "demo-file": {"demo": True},
    }
    return request.param, ways[request.param], tmp_path / "home"


def reopen(way: dict[str, object], home: Path) -> Vault:
    return open_vault(home, **way)  # type: ignore[arg-type]


def test_every_way_keeps_changes_and_forgets(made: tuple[str, dict[str, object], Path]) -> None:
    kind, way, home = made
    vault = reopen(way, home)
    assert vault.kind == kind
    assert vault.get("central-key") is None
    for value in (b"", bytes(range(256)), b"second"):
        vault.put("system:nord/crm", value)
        assert reopen(way, home).get("system:nord/crm") == value
    vault.put("anchor:0a1b2c3d/1", b"other")
    vault.delete("system:nord/crm")
    vault.delete("never there")
    assert reopen(way, home).get("system:nord/crm") is None
    assert reopen(way, home).get("anchor:0a1b2c3d/1") == b"other"


def test_files_are_for_their_owner_alone_and_hold_no_secret(made: tuple[str, dict[str, object], Path]) -> None:
    _, way, home = made
    secret = b"a planted secret value of some length"
    reopen(way, home).put("log-seed:0a1b2c3d", secret)
    files = [path for path in home.rglob("*") if path.is_file()]
    assert files
    for path in files:
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert secret not in path.read_bytes()
        assert "log-seed" not in path.name
    for folder in (home / "keys", *(path for path in (home / "keys").iterdir() if path.is_dir())):
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_two_homes_in_one_keyring_never_meet(tmp_path: Path, memory_keyring: MemoryKeyring) -> None:
    open_vault(tmp_path / "a").put("central-key", b"a")
    assert open_vault(tmp_path / "b").get("central-key") is None
    assert len(memory_keyring.held) == 1


@pytest.mark.usefixtures("no_keyring")
def test_nothing_usable_and_nothing_chosen_names_three_ways_and_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(Unusable, match=r"desktop.*dbus-run-session.*passphrase"):
        open_vault(tmp_path / "home")
    assert not (tmp_path / "home").exists()


@pytest.mark.parametrize("module", ["keyrings.alt.file", "keyring.backends.null", "keyring.backends.fail"])
def test_a_backend_that_keeps_no_secrets_is_refused(tmp_path: Path, module: str) -> None:
    plain = type("Plain", (MemoryKeyring,), {"__module__": module})()
    keyring.set_keyring(plain)
    with pytest.raises(Unusable):
        open_vault(tmp_path / "home")
    assert open_vault(tmp_path / "demo", demo=True).kind == "demo-file"
    assert plain.held == {}


def test_a_plaintext_backend_behind_a_good_one_is_passed_over(tmp_path: Path, memory_keyring: MemoryKeyring) -> None:
    plain = type("Plain", (MemoryKeyring,), {"__module__": "keyrings.alt.file"})()
    chain = MemoryKeyring()
    chain.backends = [plain, memory_keyring]  # type: ignore[attr-defined]
    keyring.set_keyring(chain)
    open_vault(tmp_path / "home").put("central-key", b"x")
    assert plain.held == {}
    assert len(memory_keyring.held) == 1


class Locked(MemoryKeyring):
    def get_password(self, service: str, username: str) -> str | None:
        raise InitError("Prompt dismissed..")


def test_a_locked_keyring_says_so_and_a_demo_takes_its_file(tmp_path: Path) -> None:
    keyring.set_keyring(Locked())
    with pytest.raises(Unusable, match="locked"):
        open_vault(tmp_path / "home")
    assert open_vault(tmp_path / "demo", demo=True).kind == "demo-file"


def test_a_keyring_that_goes_away_later_is_unusable_not_empty(tmp_path: Path, memory_keyring: MemoryKeyring) -> None:
    vault = open_vault(tmp_path / "home", demo=True)
    vault.put("central-key", b"x")
    memory_keyring.__class__ = Locked
    with pytest.raises(Unusable):
        vault.get("central-key")
    with pytest.raises(Unusable):
        open_vault(tmp_path / "home", demo=True)  # a fresh key file would lock every store


@pytest.mark.usefixtures("no_keyring")
def test_a_home_stays_with_what_it_was_made_with(tmp_path: Path, memory_keyring: MemoryKeyring) -> None:
    open_vault(tmp_path / "demo", demo=True).put("central-key", b"x")
    open_vault(tmp_path / "words", passphrase=WORDS).put("central-key", b"x")
    keyring.set_keyring(memory_keyring)
    assert open_vault(tmp_path / "demo", demo=True).get("central-key") == b"x"
    with pytest.raises(Unusable, match="only a demo"):
        open_vault(tmp_path / "demo")
    with pytest.raises(Unusable, match="none was given"):
        open_vault(tmp_path / "words")
    open_vault(tmp_path / "ring")
    with pytest.raises(Unusable, match="kept by keyring"):
        open_vault(tmp_path / "ring", passphrase=WORDS)
    with pytest.raises(Unusable, match="another way"):
        open_vault(tmp_path / "words", passphrase=WORDS, choice="keyring")


def test_a_choice_is_kept_to(tmp_path: Path) -> None:
    with pytest.raises(Unusable, match="passphrase"):
        open_vault(tmp_path / "home", choice="passphrase")
    assert open_vault(tmp_path / "home", choice="keyring").kind == "keyring"


def test_a_wrong_passphrase_says_so_and_changes_nothing(tmp_path: Path) -> None:
    open_vault(tmp_path, passphrase=WORDS).put("central-key", b"x")
    before = (tmp_path / "keys" / "vault.json").read_bytes()
    with pytest.raises(Unusable, match="passphrase is wrong"):
        open_vault(tmp_path, passphrase=WORDS + "!")
    assert (tmp_path / "keys" / "vault.json").read_bytes() == before
    assert open_vault(tmp_path, passphrase=WORDS).get("central-key") == b"x"


def test_a_short_passphrase_is_refused_and_the_home_is_still_free(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="at least 8"):
        open_vault(tmp_path, passphrase="short")
    assert open_vault(tmp_path).kind == "keyring"


def test_accents_typed_either_way_are_one_passphrase(tmp_path: Path) -> None:
    open_vault(tmp_path, passphrase="Fr\u00fchst\u00fcck").put("a", b"x")
    assert open_vault(tmp_path, passphrase="Fru\u0308hstu\u0308ck").get("a") == b"x"


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", "{}", '{"v":1,"memory_kib":99999999,"passes":3,"lanes":4,"salt":"AAAAAAAAAAAAAAAA","key":"AAAA"}'],
)
def test_a_damaged_key_file_says_so(tmp_path: Path, text: str) -> None:
    (tmp_path / "keys").mkdir()
    (tmp_path / "keys" / "vault.json").write_text(text)
    with pytest.raises(Unusable, match="damaged"):
        open_vault(tmp_path, passphrase=WORDS)
    (tmp_path / "keys" / "vault.json").unlink()
    (tmp_path / "keys" / "demo.json").write_text(text)
    with pytest.raises(Unusable, match="damaged"):
        open_vault(tmp_path, demo=True)


@pytest.mark.usefixtures("no_keyring")
def test_a_changed_or_exchanged_secret_is_found(tmp_path: Path) -> None:
    vault = open_vault(tmp_path, demo=True)
    vault.put("a", b"first")
    vault.put("b", b"second")
    one, two = sorted((tmp_path / "keys" / "sealed").iterdir())
    held = one.read_bytes(), two.read_bytes()
    one.write_bytes(held[1])  # the other's sealed value under this name
    two.write_bytes(held[0])
    for name in "ab":
        with pytest.raises(Unusable, match="damaged"):
            vault.get(name)
    one.write_bytes(held[0][:-1] + bytes([held[0][-1] ^ 1]))
    two.write_bytes(b"")
    for name in "ab":
        with pytest.raises(Unusable, match="damaged"):
            vault.get(name)
    one.write_bytes(held[0])  # control: the right bytes are taken again
    two.write_bytes(held[1])
    assert {vault.get("a"), vault.get("b")} == {b"first", b"second"}


@pytest.mark.usefixtures("no_keyring")
def test_a_full_disk_keeps_the_old_value(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    vault = open_vault(tmp_path, demo=True)
    vault.put("a", b"old")

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(Unusable, match="No space left"):
        vault.put("a", b"new")
    assert vault.get("a") == b"old"
    assert len(list((tmp_path / "keys" / "sealed").iterdir())) == 1


@pytest.mark.usefixtures("no_keyring")
def test_two_who_start_at_once_share_one_key(tmp_path: Path) -> None:
    gate = threading.Barrier(8)
    found: list[bytes] = []

    def start() -> None:
        gate.wait()
        found.append(sealed_files.create_once(tmp_path / "key", os.urandom(8)))

    threads = [threading.Thread(target=start) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 8
    assert len(set(found)) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["key"]


def test_an_error_names_no_value(tmp_path: Path, memory_keyring: MemoryKeyring) -> None:
    vault = open_vault(tmp_path)
    vault.put("a", b"x")
    memory_keyring.held = dict.fromkeys(memory_keyring.held, "not base64: hunter2")
    with pytest.raises(Unusable) as caught:
        vault.get("a")
    assert "hunter2" not in str(caught.value)


def test_the_suite_runs_on_a_keyring_in_memory() -> None:
    assert isinstance(keyring.get_keyring(), MemoryKeyring)
    assert isinstance(keyring.get_keyring(), KeyringBackend)


REAL = """
import sys
from pathlib import Path
from services.secrets import open_vault
home = Path(sys.argv[1])
vault = open_vault(home)
if sys.argv[2] == "put":
    vault.put("central-key", bytes(range(32)))
print(vault.kind, (vault.get("central-key") or b"").hex())
"""


def test_a_real_keyring_keeps_a_key_over_two_processes(tmp_path: Path) -> None:
    """gnome-keyring on a session bus of its own, in a home of its own."""
    missing = [name for name in ("dbus-run-session", "gnome-keyring-daemon") if shutil.which(name) is None]
    if missing and not os.environ.get("CI"):
        pytest.skip(f"not installed here: {', '.join(missing)}")
    assert not missing, f"CI must test the real keyring; not installed: {missing}"
    script = tmp_path / "ask.py"
    script.write_text(REAL)
    home, python = tmp_path / "home", sys.executable
    session = (
        'printf "a password" | gnome-keyring-daemon --unlock --components=secrets >/dev/null && '
        f'"{python}" "{script}" "{home}" put && "{python}" "{script}" "{home}" get'
    )
    environment = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(CHECKOUT),
        **{name: str(tmp_path) for name in ("HOME", "XDG_DATA_HOME", "XDG_RUNTIME_DIR", "XDG_CONFIG_HOME")},
    }
    done = subprocess.run(
        ["dbus-run-session", "--", "sh", "-c", session],
        env=environment, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.stdout.split() == ["keyring", bytes(range(32)).hex()] * 2, done.stderr
    assert not (home / "keys" / "sealed").exists()
