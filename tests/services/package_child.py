"""A process of its own that packs an answer of so many MB and says how much memory that took: MB OUT_FOLDER HOME."""

import json
import resource
import sys
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

from services.controllers import load_controllers
from services.fulfilment.package import Heading, build
from services.fulfilment.package_tables import Part
from services.letters.compose import Letter

ROW = 1000


def rows(megabytes: int) -> Iterator[dict[str, object]]:
    """Rows of about a kilobyte, no two alike."""
    for n in range(megabytes * 1_000_000 // ROW):
        yield {"id": n, "body": f"{n * 2654435761 % 2**32:08x}" * (ROW // 8 - 4), "agent": "Mara K."}


def main(megabytes: int, out: Path, home: Path) -> None:
    """Builds the package; what is printed is JSON: peak memory in MB, bytes of the archive."""
    controller = load_controllers(home)["harbour"]
    heading = Heading("C-26-000001", controller, "en", datetime(2026, 11, 24, 9, tzinfo=UTC), date(2026, 12, 8))
    part = Part("desk", "message", "Message", ("id", "body", "agent"), {"agent": "third-party"}, rows(megabytes))
    built = build(out, "1" * 32, heading, [part], lambda n: Letter("1" * 32, "access-answer", "1", "en", "s", f"{n}\n"))
    unit = 1024 if sys.platform != "darwin" else 1024 * 1024
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // unit
    print(json.dumps({"peak": peak, "bytes": built.archive.stat().st_size}))


if __name__ == "__main__":
    main(int(sys.argv[1]), Path(sys.argv[2]), Path(sys.argv[3]))
