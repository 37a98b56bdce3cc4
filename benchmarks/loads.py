"""First loads for the table of targets: seconds, the ratio to the limit, and the peak of memory."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from benchmarks import orders
from benchmarks.contest import UPLOAD, Measured, configuration, first_load, limit, measure, measured
from benchmarks.databases import Database
from benchmarks.turns import NOT_MEASURED, Asked, Failed, Line, cell, running, take_turns

WARM_UP = 100
"""Rows of a run that is not counted: modules are compiled, programs are in the page cache."""
PEAK = "under 120"
IN_MARK_ORDER = " ORDER BY updated_at, order_id"
TABLE_ORDER = "limit in the order of the table"
WIDE = 4000
"""Rows that are wide."""
_WIDE_TABLE = """
CREATE TABLE wide AS SELECT m, (100000000000000000 + m)::text AS client,
    timestamptz '2026-01-01 00:00:00+00' + m * interval '1 s' AS paid, repeat('x', 300000) AS unused,
    CASE WHEN m % 10 = 3 THEN repeat('x', 300000) ELSE 'paid' END AS target
FROM generate_series(1, {rows}) AS m;
CREATE UNIQUE INDEX wide_mark ON wide (m);
"""
_WIDE_LINES = "SELECT client, target, extract(epoch FROM paid)::bigint FROM wide WHERE target = 'paid'"
_REJECTED = 3
"""The exit code of a run that rejected rows."""
Found = Mapping[str, list[Measured] | Failed]


def postgresql(asked: Asked) -> Iterator[Line]:
    """A million rows, and ten million where all is asked for."""
    with running("postgresql") as (database, api_url):
        yield from _lines(database, asked.rows, "0.45", _load(database, asked.rows, asked, api_url))
        if asked.full:
            rows = 10 * asked.rows
            yield from _lines(database, rows, "0.65", _load(database, rows, asked, api_url))


def mariadb(asked: Asked) -> Iterator[Line]:
    """The limit does the work of syncd, which is in the order of the mark; and does less, in the table's."""
    with running("mariadb") as (database, api_url):
        ordered = replace(database, lines=database.lines + IN_MARK_ORDER)
        unordered = {TABLE_ORDER: partial(measure, "limit", database, asked.rows, api_url)}
        found = _load(ordered, asked.rows, asked, api_url, unordered)
        first, *others = _lines(database, asked.rows, "0.25", found)
        yield replace(first, what=f"{first.what}, limit in the order of the mark")
        yield replace(_times(first.what, "", found, TABLE_ORDER), what=f"{first.what}, {TABLE_ORDER}")
        yield from others


def sqlite(asked: Asked) -> Iterator[Line]:
    """A million rows."""
    with running("sqlite") as (database, api_url):
        yield from _lines(database, asked.rows, "0.35", _load(database, asked.rows, asked, api_url))


def crm_orders(asked: Asked) -> Iterator[Line]:
    """A million orders with mails and phones; older commits have none."""
    with running("postgresql") as (database, api_url):

        def contestants(rows: int) -> dict[str, Callable[[], Measured]]:
            orders.fill(database, rows, 0)
            return {
                "limit": partial(orders.measure_limit, database, api_url),
                "syncd": partial(orders.measure_syncd, database, rows, api_url),
            }

        take_turns(contestants(WARM_UP), 1, "orders: warm-up")
        found = take_turns(contestants(asked.rows), asked.runs, f"orders: {asked.rows:,}")
        yield from _lines(database, asked.rows, "0.30", found, "orders")


def wide(asked: Asked) -> Iterator[Line]:
    """Rows with two texts of 300 KB, one not used and one mapped, which is rejected in each tenth row."""
    sent = WIDE - WIDE // 10

    def load(checkout: Path) -> Measured:
        with TemporaryDirectory(prefix="bench-") as folder:
            place = Path(folder)
            text = configuration(
                database,
                api_url,
                sql="SELECT m, client, paid, unused, target FROM wide",
                columns={"ClientId": "client", "Target": "target", "DateTime": "paid"},
                mark=["m"],
                key=["m"],
            )
            (place / "config.yaml").write_text(text, encoding="utf-8")
            return measured(
                first_load(checkout), place, uploaded=sent, checkout=checkout, codes=(0, _REJECTED)
            )

    def bound() -> Measured:
        with TemporaryDirectory(prefix="bench-") as folder:
            return limit(Path(folder), database.client(_WIDE_LINES), f"{api_url}{UPLOAD}")

    with running("postgresql") as (database, api_url):
        database.run(_WIDE_TABLE.format(rows=WIDE))
        contestants: dict[str, Callable[[], Measured]] = {
            "limit": bound,
            **{name: partial(load, checkout) for name, checkout in asked.checkouts.items()},
        }
        found = take_turns(contestants, asked.runs, "rows of 300 KB")
        yield _peaks(f"first load, PostgreSQL, {WIDE:,} rows of 300 KB: peak MB", "under 200", found)


def _load(
    database: Database,
    rows: int,
    asked: Asked,
    api_url: str,
    others: Mapping[str, Callable[[], Measured]] | None = None,
) -> Found:
    """The limit, the older syncd and this one, after a run of few rows that is not counted."""
    names = ("limit", *asked.checkouts)

    def contestants(rows: int) -> dict[str, Callable[[], Measured]]:
        database.fill(rows)
        return {name: partial(measure, name, database, rows, api_url, asked.before) for name in names}

    take_turns(contestants(WARM_UP), 1, f"{database.kind}: warm-up")
    everybody = {**contestants(rows), **(others or {})}
    return take_turns(everybody, asked.runs, f"{database.kind}: {rows:,} rows")


def _lines(database: Database, rows: int, target: str, found: Found, what: str = "rows") -> Iterator[Line]:
    """How long it took, and how big it grew."""
    name = f"first load, {database.kind} {database.version}, {rows:,} {what}"
    yield _times(name, target, found)
    yield _peaks(f"{name}: peak MB", PEAK, found)


def _times(what: str, target: str, found: Found, limit: str = "limit") -> Line:
    def with_ratio(own: list[Measured]) -> str:
        seconds, first = _seconds(own), found[limit]
        if isinstance(first, Failed):
            return seconds
        ratio = median(one.seconds / other.seconds for one, other in zip(first, own, strict=True))
        return f"{seconds} ({ratio:.2f})"

    return Line(
        f"{what}: seconds (of the limit)",
        f"at least {target}" if target else NOT_MEASURED,
        cell(found, limit, _seconds),
        cell(found, "before", with_ratio),
        cell(found, "syncd", with_ratio),
    )


def _seconds(runs: list[Measured]) -> str:
    return f"{median(one.seconds for one in runs):.2f}"


def _peaks(what: str, target: str, found: Found) -> Line:
    limit, before, syncd = (cell(found, name, _peak) for name in ("limit", "before", "syncd"))
    return Line(what, target, limit, before, syncd)


def _peak(runs: list[Measured]) -> str:
    return f"{max(one.memory for one in runs):.0f}"
