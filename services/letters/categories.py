"""Data categories of the catalog in the words of a letter (Art 15(1)(b))."""

_WORDS: dict[str, tuple[str, str]] = {
    "user.authorization": ("access secrets", "Zugangsgeheimnisse"),
    "user.behavior": ("use of our services", "Nutzung unserer Dienste"),
    "user.behavior.purchase_history": ("purchases", "Einkäufe"),
    "user.biometric": ("biometric data", "biometrische Daten"),
    "user.contact": ("contact data", "Kontaktdaten"),
    "user.contact.address": ("postal address", "Anschrift"),
    "user.contact.email": ("e-mail address", "E-Mail-Adresse"),
    "user.contact.phone_number": ("telephone number", "Telefonnummer"),
    "user.content": ("content", "Inhalte"),
    "user.content.private": ("messages", "Nachrichten"),
    "user.demographic": ("personal circumstances", "persönliche Verhältnisse"),
    "user.demographic.date_of_birth": ("date of birth", "Geburtsdatum"),
    "user.device": ("device data", "Gerätedaten"),
    "user.financial": ("invoice data", "Rechnungsdaten"),
    "user.government_id": ("identity numbers", "Ausweisnummern"),
    "user.health_and_medical": ("health data", "Gesundheitsdaten"),
    "user.location": ("location", "Standort"),
    "user.name": ("name", "Name"),
    "user.payment": ("payment data", "Zahlungsdaten"),
    "user.privacy_preferences": ("consents", "Einwilligungen"),
    "user.unique_id": ("customer and record numbers", "Kunden- und Vorgangsnummern"),
}


def in_words(category: str, language: str) -> str:
    """The words for `category` or the nearest category above it; its own last part when none is known."""
    name = category
    while name not in _WORDS and "." in name:
        name = name.rpartition(".")[0]
    if name in _WORDS:
        return _WORDS[name][language == "de"]
    return category.rpartition(".")[2].replace("_", " ")
