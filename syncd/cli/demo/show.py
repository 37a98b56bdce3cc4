"""Runs the demo: shop, emulator, daemon and status page in one process."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from threading import Event as Flag
from threading import Thread, Timer
from types import TracebackType
from typing import Self

from syncd.cli.demo.configuration import configuration
from syncd.cli.demo.shop import Shop
from syncd.config import parse
from syncd.emulator.orderbook import StoredOrder
from syncd.emulator.server import EmulatorServer
from syncd.emulator.settings import EmulatorSettings
from syncd.monitoring.status import QueryState, StatusReport
from syncd.service.application import Application
from syncd.service.signals import handle_signals, serve, telemetry

FIRST_LOOK = timedelta(seconds=2)
"""The emulated Metrica is quick, so syncd asks early what became of an upload."""
RIPEN = 1.0
"""Seconds that it takes over an upload."""
LAST_SALES = timedelta(seconds=4)
"""Before the end."""


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
            text = configuration(self._folder, self._metrica.url, free_or_any(self._port))
            settings = parse(text, "demo.yaml", {})
            queries = list(settings.queries.values())
            metrics, observer = telemetry(settings, queries)
            self._application = opening.enter_context(
                Application(settings, queries, observer, first_look=FIRST_LOOK)
            )
            self.url = opening.enter_context(serve(self._application, metrics, observer)) or ""
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

    @property
    def other_port(self) -> bool:
        """Whether the page is elsewhere than asked for, since that port was taken."""
        return self._port != 0 and not self.url.endswith(f":{self._port}")

    def run(self, lasting: timedelta | None, say: Callable[[str], None]) -> None:
        """Sell and send until a signal comes or the time is over; `say` is given a line a second."""
        application, over = self._application, Flag()
        handle_signals(application)
        timers = []
        if lasting is not None:
            # The shop closes a little earlier, so that what it sold is seen to arrive.
            closing = max(lasting - LAST_SALES, lasting / 2)
            timers = [
                Timer(closing.total_seconds(), self._shop.stop),
                Timer(lasting.total_seconds(), application.ask_to_stop),
            ]
        teller = Thread(target=self._tell, args=(over, say), name="teller", daemon=True)
        self._shop.start()
        for thread in (*timers, teller):
            thread.daemon = True
            thread.start()
        application.run()
        over.set()
        teller.join()
        for timer in timers:
            timer.cancel()
        self._shop.stop()

    def _tell(self, over: Flag, say: Callable[[str], None]) -> None:
        told = ""
        while not over.wait(1):
            line = self._line()
            if line != told:
                say(line)
            told = line

    def _line(self) -> str:
        """How it stands."""
        query, orders = self._report().queries
        parts = [
            f"{self._shop.paid} paid",
            f"{query.rows.delivered} delivered in {query.uploads.total} uploads",
            f"{query.rows.rejected_total} rejected",
            f"{query.rows.waiting} waiting",
        ]
        if query.match_rate is not None:
            parts.append(f"{query.match_rate:.0%} linked")
        troubled = {QueryState.FAILING, QueryState.HALTED}
        parts.extend(one.words[0] for one in (query, orders) if one.state in troubled)
        return "  ".join(parts)

    def _report(self) -> StatusReport:
        return self._application.status()

    def summary(self) -> Iterator[str]:
        """Tell what was delivered and linked, by syncd's account and by the emulator's."""
        query, orders = self._report().queries
        conversions = self._metrica.conversions()
        twice = sum(conversion.times > 1 for conversion in conversions)
        yield f"{query.name}: {query.rows.delivered} rows delivered in {query.uploads.total} uploads"
        yield f"  the emulated Metrica holds {len(conversions)} conversions, {twice} of them sent twice"
        if query.match_rate is None:
            yield "  linked: not known yet"
        else:
            yield f"  linked to a visitor: {query.match_rate:.0%} (it knows every other visitor)"
        for reason, count in query.rows.rejected.items():
            yield f"  rejected: {count} {reason}"
        if query.rows.waiting:
            yield f"  waiting for their DateTime: {query.rows.waiting}"
        held = self._metrica.orders().values()
        changed = sum(order.times > 1 for order in held)
        yield f"{orders.name}: {len(held)} orders at the emulated Metrica, {changed} of them changed since"
        here, there = self._shop.revenue(), _revenue(held)
        equal = "equal" if here == there else "NOT equal yet"
        yield f"  revenue without cancelled orders: {here} at the source, {there} at Metrica: {equal}"


def _revenue(orders: Iterable[StoredOrder]) -> Decimal:
    """The revenue of all orders that are not cancelled."""
    kept = (order.values for order in orders if order.values["order_status"] != "CANCELLED")
    return sum((Decimal(one["revenue"] or 0) for one in kept), Decimal(0))


def free_or_any(port: int) -> int:
    """`port`, or 0 for any other when somebody listens there already."""
    try:
        socket.create_server(("127.0.0.1", port)).close()
    except (OSError, OverflowError):
        return 0
    return port
