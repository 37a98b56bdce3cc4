"""DateTime: every kind of value comes to the right unix second, or is refused."""

from __future__ import annotations

import time
from datetime import UTC, date, datetime, timedelta, timezone, tzinfo
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncd.mapping.bad import BadValueError
from syncd.mapping.moments import MILLISECONDS, OLDEST, moment
from syncd.model import Reason

UTC_ZONE = ZoneInfo("UTC")
BERLIN = ZoneInfo("Europe/Berlin")
ZONES = ["Europe/Berlin", "Asia/Kathmandu", "America/St_Johns", "Europe/Moscow", "Australia/Lord_Howe", "UTC"]
FIRST = datetime.fromisoformat("0001-01-01T00:00:00")
LAST = datetime.fromisoformat("9999-12-31T23:59:59.999999")
NEW_YEAR = 1_767_225_600
"""2026-01-01T00:00:00Z."""


def unix(text: str) -> str:
    """An ISO 8601 moment with a zone, as unix seconds."""
    return str(int(datetime.fromisoformat(text).timestamp()))


class Zoneless(tzinfo):
    """A tzinfo that does not know its offset, which makes a datetime naive all the same."""

    def utcoffset(self, _: datetime | None) -> None:
        """No offset."""
        return

    def dst(self, _: datetime | None) -> None:
        """No daylight saving time."""
        return

    def tzname(self, _: datetime | None) -> None:
        """No name."""
        return


@pytest.mark.parametrize(
    "value",
    [
        datetime(2026, 1, 1, tzinfo=UTC),
        datetime(2026, 1, 1, 0, 0, 0, 999_999, tzinfo=UTC),
        datetime(2026, 1, 1, 5, 45, tzinfo=timezone(timedelta(hours=5, minutes=45))),
        datetime(2026, 1, 1),  # noqa: DTZ001 - naive is what is tested
        datetime(2026, 1, 1, tzinfo=Zoneless()),
        NEW_YEAR,
        NEW_YEAR + 0.999,
        Decimal(NEW_YEAR),
        Decimal("1767225600.999999999"),
        "1767225600",
        " 1767225600.9 ",
        "20260101T000000",
        "2026-01-01T00:00:00Z",
        "2026-01-01t00:00:00z",
        "2026-01-01 00:00:00",
        "2026-01-01 03:00:00+03",
        "2026-01-01T03:00:00.123456789+03:00",
        "2026-01-01 03:00:00.1234567 +03:00",
        "2026-01-01 00:00:00.9",
        " 2026-01-01T00:00 ",
        "2025-12-31T24:00:00Z",
        "2025-12-31 24:00",
        "20251231T240000.000",
        "2025-12-31T24:00:00,0+00:00",
        "2025-12-31t24",
        "2025-12-31T24:00:00 +00:00",
        "2026-001T03:00:00+03:00",
        "2026001T000000Z",
        "2025-365 24:00:00",
    ],
)
def test_taken(value: object) -> None:
    """All of these are the first second of 2026 in UTC; fractions are cut off."""
    assert moment(UTC_ZONE, value) == str(NEW_YEAR)


def test_the_end_of_a_day_is_that_of_its_zone() -> None:
    """24:00 is the next midnight on the clock there, also on a day of 23 or 25 hours; 2024 has a day 366."""
    assert moment(BERLIN, "2026-03-29T24:00:00") == unix("2026-03-30T00:00:00+02:00")
    assert moment(BERLIN, "2026-10-25T24:00:00") == unix("2026-10-26T00:00:00+01:00")
    assert moment(BERLIN, "2024-366T24:00") == unix("2025-01-01T00:00:00+01:00")


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (None, Reason.DATETIME_NULL),
        ("", Reason.DATETIME_NULL),
        ("  ", Reason.DATETIME_NULL),
        (True, Reason.DATETIME_UNREADABLE),
        (b"2026-01-01", Reason.DATETIME_UNREADABLE),
        (timedelta(1), Reason.DATETIME_UNREADABLE),
        ("infinity", Reason.DATETIME_UNREADABLE),
        ("2026-01-31T24:00:01", Reason.DATETIME_UNREADABLE),
        ("2026-01-31T24:00:00.1", Reason.DATETIME_UNREADABLE),
        ("2026-01-31T24:01", Reason.DATETIME_UNREADABLE),
        ("2026-01-31T25:00", Reason.DATETIME_UNREADABLE),
        ("9999-12-31T24:00:00", Reason.DATETIME_UNREADABLE),
        ("2026-000T00:00:00", Reason.DATETIME_UNREADABLE),
        ("2025-366T00:00:00", Reason.DATETIME_UNREADABLE),
        ("0000-001", Reason.DATETIME_UNREADABLE),
        ("9999-366", Reason.DATETIME_UNREADABLE),
        ("-infinity", Reason.DATETIME_UNREADABLE),
        ("nan", Reason.DATETIME_UNREADABLE),
        (float("nan"), Reason.DATETIME_UNREADABLE),
        (float("inf"), Reason.DATETIME_UNREADABLE),
        (Decimal("sNaN"), Reason.DATETIME_UNREADABLE),
        (Decimal("-Infinity"), Reason.DATETIME_UNREADABLE),
        ("01.02.2026", Reason.DATETIME_UNREADABLE),
        ("2026-13-01", Reason.DATETIME_UNREADABLE),
        ("2026-02-30 10:00", Reason.DATETIME_UNREADABLE),
        ("2026-01-31+10:00", Reason.DATETIME_UNREADABLE),
        ("2026-01-31x10:00", Reason.DATETIME_UNREADABLE),
        ("2026-01-31T", Reason.DATETIME_UNREADABLE),
        ("2026-01-31\n10:00", Reason.DATETIME_UNREADABLE),
        ("1e9", Reason.DATETIME_UNREADABLE),
        ("1_767_225_600", Reason.DATETIME_UNREADABLE),
        ("+1767225600", Reason.DATETIME_UNREADABLE),
        ("١٧٦٧٢٢٥٦٠٠", Reason.DATETIME_UNREADABLE),
        ("now", Reason.DATETIME_UNREADABLE),
        (MILLISECONDS, Reason.DATETIME_MILLISECONDS),
        (NEW_YEAR * 1000.0, Reason.DATETIME_MILLISECONDS),
        (Decimal("1E+999999999"), Reason.DATETIME_MILLISECONDS),
        ("1767225600000", Reason.DATETIME_MILLISECONDS),
        pytest.param("9" * 5000, Reason.DATETIME_MILLISECONDS, id="long-text"),
        pytest.param(10**5000, Reason.DATETIME_MILLISECONDS, id="long-int"),
        (OLDEST - 1, Reason.DATETIME_TOO_OLD),
        (OLDEST - 0.5, Reason.DATETIME_TOO_OLD),
        (0, Reason.DATETIME_TOO_OLD),
        ("-5", Reason.DATETIME_TOO_OLD),
        ("20260131", Reason.DATETIME_TOO_OLD),
        (Decimal("1E-999999999"), Reason.DATETIME_TOO_OLD),
        (Decimal("-1E+999999999"), Reason.DATETIME_TOO_OLD),
        (datetime.min.replace(tzinfo=UTC), Reason.DATETIME_TOO_OLD),
        (FIRST, Reason.DATETIME_TOO_OLD),
        (date.min, Reason.DATETIME_TOO_OLD),
        ("1999-12-31T23:59:59.999Z", Reason.DATETIME_TOO_OLD),
    ],
)
def test_refused(value: object, reason: Reason) -> None:
    """What is null, unreadable, milliseconds or before 2000 is refused, never guessed."""
    for zone in (UTC_ZONE, BERLIN):
        with pytest.raises(BadValueError) as caught:
            moment(zone, value)
        assert caught.value.reason is reason


def test_bounds() -> None:
    """The oldest second is 2000-01-01T00:00:00Z; the largest number is one below the milliseconds."""
    assert moment(UTC_ZONE, OLDEST) == unix("2000-01-01T00:00:00+00:00")
    assert moment(UTC_ZONE, MILLISECONDS - 1) == "99999999999"


def test_far_future() -> None:
    """The last datetimes there are come to a number: such a row waits, it does not fail."""
    assert moment(UTC_ZONE, LAST) == "253402300799"
    assert moment(BERLIN, LAST) == "253402297199"
    assert moment(UTC_ZONE, datetime.max.replace(tzinfo=timezone(-timedelta(hours=14)))) == "253402351199"


@pytest.mark.parametrize(
    ("zone", "local", "meant"),
    [
        # The night of 2026-03-29 skips 02:00-03:00; that of 2026-10-25 has 02:00-03:00 twice.
        ("Europe/Berlin", "2026-03-29 01:59:59", "2026-03-29T01:59:59+01:00"),
        ("Europe/Berlin", "2026-03-29 02:30:00", "2026-03-29T03:30:00+02:00"),
        ("Europe/Berlin", "2026-03-29 03:00:00", "2026-03-29T03:00:00+02:00"),
        ("Europe/Berlin", "2026-10-25 02:30:00", "2026-10-25T02:30:00+02:00"),
        ("Europe/Berlin", "2026-10-25 03:00:00", "2026-10-25T03:00:00+01:00"),
        ("Asia/Kathmandu", "2026-07-01 12:00:00", "2026-07-01T12:00:00+05:45"),
        ("America/St_Johns", "2026-01-15 12:00:00", "2026-01-15T12:00:00-03:30"),
        ("America/St_Johns", "2026-03-08 02:15:00", "2026-03-08T03:15:00-02:30"),
        ("America/St_Johns", "2026-11-01 01:15:00", "2026-11-01T01:15:00-02:30"),
        ("Europe/Moscow", "2014-10-26 01:30:00", "2014-10-26T01:30:00+04:00"),
    ],
)
@pytest.mark.parametrize("fold", [0, 1])
def test_local_times(zone: str, local: str, meant: str, fold: int) -> None:
    """A local time that came twice is the earlier one; one that was skipped moves forward by the gap."""
    value = datetime.fromisoformat(local).replace(fold=fold)
    assert moment(ZoneInfo(zone), value) == unix(meant)
    assert moment(ZoneInfo(zone), local) == unix(meant)


@pytest.mark.parametrize("value", [date(2026, 1, 1), "2026-01-01", "2026-W01-4", "2026-001"])
def test_a_date_without_a_time_is_the_end_of_its_day(value: object) -> None:
    """Its first moment would lie before the visits of the day; a midnight that is written is a midnight."""
    assert moment(ZoneInfo("Europe/Moscow"), value) == unix("2026-01-01T23:59:59+03:00")
    assert moment(ZoneInfo("Europe/Moscow"), "2026-01-01 00:00") == unix("2026-01-01T00:00:00+03:00")
    assert moment(ZoneInfo("Europe/Moscow"), datetime.fromisoformat("2026-01-01")) == unix(
        "2026-01-01T00:00:00+03:00"
    )


@given(
    value=st.datetimes(datetime(2000, 1, 2), datetime(2100, 1, 1)),  # noqa: DTZ001 - hypothesis wants them naive
    zone=st.sampled_from(ZONES).map(ZoneInfo),
    query_zone=st.sampled_from(ZONES).map(ZoneInfo),
)
def test_all_spellings_agree(value: datetime, zone: ZoneInfo, query_zone: ZoneInfo) -> None:
    """A moment is the same second as datetime, text and number; its own zone beats the query's."""
    aware = value.replace(tzinfo=zone)
    expected = str(int(aware.timestamp() // 1))
    assert moment(query_zone, aware) == expected
    assert moment(query_zone, aware.isoformat()) == expected
    assert moment(query_zone, aware.isoformat(" ")) == expected
    assert moment(query_zone, int(expected)) == expected
    assert moment(zone, value) == expected
    assert moment(zone, value.isoformat()) == expected


def test_absurd_numbers_are_refused_at_once() -> None:
    """A number of a billion digits is never written out."""
    begun = time.perf_counter()
    for value in (Decimal("1E+999999999"), Decimal("1E-999999999")):
        with pytest.raises(BadValueError):
            moment(UTC_ZONE, value)
    assert time.perf_counter() - begun < 1
