"""Runs the demo: shop, emulator, daemon and status page in one process."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path
from threading import Timer
from types import TracebackType
from typing import Self

from syncd.config import parse
from syncd.demo.configuration import configuration
from syncd.demo.shop import Shop
from syncd.emulator.server import EmulatorServer
from syncd.emulator.settings import EmulatorSettings
from syncd.overview import overview
from syncd.service import handle_signals, serve, telemetry
from syncd.wiring import Application

FIRST_LOOK = timedelta(seconds=2)
"""The emulated Metrica is quick, so syncd asks early what became of an upload."""
RIPEN = 1.0
"""Seconds that it takes over an upload."""


class Show:
    """The demo for the time of a `with` block."""

    def __init__(self, folder: Path, port: int) -> None:
        self._folder = folder
        self._port = port
        self._closing = ExitStack()

    def __enter__(self) -> Self:
        """Open the shop, start the emulator, get the daemon ready, serve the page."""
        with ExitStack() as opening:
            # Only visitors whose id ends in an even digit are known, so that not every row is linked.
            known = EmulatorSettings(visitors="even", ripen_after=RIPEN)
            self._metrica = opening.enter_context(EmulatorServer(known))
            self._shop = Shop(self._folder / "shop.db")
            opening.callback(self._shop.stop)
            text = configuration(self._folder, self._metrica.url, self._port)
            settings = parse(text, "demo.yaml", {})
            queries = list(settings.queries.values())
            metrics, observer = telemetry(settings, queries)
            self._application = opening.enter_context(
                Application(settings, queries, observer, first_look=FIRST_LOOK)
            )
            self.url = opening.enter_context(serve(self._application, metrics, observer))
            self._closing = opening.pop_all()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close everything in reverse."""
        self._closing.close()

    def run(self, lasting: timedelta | None) -> None:
        """Sell and send until a signal comes or the time is over."""
        application = self._application
        handle_signals(application)
        timer = Timer((lasting or timedelta()).total_seconds(), application.ask_to_stop)
        if lasting is not None:
            timer.start()
        self._shop.start()
        application.run()
        timer.cancel()

    def summary(self) -> Iterator[str]:
        """What was delivered and linked, by syncd's account and by the emulator's."""
        parts = self._application.parts
        queries = list(parts.settings.queries.values())
        report = overview(parts.store, queries, parts.clock, self._application.keeper.rows())
        there = len(self._metrica.conversions())
        for query in report.queries:
            rows, linked = query.rows, query.uploads
            yield f"{query.name}: {rows.delivered} rows delivered in {linked.total} uploads"
            yield f"  the emulated Metrica holds {there} conversions"
            if query.match_rate is not None:
                yield f"  linked to a visitor so far: {query.match_rate:.0%} (it knows every other visitor)"
            for reason, count in rows.rejected.items():
                yield f"  rejected: {count} {reason}"
            if rows.waiting:
                yield f"  waiting for their DateTime: {rows.waiting}"
