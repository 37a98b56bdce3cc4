"""Orders and calls: which rows are valid, and the line of each."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from syncd.mapping import Mapper, kind_of, layout
from syncd.model import Mapped, Reason, keys
from syncd.model.errors import SourceRefused
from syncd.model.kinds import CallColumn, OrderColumn, QueryKind
from syncd.model.settings import Constant, QuerySettings
from tests.support.mapping import NOW, a_page, a_query

STATUSES = {"new": "IN_PROGRESS", "paid": "PAID", "refunded": "CANCELLED", "1": "SPAM"}
ORDER = {
    "id": 7,
    "updated_at": 10,
    "create_date_time": datetime(2026, 1, 31, 12, tzinfo=UTC),
    "client_uniq_id": "c-1",
    "client_ids": 123,
    "emails": "Mail@Yandex.ru",
    "phones": "8 (999) 555-11-11",
    "order_status": "paid",
    "revenue": Decimal("990.50"),
    "cost": None,
    "currency": "rub",
}
CALL = {
    "call_id": 1,
    "ClientId": 123,
    "DateTime": 1_767_225_600,
    "StaticCall": False,
    "PhoneNumber": "8 999 555 11 11",
    "TalkDuration": timedelta(seconds=90, milliseconds=400),
    "CallMissed": "t",
}


def orders(zone: str = "Europe/Moscow", **changed: object) -> QuerySettings:
    """A query of orders whose counter is in a zone."""
    return a_query(mark=("updated_at", "id"), key=("id",)).model_copy(
        update={"kind": QueryKind.ORDERS, "id_type": (), "statuses": STATUSES}
        | {"counter_timezone": ZoneInfo(zone)}
        | changed
    )


def calls(**changed: object) -> QuerySettings:
    """A query of calls."""
    return a_query(mark=("call_id",), key=("call_id",)).model_copy(
        update={"kind": QueryKind.CALLS, "id_type": ()} | changed
    )


def mapped(query: QuerySettings, base: dict[str, object], **changed: object) -> Mapped:
    """What one row comes to."""
    row = base | changed
    plan = layout(query, tuple(row))
    return Mapper(query, plan).map(a_page(tuple(row.values()), columns=tuple(row)), NOW)


def line(query: QuerySettings, base: dict[str, object], **changed: object) -> str:
    """The line of one row that can be sent."""
    (found,) = mapped(query, base, **changed).ready.lines
    return found


def test_every_kind_of_the_configuration_has_a_module() -> None:
    """A kind is one module; the engine finds it by its name."""
    for kind in QueryKind:
        assert kind_of(a_query().model_copy(update={"kind": kind})).name == kind


def test_an_order_is_written_in_the_counters_zone_with_hashed_contacts() -> None:
    """The documented columns; mails and phones leave as the documented MD5."""
    plan = layout(orders(), tuple(ORDER))
    assert plan.header == (
        "id,create_date_time,client_uniq_id,client_ids,emails_md5,phones_md5,"
        "order_status,revenue,cost,currency"
    )
    assert line(orders(), ORDER) == (
        "7,2026-01-31 15:00:00,c-1,123,3c56ff8fef0f6c65b36b2d25720fe276,"
        "f09f2c3d48f31e2a802944ade2e5aec5,PAID,990.50,,RUB"
    )


def test_plain_contacts_are_a_choice() -> None:
    """Several of a cell are quoted."""
    plain = line(orders(hash_contacts=False), ORDER, emails="b@c.ru, A@c.ru", client_ids=[1, 2])
    assert plain == '7,2026-01-31 15:00:00,c-1,"1,2","b@c.ru,a@c.ru",79995551111,PAID,990.50,,RUB'
    assert keys.split_of(layout(orders(), tuple(ORDER)).header).parts(plain)[0] == "7,2026-01-31 15:00:00"


@pytest.mark.parametrize(
    ("changed", "reason", "column"),
    [
        ({"id": None}, Reason.NO_ID, "id"),
        ({"id": " "}, Reason.NO_ID, "id"),
        ({"client_ids": None, "emails": "", "phones": None}, Reason.NO_CONTACT, ""),
        ({"client_ids": None, "emails": "no", "phones": None}, Reason.EMAIL_UNREADABLE, "emails"),
        ({"client_ids": None, "emails": None, "phones": "1-2"}, Reason.PHONE_UNREADABLE, "phones"),
        ({"client_ids": None, "emails": "no", "phones": "none"}, Reason.EMAIL_UNREADABLE, "emails"),
        ({"client_ids": "GA1.2"}, Reason.ID_NOT_DIGITS, "client_ids"),
        ({"order_status": "Paid"}, Reason.STATUS_UNKNOWN, "order_status"),
        ({"order_status": None}, Reason.STATUS_UNKNOWN, "order_status"),
        ({"revenue": "1 000"}, Reason.PRICE_NOT_A_NUMBER, "revenue"),
        ({"revenue": -1}, Reason.PRICE_NEGATIVE, "revenue"),
        ({"cost": "nan"}, Reason.PRICE_NOT_FINITE, "cost"),
        ({"create_date_time": None}, Reason.DATETIME_NULL, "create_date_time"),
    ],
)
def test_bad_orders(changed: dict[str, object], reason: Reason, column: str) -> None:
    """The reason, the column, and no contact in plain text."""
    (reject,) = mapped(orders(), ORDER | {"note": "call mail@yandex.ru"}, **changed).rejects
    assert (reject.reason, reject.column) == (reason, column)
    shown = reject.row + reject.value + reject.key + reject.detail
    assert not [text for text in ("andex.ru", "555-11", "1-2", '"no"', "none") if text in shown.lower()]


def test_an_unreadable_contact_is_left_out_beside_another() -> None:
    """A client who is known otherwise is not lost for a typing error."""
    assert ",123,,f09f2c3d" in line(orders(), ORDER, emails="no")
    assert ",,3c56ff8fef0f6c65b36b2d25720fe276,," in line(orders(), ORDER, client_ids=None, phones="x")


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (datetime(2025, 10, 26, 0, 30, tzinfo=UTC), "2025-10-26 02:30:00"),  # the first of two
        (datetime(2025, 10, 26, 2, 0, tzinfo=UTC), "2025-10-26 03:00:00"),
        (datetime(2025, 3, 30, 1, 0, tzinfo=UTC), "2025-03-30 03:00:00"),
        ("2026-01-31T10:00:00+03:00", "2026-01-31 08:00:00"),
        (datetime(2026, 1, 31, 10), "2026-01-31 11:00:00"),  # noqa: DTZ001 - in the query's zone, UTC
        (date(2026, 1, 31), "2026-01-31"),
        ("2026-01-31", "2026-01-31"),
        (1_767_225_600, "2026-01-01 01:00:00"),
    ],
)
def test_local_moments(value: object, written: str) -> None:
    """What the clocks of the counter show, also where they change."""
    found = mapped(orders("Europe/Berlin"), ORDER, create_date_time=value).ready
    assert found.lines[0].split(",")[1] == written
    if isinstance(value, datetime) and value.tzinfo:
        assert found.newest == value.timestamp()


def test_the_second_of_two_moments_is_rejected() -> None:
    """Metrica could only take it for the first."""
    (reject,) = mapped(
        orders("Europe/Berlin"), ORDER, create_date_time=datetime(2025, 10, 26, 1, 30, tzinfo=UTC)
    ).rejects
    assert reject.reason is Reason.DATETIME_AMBIGUOUS


def test_statuses_are_words_numbers_or_metricas_own() -> None:
    """A number is its text; without `statuses` the column holds Metrica's words."""
    assert ",SPAM," in line(orders(), ORDER, order_status=Decimal(1))
    assert ",CANCELLED," in line(orders(statuses={}), ORDER, order_status="CANCELLED")
    (reject,) = mapped(orders(statuses={}), ORDER, order_status="paid").rejects
    assert reject.reason is Reason.STATUS_UNKNOWN


def test_the_key_is_the_id_as_it_is_sent() -> None:
    """Blanks around an id do not make another order, and a file has one line of each."""
    padded, plain = (mapped(orders(), ORDER, id=value).ready for value in ("7  ", 7))
    assert padded.keys[0] == plain.keys[0] == '["7"]'


def test_an_id_is_no_constant() -> None:
    """Else every row would be one order."""
    with pytest.raises(SourceRefused, match="constant"):
        layout(orders(columns={OrderColumn.ID: Constant(value="1")}), tuple(ORDER))


def test_a_call() -> None:
    """No Target; durations in whole seconds; the phone with its plus."""
    assert layout(calls(), tuple(CALL)).header == (
        "ClientId,DateTime,StaticCall,PhoneNumber,TalkDuration,CallMissed"
    )
    assert line(calls(), CALL) == "123,1767225600,0,+79995551111,90,1"
    assert line(calls(), CALL, PhoneNumber="anonymous", CallMissed=None) == "123,1767225600,0,,90,"


@pytest.mark.parametrize(
    ("changed", "reason", "column"),
    [
        ({"ClientId": None}, Reason.NO_ID, ""),
        ({"CallMissed": 2}, Reason.FLAG_UNREADABLE, "CallMissed"),
        ({"TalkDuration": 1.5}, Reason.DURATION_UNREADABLE, "TalkDuration"),
        ({"TalkDuration": -1}, Reason.DURATION_UNREADABLE, "TalkDuration"),
        ({"DateTime": 1_767_225_600_000}, Reason.DATETIME_MILLISECONDS, "DateTime"),
    ],
)
def test_bad_calls(changed: dict[str, object], reason: Reason, column: str) -> None:
    """The reason and the column; the phone is hidden."""
    (reject,) = mapped(calls(), CALL, **changed).rejects
    assert (reject.reason, reject.column) == (reason, column)
    assert "555" not in reject.row


def test_a_static_call_needs_no_id() -> None:
    """It belongs to no visitor."""
    assert line(calls(), CALL, ClientId=None, StaticCall=1).startswith(",1767225600,1,")
    constant = calls(columns={CallColumn.STATIC_CALL: Constant(value=1)})
    assert layout(constant, ("call_id", "DateTime")).header == "DateTime,StaticCall"
