"""A bucket beside a SQL system, on a real server: found along references, exported, erased, looked at again."""

import json
from pathlib import Path

import pytest

from services.catalog.system import load_system
from services.connectors.base import Delete, Lookup, Rewrite
from services.connectors.registry import open_connector
from services.errors import BadInput, Unavailable, Unusable
from services.fulfilment.change import Left
from services.fulfilment.found import Reach, shown
from services.fulfilment.package_tables import disclosed, part_of
from services.fulfilment.plan import Plan
from tests.datasystems.bucket_shelf import FILE, Shelf
from tests.datasystems.s3_server import S3, running

HOSTILE = [
    "*",
    "a*b",
    "[ab]",
    "?",
    "a\\b",
    "[red]x[-red]",
    "=cmd()",
    "q\"'<&>",
    "x" * 200,
    "ä ö",
    "{a}",
    "%41",
    "a+b@x",
]


@pytest.fixture
def shelf(tmp_path: Path, s3: S3) -> Shelf:
    made = Shelf(tmp_path / "c", s3)
    made.fill()
    return made


LEFT = [
    "customers/K-10/pass.pdf", "customers/K-2/2024/bill.pdf", "customers/K-2/pass.pdf", "orders/K-2/77.json",
    "other/K-1/x", "tickets/MK-2/log.json", "tickets/TK-2/log.json",
]  # fmt: skip


def test_a_person_is_found_across_a_table_and_a_bucket_and_nobody_else_is(shelf: Shelf) -> None:
    found = shelf.find({"email": ["ADA@x.org"]})
    assert found.complete, [system.reason for system in found.systems]
    rows = {str(c.node): [shown(row) for row in c.rows] for c in found.collections()}
    pdf = {
        "number": "K-1",
        "size": 14,
        "versions": 1,
        "content_type": "application/pdf",
        "body": "JVBERiBBZGFAeC5vcmc=",
    }
    assert rows["files.scan"] == [{**pdf, "file": "2024/bill.pdf"}, {**pdf, "file": "pass.pdf"}]
    assert rows["files.order"] == [{"number": "K-1", "ticket": "TK-1", "total": 12.5, "owner": "K-1"}]
    assert [row["id"] for row in rows["files.ticket"]] == ["MK-1", "TK-1"], "by identity, and by reference"
    assert "bob" not in str(rows)


def test_what_is_found_goes_into_an_export(shelf: Shelf) -> None:
    from collections import Counter

    found = shelf.find()
    for part in found.collections():
        dataset, collection = shelf.graph.dataset(part.node), shelf.graph.nodes[part.node]
        rows = list(disclosed(part_of("files", dataset, collection, (r.values for r in part.rows), "en"), Counter()))
        assert json.loads(json.dumps(rows)) == rows


def test_an_erasure_takes_the_person_and_leaves_everybody_else(shelf: Shelf) -> None:
    # The ticket that only names the sales desk is somebody else's by its e-mail: it stays, as in any system.
    plan = Plan.from_json(shelf.plan().to_json())
    assert plan.faults == ()
    done = shelf.erase(plan)
    assert done["crm"] == (1, 0, 0)
    assert done["files"] == (4, 0, 0)
    assert shelf.verify(plan) == {}
    assert shelf.server.keys() == sorted([*LEFT, "tickets/TK-1/log.json"])


def test_a_second_run_changes_nothing_and_says_so(shelf: Shelf) -> None:
    plan = shelf.plan()
    shelf.erase(plan)
    assert shelf.erase(plan)["files"] == (0, 0, 4)


@pytest.mark.parametrize("nth", [1, 2])
def test_a_kill_in_the_middle_is_finished_by_the_next_run(shelf: Shelf, nth: int) -> None:
    plan = shelf.plan()
    shelf.killed(plan, "files", f"store.between-batches:{nth}")
    assert shelf.verify(plan)["files"], "control: something is left after the kill"
    assert sum(shelf.erase(plan)["files"]) == 4
    assert shelf.verify(plan) == {}


def test_what_came_back_is_reported(shelf: Shelf) -> None:
    plan = shelf.plan()
    shelf.erase(plan)
    shelf.server.put("customers/K-1/pass.pdf")
    shelf.server.put("tickets/new/log.json", b'{"mail": "ADA@X.org"}')
    assert shelf.verify(plan) == {"files": (Left("scan", 1), Left("ticket", 1))}


@pytest.mark.parametrize("number", HOSTILE)
def test_hostile_names_reach_their_own_objects_only(shelf: Shelf, number: str) -> None:
    shelf.server.put(f"customers/{number}/1.pdf")
    connector = shelf.connector("files")
    with connector.read() as reader:
        (row,) = reader.rows(Lookup("scan", ("key", "number", "file"), ("number",), ((number,),)))
        assert (row["number"], row["file"]) == (number, "1.pdf")
        assert list(reader.rows(Lookup("scan", ("key",), ("number",), (("nobody\0",), ("\ud800",), ("",))))) == []
    before = shelf.server.keys()
    with connector.change() as change:
        delete = Delete("scan", ("key",), ((str(row["key"]),),))
        assert change.faults([delete], []) == []
        assert (change.delete(delete), change.delete(delete)) == (1, 0)
    assert sorted([*shelf.server.keys(), f"customers/{number}/1.pdf"]) == before


def test_a_value_with_a_slash_is_read_where_the_pattern_says_so_and_refused_elsewhere(shelf: Shelf) -> None:
    shelf.server.put("customers/K-1/9/a.pdf", b"of customer K-1/9, as this shop writes it")
    asked = Lookup("scan", ("file",), ("number",), (("K-1/9",),))
    with shelf.connector("files").read() as reader, pytest.raises(Unusable, match=r"scan.number.* holds the text"):
        list(reader.rows(asked))
    other = shelf.but(FILE.replace("customers/{number}/", "customers/{number*}/"))
    with other.connector("files").read() as reader:
        assert list(reader.rows(asked)) == [{"file": "a.pdf"}]
        mine = reader.rows(Lookup("scan", ("file",), ("number",), (("K-1",),)))
        assert [row["file"] for row in mine] == ["pass.pdf"], "neither customer 'K-1/9' nor customer 'K-1/2024'"


def test_a_lookup_inside_objects_needs_scan_and_says_so(shelf: Shelf) -> None:
    other = shelf.but(FILE.replace("    scan: true\n", ""))
    system = next(one for one in other.find().systems if one.key == "files")
    assert system.reach is Reach.FAILED
    assert "'ticket' by 'mail'" in system.reason
    (fault,) = other.connector("files").check(other.systems["files"].datasets)
    assert "files.ticket: identity 'mail'" in fault
    assert shelf.connector("files").check(shelf.systems["files"].datasets) == []
    with shelf.connector("files").read() as reader, pytest.raises(Unusable, match="scan: true"):
        list(reader.rows(Lookup("scan", ("key",), ("file",), (("pass.pdf",),))))


def test_a_scan_or_a_body_beyond_its_limit_is_an_error_and_no_short_answer(shelf: Shelf) -> None:
    other = shelf.but(FILE.replace("    scan: true\n", "    scan: true\n    limit: 3\n"))
    assert "more than 3 keys in 'ticket'" in str(other.find().systems)
    other = Shelf(
        shelf.folder.with_name("third"), shelf.server, FILE.replace("body: file", "body: file\n    largest: 9")
    )
    assert "an object of more than 9 bytes" in str(other.find().systems)


@pytest.mark.parametrize(
    ("old", "new", "line", "words"),
    [
        ("body: file", "body: fiel", 4, "did you mean 'file'"),
        ("name: scan", "name: scans", 2, "did you mean 'scan'"),
        ("    scan: true", "    scann: true", 13, "did you mean 'scan'"),
        ("body.total", "boby.total", 8, "no place in an object"),
        ("pattern: \"tickets/{id}/log.json\"\n    body: json", "pattern: \"tickets/{id}/log.json\"\n    body: none", 12,
         "needs 'body: json'"),
        ("{id}/log", "{size}/log", 10, "every row has"),
    ],
)  # fmt: skip
def test_a_wrong_s3_yml_is_refused_with_its_line(shelf: Shelf, old: str, new: str, line: int, words: str) -> None:
    assert old in FILE
    other = shelf.but(FILE.replace(old, new))
    with pytest.raises(BadInput) as refused:
        other.connector("files")
    assert refused.value.place.endswith(f"s3.yml:{line}"), refused.value.place
    assert words in refused.value.reason


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("s3://b?endpoint=http://127.0.0.1:1", "must begin with https://"),
        ("s3://b?endpiont=https://x", "did you mean 'endpoint'"),
        ("s3://b/path", "write its url as"),
        ("s3://b?endpoint=https://u:pw-hidden@x", "never stands in an endpoint"),
        ("s3:///", "write its url as"),
    ],
)
def test_a_wrong_address_is_refused_without_its_password(shelf: Shelf, url: str, words: str) -> None:
    with pytest.raises(Unusable) as refused:
        shelf.but(url=url).connector("files")
    assert words in refused.value.reason
    assert "pw-hidden" not in refused.value.reason


@pytest.mark.parametrize(
    ("secret", "words"),
    [
        ('{"access_key": "AKIAnobodyknowsme1", "secret_key": "hidden-s3-secret-000"}', "refuses the login"),
        ('{"access_key": "AKIArightsdesk0001", "secret_key": "hidden-s3-secret-000"}', "refuses the login"),
        ('{"access_key": "AKIA", "secret_ky": "hidden-s3-secret-000"}', "must be JSON with 'access_key'"),
        ("hidden-s3-secret-000", "must be JSON with 'access_key'"),
        ("", "must be JSON with 'access_key'"),
    ],
)
def test_a_wrong_secret_says_so_without_it(shelf: Shelf, secret: str, words: str) -> None:
    shelf.secrets["files"] = secret
    reason = next(system.reason for system in shelf.find().systems if system.key == "files")
    assert words in reason
    assert "hidden-s3-secret" not in reason
    assert "AKIA" not in reason


def test_settings_of_this_machine_are_not_used(shelf: Shelf, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "config").write_text("[profile p]\nendpoint_url = http://127.0.0.1:9\nregion = nowhere\n")
    for name, value in (("AWS_PROFILE", "p"), ("AWS_CONFIG_FILE", str(tmp_path / "config")),
                        ("AWS_ENDPOINT_URL", "http://127.0.0.1:9"), ("AWS_SECRET_ACCESS_KEY", "x")):  # fmt: skip
        monkeypatch.setenv(name, value)
    assert shelf.find().complete


def test_no_such_bucket_says_so(shelf: Shelf) -> None:
    url = shelf.server.url.replace(shelf.server.bucket, "nobodys-bucket")
    assert "has no bucket of that name" in str(shelf.but(url=url).find().systems)


def test_a_server_that_stops_in_the_middle_is_unavailable(tmp_path: Path) -> None:
    with running() as server:
        shelf = Shelf(tmp_path / "c", server.fresh())
        shelf.fill()
        plan, connector = shelf.plan(), shelf.connector("files")
        with connector.read() as reader:
            one = [("customers/K-1/pass.pdf",)]
            assert list(reader.by_key("scan", ("key",), ("key",), one))
            server.process.kill()
            server.process.wait(10)
            with pytest.raises(Unavailable, match="system 'files' does not answer"):
                list(reader.by_key("scan", ("key",), ("key",), one))
        with pytest.raises(Unavailable):
            shelf.apply(plan, "files")


def test_objects_are_never_masked_and_keys_outside_the_pattern_never_touched(shelf: Shelf) -> None:
    wrong = Delete("scan", ("key",), (("other/K-1/x",),))
    rewrite = Rewrite("scan", ("key",), ("file",), (("customers/K-1/pass.pdf",),), (("",),))
    with shelf.connector("files").change() as change:
        assert change.faults([wrong], [rewrite]) == [
            "objects of scan cannot be masked: say 'erase: delete'",
            "the plan names keys that are not of the pattern of scan",
        ]
        with pytest.raises(Unusable):
            change.delete(wrong)
        with pytest.raises(Unusable):
            change.rewrite(rewrite)
    assert shelf.server.keys().count("other/K-1/x") == 1


def test_a_system_that_can_only_be_read_and_a_lone_dataset_file_say_so(shelf: Shelf, tmp_path: Path) -> None:
    folder = shelf.folder / "systems" / "files"
    text = (folder / "system.yml").read_text()
    (folder / "system.yml").write_text(text + "read_only: true\n")
    shelf.load()
    with pytest.raises(Unusable, match="can only be read"), shelf.connector("files").change():
        pass
    (folder / "s3.yml").unlink()
    with pytest.raises(BadInput, match="cannot be read"):
        open_connector(load_system(folder), shelf.server.secret.encode())


def test_every_object_is_given_by_its_key_without_a_scan_and_no_body_is(shelf: Shelf) -> None:
    with shelf.connector("files").read() as reader:
        assert {row["number"] for row in reader.every("scan", ["number"])} == {"K-1", "K-2", "K-10"}
        assert len(list(reader.every("ticket", ["mail"]))) == 4
        with pytest.raises(Unusable, match="scan: true"):
            list(reader.every("scan", ["body"]))
