"""Bad scenarios: every one is refused with file, line and what is wrong; nothing worse ever comes of a file."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

from services.errors import BadInput, NotFound
from services.training.call import folder_of_scenarios
from services.training.scenario import read_scenario, scenarios
from tests.conftest import CHECKOUT

GOOD = (folder_of_scenarios() / "plain-access.yml").read_text("utf-8")

BAD = {
    "unknown act": ("at: case.opened,", "at: case.opend,", "did you mean 'case.opened'"),
    "unknown act in the path": ("- find.asked", "- find.askd", "no act 'find.askd'"),
    "unknown factor": ("- factor.asked KBS", "- factor.asked KBX", "no factor 'KBX'"),
    "unknown step": ("- factor.passed g1\n", "- factor.passed g11\n", "no factor 'g11'"),
    "unknown right": ("- item.added access", "- item.added acces", "did you mean 'access'"),
    "unknown wrap-up": ("- wrap.coded EXPORT-SENT", "- wrap.coded EXPORTED", "no code 'EXPORTED'"),
    "a code where none stands": ("- export.asked", "- export.asked json", "carries no code"),
    "weights": ("recognised: 15", "recognised: 16", "sum to 101, not to 100"),
    "a negative weight": ("recognised: 15, read-back: 5", "recognised: 25, read-back: -5", "not to 100"),
    "an unknown item": ("tone: 5", "tones: 5", "'tone' is missing or unknown"),
    "an unknown fact": ("postcode, city, pin", "postcode, citty, pin", "did you mean 'city'"),
    "an unknown given fact": ("facts_given: {}", "facts_given: {shoe: '43'}", "no fact 'shoe'"),
    "true and given": ("facts_given: {}", "facts_given: {pin: '1'}", "either true or given"),
    "an unknown pressure": ("pressure_tactics: []", "pressure_tactics: [bribes]", "no pressure tactic 'bribes'"),
    "an unknown auto-fail": ("autofail: [disclosed,", "autofail: [disclose,", "did you mean 'disclosed'"),
    "a worker's act": ("at: export.asked,", "at: export.built,", "can never be said"),
    "a worker's comparison": ("at: factor.asked KBS,", "at: factor.passed KBS,", "can never be said"),
    "a factor never asked": ("at: factor.asked KBS,", "at: factor.asked DOC,", "never asks DOC"),
    "the same moment twice": ("at: factor.asked KBS,", "at: check.started,", "another one is said"),
    "at the opening line's moment": ("at: factor.asked KBS,", "at: scenario.started,", "another one is said"),
    "after the call": ("after_s: 240", "after_s: 1800", "can never be said"),
    "before the call": ("after_s: 240", "after_s: -3", "can never be said"),
    "no moment": ("{id: waiting, after_s: 240,", "{id: waiting,", "either at a moment"),
    "both": ("{id: waiting, after_s: 240,", "{id: waiting, at: find.asked, after_s: 240,", "either at a moment"),
    "says nothing": ('text: "Take your time, I am at my desk anyway."', 'text: " "', "a line says something"),
    "a line's id twice": ("{id: waiting,", "{id: check,", "two lines 'check'"),
    "an alternative to nothing": ("instead_of: factor.asked PIN", "instead_of: factor.asked LTR", "not in expected_"),
    "an unknown alternative": ("allow: [factor.asked OTP,", "allow: [factor.asked OPT,", "no factor 'OPT'"),
    "nobody on file": ("person: 1,", "person: 40,", "people 0 to 39"),
    "another file's id": ("id: plain-access", "id: other-call", "is not the file's name"),
    "an unknown key": ("level: 1", "levle: 1", "unknown key 'levle'"),
    "a missing key": ("level: 1\n", "", "key 'level' is missing"),
    "no such level": ("level: 1", "level: 9", "level is 1 to 5"),
    "an unknown right asked": ("right: access", "right: acess", "is not one of"),
    "an unknown tier": ("tier_expected: T2", "tier_expected: T9", "is not one of"),
    "another regime": ("regime: UK", "regime: EU", "under the regime UK"),
    "an unknown controller": ("controller: harbour", "controller: habour", "harbour"),
    "no time": ("clock: 2026-11-24T10:05", "clock: soon", "a time like"),
    "a key twice": ("version: 1", "version: 1\nversion: 2", "stands twice"),
    "a list where text stands": ("title: Send me my data", "title: [a, b]", "single value"),
}  # fmt: skip


def write(folder: Path, text: str) -> Path:
    path = folder / "plain-access.yml"
    path.write_text(text, "utf-8")
    return path


@pytest.mark.parametrize("name", BAD)
def test_what_is_wrong_is_named_with_file_and_line(name: str, tmp_path: Path) -> None:
    old, new, words = BAD[name]
    assert GOOD.count(old) >= 1, f"the good file has no {old}"
    text = GOOD.replace(old, new, 1)
    path = write(tmp_path, text)
    with pytest.raises(BadInput, match=re.escape(words)) as told:
        read_scenario(path)
    place, _, line = told.value.place.rpartition(":")
    assert place == str(path)
    assert 1 <= int(line) <= len(text.splitlines())


def test_the_line_is_the_line(tmp_path: Path) -> None:
    text = GOOD.replace("- find.asked", "- find.askd", 1)
    wanted = text.splitlines().index("  - find.askd") + 1
    with pytest.raises(BadInput) as told:
        read_scenario(write(tmp_path, text))
    assert told.value.place.endswith(f":{wanted}")


def test_control_the_good_file_is_read(tmp_path: Path) -> None:
    assert read_scenario(write(tmp_path, GOOD)).id == "plain-access"


@pytest.mark.parametrize(
    "data", [b"", b"\xff\xfe", b"a: [", b"- 1\n- 2", b"\x00", b"x" * (5 * 1024 * 1024), b"a: &a [*a]"]
)
def test_what_is_no_scenario_at_all_is_said_so(data: bytes, tmp_path: Path) -> None:
    path = tmp_path / "plain-access.yml"
    path.write_bytes(data)
    with pytest.raises(BadInput):
        read_scenario(path)


def test_an_empty_folder(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="no scenarios"):
        scenarios(tmp_path)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(at=st.integers(0, len(GOOD) - 1), cut=st.integers(0, 40), put=st.text(max_size=12))
def test_any_edit_is_read_or_refused(at: int, cut: int, put: str, tmp_path: Path) -> None:
    path = tmp_path / "plain-access.yml"
    path.write_bytes((GOOD[:at] + put + GOOD[at + cut :]).encode("utf-8", "surrogatepass"))
    place = str(path)
    try:
        read_scenario(path)
    except BadInput as error:
        place = error.place
    assert place.startswith(str(path))


def test_the_command_names_file_and_line_and_ends_with_2(tmp_path: Path) -> None:
    write(tmp_path, GOOD.replace("tone: 5", "tone: 6", 1))
    done = subprocess.run(
        [sys.executable, "-m", "console", "train", "list", "--scenarios", str(tmp_path), "--home", str(tmp_path / "h")],
        cwd=CHECKOUT, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 2
    assert "plain-access.yml:" in done.stderr
    assert "sum to 101" in done.stderr
    assert "Traceback" not in done.stderr
