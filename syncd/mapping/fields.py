"""One function per kind of column: a database value → the text that is sent.

Every function is pure and raises `BadValueError`, and nothing else, whatever it is given. "" means that
the column is not filled in this row.
"""

from __future__ import annotations

import math
import re
from decimal import Decimal
from uuid import UUID

from syncd.mapping.bad import BadValueError
from syncd.model import Reason

ID_DIGITS = 20
"""The most digits of a ClientId or Yclid: Metrica's Logs API types them as UInt64."""
TEXT_LENGTH = 255
"""The most characters of a UserId, PurchaseId or Target."""
PRICE_DIGITS = 40
"""The most digits of a Price, more than any database's widest decimal; 1E+1000000 is not written out."""

_ID_END = 10**ID_DIGITS
_TEXT_END = 10**TEXT_LENGTH
_PRICE_END = 10**PRICE_DIGITS

# Unicode's category Cc, and the lone surrogates, which UTF-8 cannot carry.
_UNSENDABLE = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
# Oracle's and PostgreSQL's to_char write 0.5 as ".5", and 5 as "5." where the format says so.
_PRICE_TEXT = re.compile(r"[0-9]+(\.[0-9]*)?|\.[0-9]+")
_NOT_FINITE = re.compile(r"[+-]?(nan|inf|infinity)", re.IGNORECASE)


def digits_id(value: object) -> str:
    """A ClientId or Yclid: 1-20 digits, without blanks around them as char(n) pads; "" when not filled.

    Raises:
        BadValueError: ID_NOT_DIGITS, or ID_FLOAT, as a float's last digits are already lost.
    """
    if value is None:
        return ""
    if isinstance(value, str):
        text = value.strip(" ")
        if not text:
            return ""
        # isdigit alone also takes the digits of other alphabets.
        if len(text) <= ID_DIGITS and text.isdigit() and text.isascii():
            return str(text)
    elif isinstance(value, float):
        raise BadValueError(Reason.ID_FLOAT)
    elif isinstance(value, int):
        if not isinstance(value, bool) and 0 <= value < _ID_END:
            return str(int(value))
    elif isinstance(value, Decimal) and value.is_finite() and 0 <= value < _ID_END and _integral(value):
        return str(int(value))
    raise BadValueError(Reason.ID_NOT_DIGITS)


def text_id(value: object, longest: int = TEXT_LENGTH) -> str:
    """A UserId or PurchaseId: trimmed text of 1-255 characters, or as many as given; "" when not filled.

    Raises:
        BadValueError: TEXT_TOO_LONG, TEXT_CONTROL_CHARACTERS, TEXT_TYPE, or ID_FLOAT.
    """
    if isinstance(value, float):
        raise BadValueError(Reason.ID_FLOAT)
    return _text(value, longest)


def target(value: object) -> str:
    """A goal's identifier: trimmed text of 1-255 characters.

    Raises:
        BadValueError: TEXT_EMPTY, TEXT_TOO_LONG, TEXT_CONTROL_CHARACTERS, or TEXT_TYPE.
    """
    text = _text(value)
    if not text:
        raise BadValueError(Reason.TEXT_EMPTY)
    return text


def price(value: object) -> str:
    """Digits, at most one dot, and digits, exactly as many as the value has; "" when there is none.

    Raises:
        BadValueError: PRICE_NOT_A_NUMBER, PRICE_NOT_FINITE, or PRICE_NEGATIVE.
    """
    if value is None:
        return ""
    if isinstance(value, Decimal):
        return _decimal_price(value)
    if isinstance(value, str):
        return _text_price(value)
    if isinstance(value, float):
        if not math.isfinite(value):
            raise BadValueError(Reason.PRICE_NOT_FINITE)
        # repr is the shortest text that is this float; its ".0" says only that the value is a float.
        return _decimal_price(Decimal(float.__repr__(value).removesuffix(".0")))
    if isinstance(value, int) and not isinstance(value, bool):
        if value < 0:
            raise BadValueError(Reason.PRICE_NEGATIVE)
        if value < _PRICE_END:
            return str(int(value))
    raise BadValueError(Reason.PRICE_NOT_A_NUMBER)


def _integral(value: Decimal) -> bool:
    return value == value.to_integral_value()


def _text(value: object, longest: int = TEXT_LENGTH) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        text = value.strip()
    elif isinstance(value, UUID):
        text = str(value)
    elif isinstance(value, int) and not isinstance(value, bool):
        # Bounded before it is written: Python itself refuses to write very long integers.
        if not -_TEXT_END < value < _TEXT_END:
            raise BadValueError(Reason.TEXT_TOO_LONG)
        text = str(int(value))
    elif isinstance(value, Decimal):
        text = _integer_text(value)
    else:
        raise BadValueError(Reason.TEXT_TYPE)
    if len(text) > longest:
        raise BadValueError(Reason.TEXT_TOO_LONG)
    # Printable text is the usual case, and told much faster.
    if not text.isprintable() and _UNSENDABLE.search(text):
        raise BadValueError(Reason.TEXT_CONTROL_CHARACTERS)
    return text


def _integer_text(value: Decimal) -> str:
    if not value.is_finite() or not _integral(value):
        raise BadValueError(Reason.TEXT_TYPE)
    if not -_TEXT_END < value < _TEXT_END:
        raise BadValueError(Reason.TEXT_TOO_LONG)
    return str(int(value))


def _decimal_price(value: Decimal) -> str:
    if not value.is_finite():
        raise BadValueError(Reason.PRICE_NOT_FINITE)
    if value < 0:
        raise BadValueError(Reason.PRICE_NEGATIVE)
    # Bounded before it is written: written in full, 1E+999999999 is a gigabyte.
    if abs(value.adjusted()) < PRICE_DIGITS:
        return _bounded_price(format(value.copy_abs(), "f"))  # copy_abs: there is a negative zero
    raise BadValueError(Reason.PRICE_NOT_A_NUMBER)


def _text_price(value: str) -> str:
    if not value:
        return ""
    if _PRICE_TEXT.fullmatch(value):
        return _bounded_price(f"{'0' * value.startswith('.')}{value.removesuffix('.')}")
    if value[0] == "-" and _PRICE_TEXT.fullmatch(value, 1):
        raise BadValueError(Reason.PRICE_NEGATIVE)
    if _NOT_FINITE.fullmatch(value):
        raise BadValueError(Reason.PRICE_NOT_FINITE)
    raise BadValueError(Reason.PRICE_NOT_A_NUMBER)


def _bounded_price(text: str) -> str:
    if len(text) > PRICE_DIGITS + ("." in text):
        raise BadValueError(Reason.PRICE_NOT_A_NUMBER)
    return text
