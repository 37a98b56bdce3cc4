"""The tables of what became of the uploads, and of what that costs; docs/state.md explains each column."""

from __future__ import annotations

from sqlalchemy import Column, Float, MetaData, Table

from syncd.ledger.types import Moment, Name, Number


def totals(metadata: MetaData, prefix: str) -> Table:
    """All uploads of each query in figures."""
    return Table(
        f"{prefix}totals",
        metadata,
        Column("query", Name, primary_key=True),
        Column("uploads", Number, nullable=False),
        Column("rows", Number, nullable=False),
        Column("rows_told", Number, nullable=False),
        Column("linked", Number, nullable=False),
        Column("gained", Number, nullable=False),
        Column("user_not_found", Number, nullable=False),
        Column("goal_not_found", Number, nullable=False),
    )


def match_days(metadata: MetaData, prefix: str) -> Table:
    """How many rows were linked, by query and day."""
    return Table(
        f"{prefix}match_days",
        metadata,
        Column("query", Name, primary_key=True),
        Column("day", Name, primary_key=True),
        Column("uploads", Number, nullable=False),
        Column("rows", Number, nullable=False),
        Column("linked", Number, nullable=False),
        Column("gained", Number, nullable=False),
        Column("user_not_found", Number, nullable=False),
        Column("goal_not_found", Number, nullable=False),
    )


def match_alarms(metadata: MetaData, prefix: str) -> Table:
    """The queries whose match rate has fallen."""
    return Table(
        f"{prefix}match_alarms",
        metadata,
        Column("query", Name, primary_key=True),
        Column("since", Moment, nullable=False),
        Column("past", Float, nullable=False),
    )


def quotas(metadata: MetaData, prefix: str) -> Table:
    """The table of the requests each login has spent of its day."""
    return Table(
        f"{prefix}quotas",
        metadata,
        Column("login", Name, primary_key=True),
        Column("day", Name, nullable=False),
        Column("spent", Number, nullable=False),
    )


def refusals(metadata: MetaData, prefix: str) -> Table:
    """The table of logins and counters whose day is spent, as Metrica said; counter 0: the whole login."""
    return Table(
        f"{prefix}refusals",
        metadata,
        Column("login", Name, primary_key=True),
        Column("counter", Number, primary_key=True, autoincrement=False),
        Column("day", Name, nullable=False),
    )
