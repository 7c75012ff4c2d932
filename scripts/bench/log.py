"""How fast the log is: an append against the disk's own floor, and the check of a whole log.

`python scripts/bench/log.py [--entries N] [--rounds N] [--cores N]`. Builds what it measures in a temporary folder and
ends with one line of JSON: `floor_p50_us append_p50_us verify_1m_s ratio` and what else was seen. The floor appends 400
bytes to a file and syncs them; floor and append take turns, so that both meet the same disk. `verify_1m_s` is the check
of `--entries` entries (1,000,000) as `log verify` does it, on all cores; another number is scaled to a million.
"""

import argparse
import json
import os
import secrets
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

sys.path.pop(0)  # this folder: `queue` is a library's name too
sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from db.log import LogWriter
from db.log_check import check_file
from services.action_log import acts
from services.action_log.entry import Draft, new_id
from services.action_log.known import Known

MILLION = 1_000_000
LOG = "7f3a90c1/1"
ORIGIN = f"bench/{LOG}"
SYNC = getattr(os, "fdatasync", os.fsync)


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--entries", type=int, default=MILLION, help="entries of the log that is checked")
    parser.add_argument("--cores", type=int, default=os.cpu_count() or 1, help="cores that the check may use")
    parser.add_argument("--rounds", type=int, default=400, help="appends, each beside a write of the floor")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="rightsdesk-bench-", dir=Path.cwd()) as name:
        result = measure(Path(name), options.entries, options.rounds, options.cores)
    print(json.dumps(result))


def measure(folder: Path, entries: int, rounds: int, cores: int) -> dict[str, float | int]:
    """All figures; the folder is used up."""
    seed = secrets.token_bytes(32)
    path = folder / "log-1.db"
    with LogWriter(path, log=LOG, origin=ORIGIN, seed=seed) as writer:
        floor, append = take_turns(folder, writer, rounds)
        began = time.perf_counter()
        writer.append_many(drafts(entries - writer.size))
        written = time.perf_counter() - began
        count, head, public_key = writer.size, writer.head, writer.public_key
    began = time.perf_counter()
    LogWriter(path, log=LOG, origin=ORIGIN, seed=seed, anchor=head).close()
    opened = time.perf_counter() - began
    began = time.perf_counter()
    report = check_file(path, Known(public_key=public_key, anchor=head), cores=cores)
    checked = time.perf_counter() - began
    if report.state != "whole" or report.size != count:
        sys.exit(f"the log that was just written is {report.state}: {report.kind} {report.place}")
    return {
        "floor_p50_us": round(floor),
        "append_p50_us": round(append),
        "verify_1m_s": round(checked * MILLION / count, 2),
        "ratio": round(append / floor, 2),
        "entries": count,
        "cores": cores,
        "bulk_per_s": round((count - rounds) / written),
        "open_ms": round(opened * 1000, 1),
        "bytes_per_entry": round(path.stat().st_size / count),
    }


def take_turns(folder: Path, writer: LogWriter, rounds: int) -> tuple[float, float]:
    """Medians in µs of a bare append with sync, and of an append to the log, in alternating order."""
    one = next(drafts(1))
    fd = os.open(folder / "floor", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)

    def bare() -> None:
        os.write(fd, b"x" * 400)
        SYNC(fd)

    def logged() -> None:
        writer.append([one])

    times: dict[Callable[[], None], list[float]] = {bare: [], logged: []}
    for number in range(rounds + 20):
        for act in (bare, logged) if number % 2 else (logged, bare):
            began = time.perf_counter()
            act()
            if number >= 20:  # the first ones warm caches
                times[act].append(time.perf_counter() - began)
    os.close(fd)
    return statistics.median(times[bare]) * 1e6, statistics.median(times[logged]) * 1e6


def drafts(count: int) -> Iterator[Draft]:
    """Claims of many cases, as a terminal writes them."""
    session = new_id()
    for number in range(count):
        yield Draft(
            act=acts.CaseClaimed(until=1_764_000_000_000_000 + number),
            actor="agent:0042",
            as_="agent",
            session=session,
            controller="nordlicht",
            case=f"C-26-{number:06}",
            fence=number,
        )


if __name__ == "__main__":
    main()
