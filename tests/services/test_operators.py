"""What operators do stands in a log of theirs, before it is done, with no name in it."""

from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa

from db import central
from db.central_port import CentralPort
from db.log import LogReader
from services.action_log.entry import Entry, decode
from services.agents import add, people, reset_pin, set_disabled
from services.central_check import rows
from services.errors import BadInput, Conflict, NotFound, Refused, Unavailable, Unusable
from services.evidence import evidence_of
from services.home import CENTRAL_KEY, Home, key
from services.invitation import invite, machines, revoke
from services.operators import owner_here, recording
from services.types import Role
from tests.centre import AGENT, Centre
from tests.lone_terminal import unreachable
from tests.server_centre import PASSPHRASE, ServerCentre

NEW = {"nordlicht": [Role.LEAD, Role.AGENT], "harbour": [Role.AGENT]}


def entries(home: Home) -> list[Entry]:
    (file,) = home.path.glob("operators/*/log-*.db")
    with LogReader(file) as reader:
        return list(reader.entries())


def done(home: Home) -> list[tuple[str, dict[str, object]]]:
    return [
        (e.act, dict(e.params)) for e in entries(home) if e.act.partition(".")[0] in ("agent", "machine", "central")
    ]


def ingested(centre: Centre) -> None:
    while centre.ingest.run_once():
        pass


def test_each_act_on_people_is_an_entry_and_central_s_log_like_any_other(centre: Centre) -> None:
    home, vault = centre.home, centre.vault
    add(home, vault, "0099", "Ada Lovelace", NEW)
    set_disabled(home, vault, "0099", True)
    set_disabled(home, vault, "0099", False)
    pin = reset_pin(home, vault, "0099")
    revoke(home, vault, "terminal", "desk-2")
    ingested(centre)
    acts = done(home)
    assert [act for act, _ in acts] == [
        "agent.added", "agent.disabled", "agent.enabled", "agent.pin_reset", "machine.revoked"
    ]  # fmt: skip
    assert acts[0][1] == {"agent": "0099", "roles": ["nordlicht/agent", "nordlicht/lead", "harbour/agent"]}
    owner = owner_here(home, vault)
    assert {e.actor for e in entries(home) if e.act.startswith("agent.")} == {f"operator:{owner}"}
    with centre.engine.connect() as conn:
        held = conn.execute(sa.select(central.ENTRY.c.body).where(central.ENTRY.c.log == f"{owner}/1")).scalars().all()
    assert [decode(body) for body in held] == entries(home)
    assert rows(centre.engine) == []
    evidence = evidence_of(home, vault)
    report = evidence.check(evidence.find(f"{owner}/1").path)
    assert (report.state, report.size) == ("whole", len(held))
    text = b"".join(held)
    for secret in (b"Ada", b"Lovelace", pin.encode()):
        assert secret not in text


def test_what_is_refused_is_no_entry(centre: Centre) -> None:
    home, vault = centre.home, centre.vault
    set_disabled(home, vault, AGENT, True)  # control: this one is
    for tried, kind in (
        (lambda: add(home, vault, AGENT, "Again", NEW), Conflict),
        (lambda: add(home, vault, "0098", "New", {"nowhere": [Role.AGENT]}), BadInput),
        (lambda: add(home, vault, "98x", "New", NEW), BadInput),
        (lambda: reset_pin(home, vault, "0404"), NotFound),
        (lambda: set_disabled(home, vault, "0404", True), NotFound),
        (lambda: revoke(home, vault, "terminal", "nobody"), NotFound),
    ):
        with pytest.raises(kind):
            tried()  # type: ignore[no-untyped-call]
    assert done(home) == [("agent.disabled", {"agent": AGENT})]


def _broken_off(*_: object, **__: object) -> None:
    raise KeyboardInterrupt


def test_a_break_leaves_an_entry_without_a_change_never_a_change_without_an_entry(
    centre: Centre, monkeypatch: pytest.MonkeyPatch
) -> None:
    home, vault = centre.home, centre.vault
    owner_here(home, vault)

    def disabled() -> bool:
        return next(p.disabled for p in people(home, vault) if p.number == AGENT)

    for place, written in (("db.log.LogWriter.append", 0), ("sqlalchemy.update", 1)):
        with monkeypatch.context() as patched:
            patched.setattr(place, _broken_off)
            with pytest.raises(KeyboardInterrupt):
                set_disabled(home, vault, AGENT, True)
        assert (disabled(), len(done(home))) == (False, written)
    set_disabled(home, vault, AGENT, True)
    assert (disabled(), len(done(home))) == (True, 2)


def test_what_could_not_be_handed_in_goes_with_the_next(centre: Centre, monkeypatch: pytest.MonkeyPatch) -> None:
    home, vault = centre.home, centre.vault
    with monkeypatch.context() as patched:
        patched.setattr(CentralPort, "submit", unreachable)
        set_disabled(home, vault, AGENT, True)
    ingested(centre)
    log = f"{owner_here(home, vault)}/1"
    assert centre.store.size_of(log) == 0
    set_disabled(home, vault, AGENT, False)
    ingested(centre)
    assert centre.store.size_of(log) == len(entries(home))


def test_two_commands_at_once_take_turns_or_say_so(centre: Centre) -> None:
    home, vault = centre.home, centre.vault
    with recording(home, vault), pytest.raises(Unavailable):
        set_disabled(home, vault, AGENT, True)
    set_disabled(home, vault, AGENT, True)
    assert len(done(home)) == 1


@pytest.mark.parametrize("log_there", [True, False])
def test_an_upgrade_is_an_entry_also_where_it_makes_the_log_possible(centre: Centre, log_there: bool) -> None:
    from console import cli
    from db import central_roles

    if log_there:
        owner_here(centre.home, centre.vault)
    with centre.engine.begin() as conn:  # as the program of the revision before left it
        for trigger in central_roles.SQLITE_TRIGGERS:
            conn.exec_driver_sql(f"DROP TRIGGER {trigger.split()[2]}")
        conn.exec_driver_sql("UPDATE alembic_version SET version_num = '0001'")
    centre.engine.dispose()
    with pytest.raises(Unusable, match="rightsdesk central upgrade"):
        central.open_engine(centre.home.central_url, key(centre.vault, CENTRAL_KEY))
    assert cli.main(["central", "upgrade", "--home", str(centre.home.path)]) == 0
    assert done(centre.home) == [("central.upgraded", {"schema": central.SCHEMA})]
    ingested(centre)
    assert rows(centre.engine) == []


def test_another_actor_may_not_write_in_an_operator_s_log_nor_an_operator_in_a_terminal_s(centre: Centre) -> None:
    from services.sync.ingest import ACTORS

    assert ACTORS["operator"] == ("operator:", "log:")
    assert [kind for kind, actors in ACTORS.items() if "operator:" in actors] == ["operator"]


@pytest.mark.postgres
def test_on_a_server_machines_are_entries_and_who_joined_is_no_operator(
    postgres: str, tmp_path: Path, centre_template: Path, no_keyring: None
) -> None:
    served = ServerCentre(tmp_path, postgres, centre_template)
    try:
        machine = served.joined("terminal", "desk-1")
        invite(served.home, served.vault, "worker", "worker-1", PASSPHRASE)
        revoke(served.home, served.vault, "terminal", "desk-1")
        ingested(served)
        kinds = [(act, params["kind"]) for act, params in done(served.home)]
        assert kinds == [
            ("machine.enrolled", "terminal"),
            ("machine.enrolled", "worker"),
            ("machine.revoked", "terminal"),
        ]
        assert done(served.home)[0][1]["machine"] == machine.owner
        log = f"{owner_here(served.home, served.vault)}/1"
        assert served.store.size_of(log) == len(entries(served.home))
        assert [m.name for m in machines(served.home, served.vault) if m.kind == "operator"] == ["operator-1"]
        stays = served.joined("terminal", "desk-2")
        tried: Callable[[], object] = lambda: set_disabled(stays.home, stays.vault, AGENT, True)  # noqa: E731
        with pytest.raises(Refused, match="operators work in their own"):
            tried()
        assert not list((stays.home.path / "operators").glob("*"))
    finally:
        served.engine.dispose()
