"""How fast a backlog drains into PostgreSQL, and how long a claim takes while many terminals sync.

`python scripts/bench/sync.py [--entries N] [--terminals N] [--seconds N]`. Starts a PostgreSQL of its own (durable, as
it comes), joins machines to it by invitation, and ends with one line of JSON. `fold_per_s` are entries that a worker
drains a second as it does at work, `check_per_s` the same without the fold; `floor_per_s` is a bare COPY of the same
bytes into one table of that server, `ratio` how many times longer the whole way takes. `claim_p99_ms` is a claim by a
terminal's login while `--terminals` of them write, hand in, read the change feed and claim, beside a working ingest;
`floor_p99_ms` is a bare `SELECT 1` on the same connections in the same minute: what the machine and its Python take.
"""

import argparse
import json
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from hashlib import sha256
from pathlib import Path
from random import Random

sys.path.pop(0)  # this folder: `queue` is a library's name too
sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import orjson
import sqlalchemy as sa

from db.central_server import ServerPort, port_of
from db.central_shapes import BATCH, pack_details
from db.central_store import CentralStore, IngestTx
from db.log import Detail
from services.action_log import acts
from services.action_log.entry import Draft, Entry, new_id
from services.action_log.sealing import new_key, seal
from services.demo.importing import ingest_keys
from services.home import Home
from services.secrets import open_vault
from services.sync.ingest import Folded, Ingest
from services.sync.logbook import Logbook
from services.sync.up import Uplink
from tests.server_centre import DEPLOYMENT, Machine, ServerCentre, made_template
from tests.servers import Postgres, postgres_server

A_CASE = 10
"""Entries of one case in the backlog: what a call leaves."""
PROCESSES = 8
"""Terminals of one process wait for each other's Python, which those of a centre do not."""
CLAIM_EVERY = 3
WARM_UP_S = 15.0
"""Until all terminals are up: to start their Python costs more than what is measured."""


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--entries", type=int, default=1_000_000, help="entries of the backlog")
    parser.add_argument("--terminals", type=int, default=200, help="terminals that sync at once")
    parser.add_argument("--seconds", type=float, default=20.0, help="for how long they do")
    options = parser.parse_args()
    with (
        tempfile.TemporaryDirectory(prefix="rightsdesk-bench-") as name,
        postgres_server(fsync=True, connections=options.terminals + 50) as server,
    ):
        template = made_template(Path(name) / "template")
        result = drained(Path(name), server, template, options.entries)
        result |= claimed(Path(name), server, template, options.terminals, options.seconds)
    print(json.dumps(result))


# ── a backlog ─────────────────────────────────────────────────────────────────────────────────────────────────────


class Unfolded(Ingest):
    """The ingest that checks and keeps everything, and folds nothing."""

    def _fold(self, tx: IngestTx, entries: Sequence[Entry], at: int) -> Folded:
        return Folded()


def drained(folder: Path, server: Postgres, template: Path, entries: int) -> dict[str, float]:
    """Entries a second through the ingest with and without the fold, and through a bare COPY."""
    took: dict[str, float] = {}
    for kind, make in (("check", Unfolded), ("fold", Ingest)):
        centre = ServerCentre(folder / kind, server.fresh(), template)
        terminal = centre.joined("terminal", "desk-1")
        worker = centre.joined("worker", "worker-1")
        bodies = hand_in(centre, terminal, entries)
        ingest = make(CentralStore(worker.engine()), ingest_keys(centre.vault, DEPLOYMENT))
        began = time.perf_counter()
        while ingest.run_once():
            pass
        took[kind] = time.perf_counter() - began
        held = centre.store.size_of(f"{terminal.owner}/1")
        if held != len(bodies):
            sys.exit(f"central holds {held} entries of {len(bodies)}")
        if kind == "check":
            took["floor"] = copied(centre, bodies)
        centre.engine.dispose()
    rates = {f"{kind}_per_s": round(entries / seconds) for kind, seconds in took.items()}
    return {"entries": entries, **rates, "ratio": round(took["fold"] / took["floor"], 1)}


def hand_in(centre: ServerCentre, terminal: Machine, entries: int) -> list[bytes]:
    """A log of so many entries, all of it in the inbox; its bodies."""
    book = Logbook(terminal.home, "terminal", terminal.owner, terminal.vault, DEPLOYMENT)
    port = port_of(terminal.engine(), terminal.owner)
    public = bytes.fromhex(port.facts()["deployment-key"])
    for drafts, details in calls(entries - book.writer.size, public):
        book.append(drafts, details)
    size = book.writer.size
    bodies = []
    with book.reader() as reader:
        for start in range(0, size, BATCH):  # more than a terminal hands in before it waits: the drain is measured
            stop = min(size, start + BATCH)
            part = [body for _, body in reader.bodies(start, stop)]
            details = pack_details([(d.hash, d.owner, d.kind, d.blob) for d in reader.details(start, stop)])
            port.submit(book.log, start, part, details, book.writer.batch_end(start, BATCH)[1])
            bodies += part
    port.close()
    book.close()
    return bodies


def calls(entries: int, public: bytes) -> Iterator[tuple[list[Draft], list[Detail]]]:
    """What calls leave, some thousand entries at a time: a case opened with a sealed requester, and nine acts on it."""
    rest, number = entries, 0
    while rest > 0:
        drafts: list[Draft] = []
        details: list[Detail] = []
        for _ in range(min(400, -(-rest // A_CASE))):
            number += 1
            more, sealed = call(f"C-26-{number:06}", public)
            drafts += more
            details += sealed
        yield drafts[:rest], details
        rest -= len(drafts)


def call(case: str, public: bytes) -> tuple[list[Draft], list[Detail]]:
    """One call."""
    own, private = new_key()
    requester = orjson.dumps({"kind": "email", "normal": f"{case.lower()}@example.com"})
    details = []
    for kind, to, plain in (("key", public, private), ("requester", own, requester)):
        blob = seal(to, plain, deployment=DEPLOYMENT, owner=case, kind=kind)
        details.append(Detail(sha256(blob).hexdigest(), case, kind, blob))
    opened = acts.CaseOpened(
        number=case, channel="phone", regime="EU", requester="self", received_at=1_764_000_000_000_000,
        received_on="2026-11-24", role=None, key=own.hex(), line=None, read_back=False,
    )  # fmt: skip
    viewed = acts.DataViewed(what="case", reason="request", system=None, count=1)
    done = [
        opened, acts.ContactStarted(channel="phone"), acts.ItemAdded(right="access"),
        acts.CaseAcknowledged(letter=None), *[viewed] * 4, acts.ContactEnded(seconds=300),
        acts.WrapCoded(code="LOGGED"),
    ]  # fmt: skip
    common = {"actor": "agent:0042", "as_": "agent", "session": new_id(), "controller": "nordlicht", "case": case}
    subject = f"psn:{new_id()}"
    return [
        Draft(
            act=act, subject=subject, item="1" if act.NAME == "item.added" else None,
            details=tuple(d.hash for d in details) if act is opened else (), **common,
        )
        for act in done
    ], details  # fmt: skip


def copied(centre: ServerCentre, bodies: list[bytes]) -> float:
    """Seconds of a bare COPY of the bodies into one table."""
    with centre.engine.begin() as conn:
        conn.exec_driver_sql("CREATE TABLE public.floor (seq bigint PRIMARY KEY, body bytea)")
        began = time.perf_counter()
        with conn.connection.cursor() as cursor, cursor.copy("COPY public.floor FROM STDIN") as copy:
            for row in enumerate(bodies):
                copy.write_row(row)
    return time.perf_counter() - began


# ── many terminals ────────────────────────────────────────────────────────────────────────────────────────────────


def claimed(folder: Path, server: Postgres, template: Path, terminals: int, seconds: float) -> dict[str, float]:
    """How long a claim takes while all of them sync."""
    from concurrent.futures import ProcessPoolExecutor  # not before this folder is off the path
    from multiprocessing import get_context

    centre = ServerCentre(folder / "many", server.fresh(), template)
    machines = [centre.joined("terminal", f"desk-{n}") for n in range(terminals)]
    first = machines[0]
    hand_in(centre, first, 1000 * A_CASE)
    while centre.ingest.run_once():
        pass
    over = threading.Event()
    ingest = threading.Thread(target=serve, args=(centre, over))
    ingest.start()
    parts = [[(m.home.path, m.home.server, m.owner, m.name) for m in machines[n::PROCESSES]] for n in range(PROCESSES)]
    try:
        with ProcessPoolExecutor(PROCESSES, mp_context=get_context("spawn")) as pool:
            found = list(pool.map(sync_all, parts, [(time.time() + WARM_UP_S, seconds)] * PROCESSES))
    finally:
        over.set()
        ingest.join()
    claims = sorted(one for part in found for one in part[0])
    floors = sorted(one for part in found for one in part[1])
    centre.engine.dispose()
    return {
        "terminals": terminals,
        "claims": len(claims),
        "claim_p50_ms": round(statistics.median(claims) * 1000, 1),
        "claim_p99_ms": round(claims[int(len(claims) * 0.99)] * 1000, 1),
        "floor_p50_ms": round(statistics.median(floors) * 1000, 1),
        "floor_p99_ms": round(floors[int(len(floors) * 0.99)] * 1000, 1),
        "handed_in": sum(part[2] for part in found),
    }


def serve(centre: ServerCentre, over: threading.Event) -> None:
    while not over.is_set():
        if not centre.ingest.run_once():
            over.wait(0.08)


Part = tuple[list[float], list[float], int]


def sync_all(machines: list[tuple[Path, str, str, str]], when: tuple[float, float]) -> Part:
    """These terminals in one process, a thread each, as their links do it; `when`: from which time on, for how long."""
    found: Part = ([], [], 0)
    results: list[Part] = []
    threads = [
        threading.Thread(target=lambda one=one, n=n: results.append(sync_one(*one, n, *when)))
        for n, one in enumerate(machines)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for part in results:
        found = (found[0] + part[0], found[1] + part[1], found[2] + part[2])
    return found


def sync_one(path: Path, url: str, owner: str, name: str, number: int, begin: float, seconds: float) -> Part:
    """One terminal: writes, hands in, reads the feed, and every now and then claims a case."""
    random = Random(f"{owner}")
    time.sleep(number * 0.05)
    home = Home(path, url)
    machine = Machine(home, owner, name, open_vault(path, demo=True))
    claims: list[float] = []
    floors: list[float] = []
    engine = machine.engine()
    port = port_of(engine, owner)
    book = Logbook(home, "terminal", owner, machine.vault, DEPLOYMENT)
    uplink = Uplink(port, book, f"{DEPLOYMENT}/central", bytes.fromhex(port.facts()["cosigner-key"]))
    turn, rev = 0, port.latest_rev()
    start = book.writer.size
    while time.time() < begin + seconds:
        turn += 1
        uplink.run_once()
        latest = port.feed().latest
        if latest > rev:
            rows = port.changes(rev, 5000)
            rev = int(str(rows[-1][-1])) if rows else latest
        if turn % CLAIM_EVERY == number % CLAIM_EVERY:
            began = time.perf_counter()
            port.claim(f"C-26-{random.randint(1, 1000):06}", f"agent:{number:04}", 1_000_000)
            claims += [time.perf_counter() - began] if time.time() > begin else []
            book.append([Draft(act=acts.Heartbeat(), actor=f"log:{book.log}", as_="log")])
            began = time.perf_counter()
            with engine.connect() as conn:
                conn.execute(sa.text("SELECT 1"))
            floors += [time.perf_counter() - began] if time.time() > begin else []
        time.sleep(ServerPort.IDLE_S * random.uniform(0.8, 1.2))
    handed = uplink.handed_in - start
    book.close()
    port.close()
    return claims, floors, handed


if __name__ == "__main__":
    main()
