"""What a caller may be asked and what having it proves (rules.md 7.3). Values come from the people of the systems."""

from collections.abc import Collection
from typing import Final

from services.demo.people import Person
from services.types import Factor

STATIC: Final = ("name", "email", "phone", "customer_number", "date_of_birth", "postcode", "city")
"""Facts that stand in a record; who has lived with somebody knows them all."""

PROOFS: Final = {"pin": Factor.PIN, "code": Factor.OTP, "callback": Factor.CBK}
"""What only the person has: the service PIN, the mailbox a code goes to, the phone on file."""

FACTS: Final = (*STATIC, *PROOFS)

WORDS: Final = {
    "name": "name",
    "email": "e-mail",
    "phone": "phone",
    "customer_number": "customer no.",
    "date_of_birth": "born",
    "postcode": "postcode",
    "city": "city",
    "pin": "PIN",
    "code": "code",
    "callback": "call-back",
}
ASKED: Final = {"pin_hash": "pin"}
"""Fields of the catalog whose fact has another name."""

NO_CODE: Final = "(no code has come yet)"
ANSWERS: Final = "answers it"


def fact_of(field: str) -> str:
    """The fact that a question about the catalog's `field` (`dataset.collection.field`) asks for."""
    name = field.rpartition(".")[2]
    return ASKED.get(name, name)


def provable(known: Collection[str]) -> frozenset[Factor]:
    """The factors that somebody who truly has these facts can pass."""
    proofs = {factor for fact, factor in PROOFS.items() if fact in known}
    return frozenset(proofs | ({Factor.KBS} if set(STATIC) & set(known) else set()))


def true_value(fact: str, person: Person, code: str) -> str:
    """What the person on file would say; `code` is the newest one that reached their mailbox."""
    if fact == "code":
        return code or NO_CODE
    if fact == "callback":
        return ANSWERS
    value = getattr(person, fact)
    return value.isoformat() if fact == "date_of_birth" else str(value)
