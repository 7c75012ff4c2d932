"""Set up what is missing, make a demo contact centre, and open the console on it.

    python3 scripts/demo.py [--home DIR] [--cases N] [--seed N] [--reset] [--play]

  --home DIR   where the demo lives (default: a folder of your own user)
  --cases N    how many cases it holds (default 200)
  --seed N     which people and cases: the same number makes the same ones
  --reset      throw the demo's old home away and make a new one
  --play       no console: play an export, an erasure and a consent, and print each step

Needs Python 3.11 or newer and, the first time, the network. Everything else stands in the README.
"""

from __future__ import annotations

import sys

import bootstrap


def main(arguments: list[str]) -> int:
    if {"-h", "--help"} & set(arguments):
        print(__doc__)
        return 0
    try:
        bootstrap.prepare()
    except bootstrap.SetupError as error:
        return bootstrap.explain(error)
    return bootstrap.run(["-m", "console", "demo", *arguments])


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit("\nrightsdesk set-up: stopped; start again to go on")
