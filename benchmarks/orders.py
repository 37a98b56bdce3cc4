"""Orders with mails and phones, against the limit of PostgreSQL's own client: `python -m benchmarks.orders`.

The limit is COPY of finished lines piped into curl, with the MD5 of mails and phones made by the database; it
takes them as they are and normalises nothing. Both run in turns, so that a busy moment hits both.
"""

from __future__ import annotations

import argparse
import json
from itertools import count
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from benchmarks.contest import Measured, first_load, limit, measured
from benchmarks.databases import Database, postgresql
from benchmarks.machine import machine
from benchmarks.sink import sink

WARM_UP = 100
UPLOAD = "/cdp/api/v1/counter/2/data/simple_orders"
STATUSES = {"new": "IN_PROGRESS", "paid": "PAID", "returned": "CANCELLED", "fraud": "SPAM"}
ORDERS = (
    "SELECT order_id, created_at, updated_at, client_id, email, phone, status, total, cost, currency"
    " FROM crm_orders"
)
COLUMNS = {
    "id": "order_id",
    "create_date_time": "created_at",
    "client_ids": "client_id",
    "emails": "email",
    "phones": "phone",
    "order_status": "status",
    "revenue": "total",
    "cost": "cost",
    "currency": "currency",
}
_TABLE = """
DROP TABLE IF EXISTS crm_orders;
CREATE TABLE crm_orders (order_id bigint PRIMARY KEY, created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL, client_id text, email text, phone text, status text NOT NULL,
    total numeric(12, 2), cost numeric(12, 2), currency text)
"""
_ROWS = """
INSERT INTO crm_orders
SELECT n, timestamptz '2026-01-01 00:00:00+00' + n * interval '1.000123 s' / 4,
       timestamptz '2026-01-01 00:00:01+00' + n * interval '1.000123 s' / 4,
       CASE WHEN n % 2 = 0 THEN (100000000000000000 + n * 7919000013)::text END,
       CASE WHEN n % 2 = 1 THEN (ARRAY['client', 'Client'])[n / 2 % 2 + 1] || n || '@example.com' END,
       CASE WHEN n % 2 = 1 THEN CASE n / 2 % 3
           WHEN 0 THEN '7' || 9000000000 + n * 797 % 999999999
           WHEN 1 THEN '+7' || 9000000000 + n * 797 % 999999999
           ELSE to_char(9000000000 + n * 797 % 999999999, 'FM"8 ("000") "000"-"00"-"00') END END,
       (ARRAY['new', 'paid', 'paid', 'paid', 'returned'])[n % 5 + 1],
       (n % 100000) / 7.0 + 1, (n % 100000) / 9.0 + 1, 'RUB'
FROM generate_series(1::bigint, {rows}) AS n
"""
_ODD = """
UPDATE crm_orders SET email = email || ', second@example.com'
WHERE email IS NOT NULL AND order_id % {every} = 1
"""
_LINES = """
SELECT order_id, date_trunc('second', created_at AT TIME ZONE 'UTC'), client_id, md5(lower(email)),
       md5(phone), CASE status WHEN 'new' THEN 'IN_PROGRESS' WHEN 'paid' THEN 'PAID'
       WHEN 'returned' THEN 'CANCELLED' WHEN 'fraud' THEN 'SPAM' END, total, cost, currency
FROM crm_orders
"""
_counters = count(1000)


def main() -> None:
    """Measure each size in turn."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.orders", description=__doc__)
    parser.add_argument("--rows", default="100000,300000,1000000", help="sizes of the table, by commas")
    parser.add_argument("--runs", type=int, default=3, help="runs of both (default: 3)")
    parser.add_argument(
        "--odd", type=int, default=0, help="every so many orders have two mails in a cell (even numbers)"
    )
    asked = parser.parse_args()
    print(machine(), end="\n\n")
    print("| orders | | seconds | orders/s | of the limit | CPU s | peak MB |")
    print("|---|---|---|---|---|---|---|")
    with (
        TemporaryDirectory(prefix="bench-") as folder,
        postgresql(Path(folder)) as database,
        sink() as api_url,
    ):
        fill(database, WARM_UP, 0)
        once(database, WARM_UP, api_url)
        for rows in map(int, asked.rows.split(",")):
            fill(database, rows, asked.odd)
            show(rows, [once(database, rows, api_url) for _ in range(asked.runs)])


def fill(database: Database, rows: int, odd: int) -> None:
    """Half of the orders have a ClientId, the others a mail and a phone, as people write them."""
    database.run(
        _TABLE,
        _ROWS.format(rows=rows),
        *([_ODD.format(every=odd)] if odd else []),
        "CREATE INDEX crm_orders_mark ON crm_orders (updated_at, order_id)",
        "VACUUM (FULL, ANALYZE, FREEZE) crm_orders",
        "CHECKPOINT",
        "SELECT sum(total) FROM crm_orders",
    )


def once(database: Database, rows: int, api_url: str) -> tuple[Measured, Measured]:
    """The limit, then syncd."""
    return measure_limit(database, api_url), measure_syncd(database, rows, api_url)


def measure_limit(database: Database, api_url: str) -> Measured:
    """PostgreSQL's own client, piped into curl."""
    with TemporaryDirectory(prefix="bench-") as folder:
        return limit(Path(folder), database.client(_LINES), f"{api_url}{UPLOAD}")


def measure_syncd(database: Database, rows: int, api_url: str) -> Measured:
    """A first load with a fresh state."""
    with TemporaryDirectory(prefix="bench-") as folder:
        place = Path(folder)
        (place / "config.yaml").write_text(configuration(database, api_url), encoding="utf-8")
        return measured(first_load(), place, uploaded=rows)


def configuration(database: Database, api_url: str) -> str:
    """One query over the orders, everything else at its default; JSON is YAML too."""
    query = {
        "kind": "orders",
        "counter": next(_counters),
        "sql": ORDERS,
        "columns": COLUMNS,
        "statuses": STATUSES,
        "mark": ["updated_at", "order_id"],
    }
    document = {
        "metrica": {"token": "token", "api_url": api_url},
        "databases": {"shop": {"url": database.url}},
        "http": None,
        "queries": {"orders": query},
    }
    return json.dumps(document, indent=1)


def show(rows: int, runs: list[tuple[Measured, Measured]]) -> None:
    """Two lines of the table."""
    ratio = median(first.seconds / second.seconds for first, second in runs)
    for name, of_limit, own in zip(("limit", "syncd"), (1.0, ratio), zip(*runs, strict=True), strict=True):
        seconds = median(one.seconds for one in own)
        spread = f" ({min(one.seconds for one in own):.2f} to {max(one.seconds for one in own):.2f})"
        print(
            f"| {rows:,} | {name} | {seconds:.2f}{spread} | {rows / seconds:,.0f} | {of_limit:.2f} | "
            f"{median(one.cpu for one in own):.2f} | {max(one.memory for one in own):.0f} |",
            flush=True,
        )


if __name__ == "__main__":
    main()
