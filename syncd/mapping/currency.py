"""Currency: which codes may be sent. The one home of the ISO 4217 table (package `iso4217`)."""

from __future__ import annotations

from functools import cache

from syncd.mapping.bad import BadValueError
from syncd.model import Reason

_NOT_MONEY = frozenset({"XXX", "XTS"})
"""In the table, but by the standard itself "no currency" and "for testing": their money would be lost."""


@cache
def codes() -> frozenset[str]:
    """The codes in use today, upper-case; withdrawn ones (DEM, BGN …) are not in ISO's current list."""
    from iso4217 import Currency  # noqa: PLC0415 — who only looks at the store reads no table of currencies

    return frozenset(str(currency.code) for currency in Currency) - _NOT_MONEY


def currency(value: object) -> str:
    """The code in upper case; "" when there is none.

    Metrica keeps a row with an unknown code and silently drops its money (docs/metrica.md, 2), so such a
    row is rejected here instead.

    Raises:
        BadValueError: CURRENCY_UNKNOWN.
    """
    if value is None:
        return ""
    if not isinstance(value, str):
        raise BadValueError(Reason.CURRENCY_UNKNOWN)
    code = value.strip()
    if not code:
        return ""
    # Some letters of other alphabets become ASCII in upper case, such as the long s: not a code.
    if not code.isascii() or (code := code.upper()) not in codes():
        raise BadValueError(Reason.CURRENCY_UNKNOWN)
    return code
