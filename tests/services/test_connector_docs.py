"""What docs/connectors.md shows is read by what reads it."""

import re
from pathlib import Path

import pytest

from services import strict_yaml
from services.connectors.files_place import FilesFile
from services.connectors.mailbox import MailboxFile
from services.connectors.mailbox_message import COLUMNS
from services.connectors.manual import ManualConnector, ManualFile
from services.errors import BadInput
from tests.conftest import CHECKOUT
from tests.datasystems.beside import Beside

TEXT = (CHECKOUT / "docs" / "connectors.md").read_text("utf-8")
SHOWN = dict(re.findall(r"```yaml\n# (\w+\.yml)\n(.*?)```", TEXT, re.DOTALL))


@pytest.mark.parametrize(
    ("name", "schema"), [("mailbox.yml", MailboxFile), ("files.yml", FilesFile), ("manual.yml", ManualFile)]
)
def test_every_file_that_is_shown_can_be_read(name: str, schema: type[object]) -> None:
    strict_yaml.parse(SHOWN[name], schema, place=name)
    with pytest.raises(BadInput):
        strict_yaml.parse(f"{SHOWN[name]}\nnonsense: 1\n", schema, place=name)


def test_the_system_by_hand_that_is_shown_fits_its_form(tmp_path: Path) -> None:
    shown = Beside(tmp_path / "c")
    shown.add(
        "archive", "connector: manual\nurl: manual:archive\n", SHOWN["archive.yml"], manual=SHOWN["manual.yml"]
    )  # fmt: skip
    connector = shown.load().connector("archive")
    assert isinstance(connector, ManualConnector)
    assert connector.check(shown.systems["archive"].datasets) == []
    other = Beside(tmp_path / "d")
    wrong = SHOWN["archive.yml"].replace("{name: found}", "{name: finds}")
    other.add("archive", "connector: manual\nurl: manual:archive\n", wrong, manual=SHOWN["manual.yml"])
    assert other.load().connector("archive").check(other.systems["archive"].datasets) != [], "the control"


def test_every_field_of_a_message_is_described() -> None:
    part = TEXT.partition("## Mailbox")[2].partition("\n## ")[0]
    assert [name for name in COLUMNS if f"`{name}`" not in part] == []
