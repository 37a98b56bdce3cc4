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
from syncd.language import _
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
            _("{paid} paid").format(paid=self._shop.paid),
            _("{delivered} delivered in {total} uploads").format(
                delivered=query.facts.delivered, total=query.facts.uploads
            ),
            _("{count} rejected").format(count=query.rejected_total),
            _("{count} waiting").format(count=query.facts.waiting),
        ]
        if query.match_rate is not None:
            parts.append(_("{rate} linked").format(rate=f"{query.match_rate:.0%}"))
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
        yield _("{query}: {delivered} rows delivered in {total} uploads").format(
            query=query.name, delivered=query.facts.delivered, total=query.facts.uploads
        )
        yield _("  the emulated Metrica holds {conversions} conversions, {twice} of them sent twice").format(
            conversions=len(conversions), twice=twice
        )
        if query.match_rate is None:
            yield _("  linked: not known yet")
        else:
            yield _("  linked to a visitor: {rate} (it knows every other visitor)").format(
                rate=f"{query.match_rate:.0%}"
            )
        for reason, count in query.rejected.items():
            yield _("  rejected: {count} {reason}").format(count=count, reason=reason)
        if query.facts.waiting:
            yield _("  waiting for their DateTime: {count}").format(count=query.facts.waiting)
        held = self._metrica.orders().values()
        changed = sum(order.times > 1 for order in held)
        yield _("{orders}: {held} orders at the emulated Metrica, {changed} of them changed since").format(
            orders=orders.name, held=len(held), changed=changed
        )
        here, there = self._shop.revenue(), _revenue(held)
        equal = _("equal") if here == there else _("NOT equal yet")
        yield _(
            "  revenue without cancelled orders: {here} at the source, {there} at Metrica: {equal}"
        ).format(here=here, there=there, equal=equal)


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
