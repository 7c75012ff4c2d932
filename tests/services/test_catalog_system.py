"""Systems as folders: where they are, what they hold, that no password stands in a file."""

from pathlib import Path

import pytest

from services.catalog.graph import Node, build
from services.catalog.system import load_controller_systems, load_system
from services.errors import BadInput

SYSTEM = """\
key: {key}
controller: muster
connector: sqlite
url: sqlite:///../../../../data/muster/{key}.db
datasets: [{key}.yml]
"""
DATASET = """\
dataset:
  - fides_key: {key}
    collections:
      - name: person
        fields:
          - name: id
            fides_meta: {{primary_key: true}}
          - name: email
            fides_meta:
              identity: email
              references: [{references}]
"""


def system_folder(home: Path, key: str, *, references: str = "", text: str = SYSTEM) -> Path:
    """A system of the controller `muster`, written by hand."""
    folder = home / "controllers" / "muster" / "systems" / key
    folder.mkdir(parents=True)
    (folder / "system.yml").write_text(text.format(key=key), encoding="utf-8")
    (folder / f"{key}.yml").write_text(DATASET.format(key=key, references=references), encoding="utf-8")
    return folder


def test_a_relative_file_starts_at_the_folder(tmp_path: Path) -> None:
    system = load_system(system_folder(tmp_path, "crm"))
    assert system.url == f"sqlite:///{(tmp_path / 'data/muster/crm.db').resolve()}"
    assert [str(d.fides_key) for d in system.datasets] == ["crm"]


def test_a_secret_is_named_and_never_written(tmp_path: Path) -> None:
    text = SYSTEM.replace("sqlite:///../../../../data/muster/{key}.db", "postgresql://me:pw@host/db")
    folder = system_folder(tmp_path, "crm", text=text.replace("connector: sqlite", "connector: postgresql"))
    with pytest.raises(BadInput, match="a password never stands in a file") as refused:
        load_system(folder)
    assert refused.value.place.endswith("system.yml:4")
    assert "pw" not in str(refused.value)
    text = folder.joinpath("system.yml").read_text().replace("me:pw@", "me@") + "secret: muster/crm\n"
    folder.joinpath("system.yml").write_text(text)
    assert load_system(folder).secret == "system:muster/crm"


@pytest.mark.parametrize(
    ("right", "wrong", "line", "words"),
    [
        ("connector: sqlite", "connector: sqlit", 3, "did you mean 'sqlite'"),
        ("connector: sqlite", "connector: postgresql", 4, "does not fit connector"),
        ("datasets: [{key}.yml]", "datasets: []", 1, "name at least one"),
        ("datasets: [{key}.yml]", "datasets: [../{key}.yml]", 5, "is not a file of this folder"),
        ("datasets: [{key}.yml]", "datasets: [no.yml]", 0, "cannot be read"),
        ("controller: muster", "controller: muster\nlimits: {{statement_s: 0}}", 3, "longer than nothing"),
        ("key: {key}", "kee: {key}", 1, "unknown key 'kee'"),
    ],
)
def test_what_is_wrong_with_a_system_is_named(tmp_path: Path, right: str, wrong: str, line: int, words: str) -> None:
    assert right in SYSTEM
    with pytest.raises(BadInput, match=words) as refused:
        load_system(system_folder(tmp_path, "crm", text=SYSTEM.replace(right, wrong)))
    assert line == 0 or refused.value.place.endswith(f"system.yml:{line}")


def test_references_between_systems_of_a_controller(tmp_path: Path) -> None:
    system_folder(tmp_path, "crm")
    system_folder(tmp_path, "shop", references="{dataset: crm, field: person.id, direction: from}")
    systems = load_controller_systems(tmp_path / "controllers" / "muster")
    graph = build({key: system.datasets for key, system in systems.items()})
    assert [(str(e.source), str(e.target)) for e in graph.edges] == [("crm.person", "shop.person")]
    assert graph.missing == ()
    assert graph.system(Node("shop", "person")) == "shop"


def test_a_reference_to_a_system_that_is_not_there_is_refused(tmp_path: Path) -> None:
    folder = system_folder(tmp_path, "crm", references="{dataset: shopp, field: person.id}")
    system_folder(tmp_path, "shop")
    with pytest.raises(BadInput, match=r"no dataset called 'shopp'.*'shop'") as refused:
        load_controller_systems(tmp_path / "controllers" / "muster")
    assert refused.value.place == f"{folder / 'crm.yml'}:11"


def test_a_folder_must_have_its_own_name(tmp_path: Path) -> None:
    folder = system_folder(tmp_path, "crm")
    folder.rename(folder.with_name("other"))
    with pytest.raises(BadInput, match="is not the folder's name"):
        load_controller_systems(tmp_path / "controllers" / "muster")


def test_two_systems_cannot_hold_one_dataset(tmp_path: Path) -> None:
    system_folder(tmp_path, "crm")
    second = system_folder(tmp_path, "shop")
    (second / "shop.yml").write_text(DATASET.format(key="crm", references=""))
    with pytest.raises(BadInput, match="dataset 'crm' stands twice"):
        load_controller_systems(tmp_path / "controllers" / "muster")
