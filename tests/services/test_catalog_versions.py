"""Catalogs in central: what is published is what everybody works by, and nobody changes it unseen."""

from pathlib import Path

import pytest
import sqlalchemy as sa

from db import central
from db.central_catalog import CatalogStore
from services.catalog.compare import LAYOUT, Change, changes
from services.catalog.version import Head, Stored, digest_of, files_in, unpack
from services.catalog_versions import Versions, on_disk, put_on_disk
from services.central_check import rows
from services.errors import BadInput, NotFound, Refused, Unusable
from services.publishing import officer, prepared, publish
from tests.centre import Centre
from tests.services.test_central_check import attack

OFFICER, OFFICER_PIN = "0003", "8642"


def shop(centre: Centre) -> Path:
    return centre.home.systems("nordlicht") / "shop" / "shop.yml"


def edit(file: Path, before: str, after: str) -> None:
    text = file.read_text()
    assert before in text
    file.write_text(text.replace(before, after, 1))


def ingested(centre: Centre) -> None:
    while centre.ingest.run_once():
        pass


def versions(centre: Centre) -> Versions:
    return Versions(CatalogStore(centre.engine))


def test_each_version_says_who_published_it_when_why_and_what_changed_field_by_field(centre: Centre) -> None:
    first = publish(centre.home, centre.vault, prepared(centre.home, centre.vault, "nordlicht"))
    edit(shop(centre), "data_categories: [user.contact.email]", "data_categories: [user.contact]")
    again = prepared(centre.home, centre.vault, "nordlicht", "addresses are coarser now")
    assert again.changes == (
        Change("shop/shop.yml shop.account.email data_categories", "user.contact.email", "user.contact"),
    )
    by = officer(centre.home, centre.vault, OFFICER, OFFICER_PIN, "nordlicht")
    second = publish(centre.home, centre.vault, again, by)
    assert [(h.number, h.by, h.note) for h in versions(centre).heads("nordlicht")] == [
        (2, "agent:0003", "addresses are coarser now"), (1, first.by, "")
    ]  # fmt: skip
    assert first.by.startswith("operator:")
    assert second.at >= first.at > 0
    ingested(centre)
    assert rows(centre.engine) == []


def test_publishing_the_same_again_is_no_change_and_a_moved_field_is_only_layout(centre: Centre) -> None:
    publish(centre.home, centre.vault, prepared(centre.home, centre.vault, "nordlicht"))
    assert not prepared(centre.home, centre.vault, "nordlicht").new
    shop(centre).write_text(shop(centre).read_text() + "\n# a comment\n")
    again = prepared(centre.home, centre.vault, "nordlicht")
    assert again.new
    assert again.changes == (Change("shop/shop.yml", LAYOUT, LAYOUT),)


def test_what_is_not_valid_is_not_published_and_what_stands_beside_the_catalog_is_no_part_of_it(centre: Centre) -> None:
    folder = shop(centre).parent
    (folder / "draft.yml").write_text("password: hunter2\n")
    (folder / "shop.sql").write_text("secret")
    files = prepared(centre.home, centre.vault, "nordlicht").files
    assert {name for name in files if name.startswith("shop/")} == {"shop/shop.yml", "shop/system.yml"}
    edit(folder / "system.yml", "connector: sqlite", "connector: postgresql")
    with pytest.raises(BadInput, match=r"system\.yml:"):
        prepared(centre.home, centre.vault, "nordlicht")
    edit(folder / "system.yml", "connector: postgresql", "connector: sqlite")
    text = (folder / "system.yml").read_text()
    url = next(line for line in text.splitlines() if line.startswith("url:"))
    (folder / "system.yml").write_text(
        text.replace(url, "url: postgresql://a:hunter2@db.example/x").replace(
            "connector: sqlite", "connector: postgresql"
        )
    )
    with pytest.raises(BadInput, match="password") as failed:
        prepared(centre.home, centre.vault, "nordlicht")
    assert "hunter2" not in str(failed.value)
    with pytest.raises(NotFound):
        prepared(centre.home, centre.vault, "nobody")


def test_a_file_that_a_kind_of_system_has_beside_its_datasets_is_valid_too(centre: Centre) -> None:
    folder = shop(centre).parent.parent / "vendor"
    folder.mkdir()
    (folder / "system.yml").write_text(
        "key: vendor\ncontroller: nordlicht\nconnector: http\nurl: https://vendor.example\ndatasets: [vendor.yml]\n"
    )
    (folder / "vendor.yml").write_text(
        "dataset:\n  - fides_key: vendor\n    collections:\n      - name: user\n        fields:\n"
        "          - {name: id, data_categories: [user.unique_id],"
        " fides_meta: {primary_key: true, data_type: string}}\n"
    )
    (folder / "http.yml").write_text("probe: {path: /x}\ncollectoins: {}\n")
    with pytest.raises(BadInput, match=r"http\.yml:2.*collectoins"):
        prepared(centre.home, centre.vault, "nordlicht")


@pytest.mark.parametrize("note", ["two\nlines", "\x1b]52;c;eA==\x07", "x" * 201])
def test_a_note_is_one_plain_line(centre: Centre, note: str) -> None:
    with pytest.raises(BadInput):
        prepared(centre.home, centre.vault, "nordlicht", note)
    assert prepared(centre.home, centre.vault, "nordlicht", "[red]=cmd()[/]").note  # control


def test_only_an_officer_of_the_controller_with_the_pin_is_named_as_one(centre: Centre) -> None:
    for number, pin in (("0042", "2580"), (OFFICER, "0000"), ("9999", "1234")):
        with pytest.raises(Refused):
            officer(centre.home, centre.vault, number, pin, "nordlicht")
    with pytest.raises(BadInput):
        officer(centre.home, centre.vault, "0003; DROP", "x", "nordlicht")
    assert officer(centre.home, centre.vault, OFFICER, OFFICER_PIN, "nordlicht") == "agent:0003"


def test_two_who_publish_at_once_do_not_overwrite_each_other(centre: Centre) -> None:
    one, other = (prepared(centre.home, centre.vault, "nordlicht") for _ in range(2))
    publish(centre.home, centre.vault, one)
    with pytest.raises(Unusable, match="meanwhile"):
        publish(centre.home, centre.vault, other)
    ingested(centre)
    assert rows(centre.engine) == []


COPY = "INSERT INTO catalog_version SELECT controller, 7, digest, head, shown, files FROM catalog_version"
ATTACKS = {
    "files changed": ("UPDATE catalog_version SET files = 'x'", "its files are not those"),
    "what is shown changed": ("UPDATE catalog_version SET shown = 'x'", "what it shows is not"),
    "the head changed": ("UPDATE catalog_version SET head = 'x'", "cannot be read"),
    "the digest changed": ("UPDATE catalog_version SET digest = 'x'", "was published by nobody"),
    "one added": (COPY, "version 7 of the catalog of nordlicht was published by nobody"),
    "one renumbered": ("UPDATE catalog_version SET number = 5", "version 1 of the catalog of nordlicht is gone"),
    "one moved to another controller": (
        "UPDATE catalog_version SET controller = 'harbour'", "version 1 of the catalog of harbour was published by"),
    "one deleted": ("DELETE FROM catalog_version", "version 1 of the catalog of nordlicht is gone"),
}  # fmt: skip


@pytest.mark.parametrize("name", ATTACKS)
def test_central_check_names_a_catalog_that_nobody_published_or_that_was_changed(centre: Centre, name: str) -> None:
    publish(centre.home, centre.vault, prepared(centre.home, centre.vault, "nordlicht"))
    ingested(centre)
    assert rows(centre.engine) == []
    attack(centre, ATTACKS[name][0])
    assert [words for words in rows(centre.engine) if ATTACKS[name][1] in words], rows(centre.engine)


@pytest.mark.parametrize("name", ["files changed", "what is shown changed", "the head changed", "one deleted"])
def test_a_worker_takes_the_newest_version_that_checks_and_none_that_was_changed(centre: Centre, name: str) -> None:
    publish(centre.home, centre.vault, prepared(centre.home, centre.vault, "nordlicht"))
    found = versions(centre)
    assert found.newest_that_checks("nordlicht", found.published()) is None  # its act is not accepted yet
    ingested(centre)
    before = files_in(centre.home.systems("nordlicht"))
    edit(shop(centre), "name: Shop", "name: Shoop")
    publish(centre.home, centre.vault, prepared(centre.home, centre.vault, "nordlicht"))
    ingested(centre)
    newest = found.newest_that_checks("nordlicht", found.published())
    assert newest is not None
    assert newest[0].number == 2
    attack(centre, f"{ATTACKS[name][0]} WHERE number = 2")
    older = found.newest_that_checks("nordlicht", found.published())
    assert older is not None
    assert (older[0].number, older[1]) == (1, before)


def test_versions_are_neither_changed_nor_deleted_by_whoever_leaves_the_guards_up(centre: Centre) -> None:
    publish(centre.home, centre.vault, prepared(centre.home, centre.vault, "nordlicht"))
    for statement in ("UPDATE catalog_version SET number = 9", "DELETE FROM catalog_version"):
        with pytest.raises(sa.exc.DBAPIError), central.writing(centre.engine).begin() as conn:
            conn.exec_driver_sql(statement)


def test_files_come_to_disk_whole_and_a_changed_copy_is_written_anew(tmp_path: Path, centre: Centre) -> None:
    files = files_in(centre.home.systems("nordlicht"))
    tmp_path.chmod(0o700)
    place = tmp_path / "catalog" / "nordlicht" / "1-abc"
    tmp_path = place.parent
    tmp_path.mkdir(parents=True)
    (tmp_path / "1-abc.half").mkdir()  # a cut left it
    folder = put_on_disk(files, "nordlicht", place)
    assert on_disk(folder) == files
    (folder / "systems" / "shop" / "shop.yml").write_text("dataset: []")
    assert on_disk(put_on_disk(files, "nordlicht", place)) == files
    assert not (tmp_path / "1-abc.half").exists()
    assert {path.stat().st_mode & 0o77 for path in place.rglob("*")} == {0}


@pytest.mark.parametrize("name", ["../x/system.yml", "/etc/passwd", "a/b/c.yml", "..", "a\\..\\b/c.yml", "a/.."])
def test_a_file_of_a_version_never_leads_out_of_its_folder(name: str) -> None:
    import orjson

    with pytest.raises(Unusable):
        unpack(orjson.dumps({name: "x"}))
    assert unpack(orjson.dumps({"shop/system.yml": "x"}))  # control


def test_a_head_with_other_fields_or_another_order_is_none() -> None:
    head = Head("nordlicht", 1, 5, "operator:abc", "", "f" * 64, "e" * 64)
    assert Head.from_json(head.to_json()) == head
    for bad in (b"", b"{}", b"[]", head.to_json() + b" ", head.to_json().replace(b'"number":1', b'"number":"1"')):
        with pytest.raises(Unusable):
            Head.from_json(bad)
    stored = Stored("nordlicht", 2, head.digest, head.to_json(), b"", b"")
    assert "not the one that was published" in stored.fault()


def test_aliases_that_grow_without_end_are_refused() -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 9)]
    with pytest.raises(BadInput, match="too deeply"):
        changes({"s/system.yml": "a: b"}, {"s/system.yml": "\n".join(lines)})


def test_equal_files_have_equal_digests_in_any_order() -> None:
    assert digest_of({"a/b": "1", "c/d": "2"}) == digest_of({"c/d": "2", "a/b": "1"}) != digest_of({"a/b": "1"})


@pytest.mark.parametrize("name", ["files changed", "the head changed", "the digest changed"])
def test_what_somebody_changed_is_listed_as_such_and_publishing_anew_mends_it(centre: Centre, name: str) -> None:
    publish(centre.home, centre.vault, prepared(centre.home, centre.vault, "nordlicht"))
    ingested(centre)
    attack(centre, ATTACKS[name][0])
    assert len(versions(centre).heads()) == 1
    again = prepared(centre.home, centre.vault, "nordlicht")
    assert (again.number, again.new, again.changes) == (2, True, ())
    publish(centre.home, centre.vault, again)
    ingested(centre)
    found = versions(centre)
    newest = found.newest_that_checks("nordlicht", found.published())
    assert newest is not None
    assert newest[0].number == 2
