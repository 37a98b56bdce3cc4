"""Options of several parts: `columns` and `statuses`. Each part that is wrong is told in its own line."""

from __future__ import annotations

from collections.abc import Mapping

from syncd.config import values
from syncd.config.words import Collector, Told, Unreadable, Wrong, but_got, nearest
from syncd.language import _
from syncd.model import Column
from syncd.model.kinds import ORDER_STATUSES, CallColumn, OrderColumn
from syncd.model.settings import Constant

COLUMN_WORDS: Mapping[str, str] = {
    Column.CLIENT_ID: "Metrica's own id of the visitor, 1 to 20 digits.",
    Column.USER_ID: "The site's id of the visitor, as given to setUserID.",
    Column.YCLID: "The id of the click on an ad of Yandex Direct, 1 to 20 digits.",
    Column.PURCHASE_ID: "The id of the e-commerce purchase.",
    Column.TARGET: "The goal's identifier, not its name or number.",
    Column.DATETIME: "When the conversion, or the call, happened.",
    Column.PRICE: "Its money; optional.",
    Column.CURRENCY: "The money's currency by ISO 4217; optional.",
    OrderColumn.ID: "Orders: the company's id of the order.",
    OrderColumn.CREATE_DATE_TIME: "Orders: when the order was made.",
    OrderColumn.CLIENT_UNIQ_ID: "Orders: the company's id of the client; optional.",
    OrderColumn.CLIENT_IDS: "Orders: Metrica's ids of the client, with commas between.",
    OrderColumn.EMAILS: "Orders: the client's mail addresses, with commas between.",
    OrderColumn.PHONES: "Orders: the client's phone numbers, with commas between.",
    OrderColumn.ORDER_STATUS: "Orders: the company's word for the status, a key of statuses; optional.",
    OrderColumn.REVENUE: "Orders: the money that came in; optional.",
    OrderColumn.COST: "Orders: what the order cost the company; optional.",
    OrderColumn.CURRENCY: "Orders: the money's currency by ISO 4217; optional.",
    CallColumn.STATIC_CALL: "Calls: 1 for a number that is no visitor's own, 0 for call tracking; optional.",
    CallColumn.PHONE_NUMBER: "Calls: the caller's number, as +79995551111; optional.",
    CallColumn.TALK_DURATION: "Calls: seconds of talk; optional.",
    CallColumn.HOLD_DURATION: "Calls: seconds of waiting; optional.",
    CallColumn.CALL_MISSED: "Calls: 1 where nobody answered; optional.",
    CallColumn.TAG: "Calls: any text; optional.",
    CallColumn.FIRST_TIME_CALLER: "Calls: 1 for a new caller; optional.",
    CallColumn.URL: "Calls: the page from which the call was made; optional.",
    CallColumn.CALL_TRACKER_URL: "Calls: where the call tracker shows the call; optional.",
}


def columns(value: object) -> dict[str, str | Constant]:
    """The sources of the columns, whatever the kind of upload; `kind_rules` says which a query takes."""
    if not isinstance(value, dict):
        raise Wrong(_("wants keys and values below it") + ("" if isinstance(value, str) else but_got(value)))
    reading, found = Collector(), dict[str, str | Constant]()
    for name, source in value.items():
        with reading.at(name):
            if name not in COLUMN_WORDS:
                raise Wrong(_("Metrica has no such column"), nearest(name, COLUMN_WORDS))
            found[name] = _column_source(source)
    reading.raise_any(found)
    return found


def _column_source(value: object) -> str | Constant:
    """A result column's name, `{value: constant}`, or null to leave the column out."""
    if value is None:
        return Constant(value=None)
    if value is Unreadable.UNREADABLE:
        raise Told
    if isinstance(value, str):
        return values.text(value)
    if not isinstance(value, dict):
        hint = (
            _("a constant is written {{value: {value}}}").format(value=value)
            if isinstance(value, int | float)
            else ""
        )
        raise Wrong(
            _("wants a result column's name or {{value: constant}}{got}").format(got=but_got(value)), hint
        )
    if set(value) != {"value"}:
        raise Wrong(_("wants a result column's name or {value: constant}"), _("its only key is `value`"))
    constant = value["value"]
    if constant is Unreadable.UNREADABLE:
        raise Told
    if isinstance(constant, bool) or not isinstance(constant, str | int | float):
        hint = _("null alone, without {value: …}, leaves the column out") if constant is None else ""
        raise Wrong(_("a constant is text or a number{got}").format(got=but_got(constant)), hint)
    return Constant(value=str(constant) if isinstance(constant, str) else constant)


def statuses(value: object) -> dict[str, str]:
    """The company's words for the status of an order, each with Metrica's."""
    wants = _("wants the company's words, each with Metrica's, such as {new: IN_PROGRESS, paid: PAID}")
    if not isinstance(value, dict) or not value:
        raise Wrong(wants + ("" if isinstance(value, str) else but_got(value)))
    reading, found = Collector(), dict[str, str]()
    for word, status in value.items():
        with reading.at(word):
            if status is Unreadable.UNREADABLE:
                raise Told
            found[word] = _status(values.text(status))
    reading.raise_any(found)
    return found


def _status(word: str) -> str:
    """A status that Metrica knows, or one of the counter's own, but no slip of the first."""
    if word not in ORDER_STATUSES and (close := nearest(word, ORDER_STATUSES, every=False)):
        raise Wrong(
            _("Metrica's statuses are {words}{got}").format(
                words=", ".join(ORDER_STATUSES), got=but_got(word)
            ),
            close,
        )
    return word
