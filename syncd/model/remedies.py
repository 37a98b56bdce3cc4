"""What to do about a row that was rejected, as `explain` and the page say it."""

from __future__ import annotations

from collections.abc import Mapping

from syncd.language import N_
from syncd.model.rows import Reason

REMEDIES: Mapping[str, str] = {
    Reason.NO_ID: N_("Fill one of the id columns; a visitor without any cannot be linked."),
    Reason.ID_NOT_DIGITS: N_("Store the id as getClientID (or the ad click) gives it: 1 to 20 digits."),
    Reason.ID_FLOAT: N_("Make the column text or integer: as a float the id has lost its last digits."),
    Reason.TEXT_EMPTY: N_("Fill the column."),
    Reason.TEXT_TOO_LONG: N_("Shorten it to 255 characters."),
    Reason.TEXT_CONTROL_CHARACTERS: N_("Remove line ends, tabs and other control characters."),
    Reason.TEXT_TYPE: N_("Give the column as text (a cast in the sql will do)."),
    Reason.DATETIME_NULL: N_("Fill the column, or leave such rows out in the sql."),
    Reason.DATETIME_UNREADABLE: N_("Give a timestamp, unix seconds or ISO 8601 text."),
    Reason.DATETIME_MILLISECONDS: N_("Divide by 1000 in the sql: DateTime is in seconds."),
    Reason.DATETIME_TOO_OLD: N_("Correct the moment: it is before the year 2000."),
    Reason.PRICE_NOT_A_NUMBER: N_("Give a number, or text with a dot and without spaces."),
    Reason.PRICE_NOT_FINITE: N_("Give a finite number, or null."),
    Reason.PRICE_NEGATIVE: N_("Metrica takes no price below zero: send what may be refunded as orders."),
    Reason.CURRENCY_UNKNOWN: N_(
        "Give the ISO 4217 letters, such as RUB: Metrica would drop the money silently."
    ),
    Reason.DATETIME_AMBIGUOUS: N_("Metrica cannot tell the two hours apart: give a moment outside of them."),
    Reason.STATUS_UNKNOWN: N_("Name the word under `statuses`."),
    Reason.NO_CONTACT: N_("Fill a ClientId, a mail or a phone, or filter the row."),
    Reason.FLAG_UNREADABLE: N_("Cast it to 1 or 0 in the SQL."),
    Reason.DURATION_UNREADABLE: N_("Cast it to whole seconds in the SQL."),
    Reason.EMAIL_UNREADABLE: N_("Correct the address, or fill another contact."),
    Reason.PHONE_UNREADABLE: N_("Correct the number, or fill another contact."),
    Reason.MARK_NULL: N_("Fill the mark's columns: without them the row has no place in the order."),
    Reason.KEY_NULL: N_("Fill the key's columns."),
    Reason.IDENTITY_CHANGED: N_(
        "Nothing, if the first form was right: Metrica cannot take a conversion back."
    ),
    Reason.SAME_CONVERSION: N_(
        "Give it a second of its own in the SQL, or set `spread: true`; then retry it."
    ),
    Reason.WITHDRAWN: N_("Nothing, if it was deleted or cancelled; back with a new mark it is sent."),
    Reason.REFUSED_BY_METRICA: N_(
        "See what Metrica says (`syncd rejects list`), and the goal and the counter in Metrica."
    ),
}
