"""Texts of the data on a terminal, in the log and in files: nothing in them steers or deceives."""

from __future__ import annotations

import io
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncd.cli.rejects_rows import harmless
from syncd.model.events import Event
from syncd.model.settings import LogSettings
from syncd.model.showing import on_one_line, safe_json
from syncd.monitoring.telemetry import Metrics, TelemetryObserver, configure

NASTY = "a\x9b31mb\u202eexe\u2066\u200bc\x1b[2J\x7f\ufeff\U000e0041\n\r\t\x00\u2028"


def test_what_steers_or_deceives_is_written_out() -> None:
    """In words of its own; letters of all scripts and signs stay."""
    assert on_one_line(NASTY) == (
        r"a\x9b31mb\u202eexe\u2066\u200bc\x1b[2J\x7f\ufeff\U000e0041\n\r\t\x00\u2028"
    )
    assert on_one_line("Оплачен № 5\N{NO-BREAK SPACE}₽ 訂單 🎉") == "Оплачен № 5\N{NO-BREAK SPACE}₽ 訂單 🎉"


@given(st.dictionaries(st.text(max_size=5), st.one_of(st.text(), st.integers(), st.none()), max_size=4))
def test_json_says_what_it_said(document: dict[str, object]) -> None:
    """The escapes are JSON's own, so that a reader gets the very text."""
    shown = safe_json(json.dumps(document, ensure_ascii=False, indent=2))
    assert json.loads(shown) == document
    assert on_one_line(shown.replace("\n", "")) == shown.replace("\n", "")


@pytest.mark.parametrize("form", ["json", "console"])
def test_no_line_of_log_holds_them(form: str) -> None:
    """Neither as JSON nor for a terminal."""
    log = io.StringIO()
    configure(LogSettings(format=form), log)
    TelemetryObserver(Metrics()).emit(Event.ROW_REJECTED, query="q", value=NASTY, row={"a": NASTY})
    line = log.getvalue().removesuffix("\n")
    assert on_one_line(line) == line
    if form == "json":
        assert json.loads(line)["value"] == NASTY


def test_an_internal_error_has_its_traceback_where_it_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """SYNCD_TRACEBACK shows it in the log at any level."""
    for value, shown in (("", False), ("1", True)):
        monkeypatch.setenv("SYNCD_TRACEBACK", value)
        log = io.StringIO()
        configure(LogSettings(format="json"), log)
        try:
            raise KeyError("lost")  # noqa: TRY301 — where it is raised is what is looked for
        except KeyError as error:
            TelemetryObserver(Metrics()).emit(Event.INTERNAL_ERROR, query="q", error=error)
        assert ("test_showing.py" in json.loads(log.getvalue()).get("traceback", "")) is shown


@pytest.mark.parametrize(
    ("cell", "guarded"),
    [
        ("=1+1", "'=1+1"),
        ("x;=HYPERLINK(1)", "x;'=HYPERLINK(1)"),
        ('x;"@SUM(1)', "x;\"'@SUM(1)"),
        ("x\n+cmd", "x\n'+cmd"),
        (" =1", "' =1"),
        ("-5.20", "-5.20"),
        ("a-b; c", "a-b; c"),
    ],
)
def test_no_spreadsheet_runs_a_cell(cell: str, guarded: str) -> None:
    """Neither at its beginning nor behind a semicolon, where a Russian Excel begins a cell."""
    assert harmless(cell) == guarded
