"""A scripted terminal: runs a program on a real pseudo-terminal and times what it paints. Standard library only.

Answers the one query a modern terminal must answer here, whether it groups output into frames (mode 2026). After that
the program ends every paint with `CSI ? 2026 l`, so a key's latency is the time from writing it to reading that mark.
"""

import fcntl
import os
import re
import select
import signal
import struct
import termios
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

FRAME_QUERY = b"\x1b[?2026$p"
FRAME_REPLY = b"\x1b[?2026;2$y"
FRAME_END = b"\x1b[?2026l"
_ESCAPES = re.compile(
    rb"\x1b\[[0-9;?<>=$ ]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|\x1b[PX^_][^\x1b]*\x1b\\|\x1b[()][0-9A-B]|\x1b."
)


def plain(data: bytes) -> str:
    """Terminal output without its escape sequences: good enough to look for words that are painted in one go."""
    return _ESCAPES.sub(b"", data).decode("utf-8", "replace")


class Terminal:
    """A program on a pseudo-terminal of `cols`×`rows`; `log` holds every byte it wrote."""

    def __init__(
        self,
        command: Sequence[str],
        *,
        env: Mapping[str, str] | None = None,
        cols: int = 120,
        rows: int = 40,
        cwd: str | None = None,
        frames: bool = True,
    ) -> None:
        environment = {k: v for k, v in os.environ.items() if k not in ("NO_COLOR", "COLUMNS", "LINES")}
        environment |= {"TERM": "xterm-256color", "COLORTERM": "truecolor", "LANG": "C.UTF-8", **(env or {})}
        self.log = bytearray()
        self.frames, self.status = frames, None
        self.fd, slave = os.openpty()
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ, struct.pack("HHHH", rows, cols, 0, 0))
        self.started = time.perf_counter()
        self.pid = os.fork()
        if self.pid == 0:
            _become(command, environment, slave, self.fd, cwd)
        os.close(slave)

    def send(self, keys: bytes | str) -> None:
        """Write keys as they are."""
        os.write(self.fd, keys.encode() if isinstance(keys, str) else keys)

    def type(self, keys: str, pause: float = 0.12) -> None:
        """Write keys one by one, as a hand does."""
        for key in keys:
            self.send(key)
            self.read_for(pause)

    def read(self, timeout: float) -> bytes | None:
        """What came within `timeout` seconds (b"": nothing), or None when the program is gone."""
        if self.fd < 0:
            return None
        if not select.select([self.fd], [], [], timeout)[0]:
            return b""
        try:
            data = os.read(self.fd, 262_144)
        except OSError:
            return None
        if not data:
            return None
        if self.frames and FRAME_QUERY in data:
            os.write(self.fd, FRAME_REPLY)
        self.log += data
        return data

    def read_for(self, seconds: float) -> None:
        """Keep reading for a while."""
        end = time.perf_counter() + seconds
        while (left := end - time.perf_counter()) > 0 and self.read(left) is not None:
            continue

    def wait_for(self, pattern: str, timeout: float = 20, since: int = 0) -> float | None:
        """Seconds from the start of the program until its output holds `pattern` (a regex); None when it never does."""
        end = time.perf_counter() + timeout
        seen = re.compile(pattern)
        while time.perf_counter() < end:
            if seen.search(plain(bytes(self.log[since:]))):
                return time.perf_counter() - self.started
            if self.read(0.2) is None:
                break
        return time.perf_counter() - self.started if seen.search(plain(bytes(self.log[since:]))) else None

    def settle(self, quiet: float = 0.3, timeout: float = 10) -> None:
        """Until nothing has come for `quiet` seconds."""
        end = time.perf_counter() + timeout
        while time.perf_counter() < end and self.read(quiet):
            continue

    def key_to_frame(self, key: bytes, timeout: float = 10) -> float | None:
        """Milliseconds from writing `key` to the end of the frame it caused."""
        got, start = bytearray(), time.perf_counter()
        self.send(key)
        while time.perf_counter() - start < timeout:
            data = self.read(timeout)
            if not data:
                return None
            got += data
            if FRAME_END in got:
                return (time.perf_counter() - start) * 1e3
        return None

    def rss_mb(self) -> float:
        """Resident memory of the program itself, in MB (Linux)."""
        status = Path(f"/proc/{self.pid}/status").read_text("ascii").splitlines()
        return next(int(line.split()[1]) for line in status if line.startswith("VmRSS:")) / 1024

    def alive(self) -> bool:
        """Whether the program still runs; its wait status stands in `status` after it ended."""
        if self.status is None:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            self.status = status if pid else None
        return self.status is None

    def ended(self, timeout: float = 5) -> int | None:
        """The exit code once it has ended (negative: a signal), or None when it runs on."""
        end = time.perf_counter() + timeout
        while time.perf_counter() < end:
            if not self.alive():
                return os.waitstatus_to_exitcode(self.status) if self.status is not None else None
            self.read(0.02)
            time.sleep(0.005)
        return None

    def hang_up(self) -> None:
        """The line goes: the program gets SIGHUP."""
        os.close(self.fd)
        self.fd = -1

    def close(self) -> None:
        """End the program if it still runs, and free the terminal."""
        for number in (signal.SIGTERM, signal.SIGKILL):
            if self.alive():
                os.kill(self.pid, number)
                self.ended(3)
        if self.fd >= 0:
            self.hang_up()


def percentile(values: Sequence[float], share: float) -> float:
    """The value that `share` (0…1) of `values` do not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, round(share * (len(ordered) - 1)))]


def _become(command: Sequence[str], environment: Mapping[str, str], slave: int, master: int, cwd: str | None) -> None:
    try:
        os.close(master)
        os.login_tty(slave)
        if cwd:
            os.chdir(cwd)
        os.execvpe(command[0], list(command), dict(environment))
    finally:
        os._exit(127)
