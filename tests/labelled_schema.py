"""A schema with tricky names in three languages, filled with made-up people, and what each column truly holds."""

from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from random import Random

from faker import Faker
from sqlcipher3 import dbapi2

TABLES = """
kunden: id int pk!user.unique_id | vorname!user.name.first | nachname!user.name.last | geb_datum date!user.demographic.date_of_birth | emailadresse!user.contact.email | telNr!user.contact.phone_number | anrede!user.demographic.gender | mail_gesendet int | telefon_modell | werbung_erlaubt bool!user.privacy_preferences | kundennummer unique!user.unique_id | angelegt_am time
anschriften: id int pk | kunden_id int!user.unique_id>kunden.id | strasse!user.contact.address.street | hausnr!user.contact.address.street | plz!user.contact.address.postal_code | ort!user.contact.address.city | land!user.contact.address.country | adresse_geprueft bool
bankdaten: id int pk | kundennummer!user.unique_id>kunden.kundennummer | iban!user.financial.bank_account | iban_geprueft bool | kontoinhaber!user.name | bic_laenge int
bestellung: id int pk | kunde int!user.unique_id>kunden.id fk | bestellt_am time | email_versand_status | summe number | lieferhinweis!user.content
bestellposition: bestellung_id int pk>bestellung.id fk | position int pk | artikel_id int>artikel.id | menge int
artikel: id int pk | name | beschreibung text | preis number | farbe | marke
filiale: id int pk | name | strasse | ort | plz
clients: id int pk!user.unique_id | prenom!user.name.first | nom_famille!user.name.last | courriel!user.contact.email | date_naissance date!user.demographic.date_of_birth | num_tel!user.contact.phone_number | date_envoi_mail time | nb_telephones int | type_adresse
commandes: id int pk | id_client int!user.unique_id>clients.id | total_ttc number | statut
factures: numero int pk | commande_id int>commandes.id | echeance date | nom_client!user.name
users: user_id int pk!user.unique_id | username!user.account.username | password_hash!user.authorization.credentials | primaryEmail!user.contact.email | email_verified bool | phoneModel | last_login_ip!user.device.ip_address | lastLogin time!user.behavior | birthday date!user.demographic.date_of_birth | ssn!user.government_id | avatar_url | locale
devices: id int pk | user_id int!user.unique_id>users.user_id | phone_model | phone_brand | user_agent!user.device | ip!user.device.ip_address | os_version
payments: id int pk | userId int!user.unique_id>users.user_id | card_number!user.financial.credit_card | card_type | cardholder!user.name | amount number | currency
tickets: id int pk | requester int!user.unique_id>users.user_id fk | title | body text!user.content | status | email_template | mail_count int
mail_queue: id int pk | x1!user.contact.email | subject | sent_at time | attempts int | mail_server | smtp_host
stats: id int pk | y int | emails_sent int | phone_calls int | new_users int | country_code
product: id int pk | name | title | ean | weight number | address_label_format
misc: id int pk | f1!user.contact.phone_number | f2!user.financial.bank_account | f3!user.device.ip_address | f4 | f5 date
patient: id int pk!user.unique_id | fullName!user.name | diagnose!user.health_and_medical | blutgruppe!user.health_and_medical | krankenkasse!user.health_and_medical | geburtsort!user.demographic.birthplace | religion!user.demographic.religious_belief
staff: id int pk!user.unique_id | display_name!user.name | job_title!user.job_title | salary number!user.financial | mobile!user.contact.phone_number | boss_id int
"""  # noqa: E501
"""`table: column [kind] [pk|unique] [!category] [>table.column the value refers to] [fk stated] | …`"""
KINDS = {
    "int": "INTEGER",
    "date": "DATE",
    "time": "TIMESTAMP",
    "bool": "BOOLEAN",
    "number": "NUMERIC(10,2)",
    "text": "TEXT",
}
ROWS = 40


class Schema:
    """`categories` by (table, column) where there is one; `references` as (table, column, table, column)."""

    def __init__(self) -> None:
        self.columns: dict[str, list[tuple[str, str, str, str]]] = {}
        self.categories: dict[tuple[str, str], str] = {}
        self.references: set[tuple[str, str, str, str]] = set()
        self._stated: set[tuple[str, str]] = set()
        for line in TABLES.strip().splitlines():
            table, _, columns = line.partition(": ")
            self.columns[table] = [self._column(table, text) for text in columns.split(" | ")]

    def _column(self, table: str, text: str) -> tuple[str, str, str, str]:
        text, _, target = text.partition(">")
        text, _, category = text.partition("!")
        name, *words = text.split()
        if category:
            self.categories[table, name] = category
        if target:
            target, _, stated = target.partition(" ")
            parent, _, on = target.partition(".")
            self.references.add((table, name, parent, on))
            if stated:
                self._stated.add((table, name))
        kind = next((word for word in words if word in KINDS), "")
        return name, kind, "pk" if "pk" in words else "unique" if "unique" in words else "", target

    def sql(self) -> list[str]:
        """CREATE TABLE statements, parents first."""
        return [
            self._create(table, columns) for table, columns in self.columns.items() if table != "bestellposition"
        ] + [self._create("bestellposition", self.columns["bestellposition"])]

    def _create(self, table: str, columns: list[tuple[str, str, str, str]]) -> str:
        keys = ", ".join(f'"{name}"' for name, _, mark, _ in columns if mark == "pk")
        parts = [f'"{n}" {KINDS.get(k, "VARCHAR(120)")}{" UNIQUE" if m == "unique" else ""}' for n, k, m, _ in columns]
        for name, _, _, target in columns:
            if (table, name) in self._stated:
                parent, _, on = target.partition(".")
                parts.append(f'FOREIGN KEY ("{name}") REFERENCES "{parent}" ("{on}")')
        return f'CREATE TABLE "{table}" ({", ".join(parts)}, PRIMARY KEY ({keys}))'

    def rows(self, table: str) -> list[list[object]]:
        """Made-up rows, the same in every run."""
        fake, rng = Faker(["de_DE", "fr_FR", "en_GB"], use_weighting=False), Random(table)
        fake.seed_instance(len(table))
        return [
            [self._value(table, column, n, fake, rng) for column in self.columns[table]] for n in range(1, ROWS + 1)
        ]

    def _value(self, table: str, column: tuple[str, str, str, str], n: int, fake: Faker, rng: Random) -> object:
        name, kind, mark, target = column
        if target:
            return f"K-{rng.randint(1, ROWS):05}" if target.endswith("kundennummer") else rng.randint(1, ROWS)
        if mark == "pk":
            return n
        if mark == "unique":
            return f"K-{n:05}"
        category = self.categories.get((table, name), "")
        if category in _MAKE:
            made = _MAKE[category](fake, rng)
            return made[:118] if isinstance(made, str) else made
        plain: dict[str, object] = {
            "int": rng.randint(0, 5), "bool": n % 2 == 0, "number": rng.randint(100, 9000) / 100,
            "date": f"2025-{rng.randint(1, 12):02}-{rng.randint(1, 28):02}",
            "time": f"2025-{rng.randint(1, 12):02}-{rng.randint(1, 28):02} 10:00:00",
            "text": "Made of steel, for every day, with two handles.",
        }  # fmt: skip
        return plain.get(kind, rng.choice(("alpha", "beta", "gamma", "delta")))


_MAKE: dict[str, Callable[[Faker, Random], object]] = {
    "user.name.first": lambda f, r: f.first_name(),
    "user.name.last": lambda f, r: f.last_name(),
    "user.name": lambda f, r: f"{f.first_name()} {f.last_name()}",
    "user.contact.email": lambda f, r: f.safe_email(),
    "user.contact.phone_number": lambda f, r: f"+49 30 23125 {r.randint(100, 999)}",
    "user.demographic.date_of_birth": lambda f, r: f.date_of_birth(minimum_age=18, maximum_age=90).isoformat(),
    "user.financial.bank_account": lambda f, r: f.iban(),
    "user.financial.credit_card": lambda f, r: f.credit_card_number("visa16"),
    "user.device.ip_address": lambda f, r: f.ipv4_public(),
    "user.device": lambda f, r: f.chrome(),
    "user.authorization.credentials": lambda f, r: f"$2b$12${f.md5()}{f.md5()}"[:60],
    "user.contact.address.street": lambda f, r: f.street_address().replace("\n", " "),
    "user.contact.address.postal_code": lambda f, r: f.postcode(),
    "user.contact.address.city": lambda f, r: f.city(),
    "user.content": lambda f, r: (
        f"Please leave it with the neighbour, {f.first_name()} {f.last_name()}, {f.safe_email()}"
    ),
    "user.account.username": lambda f, r: f.user_name(),
    "user.government_id": lambda f, r: f"{r.randint(100, 665)}-{r.randint(10, 99)}-{r.randint(1000, 9999)}",
    "user.behavior": lambda f, r: f"2025-{r.randint(1, 12):02}-{r.randint(1, 28):02} 10:00:00",
    "user.financial": lambda f, r: r.randint(20_000, 90_000) / 10,
    "user.privacy_preferences": lambda f, r: r.random() < 0.5,
}


def write(schema: Schema, path: Path) -> None:
    """The schema in an SQLite file."""
    with closing(dbapi2.connect(str(path))) as store:
        for statement in schema.sql():
            store.execute(statement)
        for table, columns in schema.columns.items():
            marks = ", ".join("?" * len(columns))
            store.executemany(f'INSERT INTO "{table}" VALUES ({marks})', schema.rows(table))
        store.commit()
