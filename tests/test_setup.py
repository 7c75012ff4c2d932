"""The set-up: from a bare checkout to a program, and what it says when it cannot."""

import hashlib
import importlib.util
import io
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from itertools import chain
from pathlib import Path
from types import ModuleType

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.conftest import CHECKOUT

# A project with a build backend of its own, so that a whole set-up can run without the network.
PYPROJECT = """
[build-system]
requires = []
build-backend = "backend"
backend-path = ["."]
[project]
name = "tiny-desk"
version = "1"
"""
BACKEND = """
import os, zipfile
def get_requires_for_build_editable(config_settings=None):
    return []
def build_editable(folder, config_settings=None, metadata_directory=None):
    name = "tiny_desk-1-py3-none-any.whl"
    with zipfile.ZipFile(os.path.join(folder, name), "w") as wheel:
        wheel.writestr("tiny_desk.pth", os.getcwd())
        info = "tiny_desk-1.dist-info/"
        wheel.writestr(info + "METADATA", "Metadata-Version: 2.1\\nName: tiny-desk\\nVersion: 1\\n")
        wheel.writestr(info + "WHEEL", "Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n")
        wheel.writestr(info + "RECORD", "")
    return name
"""


def tiny_wheel(folder: Path, name: str) -> str:
    """Write a wheel of one module into `folder`; its line for a lock."""
    file = folder / f"{name}-1-py3-none-any.whl"
    with zipfile.ZipFile(file, "w") as wheel:
        wheel.writestr(f"{name}.py", "")
        wheel.writestr(f"{name}-1.dist-info/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: 1\n")
        wheel.writestr(f"{name}-1.dist-info/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        wheel.writestr(f"{name}-1.dist-info/RECORD", "")
    return f"{name}==1 --hash=sha256:{hashlib.sha256(file.read_bytes()).hexdigest()}\n"


def tiny_source(folder: Path, name: str) -> str:
    """Write a library that comes as source only into `folder`; its line for a lock. It is built by its own backend."""
    file = folder / f"{name}-1.tar.gz"
    backend = BACKEND.replace("editable", "wheel").replace("tiny_desk", name).replace("tiny-desk", name)
    backend = backend.replace(f'writestr("{name}.pth", os.getcwd())', f'writestr("{name}.py", "")')
    parts = {"pyproject.toml": PYPROJECT.replace("tiny-desk", name), "backend.py": backend,
             "PKG-INFO": f"Metadata-Version: 2.1\nName: {name}\nVersion: 1\n"}  # fmt: skip
    with tarfile.open(file, "w:gz") as archive:
        for part, text in parts.items():
            member = tarfile.TarInfo(f"{name}-1/{part}")
            member.size = len(text.encode())
            archive.addfile(member, io.BytesIO(text.encode()))
    return f"{name}==1 --hash=sha256:{hashlib.sha256(file.read_bytes()).hexdigest()}\n"


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A small checkout with our scripts; pip finds its two libraries in a folder and nothing anywhere else."""
    folder, wheels = tmp_path / "check out", tmp_path / "wheels"
    for made in (folder / "scripts", wheels):
        made.mkdir(parents=True)
    for script in ("bootstrap.py", "demo.py", "test.py"):
        shutil.copy(CHECKOUT / "scripts" / script, folder / "scripts")
    (folder / "pyproject.toml").write_text(PYPROJECT)
    (folder / "backend.py").write_text(BACKEND)
    used, tested = tiny_wheel(wheels, "tiny_used"), tiny_wheel(wheels, "tiny_tested")
    (folder / "requirements.lock").write_text(used)
    (folder / "requirements-test.lock").write_text(used + tested)
    (folder / "requirements-test-source.lock").write_text(tiny_source(wheels, "tiny_source"))
    for name in [name for name in os.environ if name.startswith("PIP_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", wheels.as_uri())
    return folder


def start(checkout: Path, script: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(checkout / "scripts" / script), *arguments],
        cwd=checkout.parent, capture_output=True, text=True, check=False,
    )  # fmt: skip


def can_import(checkout: Path, *names: str) -> bool:
    python = checkout / ".venv" / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    command = [str(python), "-c", f"import {', '.join(names)}"]
    return subprocess.run(command, cwd=checkout.parent, capture_output=True, check=False).returncode == 0


def test_a_bare_checkout_is_set_up_once_and_again_only_when_something_changed(checkout: Path) -> None:
    done = start(checkout, "bootstrap.py")
    assert done.returncode == 0, done.stderr
    assert can_import(checkout, "tiny_used", "backend")
    assert not can_import(checkout, "tiny_tested")
    assert not can_import(checkout, "tiny_source")
    assert "ready in" in done.stdout

    again = start(checkout, "bootstrap.py")
    assert (again.returncode, again.stdout) == (0, "")

    tested = start(checkout, "bootstrap.py", "--test")
    assert "1/3" not in tested.stdout
    assert can_import(checkout, "tiny_tested", "tiny_source")
    assert start(checkout, "bootstrap.py").stdout == ""  # the test lock holds all of the other

    with (checkout / "requirements.lock").open("a") as lock:
        lock.write("# changed\n")
    assert "2/3" in start(checkout, "bootstrap.py").stdout

    with (checkout / "requirements-test-source.lock").open("a") as lock:
        lock.write("# changed\n")
    assert start(checkout, "bootstrap.py").stdout == "", "only the tests need it"
    assert "2/3" in start(checkout, "bootstrap.py", "--test").stdout

    moved = checkout.rename(checkout.parent / "moved")
    done = start(moved, "bootstrap.py")
    assert "1/3" in done.stdout
    assert can_import(moved, "tiny_used", "backend")


def test_a_file_that_differs_from_the_lock_is_not_installed_and_the_set_up_can_go_on(checkout: Path) -> None:
    lock = checkout / "requirements.lock"
    right = lock.read_text()
    lock.write_text(re.sub(r"sha256:....", "sha256:0000", right))
    done = start(checkout, "bootstrap.py")
    assert done.returncode == 2
    assert "do not install it" in done.stderr
    assert "Traceback" not in done.stderr
    assert not can_import(checkout, "tiny_used")
    lock.write_text(right)
    done = start(checkout, "bootstrap.py")
    assert done.returncode == 0, done.stderr
    assert "1/3" not in done.stdout  # the half-made one is known as ours and used
    assert can_import(checkout, "tiny_used")


@pytest.mark.long  # the file beside it tells it by default
def test_a_source_that_differs_from_its_lock_is_not_built(checkout: Path) -> None:
    lock = checkout / "requirements-test-source.lock"
    right = lock.read_text()
    lock.write_text(re.sub(r"sha256:....", "sha256:0000", right))
    done = start(checkout, "bootstrap.py", "--test")
    assert done.returncode == 2
    assert "do not install it" in done.stderr
    assert not can_import(checkout, "tiny_source")
    lock.write_text(right)
    assert start(checkout, "bootstrap.py", "--test").returncode == 0
    assert can_import(checkout, "tiny_source")


def test_a_foreign_venv_is_left_alone(checkout: Path) -> None:
    (checkout / ".venv").mkdir()
    (checkout / ".venv" / "precious").write_text("kept")
    for script in ("bootstrap.py", "demo.py", "test.py"):
        done = start(checkout, script)
        assert done.returncode == 2
        assert "rename it" in done.stderr
    assert [path.name for path in (checkout / ".venv").iterdir()] == ["precious"]


def test_help_needs_no_set_up(checkout: Path) -> None:
    for script, word in (("demo.py", "--play"), ("test.py", "--long"), ("bootstrap.py", "--test")):
        done = start(checkout, script, "--help")
        assert done.returncode == 0
        assert word in done.stdout
    assert not (checkout / ".venv").exists()


def loaded(checkout: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """One of the scripts of `checkout` as a module."""
    monkeypatch.syspath_prepend(str(checkout / "scripts"))
    monkeypatch.delitem(sys.modules, "bootstrap", raising=False)
    spec = importlib.util.spec_from_file_location(name, checkout / "scripts" / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_an_old_python_or_a_full_disk_is_named(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bootstrap = loaded(checkout, "bootstrap", monkeypatch)
    monkeypatch.setattr(bootstrap.shutil, "disk_usage", lambda _: shutil._ntuple_diskusage(1, 1, 0))  # type: ignore[attr-defined]
    with pytest.raises(bootstrap.SetupError, match="0 MB are free"):
        bootstrap.prepare()
    monkeypatch.setattr(bootstrap, "OLDEST_PYTHON", (9, 9))
    with pytest.raises(bootstrap.SetupError, match=r"needs 9\.9"):
        bootstrap.prepare()
    assert not (checkout / ".venv").exists()


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="root may write everywhere")
def test_a_checkout_that_cannot_be_written_is_named(checkout: Path) -> None:
    checkout.chmod(0o555)
    try:
        done = start(checkout, "bootstrap.py")
    finally:
        checkout.chmod(0o755)
    assert done.returncode == 2
    assert "writable for you" in done.stderr


def test_every_stage_runs_and_one_failure_fails_the_whole(
    checkout: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    script = loaded(checkout, "test", monkeypatch)
    monkeypatch.setattr(script.bootstrap, "prepare", lambda **_: None)

    def stages(codes: dict[str, int]) -> int:
        commands = {name: [sys.executable, "-c", f"raise SystemExit({code})"] for name, code in codes.items()}
        monkeypatch.setattr(script, "stages", lambda _: commands)
        return int(script.main([]))

    assert stages({"lint": 0, "types": 0, "tests": 0}) == 0
    capfd.readouterr()
    assert stages({"lint": 1, "types": 0, "tests": 5}) == 1
    told = capfd.readouterr().out
    assert re.findall(r"^(\w+) .* s  (.*)$", told, re.MULTILINE) == [
        ("lint", "FAILED (exit 1)"), ("types", "ok"), ("tests", "FAILED (exit 5)"),
    ]  # fmt: skip


def test_the_floor_of_coverage_is_asked_of_whole_runs_only(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    script = loaded(checkout, "test", monkeypatch)
    floor = f"--cov-fail-under={script.COVERAGE_FLOOR}"
    assert script.COVERAGE_FLOOR >= 90
    for whole in ([], ["--long"], ["-x"]):
        assert floor in script.stages(whole)["tests"]
        assert script.stages(whole)["tests"][-len(whole) :] == whole or not whole
    for part in (["tests/test_setup.py"], ["-k", "setup"], ["--long", "-m", "long"]):
        assert floor not in script.stages(part)["tests"]


def pins(lock: str) -> dict[str, str]:
    found = re.findall(r"^([\w.-]+)==([^ ;]+)", (CHECKOUT / lock).read_text("utf-8"), re.MULTILINE)
    return {canonicalize_name(name): version for name, version in found}


def test_the_test_lock_holds_all_of_the_other() -> None:
    assert pins("requirements.lock").items() < pins("requirements-test.lock").items()


def test_the_locks_fit_what_the_project_asks_for() -> None:
    project = tomllib.loads((CHECKOUT / "pyproject.toml").read_text("utf-8"))["project"]
    optional = project["optional-dependencies"]
    for lock, wanted in (
        ("requirements.lock", project["dependencies"] + optional["setup"]),
        ("requirements-test.lock", project["dependencies"] + optional["setup"] + optional["test"]),
    ):
        held = pins(lock)
        for requirement in map(Requirement, wanted):
            version = held.get(canonicalize_name(requirement.name))
            assert version, f"{requirement.name} is not in {lock}"
            assert requirement.specifier.contains(version, prereleases=True), f"{requirement} in {lock}"


def test_what_comes_as_source_is_for_the_tests_alone_and_locked_with_one_hash() -> None:
    wanted = tomllib.loads((CHECKOUT / "pyproject.toml").read_text("utf-8"))["dependency-groups"]["test-source"]
    held = pins("requirements-test-source.lock")
    assert held.keys() == {canonicalize_name(Requirement(one).name) for one in wanted}
    assert not held.keys() & pins("requirements-test.lock").keys()
    assert (CHECKOUT / "requirements-test-source.lock").read_text("utf-8").count("--hash=sha256:") == len(held)


def test_each_dependency_has_its_reason() -> None:
    whole = tomllib.loads((CHECKOUT / "pyproject.toml").read_text("utf-8"))
    project, groups = whole["project"], whole["dependency-groups"]
    wanted = [*project["dependencies"], *chain(*project["optional-dependencies"].values(), *groups.values())]
    told = (CHECKOUT / "CONTRIBUTING.md").read_text("utf-8")
    assert [name for name in (Requirement(one).name for one in wanted) if f"`{name}`" not in told] == []


def test_ci_runs_the_command_that_everyone_runs() -> None:
    script = CHECKOUT / ".ci" / "run"
    assert script.read_text("utf-8").splitlines()[-1] == "exec python3 scripts/test.py"
    assert subprocess.run(["bash", "-n", str(script)], check=False).returncode == 0
    assert os.name == "nt" or os.access(script, os.X_OK)
