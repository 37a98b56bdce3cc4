"""The transcript of docs/operations.md, "Five mistakes", is what `syncd check` really prints.

`SYNCD_WRITE_DOCS=1 pytest tests/acceptance/test_five_mistakes.py` writes it anew.
"""

from __future__ import annotations

import os
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

from syncd.emulator.server import EmulatorServer
from tests.support.fix_cli import Cli
from tests.support.servers import Database

PAGE = Path(__file__).parents[2] / "docs" / "operations.md"
BLOCK = re.compile(r"^```console\n(.*?)^```$", re.MULTILINE | re.DOTALL)
CONFIGURATION = """\
metrica: {token: "${METRICA_TOKEN}", api_url: "URL"}
databases:
  shop:
    url: "DATABASE"
http: null
defaults:
  counter: COUNTER
  id_type: CLIENT_ID
  mark: [changed, order_id]
  key: [order_id]
queries:
  local_time:
    sql: SELECT * FROM orders
    columns: {ClientId: client, Target: {value: paid}, DateTime: local}
  rehearsed:
    sql: SELECT * FROM orders
    columns: {ClientId: client, Target: {value: paid}, DateTime: changed}
  goals_name:
    sql: SELECT * FROM orders
    columns: {ClientId: client, Target: {value: Order paid}, DateTime: changed}
  cut_off:
    sql: |
      SELECT * FROM orders
      ORDER BY changed
      LIMIT 1000
    columns: {ClientId: client, Target: {value: paid}, DateTime: changed}
  by_day:
    sql: SELECT * FROM orders
    columns: {ClientId: client, Target: {value: paid}, DateTime: day}
"""


def test_the_five_mistakes_are_told_as_shown(cli: Cli, sqlite_db: Database, emulator: EmulatorServer) -> None:
    """A zone, a rehearsal, a goal's name as Target, a LIMIT, days: each finding as the page shows it."""
    sell(sqlite_db)
    goal = {"id": 595569138, "name": "Order paid", "conditions": [{"type": "exact", "url": "paid"}]}
    emulator.configure(goals=[goal])
    text = CONFIGURATION.replace("URL", emulator.url).replace("DATABASE", sqlite_db.url)
    cli.configure(text.replace("COUNTER", "101"))
    assert cli.run("run", "--once", "--query", "rehearsed").returncode == 0
    cli.configure(text.replace("COUNTER", "12345678"))
    page = PAGE.read_text(encoding="utf-8")
    section = page[page.index("## Five mistakes") :].split("\n## ", maxsplit=2)[0]
    told = section
    for block in BLOCK.findall(section):
        (command,) = re.findall(r"^\$ syncd (.*)$", block, re.MULTILINE)
        printed = cli.shell(command).stdout.replace(f"{cli.folder}/", "/etc/syncd/")
        told = told.replace(block, f"$ syncd {command}\n{printed}")
    if os.environ.get("SYNCD_WRITE_DOCS"):
        PAGE.write_text(page.replace(section, told), encoding="utf-8")
    assert normal(told) == normal(section)


def sell(database: Database) -> None:
    """Five orders of the last minutes, with the local time of Moscow beside."""
    database.run(
        "CREATE TABLE orders (order_id integer PRIMARY KEY, client text, changed text, local text, day text)",
        "CREATE INDEX orders_mark ON orders (changed, order_id)",
    )
    now = datetime.now(UTC)
    for number in range(1, 6):
        at = now - timedelta(seconds=10 - number)
        local = at + timedelta(hours=3)
        database.run(
            f"INSERT INTO orders VALUES ({number}, '{10**17 + number}', '{at.isoformat()}',"
            f" '{local:%Y-%m-%d %H:%M:%S}', '{local:%Y-%m-%d}')"
        )


def normal(text: str) -> str:
    """Without what the clock decides."""
    text = re.sub(r"localhost:\d+", "localhost:8080", text)
    return re.sub(r"20\d\d-\d\d-\d\d([ T]\d\d:\d\d:\d\d)?", "NOW", text)
