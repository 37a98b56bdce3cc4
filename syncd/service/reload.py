"""SIGHUP: the configuration file is read again and applied whole, or not at all.

A thread of its own does it, since a file may lie on a slow disk and the loop waits for nothing but its inbox.
"""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from queue import SimpleQueue
from threading import Thread
from types import FrameType
from typing import TextIO

from syncd.model.errors import SyncdError
from syncd.model.events import Event, Observer
from syncd.model.settings import QuerySettings, Settings
from syncd.monitoring.status import Finding, FindingCode
from syncd.monitoring.telemetry import Metrics, configure
from syncd.service.application import Application
from syncd.service.signals import register_secrets
from syncd.service.systemd import notify, reloading


class Reloader:
    """Applies what the file says now."""

    def __init__(
        self,
        application: Application,
        read: Callable[[], tuple[Settings, Sequence[QuerySettings]]],
        metrics: Metrics,
        observer: Observer,
        log: TextIO | None = None,
    ) -> None:
        """`read` gives the file's settings and the queries to run; raises SyncdError."""
        self._application = application
        self._read = read
        self._metrics = metrics
        self._observer = observer
        self._log = log

    def reload(self) -> None:
        """Read and apply, or tell why not. Never raises SyncdError."""
        notify(reloading())
        try:
            self._apply(*self._read())
        except SyncdError as error:
            message = f"{'; '.join(str(error).splitlines())}."
            self._application.show_notices(Finding(FindingCode.RELOAD_REFUSED, {"message": message}))
            self._observer.emit(Event.CONFIG_REFUSED, error=str(error), code=error.code, action=error.action)
        finally:
            notify("READY=1")

    def _apply(self, settings: Settings, queries: Sequence[QuerySettings]) -> None:
        register_secrets(settings)
        before = self._application.resources.settings
        found = self._application.apply(settings, queries)
        self._metrics.set_queries(query.name for query in queries)
        if settings.log != before.log:
            configure(settings.log, self._log)
        keys = ", ".join(found.needs_restart)
        self._application.show_notices(
            *([Finding(FindingCode.NEEDS_RESTART, {"keys": keys})] if keys else [])
        )
        self._observer.emit(
            Event.CONFIG_RELOADED,
            added=found.added,
            removed=found.removed,
            changed=found.changed,
            needs_restart=found.needs_restart,
        )


@contextmanager
def reloads(reload: Callable[[], None], fault: Callable[[Exception], None]) -> Iterator[None]:
    """Have SIGHUP call `reload`, one after the other; what it raises besides is given to `fault`."""
    # Unlike an Event, a SimpleQueue may be put to in a signal handler.
    steps: SimpleQueue[Callable[[], None] | None] = SimpleQueue()

    def work() -> None:
        while step := steps.get():
            try:
                step()
            except Exception as error:  # noqa: BLE001 — the next reload must find this thread alive
                fault(error)

    def handler(_number: int, _frame: FrameType | None) -> None:
        steps.put(reload)

    thread = Thread(target=work, name="reload", daemon=True)
    thread.start()
    before = signal.signal(signal.SIGHUP, handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGHUP, before)
        steps.put(None)
