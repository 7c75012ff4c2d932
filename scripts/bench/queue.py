"""Key to paint on a queue of a million cases, in a pseudo-terminal.

`python scripts/bench/queue.py [CASES]`. The home is made by the demo's own maker; the rows then go into the terminal's
replica as sync brings them. Moves are timed until the frame they cause is complete. Bars: cursor p99 ≤ 16 ms, scroll
p99 ≤ 33 ms, first page ≤ 50 ms, the console itself ≤ 90 MB after 200 moves. `ratio`: scroll p50 to cursor p50.
"""

import sys
from pathlib import Path

sys.path.pop(0)  # this folder: `queue` is a library's name too
sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import json
import os
import statistics
import time

from scripts.bench.homes import AGENT, PIN, console, demo_home, environment
from scripts.bench.terminal import Terminal, percentile

DOWN, PAGE_DOWN = b"j", b"\x1b[6~"
CASE = r"C-\d\d-\d{6}"
UP = b"k"
ROUNDS, INSIDE, SCROLLED, PAGES = 10, 10, 140, 60


def first_page(home: Path) -> float:
    """Milliseconds of the first page of the queue through the desk, best of ten: what the screen's job waits for."""
    os.environ.update(environment())
    from console.desk_opener import open_desk
    from console.settings import load
    from services.types import QueueView

    desk = open_desk(load(home))
    try:
        session = desk.sign.sign_in(AGENT, PIN)
        times = []
        for _ in range(10):
            start = time.perf_counter()
            page = desk.queue.page(session, QueueView(), None, 100)
            times.append((time.perf_counter() - start) * 1e3)
        if len(page.rows) < 100:
            raise SystemExit("the queue has not arrived")
        return statistics.median(times)
    finally:
        desk.close()


def moves(terminal: Terminal, key: bytes, count: int) -> list[float]:
    """Milliseconds from key to complete frame, a hand's pace apart."""
    times = []
    for _ in range(count):
        took = terminal.key_to_frame(key)
        if took is None:
            raise SystemExit("a key was not answered")
        times.append(took)
        terminal.read_for(0.05)  # frames of what follows the move must not count as the next one's
    return times


def main() -> None:
    """Measure and print one line of JSON."""
    cases = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    with demo_home(cases) as home:
        fill_replica(home, cases)
        page_ms = first_page(home)
        terminal = Terminal(console(home), env=environment())
        terminal.wait_for("Agent number")
        terminal.send(f"{AGENT}\r{PIN}\r")
        if terminal.wait_for(CASE, timeout=120) is None:
            raise SystemExit("the queue never came")
        terminal.settle(0.45, 20)
        cursor = [t for _ in range(ROUNDS) for key in (DOWN, UP) for t in moves(terminal, key, INSIDE)]
        terminal.send(b"G")
        terminal.read_for(0.5)
        terminal.send(b"g")
        terminal.read_for(0.5)
        moves(terminal, DOWN, 40)  # to the last line of the window: the next ones scroll
        scroll = moves(terminal, DOWN, SCROLLED) + moves(terminal, PAGE_DOWN, PAGES)
        rss = terminal.rss_mb()
        terminal.close()
    figures = {
        "cursor_p99_ms": percentile(cursor, 0.99),
        "scroll_p99_ms": percentile(scroll, 0.99),
        "first_page_ms": page_ms,
        "rss_mb": rss,
        "ratio": statistics.median(scroll) / statistics.median(cursor),
    }
    print(json.dumps({name: round(value, 2) for name, value in figures.items()}))


def fill_replica(home: Path, cases: int) -> None:
    """Let a desk of this home fetch the whole queue, as it does in the background of a working day."""
    os.environ.update(environment())
    from console.desk_opener import open_desk
    from console.settings import load
    from services.types import QueueView

    desk = open_desk(load(home))
    try:
        if not desk.caught_up(900):
            raise SystemExit("the replica was not filled in 15 minutes")
        session = desk.sign.sign_in(AGENT, PIN)
        print(f"{desk.queue.counts(session, QueueView()).total:,} of {cases:,} cases are open", file=sys.stderr)
    finally:
        desk.close()


if __name__ == "__main__":
    main()
