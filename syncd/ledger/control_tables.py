"""The tables of what people ask and are told, and of what Metrica was asked; docs/state.md explains each."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, MetaData, Table, Text

from syncd.ledger.types import Moment, Name, Number


def destinations(metadata: MetaData, prefix: str) -> Table:
    """Where the rows of each query went."""
    return Table(
        f"{prefix}destinations",
        metadata,
        Column("query", Name, primary_key=True),
        Column("api_url", Text),
        Column("counter", Number, nullable=False),
        Column("uploads_elsewhere", Number),
        Column("decided_at", Moment),
    )


def pauses(metadata: MetaData, prefix: str) -> Table:
    """The queries that a person has paused."""
    return Table(
        f"{prefix}pauses",
        metadata,
        Column("query", Name, primary_key=True),
        Column("since", Moment, nullable=False),
        Column("until", Moment),
        Column("asked_by", Text, nullable=False),
    )


def triggers(metadata: MetaData, prefix: str) -> Table:
    """The queries that a person wants run now."""
    return Table(
        f"{prefix}triggers",
        metadata,
        Column("query", Name, primary_key=True),
        Column("asked_at", Moment, nullable=False),
        Column("asked_by", Text, nullable=False),
    )


def alerts(metadata: MetaData, prefix: str) -> Table:
    """The troubles that last, and when people were told of each."""
    return Table(
        f"{prefix}alerts",
        metadata,
        Column("query", Name, primary_key=True),
        Column("trouble", Name, primary_key=True),
        Column("since", Moment, nullable=False),
        Column("told_at", Moment),
        Column("words", Text, nullable=False),
        Column("is_over", Boolean, nullable=False),
        Column("is_owed", Boolean, nullable=False),
    )


def outlying_rows(metadata: MetaData, prefix: str) -> Table:
    """The rows whose marks lie so far ahead that they do not take the query's mark along."""
    return Table(
        f"{prefix}outlying_rows",
        metadata,
        Column("query", Name, primary_key=True),
        Column("key", Name, primary_key=True),
        Column("mark", Text, nullable=False),
        Column("seen_at", Moment, nullable=False),
    )


def counters(metadata: MetaData, prefix: str) -> Table:
    """The facts of counters that were asked for once."""
    return Table(
        f"{prefix}counters",
        metadata,
        Column("api_url", Name, primary_key=True),
        Column("counter", Number, primary_key=True, autoincrement=False),
        Column("time_zone", Text, nullable=False),
        Column("asked_at", Moment, nullable=False),
    )


def lists_compared(metadata: MetaData, prefix: str) -> Table:
    """How far each counter's list of uploads was compared with this store."""
    return Table(
        f"{prefix}lists_compared",
        metadata,
        Column("api_url", Name, primary_key=True),
        Column("counter", Number, primary_key=True, autoincrement=False),
        Column("entries", Number, nullable=False),
        Column("newest_id", Number, nullable=False),
        Column("compared_at", Moment, nullable=False),
    )


def probe_answers(metadata: MetaData, prefix: str) -> Table:
    """What a live counter answered to `syncd probe`."""
    return Table(
        f"{prefix}probe_answers",
        metadata,
        Column("api_url", Name, primary_key=True),
        Column("counter", Number, primary_key=True, autoincrement=False),
        Column("question", Name, primary_key=True),
        Column("answer", Text, nullable=False),
        Column("raw", Text, nullable=False),
        Column("asked_at", Moment, nullable=False),
    )
