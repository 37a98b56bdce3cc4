"""Differences between two configurations: for the log, and for what has to be made anew."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from pydantic import BaseModel

from syncd.model.settings import QuerySettings, Settings

NEEDS_RESTART = ("state", "http")
"""Sections that a reload leaves as they are: store and port are a process's for its life."""

_PLACES = ("file", "line", "sql_place")
"""Where a query stands in the file: nothing that it does depends on it."""


@dataclass(frozen=True, slots=True)
class Changes:
    """Everything by name, in order; keys as the problems of a file name them, as `queries.orders.sql`."""

    added: tuple[str, ...] = ()
    """Queries."""
    removed: tuple[str, ...] = ()
    """Queries."""
    changed: tuple[str, ...] = ()
    """Keys that now have another value."""
    needs_restart: tuple[str, ...] = ()
    """Keys that differ in the file and keep their value until a restart."""


def changes(before: Settings, after: Settings) -> Changes:
    """What a reload does. Values are not told: among them are secrets."""
    keys = sorted(
        {
            *_section("metrica", before.metrica, after.metrica),
            *_section("log", before.log, after.log),
            *_section("alerts", before.alerts, after.alerts),
            *_entries("databases", before.databases, after.databases),
            *(
                key
                for name in before.queries.keys() & after.queries.keys()
                for key in _query(before, after, name)
            ),
        }
    )
    restart = [key for name in NEEDS_RESTART for key in _section(name, *_both(before, after, name))]
    return Changes(
        added=tuple(sorted(after.queries.keys() - before.queries.keys())),
        removed=tuple(sorted(before.queries.keys() - after.queries.keys())),
        changed=tuple(keys),
        needs_restart=tuple(sorted(_as_written(key) for key in restart)),
    )


def same_query(before: QuerySettings, after: QuerySettings) -> bool:
    """Whether nothing but the query's place in the file is another; its database's settings count too."""
    return before == after.model_copy(update={place: getattr(before, place) for place in _PLACES})


def _both(before: Settings, after: Settings, name: str) -> tuple[BaseModel | None, BaseModel | None]:
    return getattr(before, name), getattr(after, name)


def _section(name: str, before: BaseModel | None, after: BaseModel | None) -> Iterator[str]:
    """The keys of a section whose values differ; the section itself when it is new or gone."""
    if before is None or after is None:
        if before is not after:
            yield name
        return
    for key in type(before).model_fields:
        if getattr(before, key) != getattr(after, key):
            yield f"{name}.{key}"


def _entries(name: str, before: Mapping[str, BaseModel], after: Mapping[str, BaseModel]) -> Iterator[str]:
    for entry in before.keys() | after.keys():
        yield from _section(f"{name}.{entry}", before.get(entry), after.get(entry))


def _query(before: Settings, after: Settings, name: str) -> Iterator[str]:
    """List a query's own differences; those of its database or of `metrica` are told once, there."""
    was, now = before.queries[name], after.queries[name]
    for key in _section(f"queries.{name}", was, now):
        match key.rpartition(".")[2]:
            case "file" | "line" | "sql_place" | "key_is_default" | "timezone_is_default" | "longest_pause":
                continue  # follow from others
            case "database" if was.database.name == now.database.name:
                continue
            case "token" | "token_file" if _token_of_all(before, was) and _token_of_all(after, now):
                continue
            case "timezone" if (
                was.timezone == was.database.timezone and now.timezone == now.database.timezone
            ):
                continue
            case _:
                yield key


def _token_of_all(settings: Settings, query: QuerySettings) -> bool:
    metrica = settings.metrica
    return (query.token, query.token_file) == (metrica.token, metrica.token_file)


def _as_written(key: str) -> str:
    """The key as the file has it."""
    if key in {"http", "http.host", "http.port"}:
        return "http.listen"
    return key.replace("schema_name", "schema")
