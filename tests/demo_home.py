"""The demo's data systems with few people, in a folder, and what their own catalog says of them."""

from datetime import date
from pathlib import Path

from services.catalog.dataset import Dataset
from services.catalog.taxonomy import personal
from services.demo.people import make_people
from services.demo.systems import HOUSES, make_systems

Labels = tuple[dict[tuple[str, str], str], set[tuple[str, str, str, str]]]


def made_systems(home: Path) -> Path:
    """Both controllers' systems in `home`."""
    for controller in HOUSES:
        make_systems(home, controller, make_people(7, 60), 7, today=date(2026, 11, 24))
    return home


def labels_of(dataset: Dataset) -> Labels:
    """Personal categories by (table, column), and the references within the dataset."""
    categories, references = {}, set()
    for collection in dataset.collections:
        for path, field in collection.walk():
            own = [category for category in field.data_categories or () if personal((category,))]
            if own:
                categories[str(collection.name), path] = str(own[0])
            for reference in field.meta.references or ():
                if reference.dataset == dataset.fides_key:
                    parent, _, on = reference.field.partition(".")
                    references.add((str(collection.name), path, parent, on))
    return categories, references
