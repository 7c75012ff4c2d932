"""A process that claims every case it is told of, in an order of its own, and says what it got.

`python -m tests.faults.claim_child URL SECRET OWNER AGENT COUNT`; the secret is hex. Starts when a line comes in.
"""

import json
import sys
from random import Random

from db.central_engine import open_engine
from db.central_server import port_of

LEASE_US = 900 * 1_000_000


def main(url: str, secret: str, owner: str, agent: str, count: str) -> None:
    port = port_of(open_engine(url, bytes.fromhex(secret)), owner)
    port.facts()
    cases = [f"C-26-{n:06}" for n in range(1, int(count) + 1)]
    Random(agent).shuffle(cases)
    print("ready", flush=True)
    sys.stdin.readline()
    got = {case: fence for case in cases if (fence := port.claim(case, f"agent:{agent}", LEASE_US)) is not None}
    print(json.dumps(got), flush=True)
    port.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
