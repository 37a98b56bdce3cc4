"""What a plain YAML scalar means: the YAML 1.2 core schema, and nothing that surprises.

`yes`, `no`, `on` and `off` are text, and so is a date such as 2024-01-01: only true, false, null and
numbers are anything else (https://yaml.org/spec/1.2.2/#103-core-schema).
"""

from __future__ import annotations

import math
import re
from decimal import Decimal

from syncd.config.words import Wrong

Scalar = str | int | float | bool | None

_NULL = frozenset({"", "~", "null", "Null", "NULL"})
_BOOLEANS = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
_INTEGER = re.compile(r"[-+]?[0-9]+")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_NOT_FINITE = re.compile(r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)")
_FIRST = frozenset("0123456789+-.")

LONGEST_NUMBER = 100
"""Digits; far beyond any database's number, and below the length at which Python refuses to read one."""

_QUOTE = "put it in quotes to keep it as it is"


def plain(text: str) -> Scalar:
    """The value of an unquoted scalar.

    Raises:
        Wrong: a number that would not survive being read: not finite, more digits than a float keeps,
            leading zeros (octal for some YAML readers, decimal for others).
    """
    if text in _NULL:
        return None
    if text in _BOOLEANS:
        return _BOOLEANS[text]
    if text[0] not in _FIRST:
        return text
    if _NOT_FINITE.fullmatch(text):
        raise Wrong("a number must be finite")
    if not _FLOAT.fullmatch(text):
        return text
    if len(text) > LONGEST_NUMBER:
        raise Wrong(f"a number of more than {LONGEST_NUMBER} characters cannot be read", _QUOTE)
    return _integer(text) if _INTEGER.fullmatch(text) else _float(text)


def _integer(text: str) -> int:
    digits = text.lstrip("+-")
    if digits[0] == "0" and len(digits) > 1:
        raise Wrong("a number with leading zeros is read differently by different programs", _QUOTE)
    return int(text)


def _float(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise Wrong("the number is too large", _QUOTE)
    try:
        kept = Decimal(text) == Decimal(repr(number))
    except ArithmeticError:
        kept = False
    if not kept:
        raise Wrong("the number has more digits than would be kept", _QUOTE)
    return number
