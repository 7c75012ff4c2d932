"""Rows of the support desk: tickets whose transcripts hold what they should not (cards, health, names, addresses).

Card numbers are the published test numbers of the card schemes.
"""

from collections.abc import Sequence
from datetime import date, timedelta
from random import Random

from services.demo.people import Person
from services.demo.stores.sqlite_file import Rows, stamp

CARDS = ("4111 1111 1111 1111", "5555 5555 5555 4444", "4012 8888 8888 1881", "3782 822463 10005")
AGENTS = ("Mara K.", "Tobias L.", "Priya S.", "Ewan D.")
MOODS = ("calm", "annoyed", "angry")
CHANNELS = ("phone", "mail", "chat")
SUBJECTS = {
    "de": ("Lieferung verspätet", "Rückgabe", "Zahlung", "Adresse ändern", "Frage zum Artikel"),
    "en": ("Late delivery", "Return", "Payment", "Change of address", "Question about an item"),
}
ASKED = {
    "de": (
        "Hallo, hier ist {name}. Bitte antworten Sie an {email}.",
        "Meine Karte ist {card}, bitte buchen Sie noch einmal ab. {name}",
        "Nach meiner Operation konnte ich das Paket nicht annehmen. {name}, {email}",
        "Ich bin zurzeit krankgeschrieben, rufen Sie mich unter {phone} an.",
        "Die Ware ist beschädigt angekommen. Viele Grüße, {name}",
    ),
    "en": (
        "Hello, this is {name}. Please write to {email}.",
        "My card is {card}, please take the payment again. {name}",
        "After my surgery I could not take the parcel in. {name}, {email}",
        "I am off sick at the moment, please ring me on {phone}.",
        "The goods arrived damaged. Kind regards, {name}",
    ),
}
ANSWERED = {
    "de": ("Guten Tag {name}, wir kümmern uns darum.", "Vielen Dank, das ist erledigt."),
    "en": ("Hello {name}, we will look into it.", "Thank you, this is done."),
}


def rows(people: Sequence[Person], rng: Random, today: date, language: str) -> Rows:
    """Two of three people once wrote or rang: a requester, a ticket, two or three messages."""
    requesters: list[tuple[object, ...]] = []
    tickets: list[tuple[object, ...]] = []
    messages: list[tuple[object, ...]] = []
    for person in people:
        if person.number % 3 == 2:
            continue
        key = len(requesters) + 1
        requesters.append((key, person.name, person.email, person.phone, person.customer_number, None))
        at = stamp(today - timedelta(days=rng.randint(5, 900)), rng)
        tickets.append(
            (key, key, f"T{key:07d}", at, rng.choice(CHANNELS), rng.choice(SUBJECTS[language]), rng.choice(MOODS))
        )
        # Every kind of text comes up within ten people, so a small demo holds a card and a health word too.
        texts = [ASKED[language][person.number % 5], *rng.sample(ASKED[language], rng.randint(0, 1))]
        for text in texts:
            messages.append((len(messages) + 1, key, at, "customer", None, _fill(text, person, rng)))
        reply = _fill(rng.choice(ANSWERED[language]), person, rng)
        messages.append((len(messages) + 1, key, at, "agent", rng.choice(AGENTS), reply))
    return {"requester": requesters, "ticket": tickets, "message": messages}


def _fill(text: str, person: Person, rng: Random) -> str:
    return text.format(name=person.name, email=person.email, phone=person.phone, card=rng.choice(CARDS))
