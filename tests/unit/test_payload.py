"""The wire format of an upload."""

from __future__ import annotations

import csv
import io
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncd.mapping.kinds.conversions import id_parameter
from syncd.model import Column
from syncd.model.settings import Constant
from syncd.pipeline.uploading.payload import Tagger, render, unused_tag
from tests.support.mapping import GOOD, a_query, map_rows, row

HEADER = "ClientId,Target,DateTime,Price,Currency"
targets = st.text(st.characters(exclude_categories=["Cc", "Cs"]), min_size=1, max_size=255).filter(str.strip)


def test_bytes() -> None:
    r"""The file is UTF-8 without BOM, the header first, `\n` after every line and the last."""
    assert b"".join(render("UserId,Target,DateTime", ["я,a,1"])) == "UserId,Target,DateTime\nя,a,1\n".encode()
    assert b"".join(render(HEADER, [])) == HEADER.encode() + b"\n"


@given(st.lists(targets, max_size=10))
def test_round_trip(names: list[str]) -> None:
    """A CSV reader gives back what went in."""
    mapped = map_rows(*(row(Target=name) for name in names))
    body = b"".join(render(HEADER, mapped.ready.lines))
    read = list(csv.reader(io.StringIO(body.decode(), newline=""), strict=True))
    assert read[0] == HEADER.split(",")
    assert [fields[1] for fields in read[1:]] == [name.strip() for name in names]
    assert all(fields[:1] + fields[2:] == ["123", "1767225600", "9.90", "RUB"] for fields in read[1:])
    assert body.count(b"\n") == len(names) + 1


def test_repeatable() -> None:
    """The same rows are the same bytes."""
    query = a_query(columns={Column.TARGET: Constant(value="a,b")})
    first, second = (render(HEADER, map_rows(GOOD, query=query).ready.lines) for _ in range(2))
    assert first == second


def test_tags() -> None:
    """`syncd` and 32 hexadecimal digits; the same for the same content, another for anything else."""
    tagger = Tagger("q", 1, "a,b")
    tag = tagger.tag_of(["1,2", "3,4"], 0)
    assert re.fullmatch("syncd[0-9a-f]{32}", tag)
    assert tag == Tagger("q", 1, "a,b").tag_of(["1,2", "3,4"], 0)
    others = {
        tagger.tag_of(["1,2", "3,4"], 1),
        tagger.tag_of(["3,4", "1,2"], 0),
        tagger.tag_of(["1,2"], 0),
        tagger.tag_of(["1,23", ",4"], 0),
        Tagger("p", 1, "a,b").tag_of(["1,2", "3,4"], 0),
        Tagger("q", 2, "a,b").tag_of(["1,2", "3,4"], 0),
        Tagger("q", 1, "a,c").tag_of(["1,2", "3,4"], 0),
    }
    assert len(others | {tag}) == 8
    assert unused_tag(tagger, ["1,2", "3,4"], {tag}.__contains__) == tagger.tag_of(["1,2", "3,4"], 1)


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
    assert id_parameter(header).get("client_id_type") == parameter
