"""The training home with a real worker beside it, and calls played in it by keys."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import keyring
import pytest
from keyring.backends.fail import Keyring

from console.auto_play import play
from console.training_app import TrainingApp
from db.log_reader import LogReader
from services.demo.worker_child import WorkerChild
from services.desk.open import open_desk
from services.home import Home
from services.training.call import folder_of_scenarios
from services.training.home import TERMINAL, WORKER, make_training_home, terminal_log
from services.training.moments import moment
from services.training.scenario import scenarios
from services.types import Scorecard

KNOWN = scenarios(folder_of_scenarios())


@dataclass
class Room:
    """The training home with its worker."""

    home: Home

    async def play(self, name: str, path: Sequence[str] = (), size: tuple[int, int] = (120, 40)) -> Scorecard:
        """One call by keys; the card that the screen shows."""
        app = TrainingApp(lambda: open_desk(self.home.path, TERMINAL, demo=True), self.home, KNOWN, name)
        try:
            await play(app, KNOWN[name], [moment(word) for word in path], size)
        finally:
            if app.desk is not None:
                app.desk.close()
        assert app.card is not None
        return app.card

    def acts(self, worker: bool = False) -> list[str]:
        """What stands in the training logs."""
        paths = (self.home.path / "workers").glob("*/log-*.db") if worker else [terminal_log(self.home)]
        found = []
        for path in paths:
            with LogReader(path) as reader:
                entries = list(reader.entries())
            assert all(entry.training for entry in entries)
            found += [entry.act for entry in entries]
        return found


@contextmanager
def training_room(folder: Path) -> Iterator[Room]:
    """A room made in `folder`; its keys lie in a file, as on a server without a desktop."""
    before = keyring.get_keyring()
    keyring.set_keyring(Keyring())
    mark = pytest.MonkeyPatch()
    mark.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.fail.Keyring")
    try:
        home = make_training_home(folder)
        worker = WorkerChild(home.path, WORKER)
        try:
            yield Room(home)
        finally:
            worker.stop()
    finally:
        keyring.set_keyring(before)
        mark.undo()
