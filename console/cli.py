"""The `rightsdesk` command. A sub-command imports its work when it is called; every error is one line."""

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from console.commands import (
    agent,
    breach,
    case,
    catalog,
    central,
    clock,
    demo,
    doctor,
    figures,
    hold,
    law,
    letter,
    log,
    replay,
    retention,
    suppress,
    sync,
    terminal,
    train,
    witness,
    worker,
)
from console.examples import epilog
from console.plain import EXIT_BAD_INPUT, EXIT_INTERRUPTED, exit_code, plain, sentence
from console.settings import HOME_VARIABLE, resolve_home
from services.errors import DeskError

if TYPE_CHECKING:
    from typer.models import CommandInfo

PROGRAM = "rightsdesk"
GROUPS = {
    "case": case.app,
    "breach": breach.app,
    "log": log.app,
    "letter": letter.app,
    "catalog": catalog.app,
    "train": train.app,
    "worker": worker.app,
    "terminal": terminal.app,
    "agent": agent.app,
    "central": central.app,
    "witness": witness.app,
    "hold": hold.app,
    "retention": retention.app,
}
HELP = """The desk for requests under the GDPR. Without a command it opens the console; with --plain, the same desk as
numbered prompts on plain lines, for screen readers and bad lines.

Exit codes: 0 done, 1 refused or not whole, 2 bad input or unusable, 3 something is away, 130 interrupted."""


def command() -> typer.Typer:
    """The whole command with every sub-command and its examples."""
    root = typer.Typer(
        name=PROGRAM, help=HELP, no_args_is_help=True, rich_markup_mode=None, pretty_exceptions_enable=False
    )
    root.callback()(_everywhere)
    for name, group in GROUPS.items():
        root.add_typer(group, name=name)
        for one in group.registered_commands:
            one.epilog = epilog(f"{name} {_name(one)}")
    for name, work in (
        ("clock", clock.clock), ("demo", demo.demo), ("doctor", doctor.doctor), ("join", terminal.join),
        ("figures", figures.figures), ("law", law.law),
        ("replay", replay.replay), ("rotate-password", terminal.rotate_password),
        ("suppress", suppress.suppress), ("sync", sync.sync),
    ):  # fmt: skip
        root.command(name=name, epilog=epilog(name))(work)
    return root


def _name(one: "CommandInfo") -> str:
    return one.name or (one.callback.__name__ if one.callback else "")


def _everywhere(
    home: Annotated[Path | None, typer.Option("--home", help="The home folder, for every command.")] = None,
) -> None:
    if home is not None:
        os.environ[HOME_VARIABLE] = str(home)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one sub-command; its exit code. No error leaves as a traceback, Ctrl-C leaves quietly."""
    try:
        return command()(args=arguments, prog_name=PROGRAM, standalone_mode=False) or 0
    except DeskError as error:
        return _say(sentence(error), exit_code(error))
    except typer.TyperException as error:
        return _say(_usage(error), EXIT_BAD_INPUT)
    except (typer.Abort, KeyboardInterrupt):
        return EXIT_INTERRUPTED
    except Exception as error:
        return _say(f"a fault that nobody foresaw; {_kept(error)}", EXIT_BAD_INPUT)


def _say(line: str, code: int) -> int:
    print(line if "\n" in line else f"{PROGRAM}: {line}", file=sys.stderr)
    return code


def _usage(error: typer.TyperException) -> str:
    """What is wrong with the words typed, and where help is; the whole help when there were none."""
    context = getattr(error, "ctx", None)
    text = error.format_message()
    if "\n" in text or context is None:
        return text
    return plain(f"{text.rstrip('.')}; next: {context.command_path} --help")


def _kept(error: Exception) -> str:
    """Where the fault's places in the code are kept, without any value (console/faults.py)."""
    from console.faults import FaultLog

    folder = resolve_home()
    if not folder.is_dir():
        return f"it was a {type(error).__name__}; next: rightsdesk doctor"
    faults = FaultLog(folder / "logs")
    return f"reference {faults.keep(error)} in {plain(faults.path)}; next: rightsdesk doctor"
