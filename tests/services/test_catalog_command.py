"""`rightsdesk catalog publish|versions|diff|show`, as an operator types them."""

import io
import json
from pathlib import Path
from typing import Any

import pytest

from console import cli
from tests.centre import Centre
from tests.services.test_catalog_versions import OFFICER, OFFICER_PIN, edit, ingested, shop


@pytest.fixture
def run(centre: Centre, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Any:
    """`run("versions")`: exit code, what was printed, what was complained."""
    monkeypatch.setenv("RIGHTSDESK_HOME", str(centre.home.path))

    def it(*words: str) -> tuple[int, str, str]:
        capsys.readouterr()
        code = cli.main(["catalog", *words])
        said = capsys.readouterr()
        return code, said.out, said.err

    return it


def test_nothing_is_published_unless_somebody_says_yes(run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(""))
    code, out, err = run("publish", "nordlicht")
    assert (code, "version 1" in out, "add --yes" in err) == (1, True, True)
    assert run("versions")[1] == "no catalog was ever published\n"
    assert run("publish", "nordlicht", "--yes")[0] == 0
    assert "nothing is new" in run("publish", "nordlicht", "--yes")[1]


def test_versions_diff_and_show_say_the_same_in_words_and_in_json(centre: Centre, run: Any, tmp_path: Path) -> None:
    assert run("publish", "nordlicht", "--yes", "--note", "as it was")[0] == 0
    assert run("diff", "nordlicht") == (0, "nothing changed\n", "")
    old = shop(centre).read_text()
    edit(shop(centre), "years: 8", "years: 10")
    code, out, _ = run("diff", "nordlicht")
    assert (code, out) == (1, "~ shop/shop.yml shop.invoice x_console retention years: 8 → 10\n")
    told = json.loads(run("publish", "nordlicht", "--yes", "--json")[1])
    assert (told["version"], told["changes"]) == (
        2,
        [{"place": "shop/shop.yml shop.invoice x_console retention years", "before": "8", "after": "10"}],
    )
    assert json.loads(run("diff", "nordlicht", "2", "1", "--json")[1])["changes"][0]["after"] == "8"
    assert [v["note"] for v in json.loads(run("versions", "nordlicht", "--json")[1])["versions"]] == ["", "as it was"]
    code, out, _ = run("show", "nordlicht")
    assert (code, "no accepted act" in out) == (1, True)
    ingested(centre)
    code, out, _ = run("show", "nordlicht")
    assert (code, "shop (sqlite)" in out, "shop.invoice: 10 fields, delete" in out) == (0, True, True)
    shown = json.loads(run("show", "nordlicht", "1", "--out", str(tmp_path / "old"), "--json")[1])
    assert {system["key"] for system in shown["systems"]} == {"crm", "desk", "news", "shop"}
    assert (tmp_path / "old" / "nordlicht" / "systems" / "shop" / "shop.yml").read_text() == old
    assert run("show", "nordlicht", "1", "--out", str(tmp_path / "old"))[0] == 2
    assert run("show", "nordlicht", "9")[0] == 1


def test_an_officer_publishes_with_their_pin_and_nobody_with_another(
    centre: Centre, run: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    for pin, code in (("0000", 1), (OFFICER_PIN, 0)):
        monkeypatch.setattr("sys.stdin", io.StringIO(f"{pin}\n"))
        assert run("publish", "nordlicht", "--officer", OFFICER, "--pin-stdin", "--yes")[0] == code
    assert [v["by"] for v in json.loads(run("versions", "--json")[1])["versions"]] == ["agent:0003"]


def test_what_is_not_valid_says_where_and_a_controller_nobody_knows_is_refused(centre: Centre, run: Any) -> None:
    edit(shop(centre), "erase: delete", "erase: shred")
    code, _, err = run("publish", "nordlicht", "--yes")
    assert (code, "shop.yml:" in err) == (2, True)
    code, _, err = run("publish", "nobody", "--yes")
    assert (code, "harbour, nordlicht" in err) == (1, True)


def test_hostile_words_in_a_catalog_reach_no_terminal(centre: Centre, run: Any) -> None:
    assert run("publish", "nordlicht", "--yes")[0] == 0
    edit(shop(centre), "name: Shop", 'name: "x\\e]52;c;eA==\\a\\u202ey"')
    for words in (("diff", "nordlicht"), ("publish", "nordlicht", "--yes"), ("show", "nordlicht")):
        out = run(*words)[1]
        assert "\x1b" not in out
        assert "\u202e" not in out
