"""`rightsdesk doctor`: what is wrong here, and what to do about it. Looks only, changes nothing."""

import json
from dataclasses import asdict
from typing import TYPE_CHECKING

import typer

from console.commands.options import HomeOption, JsonOption
from console.plain import plain

if TYPE_CHECKING:
    from console.settings import Settings
    from services.doctor.finding import Finding

_MARKS = {"ok": "ok  ", "warn": "warn", "bad": "BAD "}


def doctor(home: HomeOption = None, as_json: JsonOption = False) -> None:
    """Check keys, stores, logs, disk, clock, terminal, worker and mail. Exit 0: nothing is bad; 1: something is."""
    from console.settings import load

    settings = load(home)
    found = [*_of_terminal(), *_of_home(settings)]
    bad = any(finding.state == "bad" for finding in found)
    if as_json:
        typer.echo(
            json.dumps({"home": str(settings.home), "well": not bad, "findings": [asdict(f) for f in found]}, indent=2)
        )
    else:
        for finding in found:
            typer.echo(plain(f"{_MARKS[finding.state]}  {finding.subject:<9} {finding.seen}"))
            if finding.todo:
                typer.echo(plain(f"                 to do: {finding.todo}"))
    raise typer.Exit(1 if bad else 0)


def _of_terminal() -> "list[Finding]":
    from console.terminal_abilities import abilities
    from services.doctor.finding import Finding

    return [Finding("terminal", state, seen, todo) for state, seen, todo in abilities()]


def _of_home(settings: "Settings") -> "list[Finding]":
    from console.settings import passphrase
    from services.doctor.examine import Facts, examine
    from services.doctor.finding import Finding
    from services.secrets import open_vault

    if not settings.home.is_dir():
        return [Finding("home", "bad", f"there is no desk at {settings.home}", "rightsdesk demo makes one to try")]
    facts = Facts(
        home=settings.home,
        central_url=settings.central_url,
        mail_host=settings.mail.host,
        mail_port=settings.mail.port,
        mail_user=settings.mail.user,
        outbox=settings.mail.outbox,
        texts_url=settings.texts.url,
    )
    return examine(
        facts,
        lambda: open_vault(
            settings.home, passphrase=passphrase(settings), demo=settings.demo, choice=settings.secrets.store
        ),
    )
