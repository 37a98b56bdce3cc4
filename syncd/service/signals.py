"""What stands around the daemon when it runs as a service: its log, its metrics, its HTTP."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from types import FrameType
from typing import TextIO
from urllib.parse import parse_qsl, unquote, urlsplit

from syncd.model.events import Event, Observer
from syncd.model.settings import QuerySettings, Settings
from syncd.monitoring.telemetry import Metrics, TelemetryObserver, configure, install_hooks, register_secret
from syncd.service.application import Application

HARD_STOP = 130
"""The exit code after a second signal."""


def telemetry(
    settings: Settings, queries: Sequence[QuerySettings], log: TextIO | None = None
) -> tuple[Metrics, Observer]:
    """Set up the log (to `log`, else stderr) and the metrics, both without the configuration's secrets."""
    register_secrets(settings)
    configure(settings.log, log)
    install_hooks()
    metrics = Metrics((query.name for query in queries), daily_requests=settings.metrica.daily_requests)
    return metrics, TelemetryObserver(metrics)


def register_secrets(settings: Settings) -> None:
    """Mask the secrets of the configuration, and the passwords that its files hold now, in every log line.

    Tokens in files are registered when they are read; a file that cannot be read is told by whoever needs it.
    """
    for secret in secrets(settings):
        register_secret(secret)
    files = [settings.state.password_file, *(each.password_file for each in settings.databases.values())]
    for file in filter(None, files):
        with suppress(OSError, ValueError):
            register_secret(file.read_text(encoding="utf-8").rstrip("\r\n"))


def secrets(settings: Settings) -> set[str]:
    """Find the tokens and passwords of the configuration itself, not those in files."""
    tokens = [settings.metrica.token, *(query.token for query in settings.queries.values())]
    known = {token.get_secret_value() for token in tokens if token is not None}
    for url in (settings.state.url, *(database.url for database in settings.databases.values())):
        known |= _passwords(url.get_secret_value())
    return {secret for secret in known if secret}


def _passwords(url: str) -> set[str]:
    """The passwords of a URL, as written and as meant, in its head and among its options."""
    try:
        parts = urlsplit(url)
        written = {parts.password or ""}
    except ValueError:  # no URL at all, which whoever opens it will say
        return set()
    options = parse_qsl(parts.query)
    return (
        written
        | {unquote(password) for password in written}
        | {value for name, value in options if "pass" in name.lower() or name.lower() == "pwd"}
    )


@contextmanager
def serve(application: Application, metrics: Metrics, observer: Observer) -> Iterator[str | None]:
    """Serve health, metrics and the status page meanwhile; gives the address, None when turned off.

    Raises ListenFailed.
    """
    resources = application.resources
    http = resources.settings.http
    if http is None:
        yield None
        return
    # A tenth of a second, where it is not turned off.
    from syncd.monitoring.overview import History  # noqa: PLC0415
    from syncd.monitoring.web import HttpServer, create_app  # noqa: PLC0415

    app = create_app(
        application.status,
        metrics.render,
        observe=metrics.apply,
        past=History(resources.store, resources.clock),
        hosts=(http.host, *http.hosts),
        still_for=application.daemon.still_for,
    )
    server = HttpServer(http, app)
    server.start()
    observer.emit(Event.HTTP_LISTENING, url=server.url)
    try:
        yield server.url
    finally:
        server.stop()


def handle_signals(application: Application) -> None:
    """SIGTERM and SIGINT ask for a stop; the second one ends the process at once, as a crash would."""
    stopping: list[int] = []

    def handler(number: int, _frame: FrameType | None) -> None:
        if stopping:
            with suppress(OSError):
                if os.isatty(2):
                    os.write(2, b"\x1b[?25h")  # progress may have hidden the cursor
            os._exit(HARD_STOP)
        stopping.append(number)
        application.ask_to_stop(signal.Signals(number).name)

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, handler)
