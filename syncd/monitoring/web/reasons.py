"""Why rows are rejected, as the page says it."""

from __future__ import annotations

from collections.abc import Mapping

from syncd.language import N_
from syncd.model import Reason

REASONS: Mapping[str, str] = {
    Reason.NO_ID: N_("no column of an id is filled"),
    Reason.ID_NOT_DIGITS: N_("the id holds other characters than digits"),
    Reason.ID_FLOAT: N_("the id is a floating-point number, whose last digits are lost"),
    Reason.TEXT_EMPTY: N_("a text that is needed is empty"),
    Reason.TEXT_TOO_LONG: N_("a text is too long"),
    Reason.TEXT_CONTROL_CHARACTERS: N_("a text holds control characters"),
    Reason.TEXT_TYPE: N_("a value is no text"),
    Reason.DATETIME_NULL: N_("the moment is not known"),
    Reason.DATETIME_UNREADABLE: N_("the moment cannot be read"),
    Reason.DATETIME_MILLISECONDS: N_("the moment is in milliseconds"),
    Reason.DATETIME_TOO_OLD: N_("the moment is before the year 2000"),
    Reason.PRICE_NOT_A_NUMBER: N_("the price is no number"),
    Reason.PRICE_NOT_FINITE: N_("the price is infinite or NaN"),
    Reason.PRICE_NEGATIVE: N_("the price is negative"),
    Reason.CURRENCY_UNKNOWN: N_("the currency is not known to ISO 4217"),
    Reason.DATETIME_AMBIGUOUS: N_("the moment comes twice, as the clocks go back"),
    Reason.STATUS_UNKNOWN: N_("the status is not among `statuses`"),
    Reason.NO_CONTACT: N_("the client has no contact"),
    Reason.FLAG_UNREADABLE: N_("a flag is neither yes nor no"),
    Reason.DURATION_UNREADABLE: N_("a duration is no number of seconds"),
    Reason.EMAIL_UNREADABLE: N_("the mail address cannot be read"),
    Reason.PHONE_UNREADABLE: N_("the phone number cannot be read"),
    Reason.MARK_NULL: N_("a column of the mark is null"),
    Reason.KEY_NULL: N_("a column of the key is null"),
    Reason.IDENTITY_CHANGED: N_("a delivered row has another id, Target or DateTime now"),
    Reason.REFUSED_BY_METRICA: N_("Metrica refused them"),
    Reason.SAME_CONVERSION: N_("another key has the same id, Target and second"),
    Reason.WITHDRAWN: N_("the row is gone from the query before its moment came"),
}
