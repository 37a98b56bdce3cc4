"""The configuration file as a pydantic model: the keys, their defaults, and what they are for.

Every key is optional here, because what must be there depends on `defaults` (see `rules`).
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field, SecretStr

from syncd.config.kinds import (
    ApiUrl,
    Boolean,
    ChunkRows,
    Columns,
    Counter,
    Cron,
    DatabaseUrl,
    Duration,
    FilePath,
    Format,
    IdTypes,
    Level,
    Listen,
    Name,
    Names,
    OnChange,
    Overlap,
    RejectLimit,
    Relinking,
    Requests,
    Schema,
    Start,
    StateUrl,
    Text,
    Token,
    Zone,
)


def _key(description: str, default: object = None, *, shown: str | int | bool | None = None) -> Any:
    """A key of a section: its default as Settings has it, and as the file would write it (`shown`)."""
    extra: dict[str, Any] = {} if shown is None else {"default": shown}
    # A factory, because pydantic would write a plain default into the schema in its own notation.
    return Field(default_factory=lambda: default, description=description, json_schema_extra=extra)


class _Keys(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


API_URL = "https://api-metrika.yandex.net"
STATE_URL = "sqlite:///syncd-state.db"


class MetricaFile(_Keys):
    """Where and how to speak to Metrica."""

    token: Token = _key("OAuth token that may write to the counters; best written as ${METRICA_TOKEN}.")
    token_file: FilePath = _key(
        "Instead of token: a file that holds it, read again when the API refuses the token."
    )
    api_url: ApiUrl = _key("Where the API is.", API_URL, shown=API_URL)
    timeout: Duration = _key("The longest one request may take.", timedelta(seconds=60), shown="60s")
    settle: Duration = _key(
        "How long an upload whose answer was lost may take to show in Metrica's list, "
        "before it counts as not received and is sent again.",
        timedelta(seconds=60),
        shown="60s",
    )
    daily_requests: Requests = _key(
        "How much of the login's daily quota of requests syncd may spend.", 5000, shown=5000
    )


class DatabaseFile(_Keys):
    """One company database. It is only read."""

    url: DatabaseUrl = _key("Where it is: a SQLAlchemy URL, such as postgresql://user@host/database.")
    password_file: FilePath = _key("A file that holds the password, read at each new connection.")
    timezone: Zone = _key("Time zone of timestamps that carry none.", ZoneInfo("UTC"), shown="UTC")
    statement_timeout: Duration = _key(
        "The longest one statement may run.", timedelta(minutes=10), shown="10m"
    )


class StateFile(_Keys):
    """Where syncd remembers what it did."""

    url: StateUrl = _key(
        "SQLite in a file, or a PostgreSQL database that replicas share.",
        SecretStr(STATE_URL),
        shown=STATE_URL,
    )
    schema_name: Schema = Field(
        default_factory=lambda: "syncd",
        alias="schema",
        description="The tables' schema; PostgreSQL only.",
        json_schema_extra={"default": "syncd"},
    )


class HttpFile(_Keys):
    """Health, metrics and the status page."""

    listen: Listen = _key(
        "host:port to serve them on; null turns it off.", ("127.0.0.1", 9188), shown="127.0.0.1:9188"
    )


class LogFile(_Keys):
    """What is logged, and how."""

    level: Level = _key("The least important kind of line that is written.", "info", shown="info")
    format: Format = _key("auto: console on a terminal, json elsewhere.", "auto", shown="auto")


class QueryFile(_Keys):
    """One query, or the defaults of all."""

    database: Text = _key("A name under databases; may be left out when there is one.")
    counter: Counter = _key("The number of the Metrica counter.")
    id_type: IdTypes = _key(
        "The kind of visitor ids, or a list of kinds of which each row has at least one.", ()
    )
    sql: Text = _key("The SELECT whose rows are conversions; no ORDER BY, no LIMIT, no semicolon needed.")
    columns: Columns = _key(
        "Metrica's column: result column, or {value: constant}, or null to leave it out. "
        "Result columns that bear Metrica's names are found without.",
        {},
    )
    mark: Names = _key("High-water mark: result columns that grow with new and changed rows, never null.", ())
    key: Names = _key("What makes a row the same row; the mark's columns when left out.", ())
    every: Duration = _key("How often the query runs.", timedelta(minutes=5), shown="5m")
    cron: Cron = _key("Instead of every: a cron expression of five fields in the query's time zone.")
    start: Start = _key(
        "Where a query without a mark begins: beginning, now, or a value for the mark's first column.",
        "beginning",
        shown="beginning",
    )
    overlap: Overlap = _key(
        "How far behind the mark is read again for rows that were committed late: auto, or a duration.",
        "auto",
        shown="auto",
    )
    on_change: OnChange = _key(
        "A delivered key is seen again with another Price or Currency.", "ignore", shown="ignore"
    )
    relink: Relinking = _key(
        "Send rows that were not all linked again after some time, for some time; false: rows are sent once.",
        shown=False,
    )
    chunk_rows: ChunkRows = _key("The most rows of one upload.", 50_000, shown=50_000)
    reject_limit: RejectLimit = _key(
        "Rejected rows in one run after which the query stops.", 1000, shown=1000
    )
    enabled: Boolean = _key("false: the query does not run.", default=True, shown=True)
    token: Token = _key("Overrides metrica's token.")
    token_file: FilePath = _key("Overrides metrica's token or token_file.")
    timezone: Zone = _key("Overrides the database's time zone.")


class ConfigFile(_Keys):
    """Configuration of syncd."""

    metrica: MetricaFile = Field(
        default_factory=MetricaFile, description="Where and how to speak to Metrica."
    )
    databases: dict[Name, DatabaseFile] = _key("The company's databases, by name.", {})
    state: StateFile = Field(default_factory=StateFile, description="Where syncd remembers what it did.")
    http: HttpFile = Field(
        default_factory=HttpFile, description="Health, metrics and the status page; null turns them off."
    )
    log: LogFile = Field(default_factory=LogFile, description="What is logged, and how.")
    defaults: QueryFile = Field(
        default_factory=QueryFile, description="Any option of a query, for all queries without it."
    )
    queries: dict[Name, QueryFile] = _key("The queries, by name.", {})
