"""Evidence exports as an outsider has them: checked by the program in their README, and forged."""

import json
import subprocess
import sys
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

from services.action_log.evidence_readme import BEGIN, END


def checked(folder: Path) -> subprocess.CompletedProcess[str]:
    """Runs the program that README.txt prints, in the folder, with no module of ours in reach."""
    text = (folder / "README.txt").read_text("utf-8")
    (folder / "check.py").write_text(text.split(BEGIN + "\n")[1].split(END)[0], "utf-8")
    command = [sys.executable, "-I", "check.py"]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=60)


def listed_again(folder: Path) -> Path:
    """What a forger does to the manifest: every hash is right again."""
    manifest = json.loads((folder / "manifest.json").read_text())
    files = [path for path in folder.rglob("*") if path.is_file() and path.name not in ("manifest.json", "check.py")]
    manifest["files"] = {
        path.relative_to(folder).as_posix(): {
            "bytes": path.stat().st_size,
            "sha256": sha256(path.read_bytes()).hexdigest(),
        }
        for path in files
    }
    (folder / "manifest.json").write_text(json.dumps(manifest))
    return folder


def edit(name: str, change: Callable[[bytes], bytes]) -> Callable[[Path], object]:
    return lambda folder: (folder / name).write_bytes(change((folder / name).read_bytes()))


def swap(one: bytes, other: bytes) -> Callable[[bytes], bytes]:
    def change(data: bytes) -> bytes:
        assert one in data
        return data.replace(one, other, 1)

    return change


def cut_line(number: int) -> Callable[[bytes], bytes]:
    return lambda data: b"\n".join(data.split(b"\n")[:number] + data.split(b"\n")[number + 1 :])
