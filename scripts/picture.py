"""Draw the queue of a made-up centre as SVG, by the app itself: `python scripts/picture.py docs/queue.svg`.

A demo home is made in a temporary folder with a worker beside it; nothing of the picture is real.
"""

import argparse
import asyncio
import re
import sys
import tempfile
from pathlib import Path

if sys.path[0] != str(Path(__file__).parents[1]):
    sys.path.insert(0, str(Path(__file__).parents[1]))

SIZE = (100, 30)


async def draw(home: Path, size: tuple[int, int]) -> str:
    """The queue as the agent sees it after signing in, as SVG text."""
    from console.app import DeskApp
    from services.demo.agents import AGENTS
    from services.desk.open import open_desk

    app = DeskApp(lambda: open_desk(home, "desk-1", demo=True), home / "logs")
    app.QUIET_S = 0
    async with app.run_test(size=size) as pilot:
        while app.desk is None:
            await pilot.pause(0.05)
        await pilot.press(*AGENTS[0].number, "enter", *AGENTS[0].pin, "enter")
        while getattr(app.screen, "counts", None) is None or app.status is None or not app.status.worker_alive:
            await pilot.pause(0.1)
        await pilot.press("j", "j")
        await pilot.pause(0.5)
        # The font's address would have every reader's browser ask a stranger.
        return re.sub(r"@font-face \{.*?\}", "", app.export_screenshot(title="Rightsdesk"), flags=re.DOTALL)


def main() -> None:
    """Make the home, start the worker, draw, write the file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", type=Path, help="where the SVG goes, as docs/queue.svg")
    file = parser.parse_args().file
    from services.demo.make import WORKER, make_home
    from services.demo.worker_child import WorkerChild

    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder) / "home"
        make_home(home, cases=200, seed=4)
        worker = WorkerChild(home, WORKER)
        try:
            worker.wait_ready()
            svg = asyncio.run(draw(home, SIZE))
        finally:
            worker.stop()
    file.write_text(svg, encoding="utf-8")


if __name__ == "__main__":
    main()
