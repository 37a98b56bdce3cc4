"""What a plain YAML scalar means: the YAML 1.2 core schema, and nothing that surprises.

`yes`, `no`, `on` and `off` are text, and so is a date such as 2024-01-01: only true, false, null and
numbers are anything else (https://yaml.org/spec/1.2.2/#103-core-schema).
"""

from __future__ import annotations

import math
import re
from decimal import Decimal

from syncd.config.words import Wrong
from syncd.language import N_, _

Scalar = str | int | float | bool | None

_NULL = frozenset({"", "~", "null", "Null", "NULL"})
_BOOLEANS = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
_INTEGER = re.compile(r"[-+]?[0-9]+")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_NOT_FINITE = re.compile(r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)")
_FIRST = frozenset("0123456789+-.")

LONGEST_NUMBER = 100
"""Digits; far beyond any database's number, and below the length at which Python refuses to read one."""

_QUOTE = N_("put it in quotes to keep it as it is")


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
        raise Wrong(_("a number must be finite"))
    if not _FLOAT.fullmatch(text):
        return text
    if len(text) > LONGEST_NUMBER:
        raise Wrong(
            _("a number of more than {most} characters cannot be read").format(most=LONGEST_NUMBER), _(_QUOTE)
        )
    return _integer(text) if _INTEGER.fullmatch(text) else _float(text)


def _integer(text: str) -> int:
    digits = text.lstrip("+-")
    if digits[0] == "0" and len(digits) > 1:
        raise Wrong(_("a number with leading zeros is read differently by different programs"), _(_QUOTE))
    return int(text)


def _float(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise Wrong(_("the number is too large"), _(_QUOTE))
    try:
        kept = Decimal(text) == Decimal(repr(number))
    except ArithmeticError:
        kept = False
    if not kept:
        raise Wrong(_("the number has more digits than would be kept"), _(_QUOTE))
    return number
