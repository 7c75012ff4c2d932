"""The categories that discovery proposes, and the words (`name_words.yml`) that names are made of."""

from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from services.strict_yaml import read

EMAIL, PHONE = "user.contact.email", "user.contact.phone_number"
NAME, FIRST, LAST = "user.name", "user.name.first", "user.name.last"
STREET, CITY = "user.contact.address.street", "user.contact.address.city"
ZIP, STATE, COUNTRY = "user.contact.address.postal_code", "user.contact.address.state", "user.contact.address.country"
BIRTH, GENDER = "user.demographic.date_of_birth", "user.demographic.gender"
BANK, CARD, MONEY = "user.financial.bank_account", "user.financial.credit_card", "user.financial"
GOVERNMENT, HEALTH = "user.government_id", "user.health_and_medical"
IP, DEVICE, LOCATION = "user.device.ip_address", "user.device", "user.location"
USERNAME, CREDENTIALS, UNIQUE = "user.account.username", "user.authorization.credentials", "user.unique_id"
CONTENT, CONSENT, BEHAVIOUR, JOB = "user.content", "user.privacy_preferences", "user.behavior", "user.job_title"
SOCIAL, BELIEF, ORIGIN = "user.social", "user.demographic.religious_belief", "user.demographic.race_ethnicity"
NATION, MARITAL, PLACE = (
    "user.demographic.nationality",
    "user.demographic.marital_status",
    "user.demographic.birthplace",
)


@dataclass(frozen=True)
class NameWords:
    """The file as it stands."""

    sure: dict[str, tuple[str, ...]]
    unsure: dict[str, tuple[str, ...]]
    people: tuple[str, ...]
    things: tuple[str, ...]
    about: tuple[str, ...]
    about_first: tuple[str, ...] = field(metadata={"key": "about-first"})
    plain: tuple[str, ...]


@cache
def words() -> NameWords:
    """The words, read once."""
    return read(Path(__file__).with_suffix(".yml"), NameWords)
