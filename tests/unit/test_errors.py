"""What every error carries for people and scripts."""

from __future__ import annotations

import inspect
import re
from datetime import UTC, datetime

import pytest

from syncd.model.errors import (
    ERROR_CLASSES,
    ConfigError,
    MetricaError,
    NotReceived,
    OutcomeUnknown,
    Problem,
    StillUnclear,
    SyncdError,
)


@pytest.mark.parametrize("kind", ERROR_CLASSES)
def test_each_says_what_to_do(kind: type[SyncdError]) -> None:
    """A stable code, an action in whole sentences, a docstring that says what the daemon does."""
    assert re.fullmatch(r"[a-z]+(\.[a-z_]+)?", kind.code)
    assert kind.action.endswith(".")
    assert (inspect.getdoc(kind) or "").endswith(".")
    assert kind.exit_code in (1, 2)


@pytest.mark.parametrize("kind", ERROR_CLASSES)
def test_exit_code_2_is_for_what_touched_nothing(kind: type[SyncdError]) -> None:
    """Usage and configuration; everything else is 1."""
    assert (kind.exit_code == 2) is (kind.code in {"usage", "config.invalid", "alerts.unusable"})


def test_a_problem_reads_well() -> None:
    """file:line, the key's path, what is wrong, what to write instead; what is missing is left out."""
    assert str(Problem("c.yaml", 7, "queries.a.every", "no duration", "5m")) == (
        "c.yaml:7: queries.a.every: no duration (5m)"
    )
    assert str(Problem("c.yaml", 0, "", "no such file")) == "c.yaml: no such file"


def test_all_problems_are_told_in_the_order_of_the_file() -> None:
    """One line each."""
    error = ConfigError([Problem("c", 9, "b", "two"), Problem("c", 2, "a", "one")])
    assert str(error).splitlines() == ["c:2: a: one", "c:9: b: two"]


def test_what_metrica_said_is_kept() -> None:
    """Status and type travel with the error; the moments too."""
    moment = datetime(2026, 3, 1, tzinfo=UTC)
    error = NotReceived("x", http_status=429, error_type="quota_requests_by_uid", retry_at=moment)
    assert (error.http_status, error.error_type, error.retry_at) == (429, "quota_requests_by_uid", moment)
    unclear = StillUnclear("x", retry_at=moment)
    assert isinstance(unclear, OutcomeUnknown)
    assert isinstance(unclear, MetricaError)
    assert (unclear.retry_at, unclear.http_status, unclear.code) == (moment, 0, OutcomeUnknown.code)
