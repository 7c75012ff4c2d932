"""Personal data a note does not need: found by kind and place, never repeated, and cheap enough while typing."""

import os
import re
import subprocess
import sys
import time
from itertools import pairwise
from pathlib import Path
from random import Random

import pytest
from hypothesis import given, strategies as st
from stdnum import luhn

from services.risk.scan import KINDS, mask, scan
from services.types import RiskFlag

CHECKOUT = Path(__file__).parents[2]

# Own messages as desks write them. «kind:text» marks what should be found; everything else must not be.
DE = """
Kunde sagt, Karte «card:4111 1111 1111 1111» gültig bis 12/27 wurde doppelt belastet.
Bitte «card:5555-5555-5555-4444» belasten, Prüfnummer «secret:737».
Amex «card:378282246310005» abgelehnt.
Maestro «card:6759649826438453» gesperrt, neue Karte bestellt.
Rückzahlung auf «iban:DE89 3704 0044 0532 0130 00» bitte bis Freitag.
Konto «iban:AT611904300234573201» statt dem alten.
IBAN «iban:DE02120300000000202051», Inhaber wie im Konto.
Mail geht an «email:anna.schmidt@example.com», nicht an die alte Adresse.
Schreibt an «email:k-4711@mail.example.org».
Rückruf unter «phone:030 231250 123» nach 16 Uhr.
Handy «phone:0171 3920012», Festnetz nicht erreichbar.
Erreichbar: «phone:+49 40 66969 0123».
Anruf aus England, «phone:+44 20 7946 0123».
Kundin ist «health:schwanger» und kann das Paket nicht tragen.
War drei Wochen im «health:Krankenhaus», daher keine Zahlung.
Ist seit Mai «health:krankgeschrieben».
Sein «health:Hautarzt» hat ihm das verboten.
Schickt «health:Schwerbehindertenausweis»? Nein, nicht nötig.
Hat nach einem «health:Schlaganfall» Mühe am Telefon.
Passwort: «secret:Hunter2!x» hat er mir gesagt.
Kennwort ist «secret:sommer99», funktioniert nicht.
Seine PIN ist «secret:4711».
Steuer-ID «national-id:36 574 261 809» für die Rechnung.
Rentenversicherung «national-id:65 170839 J 003».
CVV «secret:123» steht auf dem Zettel.
Passwort ist falsch, Kunde setzt es zurück.
PIN vergessen, neue PIN per Brief.
Bestellung 4711-0815-2201 vom 12.03.2026 nicht angekommen.
Rechnung 2026-004711 über 149,90 Euro.
Termin am 01.01.2030 um 14:30 Uhr vereinbart.
Artikel 8001-2345-67 in Größe 42.
Kundennummer 100234, Vorgang C-26-004107.
Kunde sucht eine Lampe, Krankenkasse zahlt nicht.
Sendung 00340434161094042557 hängt im Zentrum.
Öffnungszeiten 9-17 Uhr, Lager 3, Regal 12.
Wegen Kooperation mit dem Partner verschoben.
"""
EN = """
Card «card:4012 8888 8888 1881» exp 03/28 was charged twice.
She read out «card:5105105105105100» before I could stop her.
Took «card:3530 1113 3330 0000», security code «secret:998».
Refund to «iban:GB29 NWBK 6016 1331 9268 19» please.
Account «iban:IE29AIBK93115212345678» is hers.
Write to «email:june.baxter@example.net» from now on.
He uses «email:o'neil+shop@example.co.uk» as login.
Ring «phone:020 7946 0018» after six.
Mobile «phone:07400 123456», no voicemail.
Call «phone:+49 30 231250 123» in Berlin.
Landline is «phone:0131 496 0123».
Could not come to the door because of her «health:pregnancy».
Is in «health:hospital» until Monday.
Was «health:off sick» when the parcel came.
Has «health:diabetes» and needs the order cold.
Mentioned «health:depression», please be kind.
Uses a «health:wheelchair», deliver to the ground floor.
Password is «secret:letmein99», I told him to change it.
password: «secret:Tr0ub4dor»
His PIN is «secret:8812».
NI number QQ123456C cannot be (no such prefix), should be «national-id:AB 12 34 56 C».
NHS «national-id:943 476 5919» on the form.
CVC: «secret:404»
Password is wrong, sent a reset link.
Lost the PIN, new one by post.
Order 4000-1234-5678 from 12/03/2026 is late.
Invoice R0000417 over 49.90 pounds is unpaid.
Meeting on 2026-03-05 at 10:30.
The account was disabled for no reason.
Please cancel the subscription, the operation was closed.
Tracking 9400111899223197428497 shows no movement.
Ticket T0000123, case C-26-000412.
Serial 1234567890123 printed on the back.
Cooperation with the courier is fine.
Bought 3 lamps at 12.50 each, 37.50 in total.
"""
MARK = re.compile(r"«([a-z-]+):(.*?)»")


def labelled(source: str) -> list[tuple[str, list[tuple[str, int, int]]]]:
    """Lines without marks, and where the marked pieces stand in them."""
    found = []
    for line in source.strip().splitlines():
        text, spans, at = "", [], 0
        for match in MARK.finditer(line):
            text += line[at : match.start()]
            spans.append((match[1], len(text), len(text) + len(match[2])))
            text += match[2]
            at = match.end()
        found.append((text + line[at:], spans))
    return found


def measure(examples: list[tuple[str, list[tuple[str, int, int]]]], country: str) -> tuple[int, int, int]:
    """Rightly found, missed, wrongly found: same kind and 80 % of the characters count as found."""
    right = missed = wrong = 0
    for text, wanted in examples:
        flags = list(scan(text, country=country))
        for kind, start, end in wanted:
            hit = next((f for f in flags if f.kind == kind and _covers(f, start, end)), None)
            if hit:
                right += 1
                flags.remove(hit)
            else:
                missed += 1
        wrong += len(flags)
    return right, missed, wrong


def _covers(flag: RiskFlag, start: int, end: int) -> bool:
    return min(flag.end, end) - max(flag.start, start) >= 0.8 * (end - start)


@pytest.mark.parametrize(("source", "country"), [(DE, "DE"), (EN, "GB")], ids=["DE", "GB"])
def test_recall_and_precision_on_own_messages(source: str, country: str, capsys: pytest.CaptureFixture[str]) -> None:
    right, missed, wrong = measure(labelled(source), country)
    recall, precision = right / (right + missed), right / (right + wrong)
    with capsys.disabled():
        print(f"\nrisk {country}: {right + missed} marked, recall {recall:.2f}, precision {precision:.2f}")
    assert recall >= 0.93
    assert precision >= 0.93


def test_the_measure_itself_sees_misses_and_false_hits() -> None:
    assert measure([("nothing here", [("card", 0, 7)])], "DE") == (0, 1, 0)
    assert measure([("Karte 4111 1111 1111 1111", [])], "DE") == (0, 0, 1)


def test_a_planted_value_is_found_and_its_near_misses_are_not() -> None:
    assert [f.kind for f in scan("x 4111111111111111 y", country="DE")] == ["card"]
    assert scan("x 4111111111111112 y", country="DE") == ()
    assert [f.kind for f in scan("x DE89370400440532013000 y", country="DE")] == ["iban"]
    assert scan("x DE89370400440532013001 y", country="DE", phones=False) == ()


@given(st.integers(12, 19), st.integers(0, 2**32), st.sampled_from(["", " ", "-"]))
def test_every_card_length_is_found_with_any_grouping(length: int, seed: int, gap: str) -> None:
    rng = Random(seed)
    body = ("67" if length < 13 else "4") + "".join(rng.choice("0123456789") for _ in range(length - 2))
    body = body[: length - 1]
    number = body + luhn.calc_check_digit(body)
    text = f"card {gap.join(number[at : at + 4] for at in range(0, length, 4))} thanks"
    flags = scan(text, country="DE", phones=False)
    assert [f.kind for f in flags] == ["card"]


@given(st.text(max_size=300))
def test_any_text_can_be_scanned_and_flags_lie_inside_without_overlap(text: str) -> None:
    flags = scan(text, country="GB")
    assert all(0 <= f.start < f.end <= len(text) and f.kind in KINDS for f in flags)
    assert all(a.end <= b.start for a, b in pairwise(flags))


@given(st.lists(st.sampled_from(labelled(DE) + labelled(EN)), min_size=1, max_size=5))
def test_what_is_masked_is_gone(picked: list[tuple[str, list[tuple[str, int, int]]]]) -> None:
    text = " ".join(line for line, _ in picked)
    flags = scan(text, country="DE")
    masked = mask(text, flags)
    for flag in flags:
        piece = text[flag.start : flag.end]
        if sum(char.isdigit() for char in piece) > 6 or "@" in piece:
            assert piece not in masked
    assert masked.count("[") >= len(flags)


def test_a_flag_never_repeats_what_it_found() -> None:
    text = "anna@example.com 4111 1111 1111 1111"
    shown = repr(scan(text, country="DE"))
    assert "anna" not in shown
    assert "4111" not in shown
    assert "email" in shown


def test_letters_that_grow_in_lower_case_do_not_move_the_places() -> None:
    text = "İİİ schwanger"
    (flag,) = scan(text, country="DE")
    assert text[flag.start : flag.end] == "schwanger"


TIMING = """
import sys, time
from services.risk.scan import scan, warm
warm("DE")
best = 1.0
for _ in range(200):
    before = time.process_time()
    scan(sys.argv[1], country="DE")
    best = min(best, time.process_time() - before)
print(best)
"""


def test_a_note_of_500_characters_takes_two_milliseconds_at_most() -> None:
    """In a process of its own: what measures coverage in this one costs several times the work itself."""
    note = " ".join(line for line, _ in labelled(DE)[:4] + labelled(DE)[26:])[:500]
    bare = {key: value for key, value in os.environ.items() if not key.startswith("COV")}
    run = subprocess.run(
        [sys.executable, "-c", TIMING, note], env=bare, cwd=CHECKOUT, capture_output=True, text=True, check=True
    )
    assert float(run.stdout) <= 0.002, f"{float(run.stdout) * 1000:.2f} ms"


@pytest.mark.parametrize("piece", ["a", "1", "a@", "1 ", "4 5 ", "a@b.de ", "password "])
def test_the_time_grows_with_the_text_and_not_faster(piece: str) -> None:
    def seconds(size: int) -> float:
        hostile = piece * (size // len(piece))
        before = time.process_time()
        scan(hostile, country="DE", phones=False)
        return time.process_time() - before

    short = min(seconds(5_000) for _ in range(3))
    assert seconds(20_000) < 10 * short + 0.02, "four times the text; sixteen times the time would be quadratic"
