"""A proof page stands alone: entry, path and signed head; any change breaks it."""

import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings, strategies as st

from services.action_log import proof
from services.action_log.checkpoint import Signer, cosigner_key, verifier_key
from services.action_log.merkle import TreeHead
from services.errors import BadInput
from tests.conftest import CHECKOUT
from tests.log_samples import ORIGIN, OTHER_SEED, SEED, write_log

PUBLIC = Signer(ORIGIN, SEED).public_key


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> str:
    return page_of(tmp_path_factory.mktemp("log"), 300, 41)


def page_of(folder: Path, count: int, seq: int) -> str:
    from db.log import LogReader

    with LogReader(write_log(folder, count)) as reader:
        return proof.write(reader.body(seq), seq, reader.inclusion(seq), reader.head().checkpoint)


def test_a_page_proves_its_entry(page: str) -> None:
    body, index, head = proof.check(page, ORIGIN, PUBLIC)
    assert b'"seconds":40' in body
    assert (index, head.size) == (41, 300)
    assert page.startswith("c2sp.org/tlog-proof@v1\nextra ")
    assert "\nindex 41\n" in page


def test_a_log_of_one_entry_has_an_empty_path(tmp_path: Path) -> None:
    assert proof.check(page_of(tmp_path, 1, 0), ORIGIN, PUBLIC)[1:] == (0, proof.verify(
        proof.parse(page_of(tmp_path / ".", 1, 0)).checkpoint, ORIGIN, PUBLIC
    ))  # fmt: skip


def test_the_wrong_key_or_log_proves_nothing(page: str) -> None:
    with pytest.raises(BadInput):
        proof.check(page, ORIGIN, Signer(ORIGIN, OTHER_SEED).public_key)
    with pytest.raises(BadInput):
        proof.check(page, "demo/7f3a90c1/2", PUBLIC)


@given(st.data())
@settings(max_examples=200)
def test_no_changed_byte_of_a_page_proves_anything(page: str, data: st.DataObject) -> None:
    raw = bytearray(page.encode())
    place = data.draw(st.integers(0, len(raw) - 1))
    raw[place] ^= data.draw(st.integers(1, 255))
    with pytest.raises((BadInput, UnicodeDecodeError)):
        proof.check(raw.decode(), ORIGIN, PUBLIC)


@pytest.mark.parametrize("text", ["", "c2sp.org/tlog-proof@v1", "c2sp.org/tlog-proof@v1\nindex 1\n\nx", "x\n\n"])
def test_what_is_no_page_is_refused(text: str) -> None:
    with pytest.raises(BadInput):
        proof.parse(text)


def test_the_program_in_the_manual_checks_a_page_and_refuses_a_changed_one(page: str, tmp_path: Path) -> None:
    manual = (CHECKOUT / "docs" / "log.md").read_text("utf-8")
    (tmp_path / "check.py").write_text(manual.split("```python\n")[1].split("```")[0], "utf-8")
    changed = page.replace("index 41", "index 40")
    for text, code in ((page, 0), (changed, 1)):
        (tmp_path / "page").write_text(text, "utf-8")
        command = [sys.executable, str(tmp_path / "check.py"), str(tmp_path / "page"), PUBLIC.hex()]
        run = subprocess.run(command, capture_output=True, text=True)
        assert run.returncode == code, run.stderr
        assert ('"seconds":40' in run.stdout) is (code == 0)


@pytest.mark.parametrize("old", [1, 128, 256, 299, 300])
def test_growth_is_proved_from_any_older_head_and_no_other(tmp_path: Path, old: int) -> None:
    from db.log import LogReader

    with LogReader(write_log(tmp_path, 300)) as reader:
        before, now = TreeHead(old, reader.root(old)), TreeHead(300, reader.root(300))
        text = proof.write_growth(old, reader.consistency(old), reader.head().checkpoint)
    assert text.startswith(f"old {old}\n")
    assert proof.check_growth(text, before, ORIGIN, PUBLIC) == now
    with pytest.raises(BadInput):
        proof.check_growth(text, TreeHead(old, bytes(32)), ORIGIN, PUBLIC)
    with pytest.raises(BadInput):
        proof.check_growth(text, TreeHead(old + 1, before.root), ORIGIN, PUBLIC)
    with pytest.raises(BadInput):
        proof.check_growth(text, before, ORIGIN, Signer(ORIGIN, OTHER_SEED).public_key)
    with pytest.raises(BadInput):
        proof.check_growth(text.replace("\n\n", f"\n{'A' * 43}=\n\n", 1), before, ORIGIN, PUBLIC)


def test_a_cosigners_key_is_written_with_its_own_type() -> None:
    log, cosigner = verifier_key("demo/central", PUBLIC), cosigner_key("demo/central", PUBLIC)
    assert log.split("+")[1] != cosigner.split("+")[1]
    assert (log.split("+")[2][:2], cosigner.split("+")[2][:2]) == ("AQ", "BA")
