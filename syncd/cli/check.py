"""`syncd check`."""

from __future__ import annotations

from pathlib import Path

import click

from syncd.check import Finding, Level, look_at_counter, look_at_query, look_at_state
from syncd.cli.common import config_option, json_option, pick, print_json, read_settings
from syncd.metrica.client import MetricaClient
from syncd.settings import QuerySettings, Settings

FAILED = 1
_SIGNS = {Level.OK: "ok      ", Level.WARNING: "warning ", Level.ERROR: "ERROR   "}


@click.command(epilog="syncd check")
@config_option
@json_option
@click.option("--offline", is_flag=True, help="Look at the file alone.")
@click.option("--query", "names", multiple=True, metavar="NAME", help="Only this query (repeatable).")
def check(*, config: Path | None, as_json: bool, offline: bool, names: tuple[str, ...]) -> int:
    """Find out what can be known before the first upload.

    File, state store, databases, columns and their types, index, token, counters, goals. Nothing is
    uploaded and nothing is written.
    """
    settings = read_settings(config)
    queries = pick(settings, names)
    findings = [Finding(Level.OK, "file", f"{settings.file}: {len(settings.queries)} queries")]
    if not offline:
        findings += _live(settings, queries)
    if as_json:
        print_json({"ok": not _failed(findings), "findings": [_json(finding) for finding in findings]})
    else:
        for finding in findings:
            click.echo(f"{_SIGNS[finding.level]}{finding.where}: {finding.message}")
            if finding.action and finding.level is not Level.OK:
                click.echo(f"          {finding.action}")
    return FAILED if _failed(findings) else 0


def _live(settings: Settings, queries: list[QuerySettings]) -> list[Finding]:
    """State store, every query on its database, every counter with its token and goals."""
    from syncd.telemetry import Metrics, TelemetryObserver, configure  # noqa: PLC0415 — only where needed
    from syncd.wiring import Parts  # noqa: PLC0415

    configure(settings.log)
    parts = Parts(settings, TelemetryObserver(Metrics()))
    counters: dict[tuple[int, MetricaClient], dict[str, list[str]]] = {}
    try:
        findings = [look_at_state(parts.store)]
        for query in queries:
            found, targets = look_at_query(query, parts.source(query), parts.clock)
            findings += found
            wanted = counters.setdefault((query.counter, parts.client(query)), {})
            for target in targets:
                wanted.setdefault(target, []).append(query.name)
        for (counter, client), wanted in counters.items():
            findings += look_at_counter(client, counter, wanted)
    finally:
        parts.close()
    return findings


def _failed(findings: list[Finding]) -> bool:
    return any(finding.level is Level.ERROR for finding in findings)


def _json(finding: Finding) -> dict[str, str]:
    return {
        "level": finding.level,
        "where": finding.where,
        "message": finding.message,
        "action": finding.action,
    }
