"""The transcript of docs/operations.md, "Five questions", is what the commands really print.

`SYNCD_WRITE_DOCS=1 pytest tests/acceptance/test_five_questions.py` writes it anew.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from syncd.emulator.server import EmulatorServer
from tests.acceptance import shop
from tests.acceptance.situation import Situation
from tests.acceptance.template import Template
from tests.support.fix_cli import Cli
from tests.support.servers import Database

PAGE = Path(__file__).parents[2] / "docs" / "operations.md"
TODAY = date(2026, 11, 25)
"""The day on which the page tells its story; a Wednesday."""
FIRST, COUNT = 4701, 100
SQL = (
    "SELECT order_id, client, paid_at, updated_at, total, currency, "
    "CASE WHEN order_id % 20 < 3 THEN 'order_payd' ELSE 'order_paid' END AS target "
    "FROM orders WHERE status = 'paid'"
)
BLOCK = re.compile(r"^```console\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@pytest.fixture(params=["sqlite", "postgresql"])
def story(
    request: pytest.FixtureRequest,
    cli: Cli,
    template: Template,
    sqlite_db: Database,
    emulator: EmulatorServer,
) -> Situation:
    """The same shop with the state in either database."""
    state = request.getfixturevalue("postgres") if request.param == "postgresql" else None
    shop.open_shop(sqlite_db)
    return Situation(cli, template, sqlite_db, emulator, state)


def test_the_transcript_is_true(story: Situation, request: pytest.FixtureRequest) -> None:
    """Each command of the page, in its order, prints what the page shows, but for clocks."""
    today = datetime.now(UTC).date()
    arrange(story, today)
    page, shown = PAGE.read_text(encoding="utf-8"), storyteller(today)
    section = page[page.index("## Five questions") :].split("\n## ", maxsplit=2)[0]
    told = section
    for block in BLOCK.findall(section):
        commands = re.findall(r"^\$ syncd (.*)$", block, re.MULTILINE)
        printed = "\n".join(f"$ syncd {line}\n{shown(story, line)}" for line in commands)
        told = told.replace(block, printed)
    if os.environ.get("SYNCD_WRITE_DOCS") and "sqlite" in request.node.name:
        PAGE.write_text(page.replace(section, told), encoding="utf-8")
    assert normal(told) == normal(section)


def arrange(story: Situation, today: date) -> None:
    """Four days of 25 orders each, two bad ones, one that slipped behind the mark; 60 of 100 are linked."""
    orders = range(FIRST, FIRST + COUNT)
    good = [number for number in orders if number % 20 >= 3]
    story.emulator.configure(
        goals=["order_paid"],
        linked_counts="visitor_and_goal",
        visitors=[str(10**17 + number) for number in orders if number not in good[1::3][:25]],
    )
    query = shop.query(sql=SQL, overlap="0s", every="5m")
    columns = query["paid_orders"]["columns"]  # type: ignore[index]  # a document
    columns["Target"] = "target"
    story.configure(query)
    begin = datetime(today.year, today.month, today.day, tzinfo=UTC) - timedelta(days=4)
    for place, number in enumerate(orders):
        sell(story, number, begin + timedelta(days=place // 25, minutes=30 * (place % 25)))
    for number in (4801, 4802):
        sell(story, number, begin + timedelta(days=3, hours=20, minutes=number - 4800), client="GA1.2.3")
    story.run(3)
    story.ripen()
    sell(story, 4803, begin + timedelta(days=2, hours=3))


def sell(story: Situation, number: int, at: datetime, client: str = "") -> None:
    """One paid order at this moment."""
    moment = at.isoformat(timespec="seconds")
    values = f"{number}, '{client or 10**17 + number}', 'paid', '{moment}', '{moment}', {number}.5, 'RUB'"
    story.shop.run(f"INSERT INTO orders VALUES ({values})")


def storyteller(today: date) -> Callable[[Situation, str], str]:
    """Runs commands of the page as of today, and shows their output as of the page's day."""
    shift = today - TODAY

    def shown(story: Situation, line: str) -> str:
        moved = re.sub(r"2026-\d\d-\d\d", lambda found: f"{date.fromisoformat(found[0]) + shift}", line)
        done = story.cli.shell(moved)
        printed = (done.stdout + done.stderr).replace(str(story.cli.folder), "/etc/syncd")
        printed = re.sub(
            r"^state store: .*$", "state store: /var/lib/syncd/state.db", printed, flags=re.MULTILINE
        )
        printed = re.sub(
            r"20\d\d-\d\d-\d\d", lambda found: f"{date.fromisoformat(found[0]) - shift}", printed
        )
        seconds = int(shift.total_seconds())
        return re.sub(r"\b1[789]\d{8}\b", lambda found: f"{int(found[0]) - seconds}", printed)

    return shown


def normal(text: str) -> str:
    """Without what the clock decides: moments of the story's today and later, spans, the blanks of tables."""
    text = re.sub(r"2026-11-2[56][ T]\d\d:\d\d(:\d\d)?", "NOW", text)
    text = re.sub(r"since 2026-11-1[89] \d\d:\d\d(:\d\d)?", "since THEN", text)
    text = re.sub(r"\b\d+ (s|min|h|d)( \d+ (s|min|h))?\b", "SPAN", text)
    return re.sub(r" +", " ", text)
