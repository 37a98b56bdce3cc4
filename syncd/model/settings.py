"""What a valid configuration is: frozen, complete, every default filled in. Declares the keys of the file.

A field with a description is a key of the file: `syncd.config` derives from it how the key is read (by its
type, or by the form that its annotation names), its line in the JSON Schema, and its default. A field
without a description follows from others. Durations are timedeltas, zones are ZoneInfo, secrets are
SecretStr, whose repr masks them.
"""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field, SecretStr

from syncd.model import IdKind
from syncd.model.kinds import QueryKind, UploadColumn

_MOST = 1_000_000_000
_LARGEST_COUNTER = 2**63 - 1
"""What the state store can keep; counters have eight or nine digits today."""


class _Frozen(BaseModel):
    model_config = ConfigDict(
        frozen=True, extra="forbid", arbitrary_types_allowed=True, hide_input_in_errors=True
    )


class MetricaSettings(_Frozen):
    """Where and how to speak to Metrica."""

    token: Annotated[SecretStr | None, "token"] = Field(
        None, description="OAuth token that may write to the counters; best written as ${METRICA_TOKEN}."
    )
    token_file: Path | None = Field(
        None, description="Instead of token: a file that holds it, read again when the API refuses the token."
    )
    api_url: Annotated[str, "api_url"] = Field(
        "https://api-metrika.yandex.net", description="Where the API is."
    )
    """http or https, without a trailing slash."""
    timeout: timedelta = Field(timedelta(seconds=60), description="The longest one request may take.")
    settle: timedelta = Field(
        timedelta(seconds=60),
        description="How long an upload whose answer was lost may take to show in Metrica's list, "
        "before it counts as not received and is sent again.",
    )
    daily_requests: int = Field(
        5000, ge=1, le=_MOST, description="How much of the login's daily quota of requests syncd may spend."
    )


class DatabaseSettings(_Frozen):
    """One company database. It is only read."""

    name: str
    url: Annotated[SecretStr, "database_url"] = Field(
        description="Where it is: a SQLAlchemy URL, such as postgresql://user@host/database."
    )
    """With the driver named."""
    password_file: Path | None = Field(
        None, description="A file that holds the password, read at each new connection."
    )
    """Never together with a password in `url`."""
    timezone: ZoneInfo = Field(ZoneInfo("UTC"), description="Time zone of timestamps that carry none.")
    statement_timeout: timedelta = Field(
        timedelta(minutes=10), description="The longest one statement may run."
    )


class StateSettings(_Frozen):
    """Where syncd remembers what it did."""

    url: Annotated[SecretStr, "state_url"] = Field(
        SecretStr("sqlite:///syncd-state.db"),
        description="SQLite in a file, or a PostgreSQL database that replicas share.",
    )
    """`sqlite:///…` or `postgresql+psycopg://…`."""
    password_file: Path | None = Field(
        None, description="A file that holds the password, read at each new connection; PostgreSQL only."
    )
    """Never together with a password in `url`."""
    schema_name: Annotated[str, "schema"] = Field(
        "syncd", serialization_alias="schema", description="The tables' schema; PostgreSQL only."
    )
    keep_reject_values: timedelta = Field(
        timedelta(days=90),
        description="How long the values of a rejected row are kept; its key and the reason stay longer.",
    )


class HttpSettings(_Frozen):
    """Health, metrics and the status page."""

    host: str = "127.0.0.1"
    """A name or an address; IPv6 without brackets."""
    port: int = 9188
    """0: any free one."""
    hosts: Annotated[tuple[str, ...], "hosts"] = Field(
        (), description="Host names that are answered beside the loopback's and the listen address's."
    )
    """Names that requests may give in their header Host."""


class LogSettings(_Frozen):
    """Settings of the log."""

    level: Literal["debug", "info", "warning", "error"] = Field(
        "info", description="The least important kind of line that is written."
    )
    format: Literal["json", "console", "auto"] = Field(
        "auto", description="auto: console on a terminal, json elsewhere."
    )


AlertTopic = Literal["failing", "halted", "rejects", "match_rate", "quota", "late", "recovered"]


class AlertSettings(_Frozen):
    """Settings of alerts: which people are told of what trouble, and how soon."""

    urls: Annotated[tuple[SecretStr, ...], "alert_urls"] = Field(
        (), description="Where messages go: Apprise URLs such as mailto://, tgram://, json://."
    )
    urls_file: Path | None = Field(
        None, description="Instead of urls: a file that holds them, one a line, read at each message."
    )
    command: Annotated[tuple[str, ...], "command"] = Field(
        (), description="A program and its arguments; it gets the message as JSON on its standard input."
    )
    on: tuple[AlertTopic, ...] = Field(
        ("failing", "halted", "rejects", "match_rate", "quota", "late", "recovered"),
        description="What is told.",
    )
    after: timedelta = Field(timedelta(minutes=10), description="Trouble that is over sooner is not told.")
    remind: timedelta = Field(timedelta(hours=24), description="How often lasting trouble is told again.")


class Constant(_Frozen):
    """A column filled with the same value in every row; None leaves the column out."""

    value: str | int | float | None


class Relink(_Frozen):
    """Rows that were not all linked are sent again, as Metrica advises (docs/metrica.md, 2)."""

    after: timedelta = Field(
        timedelta(hours=24),
        ge=timedelta(hours=2),
        description="How long after an upload its rows are sent again; "
        "at least 2h, since Metrica works on an upload for as long.",
    )
    """Counted from the upload, or its last repetition."""
    lasting: timedelta = Field(
        timedelta(days=21),
        le=timedelta(days=21),
        serialization_alias="for",
        description="For how long since the first upload; at most 21d, "
        "since no row is linked to an older visit.",
    )


class SqlPlace(_Frozen):
    """Where the text of a query's SQL begins: for errors that know the position in it."""

    file: str
    line: int
    """The line of the SQL's first line."""
    column: int
    """The column, from 1, at which each line of the SQL begins; 0 where lines are not those of the file."""


class QuerySettings(_Frozen):
    """One query, with `defaults` merged in and its database resolved; or the defaults of all."""

    name: str
    database: DatabaseSettings
    kind: QueryKind = Field(
        QueryKind.CONVERSIONS, description="What the rows are: conversions, orders, or calls."
    )
    counter: int = Field(ge=1, le=_LARGEST_COUNTER, description="The number of the Metrica counter.")
    id_type: tuple[IdKind, ...] = Field(
        (), description="The kind of visitor ids, or a list of kinds of which each row has at least one."
    )
    """Empty for orders and calls, which go with every id that their columns hold."""
    sql: str = Field(
        description="The SELECT whose rows are uploaded; no ORDER BY, no LIMIT, no semicolon needed."
    )
    columns: Annotated[dict[UploadColumn, str | Constant], "columns"] = Field(
        {},
        description="Metrica's column: result column, or {value: constant}, or null to leave it out. "
        "Result columns that bear Metrica's names are found without.",
    )
    """Columns missing here are found by their names."""
    mark: tuple[str, ...] = Field(
        description="High-water mark: result columns that grow with new and changed rows, never null."
    )
    key: tuple[str, ...] = Field(
        description="What makes a row the same row; the mark's columns when left out, an order's id always."
    )
    key_is_default: bool
    statuses: Annotated[dict[str, str], "statuses"] = Field(
        {},
        description="Orders: the company's word for a status, and Metrica's. "
        "Left out: order_status holds Metrica's words.",
    )
    hash_contacts: bool = Field(
        default=True, description="Orders: mails and phones leave as MD5 only, normalised."
    )
    goal_name: str | None = Field(
        None, description="Calls: the name of the goal that Metrica makes with the first of them."
    )
    every: timedelta = Field(timedelta(minutes=5), description="How often the query runs.")
    """With `cron`: the smallest time between two firings."""
    cron: Annotated[str | None, "cron"] = Field(
        None, description="Instead of every: a cron expression of five fields in the query's time zone."
    )
    wake: Annotated[str | None, "channel"] = Field(
        None, description="PostgreSQL: a channel; the query also runs when it is notified there."
    )
    start: Annotated[str | int | float | timedelta, "start"] = Field(
        "beginning",
        description="Where a query without a mark begins: beginning, now, a duration before the first run, "
        "or a value for the mark's first column.",
    )
    overlap: Annotated[timedelta | Literal["auto"], "overlap"] = Field(
        "auto",
        description="How far behind the mark is read again for rows that were committed late: "
        "auto, or a duration.",
    )
    on_change: Literal["ignore", "resend"] = Field(
        "ignore", description="A delivered key is seen again with another Price or Currency."
    )
    spread: bool = Field(
        default=False,
        description="A second row with id, Target and DateTime of another key gets the next free second; "
        "false: it is rejected.",
    )
    relink: Relink | None = Field(
        None,
        description="Send rows that were not all linked again after some time, for some time; "
        "false: rows are sent once.",
    )
    chunk_rows: int = Field(50_000, ge=1, le=10_000_000, description="The most rows of one upload.")
    reject_limit: int = Field(
        1000, ge=1, le=_MOST, description="Rejected rows in one run after which the query stops."
    )
    enabled: bool = Field(default=True, description="false: the query does not run.")
    token: Annotated[SecretStr | None, "token"] = Field(None, description="Overrides metrica's token.")
    """The query's own, else Metrica's; at most one of token and token_file is set."""
    token_file: Path | None = Field(None, description="Overrides metrica's token or token_file.")
    timezone: ZoneInfo
    """Of timestamps that carry none, and of `cron`: the query's, else its database's."""
    timezone_is_default: bool = False
    """Neither the query nor its database names one."""
    longest_pause: timedelta | None = None
    """With `cron`: the longest time between two firings (a night, a weekend), which is no sign of trouble."""
    counter_timezone: ZoneInfo | None = None
    """The counter's own, which is no part of the file: kinds that need it ask Metrica for it once."""
    login: str = "metrica"
    """Whose daily requests it spends, named by where the token stands: `metrica`, or `queries.NAME`."""
    file: str = ""
    """The configuration file in which the query stands."""
    line: int = 0
    """The line of that file where the query begins."""
    sql_place: SqlPlace | None = None


class Settings(_Frozen):
    """The whole configuration."""

    file: str
    included: tuple[str, ...] = ()
    """The files that `include` named."""
    metrica: MetricaSettings
    databases: dict[str, DatabaseSettings]
    state: StateSettings
    http: HttpSettings | None
    """None: turned off."""
    log: LogSettings
    alerts: AlertSettings | None = None
    """None: nobody is told."""
    queries: dict[str, QuerySettings]
