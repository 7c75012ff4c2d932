"""Catalogs as the desk gives them, made up: two controllers, three systems, four versions."""

from dataclasses import dataclass, field
from datetime import UTC, datetime

from services.types import (
    CatalogChange,
    CatalogCollection,
    CatalogField,
    CatalogSystem,
    CatalogVersion,
    CatalogView,
    Session,
)

AT = datetime(2026, 3, 4, 9, 30, tzinfo=UTC)
LAW = "8 years from the end of the calendar year of issued_on (§ 147 AO)"


def _field(name: str, *categories: str, erase: str = "deleted", notes: tuple[str, ...] = ()) -> CatalogField:
    return CatalogField(name, "", categories, any(c.startswith("user") for c in categories), erase, notes, ())


def _part(name: str, label: str, *fields: CatalogField, erase: str = "delete", law: str = "") -> CatalogCollection:
    hold = "Invoices must be kept for the tax office" if law else ""
    to = ("Elbkurier Logistik GmbH", "Spreebank AG")
    return CatalogCollection(name, label, erase, False, law, hold, False, to, "To carry out your orders", (), fields)


ACCOUNT = _part(
    "shop.account", "Shop account",
    _field("id", "user.unique_id", notes=("key",)),
    _field("email", "user.contact.email", notes=("finds by email", "contact point: email")),
    _field("name", "user.name"),
    _field("opened_on", "system.operations"),
)  # fmt: skip
INVOICE = _part(
    "shop.invoice", "Invoice",
    _field("id", "system.operations", notes=("key",)),
    _field("billing_name", "user.name"),
    _field("gift_for", "user.name", notes=("about others",)),
    _field("amount", "user.financial", notes=("asked in checks (KBD)",)),
    law=LAW,
)  # fmt: skip
TICKET = _part(
    "desk.ticket", "Ticket", _field("body", "user.content", erase="identifiers_rewrite"), erase="mask"
)  # fmt: skip
SYSTEMS = (
    CatalogSystem("albion", "desk", "Support desk", "postgresql", True, "", (), (), (TICKET,), 1),
    CatalogSystem("nordlicht", "news", "Newsletter", "http", False, "moves to another vendor", (), ("newsletter",),
                  (), 3),
    CatalogSystem("nordlicht", "shop", "Shop", "mariadb", False, "", ("Hosting GmbH",), (), (ACCOUNT, INVOICE), 3,
                  AT, "as described"),
)  # fmt: skip
CHANGES = (
    CatalogChange("shop/shop.yml shop.invoice x_console retention years", "10", "8"),
    CatalogChange("shop/shop.yml shop.invoice.gift_for", None, "data_categories user.name"),
    CatalogChange("shop/shop.yml shop.invoice.fax", "data_categories user.contact", None),
)
VERSIONS = (
    CatalogVersion("albion", 1, AT, "operator:3b0bef4c", "", "a1" * 32, ()),
    CatalogVersion("nordlicht", 3, AT, "agent:0003", "invoices are kept eight years", "b2" * 32, CHANGES),
    CatalogVersion("nordlicht", 2, AT, "worker:77aa01cd", "", "c3" * 32, CHANGES * 4),
    CatalogVersion(
        "nordlicht", 1, AT, "operator:3b0bef4c", "", "d4" * 32, (), "its head is not the one that was published"
    ),
)


@dataclass
class FakeCatalog:
    """`view` is what every reading gives."""

    found: CatalogView = field(default_factory=lambda: CatalogView(SYSTEMS, VERSIONS))

    def view(self, session: Session) -> CatalogView:
        return self.found
