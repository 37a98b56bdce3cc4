"""How commands come by a query's source and ledger: to look, beside a daemon too, or to write, alone."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from syncd.model.settings import QuerySettings, Settings

if TYPE_CHECKING:
    from syncd.ledger import QueryLedger
    from syncd.service.application import Application
    from syncd.service.resources import Resources


@contextmanager
def looking(settings: Settings, query: QuerySettings) -> Iterator[tuple[Resources, QueryLedger]]:
    """Open what a command needs that only reads, also while a daemon runs."""
    from syncd.service.resources import Resources
    from syncd.service.signals import telemetry

    _, observer = telemetry(settings, [query])
    resources = Resources(settings, observer)
    try:
        resources.store.check_version()
        yield resources, resources.ledger(query)
    finally:
        resources.close()


@contextmanager
def holding(settings: Settings, query: QuerySettings) -> Iterator[tuple[Application, QueryLedger]]:
    """Open what a command needs that writes, for it alone. Raises StateInUse or HeldElsewhere."""
    from syncd.service.application import Application
    from syncd.service.signals import telemetry

    with looking(settings, query):
        pass  # a store that is not there yet is told, not made
    _, observer = telemetry(settings, [query])
    with Application(settings, [query], observer, once=True) as application:
        yield application, application.hold(query)
