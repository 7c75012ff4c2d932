"""Drafts in folders, as `catalog discover` leaves them, and the door of a desk to those in one folder."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import yaml

from services.discovery.draft import system_text
from services.discovery.review import Draft, drafts_in
from services.types import DraftFound, Session

DUMPER = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
Proposal = tuple[str, str, float, str]
"""Of what (category or reference), what is said, how sure, why."""
SHOP: Mapping[str, Mapping[str, Sequence[Proposal]]] = {
    "customer": {
        "id": [("category", "user.unique_id", 0.75, "the key of a table about people")],
        "email": [("category", "user.contact.email", 0.97, "a word of its name means email; 100 % of 80 sampled values "
                   "are e-mail addresses")],
        "alias": [("category", "user.name", 0.42, "a word of its name means name; no value was seen")],
        "note": [("category", "user.content", 0.35, "71 % of 80 sampled values are sentences, which people may have "
                  "written")],
        "recruited_by": [
            ("category", "user.unique_id", 0.61, "refers to 'customer.id', which tells people apart"),
            ("reference", "customer.id", 0.5, "a foreign key to another row of its own table"),
        ],
        "opened_on": [],
    },
    "parcel": {
        "id": [],
        "street": [("category", "user.contact.address.street", 0.66, "a word of its name means street")],
        "city": [("category", "user.contact.address.city", 0.52, "a word of its name means city")],
        "customer_ref": [("reference", "customer.id", 0.6, "its name is that of 'customer.id'; no value was looked for "
                          "there")],
    },
}  # fmt: skip


def text_of(tables: Mapping[str, Mapping[str, Sequence[Proposal]]], key: str = "shop") -> str:
    """A dataset file that says this."""
    collections = [{"name": table, "fields": [_field(name, some) for name, some in fields.items()]}
                   for table, fields in tables.items()]  # fmt: skip
    whole = {"dataset": [{"fides_key": key, "collections": collections}]}
    return str(yaml.dump(whole, Dumper=DUMPER, sort_keys=False, allow_unicode=True, width=110))


def _field(name: str, proposals: Sequence[Proposal]) -> dict[str, object]:
    node: dict[str, object] = {"name": name}
    held = [said for of, said, sure, _ in proposals if of == "category" and sure >= 0.7]
    if held:
        node["data_categories"] = held
    node["fides_meta"] = {"data_type": "string"}
    evidence = [{"of": of, "said": said, "confidence": sure, "because": why, **({"review": True} if sure < 0.7 else {})}
                for of, said, sure, why in proposals]  # fmt: skip
    return {**node, "x_console": {"evidence": evidence}} if evidence else node


def put_draft(systems: Path, text: str, key: str = "shop", controller: str = "nordlicht") -> Path:
    """A system folder with that dataset file; returns it."""
    folder = systems / key
    folder.mkdir(parents=True)
    (folder / f"{key}.yml").write_text(text, "utf-8")
    url = f"sqlite:///{key}.db"
    (folder / "system.yml").write_text(system_text(key, controller, "sqlite", url, "", f"{key}.yml"), "utf-8")
    return folder


class DraftsIn:
    """The drafts of one controller's folder `systems`, for every session."""

    def __init__(self, systems: Path) -> None:
        self.systems = systems

    def found(self, session: Session) -> tuple[DraftFound, ...]:
        return tuple(drafts_in(self.systems))

    def open(self, session: Session, folder: str) -> Draft:
        return Draft(Path(folder))
