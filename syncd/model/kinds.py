"""The kinds of upload that a query can feed, and what distinguishes one from another in the configuration."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum

from syncd.language import N_
from syncd.model.rows import Column


class QueryKind(StrEnum):
    """What the rows of a query are."""

    CONVERSIONS = "conversions"
    ORDERS = "orders"
    CALLS = "calls"


WINDOWS = {
    QueryKind.CONVERSIONS: timedelta(days=21),
    QueryKind.ORDERS: timedelta(days=111),
    QueryKind.CALLS: timedelta(days=21),
}
"""How old a row may be when it is sent and still be of use: Metrica looks for the visit so far back, and
takes changes of an order for so long."""


class OrderColumn(StrEnum):
    """The columns of an upload of orders, spelt as the API documents them."""

    ID = "id"
    CREATE_DATE_TIME = "create_date_time"
    CLIENT_UNIQ_ID = "client_uniq_id"
    CLIENT_IDS = "client_ids"
    EMAILS = "emails"
    PHONES = "phones"
    ORDER_STATUS = "order_status"
    REVENUE = "revenue"
    COST = "cost"
    CURRENCY = "currency"


class CallColumn(StrEnum):
    """The columns of an upload of calls, spelt as the API documents them."""

    CLIENT_ID = "ClientId"
    USER_ID = "UserId"
    YCLID = "Yclid"
    DATETIME = "DateTime"
    STATIC_CALL = "StaticCall"
    PRICE = "Price"
    CURRENCY = "Currency"
    PHONE_NUMBER = "PhoneNumber"
    TALK_DURATION = "TalkDuration"
    HOLD_DURATION = "HoldDuration"
    CALL_MISSED = "CallMissed"
    TAG = "Tag"
    FIRST_TIME_CALLER = "FirstTimeCaller"
    URL = "URL"
    CALL_TRACKER_URL = "CallTrackerURL"


UploadColumn = Column | OrderColumn | CallColumn

ORDER_STATUSES = ("IN_PROGRESS", "PAID", "CANCELLED", "SPAM")
"""Metrica's own words for the status of an order; a counter may map others to them."""


@dataclass(frozen=True, slots=True)
class KindRules:
    """What the configuration of a query of one kind has to hold, and what it may hold."""

    columns: type[Column | OrderColumn | CallColumn]
    needed_columns: tuple[UploadColumn, ...]
    """Columns without which no row can be sent: each is mapped, or found by its name."""
    needed_keys: tuple[str, ...] = ("counter", "sql", "mark")
    """Keys that the query has, by itself or by `defaults`."""
    foreign_keys: dict[str, str] = field(default_factory=dict)
    """Keys that mean nothing for this kind, each with what holds instead."""
    key_column: UploadColumn | None = None
    """The column whose value is the key; None: the query says what its key is."""


_NO_STATUSES = N_("orders alone have statuses")
_NO_HASHES = N_("orders alone carry mails and phones that could be hashed")
_NO_GOAL_NAME = N_("calls alone have a goal that Metrica makes; a conversion's goal is its Target")

RULES: dict[QueryKind, KindRules] = {
    QueryKind.CONVERSIONS: KindRules(
        Column,
        (Column.TARGET, Column.DATETIME),
        ("counter", "id_type", "sql", "mark"),
        {"statuses": _NO_STATUSES, "hash_contacts": _NO_HASHES, "goal_name": _NO_GOAL_NAME},
    ),
    QueryKind.ORDERS: KindRules(
        OrderColumn,
        (OrderColumn.ID, OrderColumn.CREATE_DATE_TIME),
        foreign_keys={
            "id_type": N_("an order goes with every id and contact that its columns hold"),
            "key": N_("the key of an order is always its id"),
            "on_change": N_("an order is always sent again when its line changes"),
            "relink": N_("Metrica itself attaches an order to later visits"),
            "spread": N_("orders are told apart by their id"),
            "goal_name": _NO_GOAL_NAME,
        },
        key_column=OrderColumn.ID,
    ),
    QueryKind.CALLS: KindRules(
        CallColumn,
        (CallColumn.DATETIME,),
        foreign_keys={
            "id_type": N_("a call goes with every id that its columns hold"),
            "on_change": N_("whether Metrica overwrites a call is not documented, so each is sent once"),
            "relink": N_("whether Metrica overwrites a call is not documented, so each is sent once"),
            "spread": N_("calls have no Target by which two of one second would be taken for one"),
            "statuses": _NO_STATUSES,
            "hash_contacts": _NO_HASHES,
        },
    ),
}
