"""Key to paint in the review of a draft of 3,000 fields, in a pseudo-terminal.

`python scripts/bench/review.py [TABLES]`, 30 fields each. Bars: cursor, scroll and decide p99 ≤ 16 ms. `open_s` is from
the command to the first lines, with the start of Python.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import json
import tempfile

from scripts.bench.homes import environment
from scripts.bench.terminal import Terminal, percentile

FIELD = """\
          - name: field_{0}
            fides_meta:
              data_type: string
            x_console:
              evidence:
                - of: category
                  said: user.contact.email
                  confidence: 0.55
                  because: a word of its name means email; no value was seen
                  review: true
"""


def draft(folder: Path, tables: int) -> Path:
    """A system folder with so many tables; nothing of it is decided."""
    parts = [
        f"      - name: table_{n}\n        fields:\n" + "".join(map(FIELD.format, range(30))) for n in range(tables)
    ]
    (folder / "shop.yml").write_text("dataset:\n  - fides_key: shop\n    collections:\n" + "".join(parts), "utf-8")
    (folder / "system.yml").write_text(
        "key: shop\ncontroller: muster\nconnector: sqlite\nurl: sqlite:///shop.db\ndatasets: [shop.yml]\n", "utf-8"
    )
    return folder


def main() -> None:
    """Measure and print one line of JSON."""
    with tempfile.TemporaryDirectory() as place:
        home, folder = Path(place) / "home", Path(place) / "shop"
        home.mkdir()
        folder.mkdir()
        draft(folder, int(sys.argv[1]) if len(sys.argv) > 1 else 100)
        command = [sys.executable, "-m", "console", "--home", str(home), "catalog", "review", str(folder)]
        terminal = Terminal(command, env=environment())
        opened = terminal.wait_for("table_0.field_0")
        if opened is None:
            raise SystemExit("the draft never came")
        terminal.settle(0.45)
        figures = {"open_s": opened}
        for name, keys, often in (
            ("cursor", (b"j", b"k"), 60),
            ("scroll", (b"\x1b[6~",), 60),
            ("decide", (b"y",), 100),
        ):
            figures[f"{name}_p99_ms"] = percentile([moved(terminal, key) for _ in range(often) for key in keys], 0.99)
        terminal.close()
    print(json.dumps({name: round(value, 2) for name, value in figures.items()}))


def moved(terminal: Terminal, key: bytes) -> float:
    """Milliseconds from a key to its frame; then a hand's pause, in which what was decided is kept."""
    took = terminal.key_to_frame(key)
    if took is None:
        raise SystemExit("a key was not answered")
    terminal.read_for(0.25 if key == b"y" else 0.09)
    return took


if __name__ == "__main__":
    main()
