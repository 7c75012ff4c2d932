"""A mailbox as a data system, on a real Dovecot: found by address, deleted by number, and nothing else touched."""

import socket
from dataclasses import replace
from pathlib import Path

import pytest

from services.catalog.system import Limits, System
from services.connectors.base import Delete, Lookup, Rewrite
from services.connectors.mailbox import MailboxConnector
from services.connectors.mailbox_message import KEY
from services.connectors.mailbox_wire import any_of, modified_utf7
from services.errors import BadInput, Unavailable, Unusable
from services.fulfilment.change import Left
from tests.datasystems.beside import Beside
from tests.datasystems.imap_server import PASSWORD, Account, dovecot

FIELDS = """\
        x_console: {erase: delete}
        fields:
          - {name: uidvalidity, fides_meta: {primary_key: true}}
          - {name: uid, fides_meta: {primary_key: true}}
          - {name: message_id}
          - {name: date}
          - {name: from}
          - {name: addresses, fides_meta: {identity: email}}
          - {name: subject, data_categories: [user.content]}
          - {name: text, data_categories: [user.content]}
          - name: attachments
            fields: [{name: name}, {name: type}, {name: size}]
          - {name: attachment_bytes}
"""
DATASET = f"dataset:\n  - fides_key: mail\n    collections:\n      - name: inbox\n{FIELDS}      - name: trash\n{FIELDS}"
FOLDERS = (
    "ca: ca.pem\nfolders:\n  - {collection: inbox, folder: INBOX}\n  - {collection: trash, folder: Papierkörbe/alt}\n"
)
TRASH = "Papierkörbe/alt"
PLAIN = b"From: Ada Lo <Ada@X.org>\nTo: shop@s.example\nMessage-ID: <1@x.org>\nSubject: first\n"
PLAIN += b"Date: Thu, 05 Mar 2026 10:00:00 +0100\n\nhello\n"
LETTER = b"""\
From: shop@s.example
Cc: "Lo, Ada" <ada@x.org>, Bob <bob@x.org>
Subject: =?utf-8?b?UmVjaG51bmcg4oKs?=
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary=b

--b
Content-Type: text/plain; charset=latin-1
Content-Transfer-Encoding: quoted-printable

f=FCr Sie
--b
Content-Type: application/pdf
Content-Disposition: attachment; filename="=?utf-8?q?R=C3=A9.pdf?="
Content-Transfer-Encoding: base64

JVBERg==
--b--
"""
BOB = b"From: bob@x.org\nSubject: bob\n\nnobody here is ada@x.org\n"


def beside(tmp_path: Path, imap: Account, dataset: str = DATASET, folders: str = FOLDERS) -> Beside:
    made = Beside(tmp_path / "c", {"mail": PASSWORD})
    made.crm()
    place = made.add("mail", f"connector: mailbox\nurl: {imap.url}\nsecret: mail\n", dataset, mailbox=folders)
    (place / "ca.pem").write_bytes(imap.server.ca.read_bytes())
    return made.load()


@pytest.fixture
def both(tmp_path: Path, imap: Account) -> Beside:
    """The mailbox, with a SQLite customer table beside it."""
    imap.make(TRASH)
    imap.put(PLAIN, BOB, LETTER)
    imap.put(b"Reply-To: ada@x.org\nFrom: bot@x.org\nSubject: old\n\nx\n", BOB, folder=TRASH)
    return beside(tmp_path, imap)


def at(one: Beside, url: str) -> System:
    """The mailbox under another address."""
    return replace(one.systems["mail"], url=url)


def rows(one: Beside, collection: str = "inbox") -> list[dict[str, object]]:
    found = {part.node.collection: part for part in one.find().collections()}
    return [row.values for row in found[collection].rows]


def test_every_message_with_the_address_is_found_and_read_without_a_mark(both: Beside, imap: Account) -> None:
    first, letter = rows(both)
    assert (first["subject"], first["text"], first["message_id"]) == ("first", "hello\r\n", "<1@x.org>")
    assert str(first["date"]) == "2026-03-05 09:00:00+00:00"
    assert (letter["subject"], letter["text"]) == ("Rechnung €", "für Sie")
    assert letter["addresses"] == ["shop@s.example", "ada@x.org", "bob@x.org"]
    assert letter["attachments"] == [{"name": "Ré.pdf", "type": "application/pdf", "size": 4}]
    assert letter["attachment_bytes"] == ["JVBERg=="]
    assert [row["subject"] for row in rows(both, "trash")] == ["old"]
    assert "Seen" not in imap.flags()


def test_an_erasure_takes_the_persons_messages_and_no_other(both: Beside, imap: Account) -> None:
    plan = both.plan()
    assert both.erase(plan) == {"crm": (1, 0, 0), "mail": (3, 0, 0)}
    assert (imap.subjects(), imap.subjects(TRASH)) == (["bob"], ["bob"])
    assert both.customers() == [("bob@x.org",)]
    assert both.verify(plan) == {}
    assert both.erase(plan) == {"crm": (0, 0, 1), "mail": (0, 0, 3)}, "a second run finds the plan"


def test_a_message_that_comes_after_the_erasure_is_reported(both: Beside, imap: Account) -> None:
    plan = both.plan()
    both.erase(plan)
    imap.put(PLAIN)
    assert both.verify(plan) == {"mail": (Left("inbox", 1),)}


def test_what_others_marked_as_deleted_stays(both: Beside, imap: Account) -> None:
    imap.put(b"From: eve@x.org\nSubject: marked\n\nx", flags=r"\Deleted")
    both.erase(both.plan())
    assert imap.subjects() == ["bob", "marked"]
    assert r"\Deleted" in imap.flags()


@pytest.mark.parametrize("point", ["erase.between-statements", "erase.between-statements:2", "erase.before-commit",
                                   "erase.after-commit"])  # fmt: skip
def test_killed_in_the_middle_it_is_done_by_the_next_run(both: Beside, imap: Account, point: str) -> None:
    plan = both.plan()
    both.killed(plan, "mail", point)
    whole = point == "erase.after-commit"
    assert len(imap.subjects()) == (1 if whole else 3), "until the end messages are only marked"
    assert both.apply(plan, "mail").deleted == (0 if whole else 3)
    assert (imap.subjects(), imap.subjects(TRASH)) == (["bob"], ["bob"])
    assert both.verify(plan) == {"crm": (Left("customer", 1),)}


def test_an_erasure_that_fails_takes_its_own_marks_back(both: Beside, imap: Account) -> None:
    imap.put(PLAIN.replace(b"first", b"marked"), flags=r"\Deleted")
    plan = both.plan()
    (action,) = [a for a in plan.system("mail").actions if a.collection == "inbox"]

    def fails() -> None:
        with both.connector("mail").change() as change:
            assert change.delete(Delete("inbox", action.key, action.rows)) == 3
            assert imap.flags().count(r"\Deleted") == 3
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fails()
    assert imap.flags().count(r"\Deleted") == 1


def test_a_folder_that_was_made_anew_loses_nothing_to_an_old_plan(both: Beside, imap: Account) -> None:
    plan = both.plan()
    imap.remake(TRASH)
    imap.put(BOB.replace(b"bob\n", b"new\n"), folder=TRASH)
    with pytest.raises(Unusable, match="made anew since the search") as refused:
        both.apply(plan, "mail")
    assert refused.value.kept == "nothing was changed"
    assert (imap.subjects(TRASH), len(imap.subjects())) == (["new"], 3)
    action = next(a for a in plan.system("mail").actions if a.collection == "trash")
    with both.connector("mail").change() as change:
        assert change.delete(Delete("trash", action.key, action.rows)) == 0
    assert imap.subjects(TRASH) == ["new"], "not even when it is told to"


def test_a_server_without_uidplus_is_not_written_to(both: Beside, imap: Account) -> None:
    plan, connector = both.plan(), both.connector("mail")
    (action,) = [a for a in plan.system("mail").actions if a.collection == "inbox"]
    delete = Delete("inbox", action.key, action.rows)
    with connector.change() as change:
        session = change.session  # type: ignore[attr-defined]
        assert change.faults([delete], []) == []
        session.capabilities -= {"UIDPLUS"}
        assert "UIDPLUS" in change.faults([delete], [])[0]
        with pytest.raises(Unusable, match="cannot delete"):
            change.delete(delete)
    assert r"\Deleted" not in imap.flags()


def test_messages_are_never_masked(both: Beside) -> None:
    with both.connector("mail").change() as change:
        rewrite = Rewrite("inbox", KEY, ("subject",), ((1, 1),), (("x",),))
        assert change.faults([], [rewrite]) == ["a message of inbox cannot be masked: say 'erase: delete'"]
        with pytest.raises(Unusable, match="only delete"):
            change.rewrite(rewrite)


def test_a_check_says_what_a_mailbox_cannot_do(both: Beside, tmp_path: Path, imap: Account) -> None:
    assert both.connector("mail").check(both.systems["mail"].datasets) == []
    wrong = DATASET.replace("erase: delete", "erase: mask").replace("name: subject", "name: subjekt")
    other = beside(tmp_path / "other", imap, wrong, FOLDERS.replace(TRASH, "gone"))
    faults = other.connector("mail").check(other.systems["mail"].datasets)
    assert faults == [
        "there is no field mail.inbox.subjekt (did you mean 'subject'?)",
        "mail.inbox cannot be masked, only deleted or kept: say 'erase: delete'",
        "there is no folder for mail.trash: see mailbox.yml",
    ]
    gone = beside(tmp_path / "gone", imap, folders=FOLDERS.replace(TRASH, "gone"))
    assert "no table 'trash'" in next(s.reason for s in gone.find().systems if s.key == "mail")


@pytest.mark.parametrize(
    ("folders", "words"),
    [
        ("folders:\n  - {collection: inbux, folder: INBOX}\n", r"mailbox.yml:2: .*'inbux' \(did you mean 'inbox'"),
        ("folders:\n  - {collection: inbox, folder: INBOX}\n", "'trash' has no folder"),
        (FOLDERS.replace("Papierkörbe/alt", "INBOX"), "mailbox.yml:4: .*stands twice"),
        (FOLDERS.replace("ca.pem", "../ca.pem"), "not a file of this folder"),
        (FOLDERS.replace("INBOX", '"IN\\r\\nBOX"'), "control characters"),
        ("folder: INBOX\n", "mailbox.yml:1: .*folder"),
    ],
)
def test_a_wrong_mailbox_file_is_refused_with_its_line(tmp_path: Path, imap: Account, folders: str, words: str) -> None:
    with pytest.raises(BadInput, match=words):
        beside(tmp_path, imap, folders=folders).connector("mail")


def test_a_wrong_password_and_a_strange_certificate_say_so(both: Beside, tmp_path: Path, imap: Account) -> None:
    for password in ("wrong", "with\0nothing", "Ω" * 500):
        both.secrets["mail"] = password
        with pytest.raises(Unusable, match="refuses the login: check its secret") as refused:
            both.connector("mail").describe()
        assert password not in str(refused.value)
    del both.secrets["mail"]
    with pytest.raises(Unusable, match="has no password"):
        both.connector("mail").describe()
    strange = beside(tmp_path / "strange", imap, folders=FOLDERS.replace("ca: ca.pem\n", ""))
    with pytest.raises(Unusable, match="certificate that is not trusted"):
        strange.connector("mail").describe()
    named = MailboxConnector(at(both, imap.url.replace("localhost", "127.0.0.1")), PASSWORD)
    with pytest.raises(Unusable, match="or of another name"):
        named.describe()


def test_starttls_is_required_where_tls_does_not_come_first(both: Beside, imap: Account) -> None:
    url = f"imap://{imap.name}@localhost:{imap.server.plain}"
    assert set(MailboxConnector(at(both, url), PASSWORD).describe()) == {"inbox", "trash"}


def test_a_server_that_is_away_or_stops_in_the_middle_is_tried_again(tmp_path: Path, both: Beside) -> None:
    with dovecot() as server:
        account = server.account()
        account.make(TRASH)
        account.put(PLAIN, LETTER)
        other = beside(tmp_path / "other", account)
        plan, connector = other.plan(), other.connector("mail")

        def cut() -> None:
            with connector.change() as change:
                for action in plan.system("mail").actions:
                    change.delete(Delete(action.collection, action.key, action.rows))
                server.stop(at_once=True)

        with pytest.raises(Unavailable, match="does not answer"):
            cut()
        with pytest.raises(Unavailable, match="does not answer"):
            connector.describe()
        assert [s.reach for s in other.find().systems if s.key == "mail"] == ["failed"]
        server.start()
        assert other.apply(plan, "mail").deleted == 2
        assert other.verify(plan) == {"crm": (Left("customer", 1),)}


def test_a_server_that_says_nothing_is_given_up(both: Beside) -> None:
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        system = at(both, f"imaps://a@localhost:{deaf.getsockname()[1]}")
        with pytest.raises(Unavailable):
            MailboxConnector(replace(system, limits=Limits(0.2, 0.2)), PASSWORD).describe()


HOSTILE = (
    'a"b@x.org', "a\\b@x.org", "a\r\nA1 LOGOUT\r\n@x.org", "{5}\r\nhello", "a\0b@x.org", "ü@x.org", "*", "%", "(",
    "a@x.org OR ALL", "[red]", "=cmd()", "\x1b[31m", "a" * 20_000, "\ud800", "日本@例.jp", "NIL", " ", "",
)  # fmt: skip


@pytest.mark.parametrize("address", HOSTILE, ids=range(len(HOSTILE)))
def test_a_hostile_address_finds_its_own_messages_only(both: Beside, imap: Account, address: str) -> None:
    wanted = address if address.isprintable() and "@" in address and len(address) < 100 else ""
    if wanted:
        name, _, domain = wanted.partition("@")
        escaped = name.replace("\\", "\\\\").replace('"', '\\"')
        written = wanted if name.isalnum() else f'"{escaped}"@{domain}'
        imap.put(f"From: <{written}>\nSubject: theirs\n\nx\n".encode())
    with both.connector("mail").read() as reader:
        for how in ("exact", "email"):
            lookup = Lookup("inbox", ("subject",), ("addresses",), ((address,),), how)  # type: ignore[arg-type]
            found = [row["subject"] for row in reader.rows(lookup)]
            assert set(found) <= {"theirs"} or how == "email", found
        assert reader.tables(["inbox"]), "the connection is still in step"


def test_an_address_beyond_ascii_is_found(both: Beside, imap: Account) -> None:
    imap.put("From: Ö <jörg@müller.example>\nSubject: umlaut\n\nx\n".encode())
    found = both.find({"email": ["JÖRG@müller.example"]})
    assert [row.values["subject"] for part in found.collections() for row in part.rows] == ["umlaut"]
    assert [part.rows for part in both.find({"email": ["jorg@müller.example"]}).collections() if part.rows] == []


def test_what_a_reference_asks_for_is_compared_exactly(both: Beside) -> None:
    with both.connector("mail").read() as reader:
        ask = lambda on, *keys: [  # noqa: E731 - the same question again and again
            row["subject"] for row in reader.rows(Lookup("inbox", ("subject",), on, tuple((key,) for key in keys)))
        ]
        assert ask(("message_id",), "<1@x.org>") == ["first"]
        assert ask(("message_id",), "1@x.org") == [], "a part of it is not it"
        assert ask(("addresses",), "x.org") == []
        assert ask(("subject",), "bob") == ["bob"], "a field without a search of its own is read through"
        many = [f"n{n}@x.org" for n in range(300)]
        assert ask(("from",), *many, "bob@x.org") == ["bob"]


BROKEN = (
    b"\n", b"\xff\xfe\x00", b"From: =?x?q?=ff?= <ada@x.org>\nContent-Type: text/plain; charset=no-such\n\n\xff",
    b"From: ada@x.org\nContent-Type: multipart/mixed; boundary=b\n\n--b\n--b\n",
    b"From: ada@x.org\nDate: never\nContent-Type: text/html\n\n<p>hi<script>x</script><b>you",
    b"From: ada@x.org\nContent-Type: message/rfc822\n\nSubject: inner\n\ntext",
    b"From: ada@x.org\nSubject: =?utf-8?b?!!!?= \xfc\n\n" + b"x" * 3_000_000,
    b"From: ada@x.org\nContent-Type: multipart/mixed; boundary=a\n\n"
    + b"".join(b"--%c\nContent-Type: multipart/mixed; boundary=%c\n\n" % (65 + n % 26, 66 + n % 25) for n in range(99)),
    b"From: " + b"ada@x.org, " * 5000 + b"\nSubject: many\n\n",
)  # fmt: skip


@pytest.mark.parametrize("message", BROKEN, ids=range(len(BROKEN)))
def test_a_broken_message_is_read_as_far_as_it_goes(both: Beside, imap: Account, message: bytes) -> None:
    imap.put(message)
    with both.connector("mail").read() as reader:
        wanted = ("subject", "text", "addresses", "attachments", "attachment_bytes", "date", "sender")
        read = list(reader.every("inbox", wanted))
    assert len(read) == 4
    str(read).encode()
    plan = both.plan()
    both.erase(plan)
    assert both.verify(plan) == {}


def test_words_of_the_wire_are_written_as_the_standard_says() -> None:
    assert modified_utf7("Entwürfe & Müll") == "Entw&APw-rfe &- M&APw-ll"
    assert modified_utf7("台北/日本語") == "&U,BTFw-/&ZeVnLIqe-"
    assert any_of(["a", "b", "c"]) == "OR a OR b c"


def test_a_message_moved_to_the_bin_meanwhile_is_reported(both: Beside, imap: Account) -> None:
    """Some clients move instead of deleting: the bin is a declared folder, so nothing hides there."""
    plan = both.plan()
    with imap.client() as client:
        client.select("INBOX")
        client.uid("MOVE", "1", f'"{modified_utf7(TRASH)}"')
    assert both.apply(plan, "mail").gone == 1
    assert both.verify(plan) == {"crm": (Left("customer", 1),), "mail": (Left("trash", 1),)}
