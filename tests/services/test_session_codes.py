"""Codes that a signed-in account shows: of one account, for a moment, and never another's."""

import hashlib
import hmac

import pytest
from hypothesis import given, settings, strategies as st

from services.identity.session_codes import SessionCodes, same_shown, shown_now

SECRET = b"s" * 32
NOW = 1_770_000_030_000_000


def codes(account: str = "K1", now: int = NOW, controller: str = "nordlicht", secret: bytes = SECRET) -> list[str]:
    return [one.code for one in shown_now(secret, controller, account, 60, now)]


@pytest.mark.rule("SES")
def test_SES_a_code_is_of_one_account_of_one_controller_and_over_after_two_stretches() -> None:
    now, before = codes()
    assert len({now, before, *codes("K2"), *codes(controller="harbour"), *codes(secret=b"t" * 32)}) == 8
    assert codes(now=NOW + 20_000_000) == [now, before], "within its minute"
    assert codes(now=NOW + 60_000_000)[1] == now
    assert now not in codes(now=NOW + 120_000_000)
    assert now not in codes(now=NOW - 60_000_000), "nor does one of the future count"


def test_an_accounts_program_makes_the_same_by_the_words_of_the_documentation() -> None:
    step = NOW // 1_000_000 // 60
    digest = hmac.new(SECRET, b"rightsdesk-session-1\0nordlicht\0K1\0" + str(step).encode(), hashlib.sha256).digest()
    assert codes()[0] == f"{int.from_bytes(digest[:8], 'big') % 100_000_000:08d}"


@settings(deadline=None, max_examples=60)
@given(st.text(st.characters(exclude_categories=[]), max_size=80))
def test_no_text_but_the_code_is_the_code(said: str) -> None:
    shown = next(shown_now(SECRET, "nordlicht", "K1", 60, NOW))
    assert not same_shown(f"x{said}", shown)
    assert same_shown(f" {shown.code[:4]}-{shown.code[4:]} ", shown)
    assert shown.code not in repr(shown.once)


@pytest.mark.parametrize("seconds", [0, 14, 301, 86_400])
def test_a_code_that_is_not_short_lived_cannot_be_declared(seconds: int) -> None:
    with pytest.raises(ValueError, match="15 to 300"):
        SessionCodes("nordlicht/session", seconds)
