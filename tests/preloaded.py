"""Worker processes of tests, each forked from a process that has imported already what a worker imports.

Nine tenths of a worker's start are imports, and the tests start hundreds. What is forked is a process like any other:
it has its own memory, environment and files, is killed and frozen like one. That a worker also starts from nothing is
seen by `tests/terminal` and by the demo's play, which run the real command.
"""

import array
import atexit
import contextlib
import importlib
import json
import os
import pkgutil
import posix
import runpy
import select
import signal
import socket
import subprocess
import sys
import traceback
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import IO, NoReturn

from coverage import Coverage, process_startup

from services.clock.calendar import calendar_for

MEASURED = "COVERAGE_PROCESS_CONFIG"
CHECKOUT = Path(__file__).parents[1]
MODULES = ("console.commands.worker", "console.settings", "db.central_server", "holidays")


class Forked:
    """A started module, with what tests use of `subprocess.Popen`: pipes of text, signals, the exit code."""

    def __init__(self, line: socket.socket, stdin: IO[str], stdout: IO[str]) -> None:
        self._line, self.stdin, self.stdout = line, stdin, stdout
        self.pid = int(self._said(None))
        self.returncode: int | None = None

    def poll(self) -> int | None:
        """The exit code, negative for a signal; None while it runs."""
        return self._end(0)

    def wait(self, timeout: float | None = None) -> int:
        """The same, waited for; raises `subprocess.TimeoutExpired`."""
        code = self._end(timeout)
        if code is None:
            raise subprocess.TimeoutExpired("worker", timeout or 0)
        return code

    def send_signal(self, number: int) -> None:
        """As long as it is not known to have ended, its number is nobody else's: the server has not let it go."""
        if self.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, number)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)

    def communicate(self) -> None:
        """Close its pipes and wait for its end."""
        for pipe in (self.stdin, self.stdout):
            pipe.close()
        self.wait()

    def _end(self, timeout: float | None) -> int | None:
        if self.returncode is None and select.select([self._line], [], [], timeout)[0]:
            self.returncode = int(self._said(timeout))
            self._line.close()
        return self.returncode

    def _said(self, timeout: float | None) -> str:
        text = self._line.recv(32).decode()
        assert text, "the process that workers are forked from has ended"
        return text


class Preloaded:
    """The process to fork from; it ends with the one that made it."""

    def __init__(self) -> None:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._socket = ours
        bare = {name: value for name, value in os.environ.items() if not name.startswith("RIGHTSDESK_")}
        if (measure := Coverage.current()) is not None:  # also when this test is not measured: others will be
            bare[MEASURED] = measure.config.serialize()
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "tests.preloaded", str(theirs.fileno())],
                cwd=CHECKOUT, env=bare, pass_fds=[theirs.fileno()], stdin=subprocess.DEVNULL,
            )  # fmt: skip

    def close(self) -> None:
        """It ends, and what still runs of what it forked."""
        self._socket.close()
        self._process.wait(10)

    def start(self, module: str, *words: str, env: Mapping[str, str], stderr: int = 2) -> Forked:
        """`python -m module words…` in the checkout, with pipes for its input and output; `stderr` is a descriptor."""
        line, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        read_in, write_in = os.pipe()
        read_out, write_out = os.pipe()
        given = [read_in, write_out, stderr, theirs.fileno()]
        order = json.dumps({"module": module, "words": words, "env": dict(env)}).encode()
        rights = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", given))]
        try:
            self._socket.sendmsg([order], rights)
        finally:
            theirs.close()
            os.close(read_in)
            os.close(write_out)
        return Forked(line, os.fdopen(write_in, "w"), os.fdopen(read_out))


_preloaded: dict[int, Preloaded] = {}


def start(module: str, *words: str, env: Mapping[str, str], stderr: int = 2) -> Forked:
    """`Preloaded.start` of the one process that this one forks from, made when first asked for."""
    if os.getpid() not in _preloaded:
        _preloaded[os.getpid()] = Preloaded()
        atexit.register(_preloaded[os.getpid()].close)
    return _preloaded[os.getpid()].start(module, *words, env=env, stderr=stderr)


def serve(number: int) -> NoReturn:
    """Fork for each order, and tell each one's end, until whoever orders is gone."""
    for module in (*MODULES, *(found.name for found in pkgutil.walk_packages([CHECKOUT / "services"], "services."))):
        importlib.import_module(module)
    calendar_for("DE").holiday(date.today())  # loads the library's countries
    if (measure := Coverage.current()) is not None:
        measure.stop()
        measure.save()
        os._exit = posix._exit  # its own saves the measure that this process has closed
    orders = socket.socket(fileno=number)
    living: dict[int, tuple[int, socket.socket]] = {}
    while True:
        for ready in select.select([orders, *living], [], [])[0]:
            if ready is not orders:
                pid, line = living.pop(ready)
                os.close(ready)
                code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
                with line, contextlib.suppress(OSError):
                    line.send(str(code).encode())
                continue
            order, files, *_ = socket.recv_fds(orders, 1 << 20, 4)
            if not order:
                for pid, _ in living.values():
                    os.kill(pid, signal.SIGKILL)
                os._exit(0)
            pid = os.fork()
            if pid == 0:
                become(json.loads(order), files, [orders, *(line for _, line in living.values())], list(living))
            line = socket.socket(fileno=files.pop())
            line.send(str(pid).encode())
            living[os.pidfd_open(pid)] = (pid, line)
            for file in files:
                os.close(file)


def become(order: dict[str, object], files: list[int], others: list[socket.socket], pidfds: list[int]) -> NoReturn:
    """Run the order as the process that this one now is."""
    code = 1
    try:
        for other in others:
            other.close()
        for file in (*pidfds, files.pop()):
            os.close(file)
        for place, file in enumerate(files):
            os.dup2(file, place)
            os.close(file)
        os.environ.clear()
        os.environ.update(order["env"])  # type: ignore[call-overload]
        _measure()
        _arm()
        sys.argv = [str(order["module"]), *order["words"]]  # type: ignore[misc]
        runpy.run_module(str(order["module"]), run_name="__main__", alter_sys=False)
        code = 0
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else int(end.code is not None)
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        os._exit(code)


def _measure() -> None:
    """What an interpreter does at its start where coverage is asked for."""
    if MEASURED in os.environ:
        process_startup(force=True)


def _arm() -> None:
    """`db.kill_points` reads the environment when it is imported, and what was asked is another's now."""
    from db import kill_points

    kill_points.arm()


if __name__ == "__main__":
    serve(int(sys.argv[1]))
