"""The wire format of an upload."""

from __future__ import annotations

import csv
import io
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncd.model import Column
from syncd.payload import client_id_type, new_tag, render
from syncd.settings import Constant
from tests.unit.mapping_help import GOOD, a_query, map_rows, row

HEADER = "ClientId,Target,DateTime,Price,Currency"
targets = st.text(st.characters(exclude_categories=["Cc", "Cs"]), min_size=1, max_size=255).filter(str.strip)


def test_bytes() -> None:
    r"""The file is UTF-8 without BOM, the header first, `\n` after every line and the last."""
    assert render("UserId,Target,DateTime", ["я,a,1"]) == "UserId,Target,DateTime\nя,a,1\n".encode()
    assert render(HEADER, []) == HEADER.encode() + b"\n"


@given(st.lists(targets, max_size=10))
def test_round_trip(names: list[str]) -> None:
    """A CSV reader gives back what went in."""
    mapped = map_rows(*(row(Target=name) for name in names))
    body = render(HEADER, [conversion.line for conversion in mapped.ready])
    read = list(csv.reader(io.StringIO(body.decode(), newline=""), strict=True))
    assert read[0] == HEADER.split(",")
    assert [fields[1] for fields in read[1:]] == [name.strip() for name in names]
    assert all(fields[:1] + fields[2:] == ["123", "1767225600", "9.90", "RUB"] for fields in read[1:])
    assert body.count(b"\n") == len(names) + 1


def test_repeatable() -> None:
    """The same rows are the same bytes."""
    query = a_query(columns={Column.TARGET: Constant(value="a,b")})
    first, second = (render(HEADER, [c.line for c in map_rows(GOOD, query=query).ready]) for _ in range(2))
    assert first == second


def test_tags() -> None:
    """A tag is `syncd` and 32 hexadecimal digits, and never comes twice."""
    tags = {new_tag() for _ in range(1000)}
    assert len(tags) == 1000
    assert all(re.fullmatch("syncd[0-9a-f]{32}", tag) for tag in tags)


@pytest.mark.parametrize(
    ("header", "parameter"),
    [
        ("ClientId,Target,DateTime", "CLIENT_ID"),
        ("UserId,Target,DateTime,Price", "USER_ID"),
        ("Yclid,Target,DateTime", "YCLID"),
        ("PurchaseId,Target,DateTime", None),
        ("ClientId,UserId,Target,DateTime", None),
        ("ClientId,PurchaseId,Target,DateTime", None),
    ],
)
def test_client_id_type(header: str, parameter: str | None) -> None:
    """Only a single kind of id that the API has a name for is said."""
    assert client_id_type(header) == parameter
