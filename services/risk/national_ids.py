"""National identity numbers by country: a shape to look for, and the check digits to hold it against."""

import re
from importlib import import_module

_SHAPES: dict[str, tuple[tuple[str, str], ...]] = {
    # module of python-stdnum (empty: the shape alone decides), shape
    "AT": (("at.vnr", r"\d{4} ?\d{6}"),),
    "BE": (("be.nn", r"\d{2}\.?\d{2}\.?\d{2}-?\d{3}\.?\d{2}"),),
    "DE": (
        ("de.idnr", r"\d{2} ?\d{3} ?\d{3} ?\d{3}"),
        ("", r"\d{2} ?(?:0[1-9]|[12]\d|3[01])(?:0[1-9]|1[0-2])\d{2} ?[A-Z] ?\d{3}"),
    ),
    "ES": (("es.dni", r"\d{8}-?[A-Z]"),),
    "FR": (("fr.nir", r"[12] ?\d{2} ?\d{2} ?\d[\dAB] ?\d{3} ?\d{3} ?\d{2}"),),
    "GB": (
        ("gb.nhs", r"\d{3} ?\d{3} ?\d{4}"),
        ("", r"[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z] ?\d{2} ?\d{2} ?\d{2} ?[A-D]"),
    ),
    "IE": (("ie.pps", r"\d{7}[A-W][A-IW]?"),),
    "IT": (("it.codicefiscale", r"[A-Z]{6}\d{2}[A-Z]\d{2}[A-Z]\d{3}[A-Z]"),),
    "NL": (("nl.bsn", r"\d{9}"),),
    "PL": (("pl.pesel", r"\d{11}"),),
}  # fmt: skip


def national_ids(text: str, country: str) -> list[tuple[int, int]]:
    """Places of numbers in `text` that are identity numbers of `country` (ISO 3166, two letters)."""
    return [
        match.span()
        for module, shape in _SHAPES.get(country.upper(), ())
        for match in re.finditer(rf"(?<![\w+])(?:{shape})(?![\w])", text, re.IGNORECASE)
        if not module or _valid(module, match.group())
    ]


def _valid(module: str, number: str) -> bool:
    return bool(import_module(f"stdnum.{module}").is_valid(number))
