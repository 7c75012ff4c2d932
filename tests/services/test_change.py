"""Carrying out a plan in real databases: whole or not at all, again without harm, and looked at afterwards."""

import os
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from sqlcipher3 import dbapi2

from services import strict_yaml
from services.catalog.dataset import DatasetFile
from services.catalog.graph import build
from services.catalog.system import System
from services.connectors.base import Delete
from services.connectors.registry import open_connector
from services.connectors.sql_change import SqlChange
from services.errors import Refused, Unavailable, Unusable
from services.fulfilment.change import Left, apply
from services.fulfilment.find import find
from services.fulfilment.plan import Plan, make_plan
from tests.shop import ADA, DATABASES, DATASET, SCHEMA, SECRET, TODAY, Shop, open_shop

shop = pytest.fixture(params=DATABASES)(open_shop)
EXTRA = (
    "CREATE TABLE extra (id INTEGER PRIMARY KEY, p INTEGER REFERENCES person (id) ON DELETE CASCADE);"
    "INSERT INTO extra VALUES (1, 1)"
)
FIXED = "{strategy: string_rewrite, configuration: {rewrite_value: bob@x.org}}"


def test_an_erasure_takes_the_person_and_leaves_everybody_else(shop: Shop) -> None:
    plan = shop.plan()
    assert plan.faults == ()
    # persons 1 and 2, orders 10 and 11, three items, one newsletter row; one talk; one bill
    assert shop.erase(plan) == (8, 1, 0, 1)
    assert shop.verify(plan) == ()
    assert [row[0] for row in shop.run("SELECT id FROM person")] == [3]
    assert shop.run("SELECT orders, line FROM item") == [(12, 1)]
    assert [row[0] for row in shop.run("SELECT id FROM bill ORDER BY id")] == [20, 21]
    assert shop.run("SELECT * FROM talk WHERE id = 31")[0][1:4] == ("bob@x.org", None, "Bob here")
    mail, phone, words, born, code = shop.run("SELECT mail, phone, words, born, code FROM talk WHERE id = 30")[0]
    assert str(mail).endswith("@erased.invalid")
    assert str(phone).startswith("+00")
    assert words == "This is […], mail […]"
    assert str(born)[:10] == "1900-01-01", "the column cannot be empty"
    assert (len(str(code)), code) != (32, "secret")
    assert "ada" not in shop.all().lower()


def test_a_second_run_finds_the_plan_and_changes_nothing(shop: Shop) -> None:
    plan = Plan.from_json(shop.plan().to_json())
    shop.erase(plan)
    before = shop.all()
    assert shop.erase(plan) == (0, 0, 8, 1)
    assert shop.all() == before


@pytest.mark.rule("ERA-5")
def test_a_row_planted_after_the_erasure_is_reported(shop: Shop) -> None:
    plan = shop.plan()
    shop.erase(plan)
    assert shop.verify(plan) == ()
    shop.run("INSERT INTO person VALUES (9, 'aDa@X.org', 'Ada', NULL)")
    assert shop.verify(plan) == (Left("person", 1),)
    shop.run("INSERT INTO bill VALUES (29, 1, '2026-01-01')")
    assert shop.verify(plan) == (Left("bill", 1), Left("person", 1)), "it points at a person who is gone"


def test_what_was_not_erased_is_reported_by_key_even_without_its_identity(shop: Shop) -> None:
    plan = shop.plan()
    shop.run("UPDATE person SET email = 'new@x.org' WHERE id = 1")
    shop.run("UPDATE talk SET mail = 'new@x.org' WHERE id = 30")
    left = {one.collection: one.count for one in shop.verify(plan)}
    assert (left["person"], left["talk"], left["item"]) == (2, 1, 3)


def test_a_mask_that_was_undone_is_reported(shop: Shop) -> None:
    plan = shop.plan()
    shop.erase(plan)
    shop.run("UPDATE talk SET code = 'secret' WHERE id = 30")
    assert shop.verify(plan) == (Left("talk", 1),)


@pytest.mark.parametrize(
    ("statement", "words"),
    [
        (EXTRA, "1 rows of extra refer to rows of person"),
        ("INSERT INTO orders VALUES (13, 1, NULL)", "1 rows of orders refer to rows of person"),
        ("UPDATE person SET boss = 1 WHERE id = 3", "1 rows of person refer to rows of person"),
        ("ALTER TABLE talk DROP COLUMN code", "there is no column talk.code"),
        ("DROP TABLE news", "there is no table news"),
    ],
)  # fmt: skip
def test_what_the_database_would_not_take_is_known_before_the_first_write(
    shop: Shop, statement: str, words: str
) -> None:
    plan = shop.plan()
    for one in statement.split(";"):
        shop.run(one)
    before = shop.run("SELECT count(*) FROM person"), shop.run("SELECT mail FROM talk ORDER BY id")
    with pytest.raises(Unusable, match=words) as refused:
        shop.erase(plan)
    assert refused.value.kept == "nothing was changed"
    assert (shop.run("SELECT count(*) FROM person"), shop.run("SELECT mail FROM talk ORDER BY id")) == before


@pytest.mark.parametrize(
    ("right", "wrong", "words"),
    [
        ("{strategy: email_rewrite}", "{strategy: null_rewrite}", "talk.mail cannot be empty"),
        ("{strategy: hmac}", "{strategy: random_string_rewrite, configuration: {length: 33}}", "holds 32 characters"),
        ("{strategy: email_rewrite}", FIXED, "its mask is taken"),
    ],
)  # fmt: skip
def test_masks_that_do_not_fit_the_live_column_are_refused(shop: Shop, right: str, wrong: str, words: str) -> None:
    other = Shop(shop.system.connector, shop.system.url, shop.run, DATASET.replace(right, wrong))
    before = shop.all()
    with pytest.raises(Unusable, match=words):
        other.erase(other.plan())
    assert shop.all() == before


def test_a_failure_in_the_middle_leaves_nothing_half_done(shop: Shop) -> None:
    plan = shop.plan()
    if shop.system.connector == "sqlite":
        shop.run("CREATE TRIGGER no BEFORE DELETE ON person BEGIN SELECT RAISE(ABORT, 'constraint'); END")
    elif shop.system.connector == "mariadb":
        shop.run("CREATE TRIGGER no BEFORE DELETE ON person FOR EACH ROW SIGNAL SQLSTATE '45000'")
    else:
        shop.run("CREATE FUNCTION no() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE check_violation; END'")
        shop.run("CREATE TRIGGER no BEFORE DELETE ON person FOR EACH ROW EXECUTE FUNCTION no()")
    before = shop.all()
    with pytest.raises(Unusable, match="refused the change by a rule of its own"):
        shop.erase(plan)
    assert shop.all() == before


def test_control_committing_row_by_row_is_seen_as_half_done(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    plan, before = shop.plan(), shop.all()

    def commits(change: SqlChange, delete: Delete) -> int:
        if delete.collection == "person":
            raise Unusable("system 's' refused")
        done = honest(change, delete)
        change.connection.commit()
        return done

    honest = SqlChange.delete
    monkeypatch.setattr(SqlChange, "delete", commits)
    with pytest.raises(Unusable):
        shop.erase(plan)
    assert shop.all() != before


def test_a_plan_with_faults_is_not_begun(shop: Shop) -> None:
    text = DATASET.replace(
        "- name: mail\n            fides_meta: {identity: email}\n          - name: given_at",
        "- name: mail\n            fides_meta: {identity: email, primary_key: true}\n          - name: given_at",
    )
    other = Shop(
        shop.system.connector,
        shop.system.url,
        shop.run,
        text.replace("erase: delete\n          consent", "erase: mask\n          consent"),
    )
    with pytest.raises(Refused, match=r"news\.mail is part of the key"):
        other.erase(other.plan())


PROGRAM = """
import sys; sys.path.insert(0, sys.argv[1])
from tests import shop as t
from services.fulfilment.plan import Plan
shop = t.Shop(sys.argv[2], sys.argv[3], lambda s: [])
print(shop.erase(Plan.from_json(open(sys.argv[4], 'rb').read())))
"""


@pytest.mark.parametrize(
    ("point", "whole"),
    [("erase.between-statements:3", False), ("erase.before-commit", False), ("erase.after-commit", True)],
)
def test_killed_at_any_point_it_is_whole_or_nothing_and_then_done(
    shop: Shop, tmp_path: Path, point: str, whole: bool
) -> None:
    plan, before = shop.plan(), shop.all()
    (tmp_path / "plan.json").write_bytes(plan.to_json())
    words = [str(Path(__file__).parents[2]), shop.system.connector, shop.system.url, str(tmp_path / "plan.json")]
    killed = subprocess.run(
        [sys.executable, "-c", PROGRAM, *words], env={**os.environ, "RIGHTSDESK_KILL_AT": point}, check=False
    )
    assert killed.returncode in (-9, 137)
    assert (shop.all() == before) is not whole
    assert shop.erase(plan) == ((0, 0, 8, 1) if whole else (8, 1, 0, 1))
    assert shop.verify(plan) == ()


def test_rows_without_a_key_are_masked_once(shop: Shop) -> None:
    text = DATASET.replace("erase: delete\n          consent", "erase: mask\n          consent")
    other = Shop(shop.system.connector, shop.system.url, shop.run, text)
    shop.run("INSERT INTO news VALUES ('ada@x.org', NULL, NULL, NULL, 1)")
    plan = other.plan()
    assert other.erase(plan) == (7, 3, 0, 1)
    assert shop.run("SELECT count(*) FROM news WHERE mail IS NULL") == [(2,)]
    assert other.erase(plan) == (0, 0, 7, 1)
    assert other.verify(plan) == ()


def test_a_system_that_only_is_read_is_never_changed(shop: Shop) -> None:
    closed = System("s", "c", shop.system.connector, shop.system.url, shop.system.datasets, read_only=True)
    with pytest.raises(Unusable, match="can only be read"):
        apply(shop.plan(), "s", open_connector(closed, None), secret=SECRET)


def test_a_locked_database_says_so_and_loses_nothing(tmp_path: Path) -> None:
    path = tmp_path / "shop.db"
    with closing(dbapi2.connect(str(path), isolation_level=None)) as store:
        store.executescript(SCHEMA)
        system = System("s", "c", "sqlite", f"sqlite:///{path}", strict_yaml.parse(DATASET, DatasetFile).dataset)
        quick = open_connector(System(**{**vars(system), "limits": type(system.limits)(1, 0.2)}), None)
        graph = build({"s": system.datasets})
        plan = make_plan(find(graph, {"s": quick}, ADA), graph, TODAY, "c")
        store.execute("BEGIN IMMEDIATE")
        with pytest.raises(Unavailable, match="system 's' is locked by another program"):
            apply(plan, "s", quick, secret=SECRET)
        store.execute("ROLLBACK")
        assert apply(plan, "s", quick, secret=SECRET).deleted == 8
