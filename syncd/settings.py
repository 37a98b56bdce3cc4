"""What a valid configuration is (product.md 2): frozen, complete, every default filled in.

Built by `syncd.config`, which reads the YAML and reports every problem with its line. Durations are
timedeltas, zones are ZoneInfo, secrets are SecretStr, whose repr masks them.
"""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Literal
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, SecretStr

from syncd.model import Column, IdKind


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=True)


class MetricaSettings(_Frozen):
    """Where and how to speak to Metrica."""

    token: SecretStr | None = None
    token_file: Path | None = None
    api_url: str = "https://api-metrika.yandex.net"
    timeout: timedelta = timedelta(seconds=60)
    settle: timedelta = timedelta(seconds=60)
    daily_requests: int = 5000


class DatabaseSettings(_Frozen):
    """One company database."""

    name: str
    url: SecretStr
    password_file: Path | None = None
    timezone: ZoneInfo
    statement_timeout: timedelta = timedelta(minutes=10)


class StateSettings(_Frozen):
    """The state store."""

    url: SecretStr
    schema_name: str = "syncd"


class HttpSettings(_Frozen):
    """Where health, metrics and the status page are served."""

    host: str = "127.0.0.1"
    port: int = 9188


class LogSettings(_Frozen):
    """What is logged, and how."""

    level: Literal["debug", "info", "warning", "error"] = "info"
    format: Literal["json", "console", "auto"] = "auto"


class Constant(_Frozen):
    """A column filled with the same value in every row; None leaves the column out."""

    value: str | int | float | None


class QuerySettings(_Frozen):
    """One query, with `defaults` merged in and its database resolved."""

    name: str
    database: DatabaseSettings
    counter: int
    id_type: tuple[IdKind, ...]
    sql: str
    columns: dict[Column, str | Constant]
    """Metrica's column: result column or constant. Columns missing here are found by their names."""
    mark: tuple[str, ...]
    key: tuple[str, ...]
    """The key's columns; the mark's where the configuration names none."""
    key_is_default: bool
    every: timedelta
    cron: str | None
    start: str | int | float
    """`beginning`, `now`, or a value for the mark's first column."""
    overlap: timedelta | Literal["auto"]
    on_change: Literal["ignore", "resend"]
    chunk_rows: int
    reject_limit: int
    enabled: bool
    token: SecretStr | None
    token_file: Path | None
    """The query's own token, else Metrica's (already resolved: at most one of the two is set)."""
    timezone: ZoneInfo
    line: int = 0
    """The line of the configuration file where the query begins."""


class Settings(_Frozen):
    """The whole configuration."""

    file: str
    metrica: MetricaSettings
    databases: dict[str, DatabaseSettings]
    state: StateSettings
    http: HttpSettings | None
    log: LogSettings
    queries: dict[str, QuerySettings]
