"""`syncd check`."""

from __future__ import annotations

import re
import shutil
import stat
import sys
import textwrap
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import click

from syncd.cli.common import (
    complain,
    config_option,
    is_terminal,
    json_option,
    pick,
    print_json,
    read_settings,
)
from syncd.config.places import Places
from syncd.inspect.check import (
    CheckFinding,
    Code,
    Level,
    Seen,
    look_at_answers,
    look_at_counter,
    look_at_database,
    look_at_destination,
    look_at_names,
    look_at_query,
    look_at_state,
    look_at_zone,
)
from syncd.language import N_, _, counted
from syncd.metrica.client import MetricaClient
from syncd.model import Position
from syncd.model.drivers import lacking
from syncd.model.errors import ConfigError, Problem, StateError, SyncdError
from syncd.model.settings import QuerySettings, Settings
from syncd.model.showing import visible
from syncd.service.resources import Resources

FAILED = 1
OTHERS = stat.S_IRWXO
"""What a file's mode lets everybody do."""
_SIGNS = {
    Level.OK: (N_("ok"), "green"),
    Level.NOTE: (N_("note"), "cyan"),
    Level.WARNING: (N_("WARNING"), "yellow"),
    Level.ERROR: (N_("ERROR"), "red"),
}
_SIGN = 9
_INDENT = 2 + _SIGN
_PLACES = {
    "file": N_("file"),
    "secrets": N_("secrets"),
    "state": N_("state"),
    "metrica": N_("metrica"),
    "database": N_("database"),
    "query": N_("query"),
    "counter": N_("counter"),
}
"""What `where` of a finding begins with."""


@click.command()
@config_option
@json_option
@click.option("--offline", is_flag=True, help="Look at the file alone.")
@click.option("--query", "options", multiple=True, metavar="NAME", help="The same as NAME (repeatable).")
@click.argument("names", nargs=-1, metavar="[NAME]...")
def check(
    *, config: Path | None, as_json: bool, offline: bool, options: tuple[str, ...], names: tuple[str, ...]
) -> int:
    """Find out what can be known before the first upload, of all queries or those of these NAMEs.

    File, state store, databases, columns and their types, index, token, counters, goals. Nothing is
    uploaded and nothing is written.
    """
    try:
        settings = read_settings(config)
    except ConfigError as error:
        if as_json:  # beside the words on stderr
            problems = [_problem(problem, error.action) for problem in error.problems]
            print_json(_report(0, problems, Places.nowhere()))
        raise
    queries, places = pick(settings, (*names, *options)), Places.of(settings.file, *settings.included)
    findings = [_about_file(settings), *_about_secrets(settings)]
    findings += _about_drivers(queries) if offline else _live(settings, queries)
    levels = Counter(finding.level for finding in findings)
    if as_json:
        print_json(_report(len(queries), findings, places))
    else:
        _show(findings, places)
        looked = counted(len(queries), "{count} query", "{count} queries")
        errors = counted(levels[Level.ERROR], "{count} error", "{count} errors")
        warnings = counted(levels[Level.WARNING], "{count} warning", "{count} warnings")
        click.echo(f"\n{looked}: {errors}, {warnings}")
    for finding in findings:
        # Said once to a person: on stderr only where standard output goes elsewhere.
        if finding.level is Level.ERROR and not is_terminal(sys.stdout):
            complain(f"{_heading(finding.where)}: {finding.message}", finding.action)
    return FAILED if levels[Level.ERROR] else 0


def _problem(problem: Problem, action: str) -> CheckFinding:
    """A mistake of the file, as a finding."""
    from syncd.monitoring.telemetry.redaction import redact  # loaded only when something went wrong

    path = tuple(problem.path.split(".")) if problem.path else ()
    message = redact(str(problem))
    return CheckFinding(Level.ERROR, "file", message, action, Code.CONFIG, path, (problem.file, problem.line))


def _report(queries: int, findings: Sequence[CheckFinding], places: Places) -> dict[str, object]:
    levels = Counter(finding.level for finding in findings)
    return {
        "ok": not levels[Level.ERROR],
        "queries": queries,
        "errors": levels[Level.ERROR],
        "warnings": levels[Level.WARNING],
        "findings": [_json(finding, places) for finding in findings],
    }


def _about_file(settings: Settings) -> CheckFinding:
    disabled = [name for name, query in settings.queries.items() if not query.enabled]
    more = _(", of which disabled: {disabled}").format(disabled=", ".join(disabled)) if disabled else ""
    queries = counted(len(settings.queries), "{count} query", "{count} queries")
    return CheckFinding(Level.OK, "file", f"{settings.file}: {queries}{more}")


def _about_secrets(settings: Settings) -> Iterator[CheckFinding]:
    """Files with secrets that others may read, and a token that would go over the network unencrypted."""
    from syncd.service.signals import secrets  # only where needed

    tokens = [settings.metrica.token_file, *(query.token_file for query in settings.queries.values())]
    databases = settings.databases.values()
    passwords = [settings.state.password_file, *(database.password_file for database in databases)]
    files = {str(path) for path in (*tokens, *passwords) if path is not None}
    text = Path(settings.file).read_text(encoding="utf-8")
    # Not within a word: a short one may be a part of any.
    if any(re.search(rf"(?<!\w){re.escape(secret)}(?!\w)", text) for secret in secrets(settings)):
        files.add(settings.file)
    for name in sorted(files):
        with suppress(OSError):
            if Path(name).stat().st_mode & OTHERS:
                message = _("{name} holds a secret and can be read by everybody on this machine").format(
                    name=name
                )
                yield CheckFinding(Level.WARNING, "secrets", message, f"chmod o-rwx {name}", Code.READABLE)
    url = urlsplit(settings.metrica.api_url)
    if url.scheme == "http" and url.hostname not in {"127.0.0.1", "::1", "localhost"}:
        message = _("metrica.api_url is http: the token and the rows go over the network unencrypted")
        path = ("metrica", "api_url")
        yield CheckFinding(Level.WARNING, "metrica", message, _("Write https."), Code.API_UNENCRYPTED, path)


def _about_drivers(queries: Sequence[QuerySettings]) -> Iterator[CheckFinding]:
    """Drivers that the databases of these queries need and this machine does not have."""
    for database in {query.database.name: query.database for query in queries}.values():
        if driver := lacking(database.url.get_secret_value()):
            message = _("its driver, {module}, is not installed").format(module=driver.module)
            yield CheckFinding(
                Level.ERROR,
                f"database {database.name}",
                message,
                f"pip install '{driver.package}'",
                Code.DATABASE,
                ("databases", database.name, "url"),
            )


def _live(settings: Settings, queries: Sequence[QuerySettings]) -> list[CheckFinding]:
    """State store, databases, every query on its database, every counter with its token and goals."""
    from syncd.monitoring.telemetry import redact
    from syncd.service.signals import telemetry  # only where needed

    _, observer = telemetry(settings, queries)
    resources = Resources(settings, observer)
    try:
        # What a database or a proxy says may quote what it was sent.
        return [
            replace(found, message=redact(found.message)) for found in _looks(resources, settings, queries)
        ]
    finally:
        resources.close()


def _looks(
    resources: Resources, settings: Settings, queries: Sequence[QuerySettings]
) -> Iterator[CheckFinding]:
    yield look_at_state(resources.store.try_out)
    yield from look_at_answers(resources.probe_answers(), settings.metrica.settle, queries)
    away: set[str] = set()
    for name in dict.fromkeys(query.database.name for query in queries):
        found = look_at_database(name, lambda name=name: resources.connect(name))  # type: ignore[misc]  # bound now
        away |= {name for finding in found if finding.level is Level.ERROR}
        yield from found
    counters: dict[tuple[int, MetricaClient], dict[str, Seen]] = {}
    recorded = _recorded(resources)
    for query in queries:
        seen = Seen()
        if query.database.name in away:
            message = _("not looked at: there is no connection to database {database}").format(
                database=query.database.name
            )
            path = ("queries", query.name)
            yield CheckFinding(Level.WARNING, f"query {query.name}", message, "", Code.NOT_LOOKED_AT, path)
        else:
            found, seen = look_at_query(
                _completed(resources, query), resources.source, resources.clock, _stands(resources, query)
            )
            yield from found
        yield from look_at_names([query.name], settings.queries, recorded)
        if query.name in recorded:
            yield from look_at_destination(query.name, resources.ledger(query).check_destination)
        counters.setdefault((query.counter, resources.client(query)), {})[query.name] = seen
    for (counter, client), samples in counters.items():
        zone, found = look_at_counter(client, counter, samples)
        yield from found
        for name, seen in samples.items():
            yield from look_at_zone(settings.queries[name], seen.moments, resources.clock.now(), zone)


def _recorded(resources: Resources) -> Collection[str]:
    """The queries that the state store knows; none where it cannot be read, which is told elsewhere."""
    with suppress(StateError):
        if not resources.store.is_new():
            return resources.store.positions().keys()
    return ()


def _completed(resources: Resources, query: QuerySettings) -> QuerySettings:
    """The query with the counter's zone where its kind needs that; UTC while Metrica does not tell.

    What keeps Metrica from telling is a finding of the counter.
    """
    try:
        return resources.complete(query)
    except SyncdError:
        return query.model_copy(update={"counter_timezone": ZoneInfo("UTC")})


def _stands(resources: Resources, query: QuerySettings) -> Callable[[], Position | None]:
    """How far the query was read, to be asked when it is wanted."""
    return lambda: resources.memory(query).position()


def _show(findings: Sequence[CheckFinding], places: Places) -> None:
    """One block per thing that was looked at; a line per finding, whole where no person sees it."""
    width = shutil.get_terminal_size().columns if is_terminal(sys.stdout) else 0
    blocks: dict[str, list[CheckFinding]] = {}
    for finding in findings:
        blocks.setdefault(finding.where, []).append(finding)
    for where, found in blocks.items():
        click.secho(_heading(where), bold=True)
        for finding in found:
            lines = _folded(finding.message, width)
            if finding.level in {Level.WARNING, Level.ERROR} and (place := _shown_place(finding, places)):
                lines += _folded(place, width)
            if finding.action and finding.level is not Level.OK:
                lines += _folded(f"→ {finding.action}", width)
            sign, colour = _SIGNS[finding.level]
            is_bold = finding.level in {Level.WARNING, Level.ERROR}
            click.echo(f"  {click.style(_(sign).ljust(_SIGN), fg=colour, bold=is_bold or None)}{lines[0]}")
            for line in lines[1:]:
                click.echo(f"{' ' * _INDENT}{line}")


def _heading(where: str) -> str:
    """Where something was found, such as `query paid_orders`, for a person."""
    kind, _gap, name = where.partition(" ")
    return f"{_(_PLACES.get(kind, kind))} {name}".rstrip()


def _folded(text: str, width: int) -> list[str]:
    shown = visible(text)
    return textwrap.wrap(shown, max(width - _INDENT, 40)) if width else [shown]


def _shown_place(finding: CheckFinding, places: Places) -> str:
    """File and line with the key; empty where the finding has none, or its message says it."""
    file, line = finding.at or (finding.path and places.find(finding.path)) or ("", 0)
    if not line or f"{file}:{line}" in finding.message:
        return ""
    return _("in {file}:{line} {path}").format(file=file, line=line, path=".".join(finding.path)).rstrip()


def _json(finding: CheckFinding, places: Places) -> dict[str, object]:
    file, line = finding.at or (finding.path and places.find(finding.path)) or (None, None)
    kind, _, name = finding.where.partition(" ")
    of_query = finding.path[1] if finding.path[:1] == ("queries",) and len(finding.path) > 1 else None
    return {
        "level": finding.level,
        "severity": finding.level,
        "code": finding.code,
        "where": finding.where,
        "query": name if kind == "query" else of_query,
        "path": ".".join(finding.path) or None,
        "file": file,
        "line": line,
        "message": finding.message,
        "action": finding.action,
    }
