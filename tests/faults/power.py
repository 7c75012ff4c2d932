"""Power cuts, from a recording: what a process wrote and synced, replayed up to any moment.

A write is on the disk for certain once its file was synced. Of what was written after that, any part may have arrived,
the last of it torn. The recording is strace's; the process is the real one.
"""

import os
import re
import shutil
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from random import Random

from tests.conftest import CHECKOUT

CALLS = "openat,pwrite64,write,ftruncate,fdatasync,fsync,close,unlink"
SOME, TORN = 0.3, 0.5
_LINE = re.compile(r"(?P<pid>\d+) +(?P<call>\w+)\((?P<rest>.*)")
_RESUMED = re.compile(r"(?P<pid>\d+) +<\.\.\. (?P<call>\w+) resumed>(?P<rest>.*)")
_TEXT = re.compile(r'"((?:\\x[0-9a-f]{2})*)"')


@dataclass(frozen=True, slots=True)
class Call:
    """One thing that happened: `write` and `cut` to a file, `sync` of it, its end (`gone`), or `said` on stdout."""

    kind: str
    file: str = ""
    at: int = 0
    data: bytes = b""


def record(folder: Path, kind: str, lines: int) -> list[Call]:
    """What `tests.faults.log_child` of that kind does until it has said so many lines."""
    trace = folder.parent / f"{folder.name}.trace"
    child = subprocess.Popen(
        ["strace", "-f", "-qq", "-xx", "-s", "100000", "-e", f"trace={CALLS}", "-e", "signal=none", "-o", str(trace),
         sys.executable, "-m", "tests.faults.log_child", str(folder), kind],
        cwd=CHECKOUT, stdout=subprocess.PIPE, text=True, start_new_session=True,
    )  # fmt: skip
    try:
        assert child.stdout is not None
        for _ in range(lines):
            assert child.stdout.readline(), "the writer ended"
    finally:
        os.killpg(child.pid, signal.SIGKILL)
        child.wait()
        if child.stdout is not None:
            child.stdout.close()
    return _read(trace, folder)


def _read(trace: Path, folder: Path) -> list[Call]:
    """The recording as calls on files in `folder`."""
    names: dict[int, str] = {}
    begun: dict[str, str] = {}  # by thread: a call that was interrupted by another thread's
    calls: list[Call] = []
    for line in trace.read_text("ascii", "replace").split("\n")[:-1]:  # strace was killed too, within its last line
        if found := _RESUMED.match(line):
            call, rest = found["call"], begun.pop(found["pid"], "") + found["rest"]
        elif found := _LINE.match(line):
            call, rest = found["call"], found["rest"]
            if rest.endswith("<unfinished ...>"):
                begun[found["pid"]] = rest.removesuffix("<unfinished ...>")
                continue
        else:
            continue
        calls += _one(call, rest, names, folder)
    return calls


def _one(call: str, rest: str, names: dict[int, str], folder: Path) -> list[Call]:
    texts = [bytes.fromhex(text.replace("\\x", "")) for text in _TEXT.findall(rest)]
    ended = re.search(r"\) += (-?\d+)", rest)
    if ended is None:  # it was killed in this call: a write may still arrive
        ended = re.match("(0)", "0")
    result = int(ended[1]) if ended else 0
    if call in ("openat", "unlink"):
        path = Path(os.fsdecode(texts[0]))
        if call == "unlink":
            return [Call("gone", path.name)] if path.parent == folder and not result else []
        if result >= 0 and path.parent == folder:
            names[result] = path.name
        return []
    descriptor = int(re.match(r"(\d+)", rest)[1])  # type: ignore[index]
    if call == "close":
        names.pop(descriptor, None)
        return []
    if call == "write":
        return [Call("said", data=texts[0])] if descriptor == 1 else []
    if descriptor not in names or result < 0:
        return []
    name, numbers = names[descriptor], re.findall(r", (\d+)", _TEXT.sub("", rest))
    if call == "pwrite64":
        return [Call("write", name, int(numbers[-1]), texts[0])]
    if call == "ftruncate":
        return [Call("cut", name, int(numbers[-1]))]
    return [Call("sync", name)]


def after_a_cut(calls: list[Call], moment: int, random: Random, folder: Path) -> list[tuple[int, int]]:
    """Makes in `folder` what the disk may hold when power goes at `moment`; what was said by then, (seq, seconds)."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    disk: dict[str, bytearray] = {}
    waiting: dict[str, list[Call]] = {}
    said = b""
    for call in calls[:moment]:
        if call.kind == "said":
            said += call.data
        elif call.kind == "gone":
            disk.pop(call.file, None)
            waiting.pop(call.file, None)
        elif call.kind == "sync":
            _apply(disk.setdefault(call.file, bytearray()), waiting.pop(call.file, []))
        else:
            waiting.setdefault(call.file, []).append(call)
    for name, calls_left in waiting.items():
        kept = [call for call in calls_left if random.random() < SOME]
        if kept and kept[-1].kind == "write" and random.random() < TORN:
            last = kept.pop()
            kept.append(Call("write", name, last.at, last.data[: random.randrange(1, len(last.data) + 1)]))
        _apply(disk.setdefault(name, bytearray()), kept)
    for name, content in disk.items():
        if not name.endswith(("-shm", ".lock")):
            (folder / name).write_bytes(content)
    return [(int(seq), int(seconds)) for seq, seconds in (line.split() for line in said.decode().splitlines())]


def _apply(content: bytearray, calls: list[Call]) -> None:
    for call in calls:
        if call.kind == "cut":
            del content[call.at :]
            continue
        if len(content) < call.at:
            content.extend(bytes(call.at - len(content)))
        content[call.at : call.at + len(call.data)] = call.data
