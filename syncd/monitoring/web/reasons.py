"""Why rows are rejected, and what to do about it, as the page says it."""

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
REMEDIES: Mapping[str, str] = {
    Reason.NO_ID: N_("Filter such rows in the SQL, or add another id to `id_type`."),
    Reason.ID_NOT_DIGITS: N_("Select the right column; cut prefixes off in the SQL."),
    Reason.ID_FLOAT: N_("Keep ids as bigint or text in the database; a cast cannot bring the digits back."),
    Reason.TEXT_EMPTY: N_("Fill it, or filter the row."),
    Reason.TEXT_TOO_LONG: N_("Shorten it in the SQL."),
    Reason.TEXT_CONTROL_CHARACTERS: N_("Remove line breaks and other control characters in the SQL."),
    Reason.TEXT_TYPE: N_("Cast it to text in the SQL."),
    Reason.DATETIME_NULL: N_("Filter the row until the moment is known."),
    Reason.DATETIME_UNREADABLE: N_("Convert it in the SQL."),
    Reason.DATETIME_MILLISECONDS: N_("Divide by 1000 in the SQL."),
    Reason.DATETIME_TOO_OLD: N_("Look for a default such as 1970-01-01 or a missing value."),
    Reason.PRICE_NOT_A_NUMBER: N_("Cast it to numeric in the SQL."),
    Reason.PRICE_NOT_FINITE: N_("Correct the value."),
    Reason.PRICE_NEGATIVE: N_("Send refunds as orders: a lower revenue, or CANCELLED."),
    Reason.CURRENCY_UNKNOWN: N_("Map it to an ISO 4217 code in the SQL (RUR is RUB today)."),
    Reason.DATETIME_AMBIGUOUS: N_("Metrica cannot tell the two hours apart: give a moment outside of them."),
    Reason.STATUS_UNKNOWN: N_("Name the word under `statuses`."),
    Reason.NO_CONTACT: N_("Fill a ClientId, a mail or a phone, or filter the row."),
    Reason.FLAG_UNREADABLE: N_("Cast it to 1 or 0 in the SQL."),
    Reason.DURATION_UNREADABLE: N_("Cast it to whole seconds in the SQL."),
    Reason.EMAIL_UNREADABLE: N_("Correct the address, or fill another contact."),
    Reason.PHONE_UNREADABLE: N_("Correct the number, or fill another contact."),
    Reason.MARK_NULL: N_("COALESCE it in the SQL, or choose another mark."),
    Reason.KEY_NULL: N_("Choose key columns that are always filled."),
    Reason.IDENTITY_CHANGED: N_(
        "Include what changes in `key` if it is another conversion; else correct the source."
    ),
    Reason.SAME_CONVERSION: N_("Give it a second of its own in the SQL, or set `spread: true`."),
    Reason.WITHDRAWN: N_("Nothing, if it was deleted or cancelled."),
    Reason.REFUSED_BY_METRICA: N_("`syncd rejects list` shows what Metrica says."),
}
