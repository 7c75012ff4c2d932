"""Redis beside a SQL system, on a real server: found along references, exported, erased by key, looked at again."""

import json
from pathlib import Path

import pytest

from services.connectors.base import Delete, Lookup, Rewrite
from services.errors import BadInput, Unavailable, Unusable
from services.fulfilment.change import Left
from services.fulfilment.found import Reach, shown
from services.fulfilment.plan import Plan
from tests.datasystems.beside import Beside
from tests.datasystems.redis_server import PASSWORD, Redis, running
from tests.servers import free_port

FILE = """\
collections:
  - name: session
    pattern: "session:{number}"
    holds: hash
    fields: {mail: email, agent: user.agent}
  - name: cart
    pattern: "cart:{number*}:{item}"
    holds: json
    fields: {who: ship.name, sku: sku}
  - name: seen
    pattern: "seen:{number}"
    holds: zset
  - name: news
    pattern: "news:{id}"
    holds: json
    fields: {mail: mail}
    scan: true
  - name: note
    pattern: "note:{number}"
    holds: string
"""
DATASET = """\
dataset:
  - fides_key: cache
    collections:
      - name: session
        x_console: {erase: mask}
        fields:
          - name: key
          - name: number
            fides_meta: {references: [{dataset: crm, field: customer.number, direction: from}]}
          - name: mail
            x_console: {mask: {strategy: email_rewrite}}
          - name: agent
            data_categories: [user.device]
          - name: ttl
      - name: cart
        x_console: {erase: mask}
        fields:
          - name: number
            fides_meta: {references: [{dataset: crm, field: customer.number, direction: from}]}
          - name: item
          - name: who
            data_categories: [user.name]
          - name: sku
            fides_meta: {references: [{dataset: cache, field: seen.number, direction: to}]}
          - name: value
      - name: seen
        x_console: {erase: delete}
        fields:
          - name: number
            fides_meta: {references: [{dataset: crm, field: customer.number, direction: from}]}
          - name: value
      - name: news
        x_console: {erase: delete}
        fields:
          - name: key
          - name: id
          - name: mail
            fides_meta: {identity: email}
      - name: note
        x_console: {erase: mask}
        fields:
          - name: number
            fides_meta: {references: [{dataset: crm, field: customer.number, direction: from}]}
          - name: value
            data_categories: [user.content]
            x_console: {mask: {strategy: identifiers_rewrite}}
"""
HOSTILE = ["*", "a*b", "[ab]", "?", "a\\b", "a/b", "[red]x[/]", "=cmd()", "\x1b[31m", "q\"'", "x" * 2000, "ä ö", "{a}"]


class Caches(Beside):
    """A customer table, and a Redis with what the shop keeps of customers."""

    def __init__(self, folder: Path, server: Redis, file: str = FILE, dataset: str = DATASET) -> None:
        super().__init__(folder, {"cache": PASSWORD})
        self.server = server
        self.crm()
        self.add("cache", f"connector: redis\nurl: {server.url()}\nsecret: cache\n", dataset, redis=file)
        self.load()

    def but(self, file: str, dataset: str = DATASET) -> "Caches":
        """The same server described in other words."""
        return Caches(self.folder.with_name("other"), self.server, file, dataset)

    def fill(self) -> None:
        with self.server.client() as client:
            for number, mail in (("K-1", "Ada@x.org"), ("K-2", "bob@x.org")):
                client.hset(f"session:{number}", mapping={"email": mail, "user.agent": "Firefox", "n": "1"})
                client.expire(f"session:{number}", 5000)
                for item in ("1", "2"):
                    cart = {"ship": {"name": mail[:3], "zip": 7}, "sku": f"S{number}", "price": 1.5}
                    client.set(f"cart:{number}:{item}", json.dumps(cart), ex=6000)
                client.zadd(f"seen:S{number}", {"pan": 1.5, "pot": 2})
                client.set(f"news:{number}-x", json.dumps({"mail": mail}))
                client.set(f"note:{number}", f"call {mail} back", ex=7000)
            client.set("other:K-1", "not ours")


@pytest.fixture
def caches(tmp_path: Path, redis: Redis) -> Caches:
    made = Caches(tmp_path / "c", redis)
    made.fill()
    return made


def test_a_person_is_found_across_a_table_and_redis_and_nobody_else_is(caches: Caches) -> None:
    found = caches.find()
    assert found.complete
    assert found.others == 0
    rows = {str(c.node): [shown(row) for row in c.rows] for c in found.collections()}
    assert rows["cache.session"] == [
        {
            "key": "session:K-1",
            "number": "K-1",
            "mail": "Ada@x.org",
            "agent": "Firefox",
            "ttl": pytest.approx(5000, abs=60),
        }
    ]
    assert [row["item"] for row in rows["cache.cart"]] == ["1", "2"]
    assert rows["cache.cart"][0]["value"] == {"ship": {"name": "Ada", "zip": 7}, "sku": "SK-1", "price": 1.5}
    assert rows["cache.seen"] == [
        {"number": "SK-1", "value": [{"member": "pan", "score": 1.5}, {"member": "pot", "score": 2.0}]}
    ], "reached through a field inside a JSON value"
    assert rows["cache.news"] == [{"key": "news:K-1-x", "id": "K-1-x", "mail": "Ada@x.org"}]
    assert "bob" not in str(rows)


def test_an_erasure_takes_the_person_keeps_what_is_left_expiring_and_leaves_everybody_else(caches: Caches) -> None:
    plan = Plan.from_json(caches.plan().to_json())
    assert plan.faults == ()
    assert caches.erase(plan) == {"crm": (1, 0, 0), "cache": (2, 4, 0)}
    assert caches.verify(plan) == {}
    with caches.server.client() as client:
        session, cart = client.hgetall("session:K-1"), json.loads(str(client.get("cart:K-1:1")))
        assert session["email"].endswith("@erased.invalid")
        assert (session.get("user.agent"), session["n"]) == (None, "1"), "a field that is emptied is gone"
        assert cart == {"ship": {"name": None, "zip": 7}, "sku": "SK-1", "price": 1.5}
        assert client.get("note:K-1") == "call […] back"
        for key, most in (("session:K-1", 5000), ("cart:K-1:1", 6000), ("note:K-1", 7000)):
            assert most - 60 <= int(client.ttl(key)) <= most
        assert sorted(client.keys()) == [
            "cart:K-1:1", "cart:K-1:2", "cart:K-2:1", "cart:K-2:2", "news:K-2-x", "note:K-1", "note:K-2", "other:K-1",
            "seen:SK-2", "session:K-1", "session:K-2",
        ]  # fmt: skip
        assert client.hgetall("session:K-2")["email"] == "bob@x.org"


def test_a_second_run_changes_nothing_and_says_so(caches: Caches) -> None:
    plan = caches.plan()
    caches.erase(plan)
    assert caches.erase(plan) == {"crm": (0, 0, 1), "cache": (0, 0, 2)}


@pytest.mark.parametrize("nth", [1, 2, 5])
def test_a_kill_in_the_middle_is_finished_by_the_next_run(caches: Caches, nth: int) -> None:
    plan = caches.plan()
    caches.killed(plan, "cache", f"store.between-batches:{nth}")
    assert caches.verify(plan)["cache"], "control: something is left after the kill"
    caches.erase(plan)
    assert caches.verify(plan) == {}


def test_what_was_not_erased_or_came_back_is_reported(caches: Caches) -> None:
    plan = caches.plan()
    caches.erase(plan)
    with caches.server.client() as client:
        client.hset("session:K-1", "email", "ada@x.org")
        client.set("news:9", json.dumps({"mail": "ADA@X.org"}))
    assert caches.verify(plan) == {"cache": (Left("news", 1), Left("session", 1))}


@pytest.mark.parametrize("number", HOSTILE)
def test_hostile_names_reach_their_own_keys_only(caches: Caches, number: str) -> None:
    with caches.server.client() as client:
        client.hset(f"session:{number}", mapping={"email": "e@x.org"})
        client.set(f"cart:{number}:7", json.dumps({"sku": "s"}))
    with caches.connector("cache").read() as reader:
        for collection in ("session", "cart"):
            rows = list(reader.rows(Lookup(collection, ("key", "number"), ("number",), ((number,),))))
            assert [row["number"] for row in rows] == [number], collection
        rows = list(reader.rows(Lookup("session", ("key",), ("number",), (("nobody\0",), ("\ud800",), ("",)))))
        assert rows == []


def test_a_value_that_would_be_taken_for_anothers_is_refused_and_not_answered_with_nothing(caches: Caches) -> None:
    file = FILE.replace("{number*}:{item}", "{number}:{item}")
    other = caches.but(file)
    with other.connector("cache").read() as reader, pytest.raises(Unusable, match=r"cart.number.* holds the text"):
        list(reader.rows(Lookup("cart", ("key",), ("number",), (("K-1:2",),))))
    with caches.connector("cache").read() as reader:
        assert list(reader.rows(Lookup("cart", ("key",), ("number",), (("K-1:2",),)))) == []


def test_a_lookup_inside_values_needs_scan_and_says_so(caches: Caches) -> None:
    other = caches.but(FILE.replace("    scan: true\n", ""))
    found = {system.key: (system.reach, system.reason) for system in other.find().systems}
    reach, reason = found["cache"]
    assert reach is Reach.FAILED
    assert "'news' by 'mail'" in reason
    assert "scan: true" in reason
    (fault,) = other.connector("cache").check(other.systems["cache"].datasets)
    assert "cache.news: identity 'mail'" in fault
    assert caches.connector("cache").check(caches.systems["cache"].datasets) == []


def test_a_scan_beyond_its_limit_is_an_error_and_no_short_answer(caches: Caches) -> None:
    other = caches.but(FILE.replace("    scan: true\n", "    scan: true\n    limit: 1\n"))
    assert "more than 1 keys in 'news'" in str(other.find().systems)


@pytest.mark.parametrize(
    ("old", "new", "line", "words"),
    [
        ("holds: zset", "holds: zsett", 12, "did you mean 'zset'"),
        ("name: seen", "name: sene", 10, "did you mean 'seen'"),
        ("    scan: true", "    scam: true", 17, "unknown key 'scam' (did you mean 'scan'?)"),
        ('"seen:{number}"', '"seen:{number"', 10, "brace that is alone"),
        ('"seen:{number}"', '"seen:all"', 10, "no field in braces"),
        ('"seen:{number}"', '"seen:{ttl}"', 11, "every row has"),
        ('"seen:{number}"', '"seen:{a}{number}"', 10, "between two fields"),
        ('"seen:{number}"', '"seen:{a*}:{number*}"', 10, "two open fields"),
        ("{mail: mail}", "{mail: mail..x}", 16, "between its dots"),
        ("{mail: mail}", "{id: mail}", 16, "another column"),
        ("holds: string", "holds: string\n    fields: {a: b}", 18, "a string has no fields"),
        ("  - name: note\n", "  - name: news\n", 18, "stands twice"),
    ],
)  # fmt: skip
def test_a_wrong_redis_yml_is_refused_with_its_line(caches: Caches, old: str, new: str, line: int, words: str) -> None:
    assert old in FILE
    other = caches.but(FILE.replace(old, new))
    with pytest.raises(BadInput) as refused:
        other.connector("cache")
    assert refused.value.place.endswith(f"redis.yml:{line}"), refused.value.place
    assert words in refused.value.reason


def test_a_wrong_password_says_so_without_it(caches: Caches) -> None:
    caches.secrets["cache"] = "wrong-and-secret"
    reason = next(system.reason for system in caches.find().systems if system.key == "cache")
    assert reason == "system 'cache' refuses the login: check its secret"


def test_a_server_that_stops_in_the_middle_is_unavailable(tmp_path: Path) -> None:
    with running() as server:
        caches = Caches(tmp_path / "c", server)
        caches.fill()
        plan = caches.plan()
        with caches.connector("cache").read() as reader:
            assert list(reader.by_key("seen", ("key",), ("key",), [("seen:SK-1",)]))
            server.stop()
            with pytest.raises(Unavailable, match="system 'cache' does not answer"):
                list(reader.by_key("seen", ("key",), ("key",), [("seen:SK-1",)]))
        with pytest.raises(Unavailable):
            caches.apply(plan, "cache")


def test_a_replica_and_a_server_of_a_cluster_say_so(tmp_path: Path, caches: Caches) -> None:
    plan = caches.plan()
    upstream = f"127.0.0.1 {caches.server.port}"
    with running("--replicaof", upstream, "--masterauth", PASSWORD) as replica:
        there = Caches(tmp_path / "r", replica)
        with pytest.raises(Unusable, match="read-only replica") as refused:
            there.apply(plan, "cache")
        assert refused.value.kept == "nothing was changed"
    with running("--cluster-enabled", "yes", "--cluster-port", str(free_port())) as server:
        there = Caches(tmp_path / "k", server)
        assert "of a cluster" in str(there.find().systems)
        with pytest.raises(Unusable, match="of a cluster"):
            there.apply(plan, "cache")


def test_what_our_login_may_not_do_is_known_before_the_first_write(caches: Caches) -> None:
    plan = caches.plan()
    with caches.server.client() as client:
        client.acl_setuser("reads", enabled=True, passwords=["+pw"], keys=["*"], commands=["+@all", "-unlink"])
        before = sorted(client.keys())
        head = f"connector: redis\nurl: redis://reads@127.0.0.1:{caches.server.port}/0\nsecret: cache\n"
        caches.add("cache", head, DATASET, redis=FILE)
        caches.secrets["cache"] = "pw"
        caches.load()
        with pytest.raises(Unusable, match="our login may not UNLINK in news") as refused:
            caches.apply(plan, "cache")
        assert refused.value.kept == "nothing was changed"
        assert sorted(client.keys()) == before
        assert client.hget("session:K-1", "email") == "Ada@x.org"
        client.acl_deluser("reads")


def test_what_cannot_be_masked_is_a_fault_before_the_first_write(caches: Caches) -> None:
    personal = "          - name: value\n            data_categories: [user.content]\n      - name: seen"
    dataset = DATASET.replace("          - name: value\n      - name: seen", personal)
    assert dataset != DATASET
    other = caches.but(FILE, dataset)
    with pytest.raises(Unusable, match=r"cart.value is a whole json"):
        other.apply(other.plan(), "cache")
    with caches.connector("cache").change() as change:
        for name, words in (("number", "stands in the key"), ("ttl", "cannot be written"), ("x", "no column")):
            rewrite = Rewrite("session", ("key",), (name,), (("session:K-1",),), (("",),))
            (fault,) = change.faults([], [rewrite])
            assert words in fault


def test_other_types_and_other_shapes_are_errors_without_a_key_or_a_value(caches: Caches) -> None:
    with caches.server.client() as client:
        client.delete("seen:SK-1")
        client.set("seen:SK-1", "text")
        with (
            pytest.raises(Unusable, match="another type of value in 'seen' than zset"),
            caches.connector("cache").read() as reader,
        ):
            list(reader.rows(Lookup("seen", ("key",), ("number",), (("SK-1",),))))
        for text in ("no json", "[1]", '{"ship": [{"name": "Ada"}]}', "[" * 100_000):
            client.set("cart:K-1:1", text)
            with pytest.raises(Unusable) as refused, caches.connector("cache").read() as reader:
                list(reader.rows(Lookup("cart", ("who",), ("number",), (("K-1",),))))
            assert "K-1" not in str(refused.value)
            assert "Ada" not in str(refused.value)


def test_a_key_outside_the_pattern_is_never_touched(caches: Caches) -> None:
    wrong = Delete("seen", ("key",), (("other:K-1",),))
    with caches.connector("cache").change() as change:
        assert change.faults([wrong], []) == ["the plan names keys that are not of the pattern of seen"]
        with pytest.raises(Unusable):
            change.delete(wrong)
    with caches.server.client() as client:
        assert client.exists("other:K-1")


def test_an_address_in_a_key_is_asked_for_in_small_letters_and_with_a_scan_in_any(caches: Caches) -> None:
    dataset = DATASET.replace(
        "          - name: key\n          - name: id\n          - name: mail\n", "          - name: mail\n"
    )
    plainly = FILE.replace("news:{id}", "news:{mail}").replace("    fields: {mail: mail}\n    scan: true\n", "")
    asked = Lookup("news", ("mail",), ("mail",), (("ada@x.org",),), "email")
    with caches.server.client() as client:
        client.set("news:ada@x.org", "{}")
        client.set("news:Ada@X.org", "{}")
    for file, found in ((plainly, 1), (plainly.replace('news:{mail}"', 'news:{mail}"\n    scan: true'), 2)):
        other = Caches(caches.folder.with_name(f"c{found}"), caches.server, file, dataset)
        with other.connector("cache").read() as reader:
            assert len(list(reader.rows(asked))) == found


def test_every_key_is_given_without_a_scan_and_no_value_is(caches: Caches) -> None:
    with caches.connector("cache").read() as reader:
        assert sorted(str(row["number"]) for row in reader.every("session", ["number"])) == ["K-1", "K-2"]
        assert len(list(reader.every("news", ["mail"]))) == 2
        with pytest.raises(Unusable, match="scan: true"):
            list(reader.every("session", ["mail"]))


def test_lists_sets_bytes_and_odd_json_are_read_so_that_they_can_be_exported(caches: Caches) -> None:
    file = FILE.replace("holds: zset", "holds: set").replace("holds: string", "holds: list")
    other = caches.but(file)
    with caches.server.client() as client:
        client.delete("seen:1", "note:1")
        client.sadd("seen:1", "b", "a")
        client.rpush("note:1", "z", b"\xff\xfe", "a")
        client.set("cart:1:1", '{"sku": "\\ud800x", "n": 12345678901234567890123, "ship": null}')
    with other.connector("cache").read() as reader:
        given = {
            name: next(reader.rows(Lookup(name, ("value",), ("number",), (("1",),))))["value"]
            for name in ("seen", "note", "cart")
        }
    assert given["seen"] == ["a", "b"]
    assert given["note"] == ["z", b"\xff\xfe", "a"]
    assert given["cart"] == {"sku": "\ufffdx", "n": "12345678901234567890123", "ship": None}
    assert json.dumps(given["cart"], ensure_ascii=False).encode(), "UTF-8 can hold it"


@pytest.mark.parametrize("url", ["redis://", "redis://h:x/0", "redis://h/zero", "redis://h/0?password=hidden-pw"])
def test_a_wrong_address_is_refused_without_what_stands_in_it(caches: Caches, url: str) -> None:
    folder = caches.folder / "systems" / "cache"
    text = (folder / "system.yml").read_text()
    (folder / "system.yml").write_text(text.replace(caches.server.url(), url))
    with pytest.raises(Unusable, match="write its url as") as refused:
        caches.load().connector("cache")
    assert "hidden-pw" not in str(refused.value)
