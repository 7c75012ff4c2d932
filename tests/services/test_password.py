"""A machine changes its login's password by itself; the old one opens nothing."""

from pathlib import Path

import pytest

from db.central_engine import open_engine
from services.errors import Refused, Unavailable, Unusable
from services.home import CENTRAL_KEY, key
from services.password import NEXT, rotate_password
from tests.centre import Centre
from tests.server_centre import ServerCentre

pytestmark = pytest.mark.postgres


def test_a_machine_gets_another_password_and_goes_on(
    postgres: str, tmp_path: Path, centre_template: Path, no_keyring: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    centre = ServerCentre(tmp_path / "centre", postgres, centre_template)
    desk = centre.joined("terminal", "desk-1")
    old = key(desk.vault, CENTRAL_KEY)
    desk.engine().dispose()  # the control: it opens
    with desk.desk(), pytest.raises(Unavailable):
        rotate_password(desk.home, desk.vault)
    rotate_password(desk.home, desk.vault)
    assert key(desk.vault, CENTRAL_KEY) != old
    with pytest.raises(Refused):
        open_engine(desk.home.central_url, old)
    with desk.desk() as works:
        centre.settle(works)

    changed, put = key(desk.vault, CENTRAL_KEY), desk.vault.put

    def break_off(name: str, value: bytes) -> None:
        if name == CENTRAL_KEY:
            raise Unusable("the disk is full")
        put(name, value)

    monkeypatch.setattr(desk.vault, "put", break_off)
    with pytest.raises(Unusable, match="full"):
        rotate_password(desk.home, desk.vault)
    monkeypatch.undo()
    with pytest.raises(Refused):
        open_engine(desk.home.central_url, changed)
    rotate_password(desk.home, desk.vault)
    assert desk.vault.get(NEXT) is None
    desk.engine().dispose()


def test_a_home_without_a_login_of_its_own_has_none_to_change(centre: Centre) -> None:
    with pytest.raises(Unusable, match="no login"):
        rotate_password(centre.home, centre.vault)
