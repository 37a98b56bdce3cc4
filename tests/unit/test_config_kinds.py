"""Conversions, orders and calls: each kind has its own columns and options, and no others."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from syncd.config import parse
from syncd.model.kinds import CallColumn, OrderColumn, QueryKind
from syncd.model.settings import QuerySettings
from tests.unit.test_config_at_once import told

HEAD = """\
metrica: {token: t0k3n}
databases: {crm: {url: "postgresql://u@h/crm"}}
defaults: {on_change: resend, id_type: CLIENT_ID}
queries:
"""
STATUSES = "{new: IN_PROGRESS, paid: PAID, lost: OUR_OWN_WORD}"
ORDERS = f"""\
  sold:
    kind: orders
    counter: 5
    sql: SELECT 1
    columns: {{id: order_id, create_date_time: created_at, client_ids: cid, order_status: status}}
    statuses: {STATUSES}
    hash_contacts: false
    mark: [updated_at, order_id]
"""
CALLS = """\
  calls:
    kind: calls
    counter: 5
    goal_name: Phone call
    sql: SELECT 1
    columns: {ClientId: cid, DateTime: at, PhoneNumber: phone, StaticCall: {value: 1}}
    mark: call_id
"""


def read(text: str) -> dict[str, QuerySettings]:
    """The queries of a file."""
    return parse(HEAD + text, "f.yaml", {}).queries


def test_what_orders_and_calls_say() -> None:
    """Columns are those of the kind, an order's key is its id, defaults of other kinds are passed over."""
    queries = read(ORDERS + CALLS)
    sold, calls = queries["sold"], queries["calls"]
    assert sold.kind is QueryKind.ORDERS
    assert list(sold.columns) == [
        OrderColumn.ID, OrderColumn.CREATE_DATE_TIME, OrderColumn.CLIENT_IDS, OrderColumn.ORDER_STATUS,
    ]  # fmt: skip
    assert (sold.key, sold.id_type, sold.on_change) == (("order_id",), (), "ignore")
    assert sold.statuses == {"new": "IN_PROGRESS", "paid": "PAID", "lost": "OUR_OWN_WORD"}
    assert not sold.hash_contacts
    assert calls.kind is QueryKind.CALLS
    assert CallColumn.PHONE_NUMBER in calls.columns
    assert (calls.goal_name, calls.key) == ("Phone call", ("call_id",))


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("kind: orders", "kind: order", "6 queries.sold.kind: wants conversions, orders or"),
        ("    counter: 5\n", "", "5 queries.sold: counter is missing"),
        ("client_ids: cid", "ClientId: cid", "9 queries.sold.columns.ClientId: orders have no such"),
        ("id: order_id", "id: null", "9 queries.sold.columns.id: id cannot be left"),
        ("id: order_id", "id: {value: 7}", "9 queries.sold.columns.id: a constant would make"),
        ("paid: PAID", "paid: payd", "10 queries.sold.statuses.paid: Metrica's statuses are IN_PROGRESS,"),
        (STATUSES, "[new]", "10 queries.sold.statuses: wants the company's words,"),
        ("hash_contacts: false", "key: x", "11 queries.sold.key: does not go with"),
        ("hash_contacts: false", "spread: true", "11 queries.sold.spread: does not go with"),
        ("hash_contacts: false", "goal_name: x", "11 queries.sold.goal_name: does not go with"),
    ],
)  # fmt: skip
def test_mistakes_of_orders(old: str, new: str, expected: str) -> None:
    """Each is told in its own line, and nothing else with it."""
    assert ORDERS.count(old) == 1
    assert told(HEAD + ORDERS.replace(old, new)) == [expected]


def test_other_new_options() -> None:
    """What the file says of waking, spreading, the start and the alerts stands in the settings."""
    text = ORDERS.replace("kind: orders", "wake: paid").replace("hash_contacts: false", "start: 21d")
    text = text.replace(
        "    statuses: {new: IN_PROGRESS, paid: PAID, lost: OUR_OWN_WORD}\n", "    spread: true\n"
    )
    text = text.replace(
        "{id: order_id, create_date_time: created_at, client_ids: cid, order_status: status}", "{}"
    )
    more = "http: {hosts: [Sync.example.org]}\nalerts: {urls: 'json://u:s3cr3t@h', on: failing, after: 5m}\n"
    more += "state: {url: 'postgresql://u@h/d', password_file: p, keep_reject_values: 30d}\n"
    settings = parse(HEAD + text + more, "f.yaml", {})
    query = settings.queries["sold"]
    assert (query.wake, query.start, query.spread) == ("paid", timedelta(days=21), True)
    assert settings.http is not None
    assert settings.http.hosts == ("sync.example.org",)
    assert settings.alerts is not None
    assert (settings.alerts.on, settings.alerts.after) == (("failing",), timedelta(minutes=5))
    assert settings.alerts.remind == timedelta(hours=24)
    assert "s3cr3t" not in repr(settings)
    assert settings.state.password_file == Path("p")
    assert settings.state.keep_reject_values == timedelta(days=30)


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("alerts: {on: failing}", "alerts: urls, urls_file or command"),
        ("alerts: {urls: 'json://s3cr3t', urls_file: x}", "alerts.urls: urls and urls_file are"),
        ("alerts: {urls: s3cr3t}", "alerts.urls: wants URLs such as"),
        ("alerts: {urls: []}", "alerts.urls: wants at least one"),
        ("alerts: {command: s3cr3t}", "alerts.command: wants a list: the"),
        ("alerts: {command: [x], on: [fail]}", "alerts.on: wants failing, halted, rejects,"),
        ("http: {hosts: 'h:80'}", "http.hosts: wants host names such"),
        ("state: {password_file: x}", "state.password_file: SQLite has no passwords"),
        (
            "state: {url: 'postgresql://u:s3cr3t@h', password_file: x}",
            "state.password_file: the password stands in",
        ),
        ("include: nowhere.yaml", "include: there is no such"),
    ],
)  # fmt: skip
def test_mistakes_of_other_sections(line: str, expected: str) -> None:
    """Each is told in its own line, without what may be secret."""
    number = (HEAD + ORDERS).count("\n") + 1
    assert told(f"{HEAD}{ORDERS}{line}\n") == [f"{number} {expected}"]


def test_only_postgresql_wakes() -> None:
    """A channel of another database is a mistake."""
    text = HEAD.replace("postgresql://u@h/crm", "sqlite:///x.db") + ORDERS + "    wake: paid\n"
    assert told(text) == ["13 queries.sold.wake: only PostgreSQL can wake"]
