"""Whether a mark grows as time goes on, by its values alone."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import pytest

from syncd.inspect.check.findings import Code
from syncd.inspect.check.marks import clocks_change, is_naive, text_disorder, why_random


@pytest.mark.parametrize(
    "texts",
    [
        ["30.11.2026", "01.12.2026"],
        ["11/30/2026 10:00"],
        ["1-12-26 10:00"],
        ["2026-1-5", "2026-11-30"],
        ["Jan 5 2026 10:00"],
        ["05-JAN-26"],
        ["5 января 2026"],
        ["Mon, 05 Jan 2026 10:00:00 +0300"],
        ["2026-01-05 03:00 PM"],
        ["2026-01-05T03:00:00+03:00", "2026-01-05T03:00:00Z"],
        ["2026-01-05T03:00:00", "2026-01-05 04:00:00"],
        ["9", "10"],
        ["9.5", "10.5"],
        ["ORD-9", "ORD-10"],
    ],
)
def test_texts_out_of_order(texts: list[str]) -> None:
    """Their order is not that of time or number, and it is said what to write."""
    found = text_disorder(texts, "changed")
    assert found is not None
    assert "changed" in found.message
    assert "AS changed" in found.action


@pytest.mark.parametrize(
    "texts",
    [
        ["2026-01-05"],
        ["2026/01/05", "2026/01/06"],
        ["2026-01-05T03:00:00.5+03:00", "2026-01-05T03:00:01+03:00"],
        ["20260105", "20260106"],
        ["1001", "1002"],
        ["ORD-2026-0009", "ORD-2026-0010"],
        ["mark-123", "marathon-20 decimal 2026"],
        [],
    ],
)
def test_texts_in_order(texts: list[str]) -> None:
    """Nothing is said of what grows."""
    assert text_disorder(texts, "changed") is None


def test_marks_drawn_by_lot() -> None:
    """UUIDs that begin with a time grow; others, digests and words in no order do not."""
    assert why_random([str(uuid4())], [1]) == "holds random UUIDs"
    assert why_random([uuid4()], [1]) == "holds random UUIDs"
    assert why_random([UUID("0190163d-8694-739b-aea5-966c26f8ad91")], [1]) == ""
    assert "digests" in why_random(["d41d8cd98f00b204e9800998ecf8427e"], [1])
    assert "digests" in why_random([b"0123456789abcdef"], [1])
    assert "does not grow" in why_random(["x"] * 41, [number * 17 % 41 for number in range(41)])
    assert why_random(["01ARZ3NDEKTSV4RRFFQ69G5FAV"] * 41, list(range(41))) == ""
    assert why_random([1, 2], [2, 1]) == ""


def test_clocks_that_change_and_marks_without_a_zone() -> None:
    """Only where both come together is an hour of autumn ambiguous."""
    now = datetime(2026, 11, 29, tzinfo=UTC)
    assert clocks_change(ZoneInfo("Europe/Berlin"), now)
    assert not clocks_change(ZoneInfo("Europe/Moscow"), now)
    assert is_naive("2026-01-05 10:00:00")
    assert is_naive(datetime(2026, 1, 5, 10))  # noqa: DTZ001 — such is the point
    assert not any(map(is_naive, ["2026-01-05T10:00:00Z", "2026-01-05", now, 17]))


def test_every_code_is_documented() -> None:
    """docs/check.md has a line for each code that `check --json` may print, and for no other."""
    page = (Path(__file__).parents[2] / "docs" / "check.md").read_text(encoding="utf-8")
    assert sorted(re.findall(r"^\| `([a-z._]+)` \|", page, re.MULTILINE)) == sorted(Code)
