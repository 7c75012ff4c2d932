"""The servers that other tests lean on are real, apart from each other, and gone afterwards."""

import smtplib
import socket
from email.message import EmailMessage

import psycopg
import pytest

from tests import servers
from tests.servers import Postgres, Smtp


def plain(url: str) -> str:
    return url.replace("+psycopg", "")


@pytest.mark.postgres
def test_each_test_gets_an_empty_database(postgres: str, postgres_server: Postgres) -> None:
    other = postgres_server.fresh()
    with psycopg.connect(plain(postgres)) as one:
        one.execute("CREATE TABLE customer (id int)")
    with psycopg.connect(plain(other)) as two:
        assert two.execute("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'").fetchone() == (0,)
        row = two.execute("SHOW server_version_num").fetchone()
        assert row is not None
        assert int(row[0]) >= 180_000
    postgres_server.drop(other)


@pytest.mark.postgres
def test_a_wrong_password_is_refused(postgres: str, postgres_server: Postgres) -> None:
    with pytest.raises(psycopg.OperationalError, match="password"):
        psycopg.connect(plain(postgres).replace(postgres_server.password, "guess"))


@pytest.mark.postgres
def test_the_server_is_gone_after_a_failure() -> None:
    seen: list[str] = []

    def fail_while_it_runs() -> None:
        with servers.postgres_server() as server:
            psycopg.connect(plain(server.url())).close()
            seen.append(plain(server.url()))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail_while_it_runs()
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(seen[0], connect_timeout=2)


def letter(text: str) -> EmailMessage:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "desk@example.com", "jane@example.com", "Grüße"
    message.set_content(text)
    return message


def test_mail_arrives_as_sent_and_can_be_refused(smtp: Smtp) -> None:
    with smtplib.SMTP(smtp.host, smtp.port) as client:
        client.send_message(letter("Your code is 123456"))
        (got,) = smtp.wait(1)
        assert got["Subject"] == "Grüße"
        assert "123456" in got.get_content()
        assert smtp.recipients == [["jane@example.com"]]
        smtp.refuse = "452 full"
        with pytest.raises(smtplib.SMTPDataError):
            client.send_message(letter("again"))
    assert len(smtp.messages) == 1


def test_a_stopped_mail_server_is_gone() -> None:
    with servers.smtp_server() as server:
        socket.create_connection((server.host, server.port), 2).close()
    with pytest.raises(OSError):
        socket.create_connection((server.host, server.port), 2)
