"""The log that follows one which was found broken."""

from pathlib import Path

from db.log import LogWriter
from db.log_file import LogBroken
from services.action_log.acts import LogRecovered
from services.action_log.entry import Draft, check_log_id
from services.action_log.moment import Clock, now


def successor_of(log: str) -> str:
    """`<owner>/<n+1>`."""
    owner, _, number = check_log_id(log).partition("/")
    return f"{owner}/{int(number) + 1}"


def open_successor(
    broken: LogBroken, path: Path, *, origin: str, seed: bytes, clock: Clock = now, training: bool = False
) -> LogWriter:
    """A new log at `path` whose second entry names the broken one, what was wrong with it and where."""
    writer = LogWriter(
        path, log=successor_of(broken.report.log), origin=origin, seed=seed, clock=clock, training=training
    )
    kind = broken.report.kind or "unusable"
    act = LogRecovered(kind=kind, place=broken.report.place_code)
    writer.append([Draft(act=act, actor=f"log:{writer.log}", as_="log")])
    return writer
