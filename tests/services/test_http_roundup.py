"""A real ticket system by its REST interface: a customer's tickets found, and nothing of them left afterwards."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from services.catalog.graph import build
from services.catalog.system import load_system
from services.connectors.registry import open_connector
from services.fulfilment.change import Left, apply, verify
from services.fulfilment.find import find
from services.fulfilment.found import Found, Reach
from services.fulfilment.plan import Plan, make_plan
from tests.datasystems.roundup_server import ADMIN, Roundup, roundup_server

WORDS = ["zenobia", "quux", "+49 30 5550199"]
KEY = b"k" * 32
REST_ALONE = {
    "user": ("method: POST\n      path: /forget/user/{id}", "method: PATCH\n      path: /data/user/{id}"),
    "issue": ('method: POST, path: "/forget/issue/{id}"', 'method: PATCH, path: "/data/issue/{id}"'),
    "msg": ('method: POST, path: "/purge/msg/{id}"', 'method: DELETE, path: "/data/msg/{id}", body: {why: gdpr}'),
    "file": (
        'method: POST, path: "/purge/file/{id}"', 'method: DELETE, path: "/data/file/{id}", body: {why: gdpr}'
    ),
}  # fmt: skip


@pytest.fixture
def desk(roundup_template: Path) -> Iterator[Roundup]:
    """A tracker with our extension: Zenobia has a ticket of three messages and a file, Bob has one of his own."""
    with roundup_server(roundup_template) as server:
        fill(server)
        yield server


@pytest.fixture
def plain_desk(roundup_template: Path) -> Iterator[Roundup]:
    """The same as it comes from the vendor."""
    with roundup_server(roundup_template, erases=False) as server:
        fill(server)
        yield server


def fill(server: Roundup) -> None:
    """Two customers and an agent, who write to each other, and change what they wrote."""
    address = "Zenobia.Quux@example.org"
    zen = server.make("user", username="zenobia", address=address, realname="Zenobia Quux", phone="+49 30 5550199")
    bob = server.make("user", username="bob", address="bob@example.org", realname="Bob")
    agent = server.make("user", username="agent", address="agent@desk.example", realname="An Agent")
    file = server.make("file", name="zenobia.txt", type="text/plain", content="Passport of Zenobia Quux")
    first = server.make("msg", author=zen, recipients=[agent], content="I am Zenobia Quux", summary="Zenobia",
                        files=[file], date="2026-01-05")  # fmt: skip
    second = server.make("msg", author=agent, recipients=[zen], content="Dear Ms Quux, hello", date="2026-01-06")
    third = server.make("msg", author=agent, content="Called +49 30 5550199", date="2026-01-07")
    bobs = server.make("msg", author=bob, recipients=[agent], content="Bob here", date="2026-01-08")
    ticket = server.make("issue", title="Zenobia cannot log in", messages=[first, second, third], nosy=[zen, agent],
                         files=[file])  # fmt: skip
    server.make("issue", title="Bob's printer", messages=[bobs], nosy=[bob, agent])
    tag = server.call("GET", f"/data/issue/{ticket}")["@etag"]
    server.call("PATCH", f"/data/issue/{ticket}", {"title": "Ms Quux cannot log in", "@etag": tag})


class Run:
    """One catalog folder on one tracker."""

    def __init__(self, folder: Path) -> None:
        self.system = load_system(folder)
        self.graph = build({"desk": self.system.datasets})
        self.connector = open_connector(self.system, ADMIN.encode())

    def look(self) -> Found:
        return find(self.graph, {"desk": self.connector}, {"email": ["zenobia.quux@example.ORG"]})

    def plan(self) -> Plan:
        return make_plan(self.look(), self.graph, date(2026, 3, 5), "acme")

    def erase(self, plan: Plan) -> tuple[int, int, int]:
        done = apply(plan, "desk", self.connector, secret=KEY)
        return done.deleted, done.masked, done.gone

    def left(self, plan: Plan) -> tuple[Left, ...]:
        return verify(plan, "desk", self.connector, self.graph, secret=KEY)


def test_the_tickets_of_a_person_are_found_with_authors_recipients_and_texts(desk: Roundup, tmp_path: Path) -> None:
    run = Run(desk.folder(tmp_path / "desk"))
    assert run.connector.check(run.system.datasets) == []
    found = run.look()
    assert found.systems[0].reach is Reach.FOUND, found.systems[0].reason
    assert {str(part.node): part.count for part in found.collections()} == {
        "desk.user": 1, "desk.issue": 1, "desk.msg": 3, "desk.file": 1,
    }  # fmt: skip
    rows = {(row.node.collection, row.key): row.values for part in found.collections() for row in part.own}
    assert rows["msg", ("1",)]["content"] == "I am Zenobia Quux"
    assert (rows["msg", ("1",)]["author"], rows["msg", ("2",)]["recipients"]) == ("3", [{"id": "3"}])
    assert rows["issue", ("1",)]["title"] == "Ms Quux cannot log in"
    assert rows["file", ("1",)]["content"] == "Passport of Zenobia Quux"


def test_nothing_of_an_erased_person_is_left_in_any_column_or_file(desk: Roundup, tmp_path: Path) -> None:
    run = Run(desk.folder(tmp_path / "desk"))
    assert set().union(*desk.holding(WORDS).values()) == set(WORDS), "control: the search finds what is there"
    plan = run.plan()
    assert run.erase(plan) == (4, 2, 0)
    assert run.left(plan) == ()
    assert desk.holding(WORDS) == {}
    bob = desk.call("GET", "/data/issue/2?@verbose=3")["attributes"]
    assert (bob["title"], [one["id"] for one in bob["messages"]]) == ("Bob's printer", ["4"])
    assert desk.call("GET", "/data/msg/4?@verbose=3")["attributes"]["content"] == "Bob here"
    assert desk.call("GET", "/data/user/5")["attributes"]["realname"] == "An Agent"
    assert desk.holding(["Bob here"]) != {}
    assert run.erase(plan) == (0, 0, 4), "a second run changes nothing"


def test_rest_alone_retires_and_the_look_afterwards_says_that_it_is_all_still_there(
    plain_desk: Roundup, tmp_path: Path
) -> None:
    folder = plain_desk.folder(tmp_path / "desk")
    text = (folder / "http.yml").read_text()
    for old, new in REST_ALONE.values():
        assert old in text
        text = text.replace(old, new)
    (folder / "http.yml").write_text(text)
    run = Run(folder)
    plan = run.plan()
    assert run.erase(plan) == (4, 2, 0), "Roundup says that it was done"
    assert run.left(plan) == (Left("file", 1), Left("msg", 3)), "what is retired can still be read"
    places = plain_desk.holding(WORDS)
    assert {"_msg._summary", "user__journal.params", "issue__journal.params", "db/files/msg/0/msg1"} <= set(places)
