"""Data categories of the catalog in the words of a letter (Art 15(1)(b))."""

_WORDS: dict[str, tuple[str, str, str]] = {
    "user.authorization": ("access secrets", "Zugangsgeheimnisse", "secrets d'accès"),
    "user.behavior": ("use of our services", "Nutzung unserer Dienste", "utilisation de nos services"),
    "user.behavior.purchase_history": ("purchases", "Einkäufe", "achats"),
    "user.biometric": ("biometric data", "biometrische Daten", "données biométriques"),
    "user.contact": ("contact data", "Kontaktdaten", "coordonnées"),
    "user.contact.address": ("postal address", "Anschrift", "adresse postale"),
    "user.contact.email": ("e-mail address", "E-Mail-Adresse", "adresse e-mail"),
    "user.contact.phone_number": ("telephone number", "Telefonnummer", "numéro de téléphone"),
    "user.content": ("content", "Inhalte", "contenus"),
    "user.content.private": ("messages", "Nachrichten", "messages"),
    "user.demographic": ("personal circumstances", "persönliche Verhältnisse", "situation personnelle"),
    "user.demographic.date_of_birth": ("date of birth", "Geburtsdatum", "date de naissance"),
    "user.device": ("device data", "Gerätedaten", "données d'appareil"),
    "user.financial": ("invoice data", "Rechnungsdaten", "données de facturation"),
    "user.government_id": ("identity numbers", "Ausweisnummern", "numéros d'identité"),
    "user.health_and_medical": ("health data", "Gesundheitsdaten", "données de santé"),
    "user.location": ("location", "Standort", "localisation"),
    "user.name": ("name", "Name", "nom"),
    "user.payment": ("payment data", "Zahlungsdaten", "données de paiement"),
    "user.privacy_preferences": ("consents", "Einwilligungen", "consentements"),
    "user.unique_id": ("customer and record numbers", "Kunden- und Vorgangsnummern", "numéros de client et de dossier"),
}
_PLACES = {"en": 0, "de": 1, "fr": 2}


def in_words(category: str, language: str) -> str:
    """The words for `category` or the nearest category above it; its own last part when none is known."""
    name = category
    while name not in _WORDS and "." in name:
        name = name.rpartition(".")[0]
    if name in _WORDS:
        return _WORDS[name][_PLACES.get(language, 0)]
    return category.rpartition(".")[2].replace("_", " ")
