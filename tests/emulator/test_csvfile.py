"""What the emulator takes for a good file, and what it says of a bad one."""

from __future__ import annotations

import csv as csv_writer
import io
import time
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncd.emulator.csvfile import AcceptedRow, Asked, BadFile, parse, rows
from syncd.emulator.settings import EmulatorSettings, changed
from tests.emulator.client import HEADER, SAMPLE, csv

NOW = 1_700_000_000.0
GOOD = "1,G,1600000000,10.5,RUB"


def _parse(content: bytes, **switches: object) -> tuple[int, int]:
    """Rows in the file and rows accepted."""
    parsed = parse(content, changed(EmulatorSettings(), switches), NOW)
    return parsed.source, parsed.accepted


BAD_ROWS = {
    "no id": ",G,1600000000,1,RUB",
    "no target": "1,,1600000000,1,RUB",
    "blank target": "1,  ,1600000000,1,RUB",
    "long target": f"1,{'x' * 256},1600000000,1,RUB",
    "control character": "1,G\x01,1600000000,1,RUB",
    "no time": "1,G,,1,RUB",
    "ISO time": "1,G,2020-01-01T00:00:00Z,1,RUB",
    "fraction of a second": "1,G,1600000000.5,1,RUB",
    "negative time": "1,G,-1,1,RUB",
    "other digits": "1,G,١٦٠٠٠٠٠٠٠٠,1,RUB",
    "future": "1,G,1700000001,1,RUB",
    "milliseconds": "1,G,1600000000000,1,RUB",
    "comma in price": '1,G,1600000000,"1,5",RUB',
    "exponent": "1,G,1600000000,1e3,RUB",
    "not a number": "1,G,1600000000,NaN,RUB",
    "space in price": "1,G,1600000000,1 000,RUB",
    "dot without digits": "1,G,1600000000,1.,RUB",
    "sign": "1,G,1600000000,-1,RUB",
    "too few cells": "1,G,1600000000",
    "too many cells": "1,G,1600000000,1,RUB,x",
    "blank line": "",
}


@pytest.mark.parametrize("row", BAD_ROWS.values(), ids=BAD_ROWS.keys())
def test_a_bad_row_fails_the_file_or_itself(row: str) -> None:
    """One bad row refuses the whole file, or is left out: a switch [I, D line_quantity, open question 2]."""
    content = csv(GOOD, row, GOOD)
    with pytest.raises(BadFile, match="Line 3"):
        _parse(content)
    assert _parse(content, bad_row="drop_row") == (3, 2)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\n",
        csv(),
        csv("G,1600000000", header="Target,DateTime"),
        csv("1,1600000000", header="ClientId,DateTime"),
        csv("1,G", header="ClientId,Target"),
        csv("1,1,G,1600000000", header="ClientId,ClientId,Target,DateTime"),
        csv("1;G;1600000000", header="ClientId;Target;DateTime"),
        csv(GOOD, header=HEADER.lower()),
        b"\xef\xbb\xbf" + csv(GOOD),
        csv(GOOD).decode().encode("utf-16"),
        csv(GOOD) + b'1,"G,1600000000,1,RUB\n',
        csv(GOOD) + b"\xff,G,1600000000,1,RUB\n",
    ],
)
def test_a_file_of_another_form_is_refused(content: bytes) -> None:
    """Empty, without a required column, with another delimiter or encoding: refused."""
    with pytest.raises(BadFile):
        _parse(content)


@pytest.mark.parametrize(
    ("content", "switches"),
    [
        (csv(GOOD, header=HEADER.lower()), {"header_case": "any"}),
        (b"\xef\xbb\xbf" + csv(GOOD), {"bom": "ignored"}),
        (csv(GOOD, ""), {"blank_line": "skipped"}),
        (csv(",G,1600000000,1,RUB"), {"row_without_id": "unlinked"}),
        (csv("1,G,1600000000,-1,RUB"), {"negative_price": "accepted"}),
        (csv("1,G,1700000060,1,RUB"), {"future_tolerance": 60}),
    ],
)
def test_what_is_left_open_can_be_let_through(content: bytes, switches: dict[str, object]) -> None:
    """Each rule that no document states is a switch [N, open questions 3, 4, 5, 9]."""
    with pytest.raises(BadFile):
        _parse(content)
    assert _parse(content, **switches) == (1, 1)


@pytest.mark.parametrize(
    ("content", "switches"),
    [
        (csv("1,G,1600000000,,"), {"empty_money": "bad_row"}),
        (csv("x,G,1600000000,1,RUB"), {"numeric_ids": "checked"}),
        (csv("1,Заказ,1600000000,1,RUB"), {"cyrillic_target": "bad_row"}),
        (csv(GOOD, GOOD), {"duplicate_in_file": "bad_row"}),
        (csv(f"{GOOD},x", header=f"{HEADER},Extra"), {"extra_columns": "refused"}),
    ],
)
def test_what_is_left_open_can_be_refused(content: bytes, switches: dict[str, object]) -> None:
    """Rules that are only known from the field are off by default [F, O yametrikapy issue 6]."""
    _parse(content)
    with pytest.raises(BadFile):
        _parse(content, **switches)


def test_the_official_sample_is_good() -> None:
    """The sample of the documents passes, with LF and CRLF, quoted, and with an unnamed column [D, F RYM]."""
    assert _parse(csv(SAMPLE)) == (1, 1)
    assert _parse(csv(SAMPLE).replace(b"\n", b"\r\n")) == (1, 1)
    quoted = b'"","ClientId","Target","DateTime"\n"1","133591247640966458","GOAL1","1481718166"\n'
    assert _parse(quoted) == (1, 1)


def test_an_unknown_currency_loses_the_money_only() -> None:
    """A currency that is none keeps the row and nulls price and currency."""
    settings = EmulatorSettings()
    content = csv("1,G,1600000000,5,RUR", "2,G,1600000000,5,rub", "3,G,1600000000,5,RUB")
    money = [(row.price, row.currency) for row in rows(content, parse(content, settings, NOW), settings)]
    assert money == [(None, None), (None, None), ("5", "RUB")]


def test_the_first_filled_id_counts() -> None:
    """Files may hold several id columns; which id wins is a switch."""
    content = csv("1,u,G,1600000000", ",v,G,1600000000", header="ClientId,UserId,Target,DateTime")
    settings = EmulatorSettings()
    found = [row[:2] for row in rows(content, parse(content, settings, NOW), settings)]
    assert found == [("ClientId", "1"), ("UserId", "v")]
    settings = changed(settings, {"several_ids": ["UserId", "ClientId"]})
    found = [row[:2] for row in rows(content, parse(content, settings, NOW), settings)]
    assert found == [("UserId", "u"), ("UserId", "v")]


def test_faults_name_the_id_they_met() -> None:
    """A file that holds an id to be refused says which; ids to be dropped are counted out."""
    settings, content = EmulatorSettings(), csv(GOOD, "7,G,1600000000,1,RUB")
    with pytest.raises(BadFile) as caught:
        parse(content, settings, NOW, asked=Asked(refuse=frozenset({"7", "8"})))
    assert caught.value.hit == "7"
    parsed = parse(content, settings, NOW, asked=Asked(drop=frozenset({"7", "8"})))
    assert (parsed.accepted, parsed.hits) == (1, frozenset({"7"}))
    assert [row.id for row in rows(content, parsed, settings)] == ["1"]


_text = st.text(st.characters(exclude_categories=["C"], max_codepoint=0x2FFF), min_size=1, max_size=30)
_money = st.one_of(st.none(), st.decimals(0, 10**9, places=2).map(str))
_row = st.builds(
    AcceptedRow,
    st.just("UserId"),
    _text,
    _text.filter(str.strip),
    st.integers(0, int(NOW)),
    _money,
    st.one_of(st.none(), st.sampled_from(["RUB", "EUR", "USD"])),
)


@given(st.lists(_row, min_size=1, max_size=30))
def test_what_is_written_is_what_is_read(written: list[AcceptedRow]) -> None:
    """Any good row survives, whatever commas, quotes and letters it holds [D: CSV, UTF-8]."""
    out = io.StringIO()
    writer = csv_writer.writer(out, lineterminator="\n")
    writer.writerow(["UserId", "Target", "DateTime", "Price", "Currency"])
    writer.writerows([row.id, row.target, row.moment, row.price, row.currency] for row in written)
    settings, content = EmulatorSettings(), out.getvalue().encode()
    parsed = parse(content, settings, NOW)
    assert (parsed.source, parsed.accepted, parsed.linked) == (len(written),) * 3
    assert list(rows(content, parsed, settings)) == written


@given(st.binary(max_size=300))
def test_no_bytes_break_the_reader(content: bytes) -> None:
    """Whatever is uploaded, the answer is about the file, not a fault of the emulator."""
    with pytest.raises(BadFile):
        parse(b"ClientId,Target,DateTime\n" + content + b"\n,,\n", EmulatorSettings(), NOW)


@given(st.lists(st.sampled_from(["1", "2", "4", ""]), min_size=1), st.sampled_from(["all", "none", "even"]))
def test_every_accepted_row_is_linked_or_not_found(ids: list[str], visitors: str) -> None:
    """Linked and user_not_found add up to the rows that passed validation."""
    content = csv(*(f"{one},G,1600000000,," for one in ids))
    settings = EmulatorSettings(visitors=visitors, row_without_id="unlinked")
    parsed = parse(content, settings, NOW)
    rule: dict[str, Callable[[str], bool]] = {
        "all": bool,
        "none": lambda _: False,
        "even": lambda one: one in {"2", "4"},
    }
    assert parsed.linked == sum(rule[visitors](one) for one in ids)
    assert parsed.linked + parsed.user_not_found == parsed.accepted == len(ids)


def test_a_large_file_is_checked_in_seconds() -> None:
    """A hundred thousand rows take well under ten seconds, so that a million is bearable (no document)."""
    content = csv(*(f"{10**17 + n},order_paid,{1_600_000_000 + n},{n}.45,RUB" for n in range(100_000)))
    begun = time.monotonic()
    assert _parse(content) == (100_000, 100_000)
    assert time.monotonic() - begun < 10
