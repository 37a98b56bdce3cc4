"""A file in which nothing is wrong, as Settings: defaults filled in, databases and tokens resolved."""

from __future__ import annotations

from pathlib import Path
from zoneinfo import ZoneInfo

from pydantic import SecretStr

from syncd.config.file import ConfigFile, DatabaseFile, QueryFile
from syncd.config.rules import effective
from syncd.config.schedule import gaps
from syncd.config.tree import Node
from syncd.model import IdKind
from syncd.model.settings import (
    DatabaseSettings,
    HttpSettings,
    LogSettings,
    MetricaSettings,
    QuerySettings,
    Settings,
    StateSettings,
)


def build(file: ConfigFile, name: str, root: Node) -> Settings:
    """The settings that `file` (of that name, checked by `rules.apply`) means."""
    databases = {key: _database(key, value) for key, value in file.databases.items()}
    metrica = file.metrica
    queries = {}
    for key, query in file.queries.items():
        line = root.find_line(("queries", key))
        queries[key] = _query(key, effective(query, file.defaults), databases, file, line)
    return Settings(
        file=name,
        metrica=MetricaSettings(
            token=metrica.token,
            token_file=metrica.token_file,
            api_url=metrica.api_url,
            timeout=metrica.timeout,
            settle=metrica.settle,
            daily_requests=metrica.daily_requests,
        ),
        databases=databases,
        state=StateSettings(url=file.state.url, schema_name=file.state.schema_name),
        http=HttpSettings(host=file.http.listen[0], port=file.http.listen[1]) if file.http.listen else None,
        log=LogSettings(level=file.log.level, format=file.log.format),
        queries=queries,
    )


def _database(name: str, file: DatabaseFile) -> DatabaseSettings:
    return DatabaseSettings(
        name=name,
        url=file.url or SecretStr(""),
        password_file=file.password_file,
        timezone=file.timezone or ZoneInfo("UTC"),
        statement_timeout=file.statement_timeout,
    )


def _query(
    name: str, query: QueryFile, databases: dict[str, DatabaseSettings], file: ConfigFile, line: int
) -> QuerySettings:
    database = databases[query.database or next(iter(databases))]
    zone = query.timezone or database.timezone
    smallest, longest = gaps(query.cron, zone) if query.cron else (query.every, None)
    token, token_file = _token(query, file)
    return QuerySettings(
        name=name,
        database=database,
        counter=query.counter or 0,
        id_type=tuple(IdKind(kind) for kind in query.id_type),
        sql=query.sql or "",
        columns=query.columns,
        mark=query.mark,
        key=query.key or query.mark,
        key_is_default=not query.key,
        every=smallest,
        cron=query.cron,
        start=query.start,
        overlap=query.overlap,
        on_change=query.on_change,
        relink=query.relink,
        login=_login(name, query, file),
        chunk_rows=query.chunk_rows,
        reject_limit=query.reject_limit,
        enabled=query.enabled,
        token=token,
        token_file=token_file,
        timezone=zone,
        timezone_is_default=query.timezone is None
        and "timezone" not in file.databases[database.name].model_fields_set,
        longest_pause=longest,
        line=line,
    )


def _login(name: str, query: QueryFile, file: ConfigFile) -> str:
    """Whose requests it spends: the same token is the same login, whatever query it stands in."""
    token = _token(query, file)
    if token == (file.metrica.token, file.metrica.token_file):
        return "metrica"
    others = (
        other for other, one in file.queries.items() if _token(effective(one, file.defaults), file) == token
    )
    return f"queries.{next(others, name)}"


def _token(query: QueryFile, file: ConfigFile) -> tuple[SecretStr | None, Path | None]:
    if query.token or query.token_file:
        return query.token, query.token_file
    return file.metrica.token, file.metrica.token_file
