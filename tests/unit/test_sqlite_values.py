"""What SQLite writes of single values, held against what the slow way makes of them.

Many, of forms near the edge. The two ways as a whole are compared in integration/test_two_ways_sqlite.py,
where rows are too dear to meet the 31st of February.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import timedelta
from random import Random
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy.dialects import sqlite

from syncd.mapping import fields
from syncd.mapping.bad import BadValueError
from syncd.mapping.moments import moment
from syncd.model import Column
from syncd.source.lines import sqlite as texts

MANY = 30_000
UTC = ZoneInfo("UTC")
EARLIEST = 947_000_000
"""The grammar takes no earlier moment, so the line is looked at as values."""


def written(expression: str, values: list[object]) -> list[tuple[object, object]]:
    """Each value with what SQLite writes of it."""
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.execute("CREATE TABLE given (p)")
        connection.executemany("INSERT INTO given VALUES (?)", [(value,) for value in values])
        return connection.execute(f"SELECT p, {expression} FROM given").fetchall()


@pytest.mark.parametrize("seed", range(3))
def test_prices(seed: int) -> None:
    """A float is written as the slow way writes it, or as what no grammar takes."""
    random = Random(seed)  # noqa: S311 — repeatable
    values: list[object] = [
        round(random.uniform(0, 10 ** random.randint(0, 11)), random.choice((0, 1, 2, 2, 3)))
        for _ in range(MANY)
    ]
    values += [
        random.randint(0, 10**12) / 100 * (1 + random.choice((0, 2**-52, -(2**-53)))) for _ in range(MANY)
    ]
    expression = str(texts._value(Column.PRICE, "p").compile(dialect=sqlite.dialect()))  # noqa: SLF001 — its own text
    found = [(value, text) for value, text in written(expression, values) if text != '"']
    assert len(found) > MANY / 2
    assert [(value, text) for value, text in found if fields.price(value) != text] == []


@pytest.mark.parametrize("seed", range(3))
def test_moments(seed: int) -> None:
    """A text is read as the slow way reads it, or not at all."""
    random = Random(seed)  # noqa: S311 — repeatable
    values: list[object] = [a_moment(random) for _ in range(MANY)]
    seconds = written(texts._seconds("p", timedelta()), values)  # noqa: SLF001 — its own text
    found = [(text, at) for text, at in seconds if isinstance(at, int) and at >= EARLIEST]
    assert len(found) > MANY / 20
    assert [(text, at) for text, at in found if slowly(text) != str(at)] == []


def a_moment(random: Random) -> str:
    """A date and time, or nearly."""
    day = f"{random.randint(1998, 2030):04}-{random.randint(0, 13):02}-{random.randint(0, 32):02}"
    time = f"{random.randint(0, 25):02}:{random.randint(0, 60):02}:{random.randint(0, 60):02}"
    text = day + random.choice("T  T t") + time
    if random.random() < 0.1:
        place = random.randrange(len(text))
        text = text[:place] + random.choice(" 0123-:.TZ+/\0é٣") + text[place + random.choice((0, 1)) :]
    fraction = random.choice(("", "", ".123", ".123456", ".999", ".12"))
    zone = random.choice(("", "", "Z", "+00:00", "-03:30", "+14:59", "+15:00", "+12:60", "-00:00", " ", "\0"))
    return text + fraction + zone


def slowly(text: object) -> str | None:
    """What the slow way makes of it."""
    try:
        return moment(UTC, text)
    except BadValueError:
        return None
