"""The data systems of the demo: two controllers, each with four real databases about the same people.

What a controller is and what its systems hold stands in `centre/`, as templates of the files a real deployment
writes by hand.
"""

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from random import Random

from services.demo.people import Person
from services.demo.stores import crm, desk, news, shop
from services.demo.stores.sqlite_file import Rows, write
from services.errors import NotFound

SYSTEMS = ("crm", "shop", "desk", "news")
_CENTRE = Path(__file__).parent / "centre"
_Fill = Callable[[Sequence[Person], Random, date], Rows]


@dataclass(frozen=True, slots=True)
class _House:
    """What differs between the two controllers' systems; `years` is how long `law` wants invoices kept."""

    name: str
    language: str
    law: str
    years: int
    parcels: str
    payments: str
    mailing: str
    campaigns: tuple[str, ...]


HOUSES = {
    "nordlicht": _House(
        name="Nordlicht",
        language="de",
        law="§ 147 AO",
        years=8,
        parcels="Elbkurier Logistik GmbH",
        payments="Spreebank AG",
        mailing="Mailwerk GmbH",
        campaigns=("Frühlingsangebote", "Neues im Sommer", "Winterlager"),
    ),
    "harbour": _House(
        name="Harbour & Vale",
        language="en",
        law="FA 1998 Sch 18 para 21",
        years=6,
        parcels="Westway Parcels Ltd",
        payments="Avon Pay Ltd",
        mailing="Postbag Mailing Ltd",
        campaigns=("Spring sale", "New this summer", "Winter store"),
    ),
}


def make_systems(
    home: Path,
    controller: str,
    people: Sequence[Person],
    seed: int,
    *,
    waiting_period_s: int = 30,
    today: date | None = None,
) -> None:
    """Writes one controller under `home`: controller.yml, its systems with datasets, and their databases, all 0600.

    Equal arguments (with `today`, default the current UTC day) give equal files. Raises `NotFound` for a controller
    that the demo does not have.
    """
    write_catalog(home, controller, waiting_period_s)
    fill_databases(home, controller, people, seed, today=today)


def write_catalog(home: Path, controller: str, waiting_period_s: int) -> None:
    """Writes controller.yml and the systems with their datasets. Raises `NotFound`."""
    house = _house(controller)
    folder = _folder(home / "controllers" / controller)
    _render(_CENTRE / controller / "controller.yml", folder, {"waiting_period_s": waiting_period_s})
    for system in SYSTEMS:
        target = _folder(folder / "systems" / system)
        for name in ("system.yml", f"{system}.yml"):
            _render(_CENTRE / system / name, target, {"controller": controller, "house": house})


def fill_databases(
    home: Path, controller: str, people: Sequence[Person], seed: int, *, today: date | None = None
) -> None:
    """Writes the databases of one controller's systems. Raises `NotFound`."""
    data, today = _folder(home / "data" / controller), today or datetime.now(UTC).date()
    for system, fill in _fillers(_house(controller)).items():
        # Not for secrets: a demo must come out the same each time.
        rng = Random(f"{controller}/{system}/{seed}")  # noqa: S311
        schema = (_CENTRE / system / "schema.sql").read_text(encoding="utf-8")
        write(data / f"{system}.db", schema, fill(people, rng, today))


def _house(controller: str) -> _House:
    if controller not in HOUSES:
        raise NotFound(f"the demo has no controller '{controller}'; it has {', '.join(HOUSES)}")
    return HOUSES[controller]


def _fillers(house: _House) -> dict[str, _Fill]:
    return {
        "crm": crm.rows,
        "shop": lambda people, rng, today: shop.rows(people, rng, today, house.language),
        "desk": lambda people, rng, today: desk.rows(people, rng, today, house.language),
        "news": lambda people, rng, today: news.rows(people, rng, today, house.campaigns),
    }


def _folder(path: Path) -> Path:
    """`path`, made with the folders above it for the owner alone (`parents=True` would leave those open)."""
    if not path.is_dir():
        _folder(path.parent)
        path.mkdir(mode=0o700, exist_ok=True)
    return path


def _render(template: Path, folder: Path, facts: dict[str, object]) -> None:
    from jinja2 import Environment, StrictUndefined

    plain = Environment(undefined=StrictUndefined, keep_trailing_newline=True)  # noqa: S701 - YAML, not HTML
    text = plain.from_string(template.read_text(encoding="utf-8")).render(facts)
    target = folder / template.name
    handle = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with open(handle, "w", encoding="utf-8", newline="\n") as file:  # noqa: PTH123 - a path cannot set the mode
        file.write(text)
