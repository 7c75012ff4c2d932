"""From spawn to the first painted screen and to the first rows of the queue, beside a bare Textual app in the same run.

`python scripts/bench/start.py [ROUNDS]`: floor and console take turns, so that both meet the same load; number and PIN
are typed as sign-in paints. Bars: paint ≤ 1.35 × floor, rows ≤ 3.5 × floor.
"""

import json
import statistics
import sys
from pathlib import Path

sys.path.pop(0)  # this folder: `queue` is a library's name too
sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from scripts.bench.homes import AGENT, PIN, console, demo_home, environment
from scripts.bench.terminal import Terminal

BARE = """
from textual.app import App
from textual.widgets import Static
class Bare(App):
    def compose(self):
        yield Static("READY-MARK")
Bare().run()
"""
CASE = r"C-\d\d-\d{6}"


def floor() -> float:
    """Seconds until a bare app has painted."""
    terminal = Terminal([sys.executable, "-c", BARE])
    return _needed(terminal, terminal.wait_for("READY-MARK"))


def start(home: Path) -> tuple[float, float]:
    """Seconds until sign-in has painted, and until the queue shows rows."""
    terminal = Terminal(console(home), env=environment())
    paint = terminal.wait_for("Agent number")
    terminal.send(f"{AGENT}\r{PIN}\r")
    rows = terminal.wait_for(CASE, timeout=60)
    return (paint or 0.0), _needed(terminal, rows if paint else None)


def _needed(terminal: Terminal, seconds: float | None) -> float:
    said = bytes(terminal.log[-400:])
    terminal.close()
    if seconds is None:
        raise SystemExit(f"nothing was painted in time; the program said {said!r}")
    return seconds


def main() -> None:
    """Measure and print one line of JSON; milliseconds, medians."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 11
    floors, paints, rows = [], [], []
    with demo_home(200) as home:
        floor()
        start(home)  # the first start fills the replica and the byte code
        for _ in range(rounds):
            floors.append(floor())
            paint, row = start(home)
            paints.append(paint)
            rows.append(row)
    base, paint, row = (statistics.median(values) for values in (floors, paints, rows))
    figures = {"floor_ms": base * 1e3, "paint_ms": paint * 1e3, "rows_ms": row * 1e3}
    ratios = {"ratio": paint / base, "ratio_rows": row / base}
    print(json.dumps({k: round(v, 1) for k, v in figures.items()} | {k: round(v, 3) for k, v in ratios.items()}))


if __name__ == "__main__":
    main()
