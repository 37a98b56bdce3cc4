"""What each column takes and refuses."""

from __future__ import annotations

import re
import sys
import unicodedata
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncd.mapping import fields
from syncd.mapping.bad import BadValueError
from syncd.mapping.currency import codes, currency
from syncd.model import Reason

AN_UUID = UUID("0b0a3c0e-9d5b-4c53-9d3f-1f6a3b2c4d5e")
LONG_INT = 10**5000
HUGE = [Decimal("1E+999999"), Decimal("1E+1000000"), Decimal("1E-1000000"), Decimal("-1E+999999999")]


def reason_of(read: Callable[[object], str], value: object) -> Reason:
    """Why the field refuses the value."""
    with pytest.raises(BadValueError) as caught:
        read(value)
    return caught.value.reason


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, ""),
        ("", ""),
        ("1", "1"),
        ("007", "007"),
        (" 123   ", "123"),
        ("   ", ""),
        ("18446744073709551615", "18446744073709551615"),
        (0, "0"),
        (10**20 - 1, "9" * 20),
        (Decimal(123), "123"),
        (Decimal("123.00"), "123"),
        (Decimal("1E+3"), "1000"),
        (Decimal("-0"), "0"),
    ],
)
def test_digits_taken(value: object, text: str) -> None:
    """A ClientId or Yclid of digits is sent as it is."""
    assert fields.digits_id(value) == text


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (1.0, Reason.ID_FLOAT),
        (float("nan"), Reason.ID_FLOAT),
        ("1 1", Reason.ID_NOT_DIGITS),
        ("1\n", Reason.ID_NOT_DIGITS),
        ("1.0", Reason.ID_NOT_DIGITS),
        ("-1", Reason.ID_NOT_DIGITS),
        ("1e5", Reason.ID_NOT_DIGITS),
        ("1" * 21, Reason.ID_NOT_DIGITS),
        ("١٢٣", Reason.ID_NOT_DIGITS),
        ("²", Reason.ID_NOT_DIGITS),
        (-1, Reason.ID_NOT_DIGITS),
        (10**20, Reason.ID_NOT_DIGITS),
        pytest.param(LONG_INT, Reason.ID_NOT_DIGITS, id="long-int"),
        (True, Reason.ID_NOT_DIGITS),
        (b"123", Reason.ID_NOT_DIGITS),
        (AN_UUID, Reason.ID_NOT_DIGITS),
        (Decimal("1.5"), Reason.ID_NOT_DIGITS),
        (Decimal("NaN"), Reason.ID_NOT_DIGITS),
        (Decimal("sNaN"), Reason.ID_NOT_DIGITS),
        (Decimal("Infinity"), Reason.ID_NOT_DIGITS),
        *[(value, Reason.ID_NOT_DIGITS) for value in HUGE],
    ],
)
def test_digits_refused(value: object, reason: Reason) -> None:
    """A ClientId or Yclid of anything but 1-20 digits is refused."""
    assert reason_of(fields.digits_id, value) is reason


@pytest.mark.parametrize("read", [fields.text_id, fields.target])
@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("a", "a"),
        ("  Заказ №1 \t\n", "Заказ №1"),
        ("a\u00a0b", "a\u00a0b"),
        ("x" * 255, "x" * 255),
        (" " * 9 + "x" * 255, "x" * 255),
        (-5, "-5"),
        (AN_UUID, str(AN_UUID)),
        (Decimal("77.0"), "77"),
    ],
)
def test_text_taken(read: Callable[[object], str], value: object, text: str) -> None:
    """A text column is trimmed; whole numbers and UUIDs are written as text."""
    assert read(value) == text


@pytest.mark.parametrize("read", [fields.text_id, fields.target])
@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ("x" * 256, Reason.TEXT_TOO_LONG),
        (10**255, Reason.TEXT_TOO_LONG),
        pytest.param(LONG_INT, Reason.TEXT_TOO_LONG, id="long-int"),
        (Decimal("1E+999999"), Reason.TEXT_TOO_LONG),
        (Decimal("-1E+999999999"), Reason.TEXT_TOO_LONG),
        ("a\x00b", Reason.TEXT_CONTROL_CHARACTERS),
        ("a\nb", Reason.TEXT_CONTROL_CHARACTERS),
        ("a\ud800", Reason.TEXT_CONTROL_CHARACTERS),
        (b"abc", Reason.TEXT_TYPE),
        (True, Reason.TEXT_TYPE),
        (Decimal("1.5"), Reason.TEXT_TYPE),
        (Decimal("NaN"), Reason.TEXT_TYPE),
        (Decimal("1E-1000000"), Reason.TEXT_TYPE),
        (date(2026, 1, 1), Reason.TEXT_TYPE),
        (["a"], Reason.TEXT_TYPE),
    ],
)
def test_text_refused(read: Callable[[object], str], value: object, reason: Reason) -> None:
    """A text that is too long, has control characters or is no text is refused."""
    assert reason_of(read, value) is reason


@pytest.mark.parametrize("value", [None, "", "  ", "\t\n"])
def test_empty_text(value: object) -> None:
    """An empty text means "not filled" for an id, and is refused for Target."""
    assert fields.text_id(value) == ""
    assert reason_of(fields.target, value) is Reason.TEXT_EMPTY


def test_float_text() -> None:
    """A float is refused as an id because its digits are lost, and as a Target because it is no text."""
    assert reason_of(fields.text_id, 5.0) is Reason.ID_FLOAT
    assert reason_of(fields.target, 5.0) is Reason.TEXT_TYPE


def test_unsendable_characters_are_exactly_control_and_surrogate() -> None:
    """The characters refused are Unicode's Cc and Cs, no other."""
    for code in range(sys.maxunicode + 1):
        text = f"a{chr(code)}b"
        refused = unicodedata.category(chr(code)) in {"Cc", "Cs"}
        if refused:
            assert reason_of(fields.target, text) is Reason.TEXT_CONTROL_CHARACTERS
        else:
            assert fields.target(text) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, ""),
        ("", ""),
        ("0", "0"),
        ("12.50", "12.50"),
        (".5", "0.5"),
        ("5.", "5"),
        ("007", "007"),
        (0, "0"),
        (10**39, "1" + "0" * 39),
        (Decimal("12.50"), "12.50"),
        (Decimal("1E+5"), "100000"),
        (Decimal("1E-7"), "0.0000001"),
        (Decimal("-0"), "0"),
        (Decimal("12345678901234567890.123456789"), "12345678901234567890.123456789"),
        (0.1, "0.1"),
        (100.0, "100"),
        (-0.0, "0"),
        (1e22, "10000000000000000000000"),
        (1e-7, "0.0000001"),
        (0.1 + 0.2, "0.30000000000000004"),
    ],
)
def test_price_taken(value: object, text: str) -> None:
    """A price is written with a dot, without exponent, and with its own digits."""
    assert fields.price(value) == text


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ("1,5", Reason.PRICE_NOT_A_NUMBER),
        ("1 000", Reason.PRICE_NOT_A_NUMBER),
        (" 1", Reason.PRICE_NOT_A_NUMBER),
        (" ", Reason.PRICE_NOT_A_NUMBER),
        ("1\n", Reason.PRICE_NOT_A_NUMBER),
        (".", Reason.PRICE_NOT_A_NUMBER),
        ("1.2.3", Reason.PRICE_NOT_A_NUMBER),
        ("-.5", Reason.PRICE_NEGATIVE),
        ("1e3", Reason.PRICE_NOT_A_NUMBER),
        ("+1", Reason.PRICE_NOT_A_NUMBER),
        ("$5", Reason.PRICE_NOT_A_NUMBER),
        ("-", Reason.PRICE_NOT_A_NUMBER),
        ("-x", Reason.PRICE_NOT_A_NUMBER),
        ("\u0661", Reason.PRICE_NOT_A_NUMBER),
        ("1" * 41, Reason.PRICE_NOT_A_NUMBER),
        (True, Reason.PRICE_NOT_A_NUMBER),
        (b"1", Reason.PRICE_NOT_A_NUMBER),
        (10**40, Reason.PRICE_NOT_A_NUMBER),
        pytest.param(LONG_INT, Reason.PRICE_NOT_A_NUMBER, id="long-int"),
        (1e300, Reason.PRICE_NOT_A_NUMBER),
        (5e-324, Reason.PRICE_NOT_A_NUMBER),
        (Decimal("1E+1000000"), Reason.PRICE_NOT_A_NUMBER),
        (Decimal("1E-1000000"), Reason.PRICE_NOT_A_NUMBER),
        (Decimal("0." + "1" * 1000), Reason.PRICE_NOT_A_NUMBER),
        ("NaN", Reason.PRICE_NOT_FINITE),
        ("inf", Reason.PRICE_NOT_FINITE),
        ("-Infinity", Reason.PRICE_NOT_FINITE),
        (float("nan"), Reason.PRICE_NOT_FINITE),
        (float("-inf"), Reason.PRICE_NOT_FINITE),
        (Decimal("sNaN"), Reason.PRICE_NOT_FINITE),
        (Decimal("Infinity"), Reason.PRICE_NOT_FINITE),
        ("-1.5", Reason.PRICE_NEGATIVE),
        (-1, Reason.PRICE_NEGATIVE),
        (-0.01, Reason.PRICE_NEGATIVE),
        (Decimal("-0.01"), Reason.PRICE_NEGATIVE),
        (Decimal("-1E+999999999"), Reason.PRICE_NEGATIVE),
    ],
)
def test_price_refused(value: object, reason: Reason) -> None:
    """A price that is no plain number, not finite or negative is refused."""
    assert reason_of(fields.price, value) is reason


@given(st.decimals(min_value=0, max_value=10**15, places=4) | st.floats(1e-9, 1e15) | st.integers(0, 10**39))
def test_price_is_exact(value: Decimal | float) -> None:
    """A price says exactly the number it came from."""
    text = fields.price(value)
    assert re.fullmatch(r"[0-9]+(\.[0-9]+)?", text)
    assert type(value)(text) == value


@pytest.mark.parametrize(
    ("value", "text"), [(None, ""), ("", ""), ("  ", ""), ("RUB", "RUB"), ("rub", "RUB"), (" eUr ", "EUR")]
)
def test_currency_taken(value: object, text: str) -> None:
    """A known code is sent in upper case."""
    assert currency(value) == text


@pytest.mark.parametrize(
    "value",
    ["RUR", "DEM", "XXX", "XTS", "\u0440\u0443\u0431", "RU", "RUBL", "u\u017fd", "643", 643, b"RUB", True],
)
def test_currency_refused(value: object) -> None:
    """An unknown, withdrawn or moneyless code is refused: Metrica would silently drop the money."""
    assert reason_of(currency, value) is Reason.CURRENCY_UNKNOWN


def test_currency_table() -> None:
    """The table holds the currencies of today, each as three capital letters."""
    assert {"RUB", "USD", "EUR", "KZT", "BYN", "UZS", "TRY", "CNY", "XAF"} <= codes()
    assert all(re.fullmatch("[A-Z]{3}", code) for code in codes())
