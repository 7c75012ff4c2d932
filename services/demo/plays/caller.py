"""The person on the telephone: knows what people know, and reads codes out of their own mail."""

import email
import email.policy
import re
import time
from pathlib import Path

from services.demo.people import Person
from services.errors import NotFound, Unavailable

_CODE = re.compile(r"[Cc]ode\W{1,3}(\d{6})\b")
"""As the letter writes it; a case number has six digits too, and stands in other letters."""
_MAIL_S = 10.0


class Caller:
    """One caller. `outbox` is where their mail comes to; what lies there before the call is old."""

    def __init__(self, person: Person, outbox: Path) -> None:
        self.person = person
        self._outbox = outbox
        self._read = set(outbox.glob("*.eml"))

    def says(self, question: str) -> str:
        """The answer to a question of the check, named `dataset.collection.field`; raises `NotFound`."""
        known = {
            "customer_number": self.person.customer_number,
            "date_of_birth": self.person.date_of_birth.isoformat(),
            "postcode": self.person.postcode,
            "pin_hash": self.person.pin,
        }
        field = question.rpartition(".")[2]
        if field not in known:
            raise NotFound(f"the caller does not know {field}")
        return known[field]

    def code(self) -> str:
        """The six digits in the newest mail to the caller; raises `Unavailable` when none comes."""
        until = time.monotonic() + _MAIL_S
        while time.monotonic() < until:
            for file in sorted(set(self._outbox.glob("*.eml")) - self._read):
                self._read.add(file)
                found = self._code_in(file)
                if found:
                    return found
            time.sleep(0.05)
        raise Unavailable("no code came into the outbox")

    def _code_in(self, file: Path) -> str:
        message = email.message_from_bytes(file.read_bytes(), policy=email.policy.default)
        body = message.get_body(("plain",))
        to = str(message["To"] or "").casefold()
        found = _CODE.search(body.get_content()) if body and self.person.email.casefold() in to else None
        return found[1] if found else ""
