"""Set up what is missing, then check everything: format, lint, types, import contracts, tests.

    python3 scripts/test.py [--long] [any arguments of pytest]

  --long    run the long campaigns as well

Every stage runs, even after one failed; the exit code is 0 only if all of them passed. Given a path or `-k`, only
those tests run, and the floor of coverage, which needs all tests, is not asked for.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time

import bootstrap

COVERAGE_FLOOR = 90  # percent of services and db
WORKERS = 4  # on two cores: many tests wait for other processes; each process starts servers of its own
PICKING = ("-k", "-m", "--lf", "--ff", "--sw", "--co", "--deselect")


def stages(arguments: list[str]) -> dict[str, list[str]]:
    """Each stage's name and its command inside `.venv`."""
    whole = not any(one.startswith(PICKING) or not one.startswith("-") for one in arguments)
    coverage = ["--cov", "--cov-report=term:skip-covered", f"--cov-fail-under={COVERAGE_FLOOR}"] if whole else []
    python = str(bootstrap.interpreter())
    return {
        "format": [python, "-m", "ruff", "format", "--check"],
        "lint": [python, "-m", "ruff", "check"],
        "types": [python, "-m", "mypy"],
        "contracts": [str(bootstrap.interpreter().with_name("lint-imports"))],
        "tests": [python, "-m", "pytest", "-v", "-n", str(WORKERS), "--dist", "worksteal", *coverage, *arguments],
    }


def environment() -> dict[str, str]:
    """Ours with `.venv` first, and nothing in it that would bring in other packages."""
    inherited = {name: value for name, value in os.environ.items() if name not in bootstrap.FOREIGN_SETTINGS}
    folder = str(bootstrap.interpreter().parent)
    return inherited | {
        "VIRTUAL_ENV": str(bootstrap.VENV),
        "PATH": os.pathsep.join([folder, os.environ.get("PATH", "")]),
    }


def run(name: str, command: list[str]) -> tuple[int, float]:
    """Run one stage in the checkout; its exit code and seconds."""
    print(f"\n--- {name}", flush=True)
    started = time.monotonic()
    code = subprocess.call(command, cwd=bootstrap.CHECKOUT, env=environment())
    return code, time.monotonic() - started


def main(arguments: list[str]) -> int:
    if {"-h", "--help"} & set(arguments):
        print(__doc__)
        return 0
    try:
        bootstrap.prepare(test=True)
    except bootstrap.SetupError as error:
        return bootstrap.explain(error)
    results = {name: run(name, command) for name, command in stages(arguments).items()}
    print("\n--- summary")
    for name, (code, seconds) in results.items():
        print(f"{name:<10} {seconds:6.1f} s  {'ok' if code == 0 else f'FAILED (exit {code})'}")
    return 1 if any(code for code, _ in results.values()) else 0


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit("\nstopped")
