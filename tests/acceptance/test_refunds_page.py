"""The two configurations of docs/refunds.md run as they are written there."""

from __future__ import annotations

import json
import re
from pathlib import Path

from syncd.emulator.server import EmulatorServer
from tests.acceptance import crm
from tests.support.fix_cli import Cli
from tests.support.servers import Database

PAGE = Path(__file__).parents[2] / "docs" / "refunds.md"
COUNTER = 12345678
TABLES = """
CREATE TABLE orders (order_id bigint PRIMARY KEY, created_at timestamptz, updated_at timestamptz,
    customer_id text, client_id text, email text, phone text, status text, total numeric(12, 2),
    cost numeric(12, 2), currency text);
INSERT INTO orders SELECT n, now() - interval '2 days', now() - interval '1 hour', 'c' || n, '98765432' || n,
    'Buyer' || n || '@Example.com', '8 (999) 555-00-0' || n, 'paid', 100 * n, 60, 'RUB'
    FROM generate_series(1, 3) AS n;
CREATE TABLE calls (call_id bigint PRIMARY KEY, client_id text, started_at timestamptz, phone text,
    seconds integer, missed boolean);
INSERT INTO calls SELECT n, '98765432' || n, now() - interval '1 hour', '+7 999 555 00 0' || n, 60, false
    FROM generate_series(1, 2) AS n
"""


def written() -> str:
    """The page's queries, one after the other as in one file."""
    page = PAGE.read_text(encoding="utf-8")
    orders, calls = re.findall(r"^```yaml\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)[:2]
    assert orders.startswith("queries:\n")
    assert calls.startswith("  calls:\n")
    return f"{orders}{calls}"


def statuses(emulator: EmulatorServer) -> dict[str, str]:
    """The status of each order at Metrica."""
    return {number: state.status for number, state in crm.at_metrica(emulator, COUNTER).items()}


def test_the_page_is_enough(cli: Cli, postgres: Database, emulator: EmulatorServer) -> None:
    """An order that is refunded is cancelled at Metrica with the next run, and each call is there once."""
    postgres.run(*TABLES.split(";"))
    emulator.configure(counters=[COUNTER])
    around = {
        "metrica": {"api_url": emulator.url, "token": "${METRICA_TOKEN}"},
        "databases": {"crm": {"url": postgres.reader_url}},
        "http": None,
    }
    cli.configure("".join(f"{name}: {json.dumps(value)}\n" for name, value in around.items()) + written())
    assert cli.run("check").returncode == 0
    assert cli.run("run", "--once").returncode == 0
    assert statuses(emulator) == dict.fromkeys("123", "PAID")

    postgres.run("UPDATE orders SET status = 'refunded', updated_at = now() WHERE order_id = 2")
    assert cli.run("run", "--once").returncode == 0
    assert statuses(emulator) == {"1": "PAID", "2": "CANCELLED", "3": "PAID"}
    assert [call["times"] for call in emulator.calls(COUNTER)] == [1, 1]
