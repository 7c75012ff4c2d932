"""How the program starts: clean the environment, then the app, or the command line when there is a sub-command.

`rightsdesk` alone (or with `--home DIR`, `--plain`) opens the desk and never imports typer, which costs 80 ms. The work
is imported inside the functions, after the environment is clean.
"""

import gc
import os
import sys

PLAIN = "--plain"
"""The desk as numbered prompts instead of screens."""
COMPLETION = "_RIGHTSDESK_COMPLETE"
"""Set by a shell that asks what may follow the words typed so far."""


def main() -> None:
    """Run `rightsdesk`; ends the process with its exit code."""
    harden()
    arguments = sys.argv[1:]
    home = home_option([one for one in arguments if one != PLAIN])
    if home is None or COMPLETION in os.environ:
        from console import cli

        sys.exit(cli.main())
    sys.exit(_open_console(home, plain=PLAIN in arguments))


def harden() -> None:
    """No Textual switches, no core dumps, nothing others can read.

    Textual's environment switches write keystrokes to a file or ship them to a port; they are read at its import.
    """
    for name in [name for name in os.environ if name == "TEXTUAL" or name.startswith("TEXTUAL_")]:
        del os.environ[name]
    os.umask(0o077)
    try:
        import resource
    except ImportError:  # Windows writes no core files
        return
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def home_option(arguments: list[str]) -> str | None:
    """The home named by `--home`, "" when none is named, or None when the arguments hold a sub-command."""
    match arguments:
        case []:
            return ""
        case ["--home", home] if home:
            return home
        case [one] if one.startswith("--home=") and one != "--home=":
            return one.removeprefix("--home=")
    return None


def _open_console(home: str, *, plain: bool) -> int:
    from console.settings import keymap, load, resolve_home
    from services.errors import DeskError

    try:
        folder = resolve_home(home)
        if not folder.is_dir():
            print(
                f"rightsdesk: there is no desk at {folder}.\n"
                "  `rightsdesk demo` makes one to try; `rightsdesk --home DIR` opens another.",
                file=sys.stderr,
            )
            return 2
        settings = load(folder)
        keymap(settings)
    except DeskError as error:
        print(f"rightsdesk: {error}", file=sys.stderr)
        return 2
    if plain or settings.screen.plain:
        from console.line_terminal import run as run_plain

        return run_plain(settings)
    from console.tty import silent

    gc.disable()  # on again when somebody has signed in
    with silent():  # before Textual's import: what is typed meanwhile is kept and not echoed
        from console.app import run

        return run(settings)


if __name__ == "__main__":
    main()
