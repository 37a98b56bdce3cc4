"""Files in which nothing is wrong, as Settings: databases and tokens resolved."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from pydantic import SecretStr

from syncd.config import urls
from syncd.config.document import Document
from syncd.config.keys import HttpKeys
from syncd.config.schedule import gaps
from syncd.config.stated import StatedQuery, stated_databases, stated_queries
from syncd.model.kinds import RULES, QueryKind
from syncd.model.settings import (
    AlertSettings,
    DatabaseSettings,
    HttpSettings,
    LogSettings,
    MetricaSettings,
    QuerySettings,
    Settings,
    StateSettings,
)

_Token = tuple[SecretStr | None, Path | None]


def build(documents: list[Document]) -> Settings:
    """The settings that the files (checked by `rules.apply`) mean; the first is the main one."""
    main = documents[0]
    said = main.sections
    metrica = MetricaSettings(**said["metrica"])
    databases = {
        name: DatabaseSettings(name=name, **values)
        for name, (_, values) in stated_databases(documents).items()
    }
    queries = list(stated_queries(documents))
    logins = {(metrica.token, metrica.token_file): "metrica"}
    for query in queries:
        logins.setdefault(_token(query, metrica), f"queries.{query.name}")
    return Settings(
        file=main.name,
        included=tuple(document.name for document in documents[1:]),
        metrica=metrica,
        databases=databases,
        state=_state(said["state"], main.folder),
        http=_http(said["http"]),
        log=LogSettings(**said["log"]),
        alerts=AlertSettings(**said["alerts"]) if said["alerts"] else None,
        queries={query.name: _query(query, databases, metrica, logins) for query in queries},
    )


def _state(said: dict[str, Any], folder: Path) -> StateSettings:
    state = StateSettings(**said)
    return state.model_copy(update={"url": urls.in_folder(state.url, folder)})


def _http(said: dict[str, Any]) -> HttpSettings | None:
    where = said.get("listen", HttpKeys().listen)
    return HttpSettings(host=where[0], port=where[1], hosts=said.get("hosts", ())) if where else None


def _query(
    query: StatedQuery,
    databases: dict[str, DatabaseSettings],
    metrica: MetricaSettings,
    logins: dict[_Token, str],
) -> QuerySettings:
    kind = QueryKind(query.get("kind") or QueryKind.CONVERSIONS)
    rules = RULES[kind]
    keys = QuerySettings.model_fields.keys() - rules.foreign_keys.keys()
    said = {key: value for key, value in query.values.items() if key in keys}
    said["columns"] = {rules.columns(name): source for name, source in said.get("columns", {}).items()}
    database = databases[query.get("database") or next(iter(databases))]
    zone: ZoneInfo = query.get("timezone") or database.timezone
    if cron := query.get("cron"):
        said["every"], said["longest_pause"] = gaps(cron, zone)
    if rules.key_column is not None:
        said["key"] = (said["columns"].get(rules.key_column, rules.key_column.value),)
    token, token_file = _token(query, metrica)
    return QuerySettings(
        **said
        | {
            "name": query.name,
            "kind": kind,
            "database": database,
            "timezone": zone,
            "timezone_is_default": not query.get("timezone") and "timezone" not in database.model_fields_set,
            "key": said.get("key") or said["mark"],
            "key_is_default": "key" not in said,
            "token": token,
            "token_file": token_file,
            "login": logins[token, token_file],
            "file": query.document.name,
            "line": query.document.root.find_line(query.path),
        }
    )


def _token(query: StatedQuery, metrica: MetricaSettings) -> _Token:
    own = (query.get("token"), query.get("token_file"))
    return own if any(own) else (metrica.token, metrica.token_file)
