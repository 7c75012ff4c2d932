"""Fixtures for tests with a real worker; the conftest of a folder that has such tests imports them."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.worker_centre import WorkerCentre, make_approved

Make = Callable[[], WorkerCentre]


@pytest.fixture(scope="session")
def approved_template(centre_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with an approved erasure that is due, made once a session; tests copy it."""
    return make_approved(centre_template, tmp_path_factory.mktemp("approved") / "home")


@pytest.fixture
def make_centre(centre_template: Path, tmp_path: Path) -> Iterator[Make]:
    """Makes centres of the test's own, no worker running."""
    yield from _making(centre_template, tmp_path)


@pytest.fixture
def make_due(approved_template: Path, tmp_path: Path) -> Iterator[Make]:
    """Makes centres with a due erasure, no worker running."""
    yield from _making(approved_template, tmp_path)


def _making(template: Path, folder: Path) -> Iterator[Make]:
    made: list[WorkerCentre] = []

    def one() -> WorkerCentre:
        home = folder / f"home{len(made)}"
        shutil.copytree(template, home)
        made.append(WorkerCentre(home))
        return made[-1]

    yield one
    for centre in made:
        centre.close()
