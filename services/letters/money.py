"""Amounts as a person writes them, in the money of a country."""


def money(hundredths: int, country: str, language: str) -> str:
    """`€25.00`, `25,00 €`; the newest legal tender of `country` (ISO 3166)."""
    from babel.numbers import format_currency, get_territory_currencies

    currency = get_territory_currencies(country)[-1]
    locale = "en_GB" if language == "en" else language
    return format_currency(hundredths / 100, currency, locale=locale)
