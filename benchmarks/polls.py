"""What a poll with nothing new costs, and what it does in the database: `python -m benchmarks.polls`.

The query polls a table of ever more rows from its newest mark; CPU is the client's and, for PostgreSQL and
MariaDB, not the server's. The plan is the database's own word on the statement.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Event as Flag

from sqlalchemy import event
from sqlalchemy.engine import Engine

from benchmarks.contest import configuration
from benchmarks.databases import DATABASES, Database
from benchmarks.machine import machine
from benchmarks.sink import sink
from syncd.config import load
from syncd.model import RunReport
from syncd.model.events import Event
from syncd.service.bookkeeper import Bookkeeper
from syncd.service.resources import Resources
from syncd.service.runner import QueryRunner

POLLS = 200


class Clock:
    """The machine's clock, or ahead of it."""

    ahead = timedelta(0)

    def now(self) -> datetime:
        """The moment."""
        return datetime.now(UTC) + self.ahead

    def seconds(self) -> float:
        """Seconds that nobody sets."""
        return time.monotonic() + self.ahead.total_seconds()


class Nobody:
    """An observer that does not listen."""

    def emit(self, event: Event, **fields: object) -> None:
        """Nothing."""


def main() -> None:
    """Measure what is asked for, database by database."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.polls", description=__doc__)
    parser.add_argument("--database", default=",".join(DATABASES), help=f"by commas: {', '.join(DATABASES)}")
    parser.add_argument("--rows", default="10000,1000000", help="sizes of the table, by commas")
    asked = parser.parse_args()
    print(machine(), end="\n\n")
    print("| | rows | statements on the source | on the state | writes | CPU ms | ms |")
    print("|---|---|---|---|---|---|---|")
    plans = []
    for name in asked.database.split(","):
        with (
            TemporaryDirectory(prefix="bench-") as folder,
            DATABASES[name](Path(folder)) as database,
            sink() as api_url,
        ):
            for rows in map(int, asked.rows.split(",")):
                database.fill(rows)
                for line in poll(database, api_url, rows):
                    (print(line, flush=True) if line.startswith("|") else plans.append(line))
    print("\n".join(plans))


def poll(database: Database, api_url: str, rows: int) -> Iterator[str]:
    """The line of one table, then the plan."""
    with TemporaryDirectory(prefix="bench-") as name:
        file = Path(name) / "config.yaml"
        text = configuration(database, api_url, start="now")
        file.write_text(text, encoding="utf-8")
        settings = load(file, environ={})
        state = settings.state.model_copy(
            update={"url": type(settings.state.url)(f"sqlite:///{name}/state.db")}
        )
        resources = Resources(settings.model_copy(update={"state": state}), Nobody(), clock := Clock())
        resources.store.migrate()
        (query,) = settings.queries.values()
        keeper = Bookkeeper(resources.store, Nobody(), [query.name], shared=False)
        run = QueryRunner(resources, query, keeper, Flag(), query.every)
        for _ in range(3):
            run(RunReport(query.name))
            clock.ahead = timedelta(minutes=3)  # nothing has come for so long
        asked: list[tuple[bool, str]] = []
        state_engine = resources.store.database.engine

        def note(connection: object, _cursor: object, statement: str, *_: object) -> None:
            asked.append((connection.engine is state_engine, statement))  # type: ignore[attr-defined]  # SQLAlchemy has it

        event.listen(Engine, "before_cursor_execute", note)
        run(RunReport(query.name))
        event.remove(Engine, "before_cursor_execute", note)
        own = [statement for of_state, statement in asked if of_state]
        source = [one for of_state, one in asked if not of_state and not one.startswith(("BEGIN", "SET"))]
        began, used = time.perf_counter(), time.process_time()
        for _ in range(POLLS):
            run(RunReport(query.name))
        took, used = (time.perf_counter() - began) / POLLS * 1000, (time.process_time() - used) / POLLS * 1000
        begins = sum(one.startswith("BEGIN") for one in own)
        yield (
            f"| {database.kind} {database.version} | {rows:,} | {len(source)} | {len(own) - begins} | "
            f"{own.count('BEGIN IMMEDIATE')} | {used:.2f} | {took:.2f} |"
        )
        reader = resources.source(query)
        yield f"\n{database.kind}, {rows:,} rows:\n\n```\n{reader.explain(reader.newest())}\n```"
        resources.close()


if __name__ == "__main__":
    main()
