"""Words and shapes that betray personal data a note does not need. English and German; stems take any ending.

Words (health, secrets) are matched against lower-case text.
"""

import re

_HEALTH = (
    # English. Left out on purpose, as desks use them otherwise: disabled (accounts), operation, virus, cell.
    r"pregnan(?:t|cy|cies)", r"cancer", r"tumou?rs?", r"chemo(?:therapy)?", r"diabet(?:es|ic)", r"depression",
    r"depressed", r"anxiety", r"surgery", r"surgeries", r"hospital(?:s|i[sz]ed|i[sz]ation)?", r"disabilit(?:y|ies)",
    r"registered disabled", r"off sick", r"sick (?:leave|note)", r"illness(?:es)?", r"medications?", r"prescriptions?",
    r"therap(?:y|ist|ies)", r"psychiatr\w+", r"epilep\w+", r"asthma\w*", r"allerg(?:y|ies|ic)", r"wheelchair",
    r"heart (?:attack|condition|disease)", r"had a stroke", r"dementia", r"alzheimer\w*", r"mental health",
    r"miscarriage", r"injur(?:y|ies|ed)", r"diagnos(?:is|ed with)", r"hiv", r"migraines?", r"addict(?:ion|ed)",
    r"rehab", r"infections?", r"covid(?:-19)?", r"autis(?:m|tic)", r"adhd", r"dialysis", r"blood pressure",
    # German. "sucht" alone is also "looks for"; "Krankenkasse" is a payer.
    r"schwanger\w*", r"krebs(?:erkrank\w*|diagnose|leiden|patient\w*)?", r"tumor\w*", r"diabet\w+", r"depressi\w+",
    r"(?:nach|vor|wegen|bei) (?:(?:m|s|d)?einer |der |ihrer )?operation",
    r"operiert", r"krank(?:heit\w*|geschrieben|schreibung|meldung)?", r"erkrank\w+",
    r"ärzt\w+", r"diagnose\w*", r"medikament\w*", r"psych(?:isch|iat|other)\w*",
    r"(?:schwer)?behinder(?:t\w*|ung\w*)",
    r"rollstuhl\w*", r"herzinfarkt\w*", r"schlaganfall\w*", r"demenz\w*", r"fehlgeburt\w*", r"verletz(?:t|ung\w*)",
    r"migräne", r"burn-?out", r"(?:alkohol|drogen|spiel)sucht", r"alkoholiker\w*", r"reha", r"infektion\w*",
    r"autismus", r"adhs", r"dialyse", r"blutdruck", r"impf(?:ung\w*|pass|schaden)", r"pflegegrad",
)  # fmt: skip

# Parts of German compounds: Hautarzt, Uniklinik, Knieoperation, Chemotherapie.
_HEALTH_PARTS = (
    r"krankenhaus", r"klinik", r"arzt", r"therapie", r"allergi", r"(?:herz|knie|hüft|augen|rücken|krebs)-?operation",
)  # fmt: skip

_NOT_YET = (
    "wrong|not|incorrect|invalid|expired|correct|right|lost|required|needed|forgotten|unknown|reset|too|no|being|set|"
    "falsch|nicht|ungültig|abgelaufen|richtig|korrekt|weg|nötig|vergessen|unbekannt|zurückgesetzt|zu|kein|gesperrt"
)

HEALTH = re.compile(rf"\b(?:{'|'.join(_HEALTH)})\b")
HEALTH_PART = re.compile("|".join(_HEALTH_PARTS))
MAIL = re.compile(r"[\w.+%'-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63})+")
IBAN_START = re.compile(r"(?<!\w)[A-Z]{2}\d{2}(?=[ -]?[A-Z0-9]{3})", re.IGNORECASE)
DIGIT_RUN = re.compile(r"(?<![\w+])\d(?:[ .-]?\d){11,60}(?!\w)")
SECURITY_CODE = re.compile(
    r"\b(?:cvv2?|cvc2?|cv2|security code|card code|prüfziffer|(?:karten)?prüfnummer|sicherheitscode)\b"
    r"\W{0,3}(?:number|is|was|ist|lautet|war)?\W{0,3}(?P<secret>\d{3,4})\b",
)
PASSWORD = re.compile(
    r"\b(?:passwords?|passphrase|passcode|passwort|kennwort|pwd|login code)\b\s?"
    rf"(?:(?:is|was|ist|lautet|war)\s?[:=]?|[:=]|->)\s?[\"'„“»]?(?!(?:{_NOT_YET})\b)(?P<secret>[^\s\"'”“«]{{4,64}})",
)
PIN = re.compile(
    r"\b(?:pin|tan|puk)\b\W{0,3}(?:code|number|nummer)?\W{0,3}(?:is|was|ist|lautet|war)?\W{0,3}(?P<secret>\d{4,8})\b",
)
DATE = re.compile(r"(?<!\d)(?:\d{1,2}[./-]\d{1,2}[./-](?:\d{4}|\d{2})|\d{4}[-./]\d{1,2}[-./]\d{1,2})(?!\d)")
REFERENCE = re.compile(
    r"(?:\b(?:order|invoice|ticket|case|article|item|customer|reference|ref|parcel|tracking|account|serial)\b"
    r"|bestell\w*|rechnung\w*|vorgang\w*|artikel\w*|kunden\w*|auftrag\w*|sendung\w*|paket\w*|serien\w*|ticket\w*)"
    r"[ ]?(?:number|no|nr|nummer|id)?\W{0,4}$",
    re.IGNORECASE,
)
