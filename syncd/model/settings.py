"""What a valid configuration is: frozen, complete, every default filled in.

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
    model_config = ConfigDict(
        frozen=True, extra="forbid", arbitrary_types_allowed=True, hide_input_in_errors=True
    )


class MetricaSettings(_Frozen):
    """Where and how to speak to Metrica. Token and file may both be missing: queries have their own."""

    token: SecretStr | None = None
    token_file: Path | None = None
    """Read anew when the API refuses the token."""
    api_url: str = "https://api-metrika.yandex.net"
    """http or https, without a trailing slash."""
    timeout: timedelta = timedelta(seconds=60)
    """Of one request."""
    settle: timedelta = timedelta(seconds=60)
    """How long an upload whose answer was lost may take to show in Metrica's list."""
    daily_requests: int = 5000
    """Requests a day that syncd may spend of the login's quota."""


class DatabaseSettings(_Frozen):
    """One company database."""

    name: str
    url: SecretStr
    """As SQLAlchemy takes it, with the driver named."""
    password_file: Path | None = None
    """Read at each new connection; never together with a password in `url`."""
    timezone: ZoneInfo
    """Of timestamps that carry none."""
    statement_timeout: timedelta = timedelta(minutes=10)


class StateSettings(_Frozen):
    """The state store."""

    url: SecretStr
    """`sqlite:///…` or `postgresql+psycopg://…`."""
    schema_name: str = "syncd"
    """PostgreSQL only."""


class HttpSettings(_Frozen):
    """Where health, metrics and the status page are served."""

    host: str = "127.0.0.1"
    """A name or an address; IPv6 without brackets."""
    port: int = 9188
    """0: any free one."""
    hosts: tuple[str, ...] = ()
    """Names that requests may give in their header Host, beside the loopback's and `host`."""


class LogSettings(_Frozen):
    """What is logged, and how."""

    level: Literal["debug", "info", "warning", "error"] = "info"
    format: Literal["json", "console", "auto"] = "auto"


class Constant(_Frozen):
    """A column filled with the same value in every row; None leaves the column out."""

    value: str | int | float | None


class Relink(_Frozen):
    """Rows that were not all linked are sent again, which Metrica advises (docs/metrica.md, 2)."""

    after: timedelta
    """Since the upload, or its last repetition."""
    lasting: timedelta
    """Since the first upload; `for` in the file."""


class SqlPlace(_Frozen):
    """Where the text of a query's SQL begins: for errors that know the position in it."""

    file: str
    line: int
    """The line of the SQL's first line."""
    column: int
    """The column, from 1, at which each line of the SQL begins; 0 where lines are not those of the file."""


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
    """With `cron`: the smallest time between two firings."""
    cron: str | None
    """Five fields, in `timezone`."""
    start: str | int | float
    """`beginning`, `now`, or a value for the mark's first column."""
    overlap: timedelta | Literal["auto"]
    """How far behind the mark is read again for rows committed late."""
    on_change: Literal["ignore", "resend"]
    chunk_rows: int
    reject_limit: int
    enabled: bool
    token: SecretStr | None
    token_file: Path | None
    """The query's own token, else Metrica's (already resolved: at most one of the two is set)."""
    timezone: ZoneInfo
    """Of timestamps that carry none, and of `cron`: the query's, else its database's."""
    timezone_is_default: bool = False
    """Neither the query nor its database names one."""
    longest_pause: timedelta | None = None
    """With `cron`: the longest time between two firings (a night, a weekend), which is no sign of trouble."""
    relink: Relink | None = None
    """None: rows are sent once."""
    login: str = "metrica"
    """Whose daily requests it spends, named by where the token stands: `metrica`, or `queries.NAME`."""
    line: int = 0
    """The line of the configuration file where the query begins."""
    sql_place: SqlPlace | None = None


class Settings(_Frozen):
    """The whole configuration."""

    file: str
    metrica: MetricaSettings
    databases: dict[str, DatabaseSettings]
    state: StateSettings
    http: HttpSettings | None
    """None: turned off."""
    log: LogSettings
    queries: dict[str, QuerySettings]
