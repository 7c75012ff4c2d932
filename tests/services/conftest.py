"""A small centre for tests of the rooms that stand on stores."""

from pathlib import Path

import keyring
import pytest
from keyring.backends.fail import Keyring

from tests import centre as centres
from tests.worker_fixtures import approved_template, make_centre, make_due  # noqa: F401 - fixtures


@pytest.fixture(scope="session")
def centre_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One made home a session; tests copy it."""
    before = keyring.get_keyring()
    keyring.set_keyring(Keyring())
    try:
        return centres.make_template(tmp_path_factory.mktemp("centre") / "home")
    finally:
        keyring.set_keyring(before)


@pytest.fixture
def centre(centre_template: Path, tmp_path: Path, no_keyring: None) -> centres.Centre:
    """A centre of the test's own."""
    return centres.copy_of(centre_template, tmp_path / "home")
