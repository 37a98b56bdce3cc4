"""Puts syncd together: the only module that names who stands behind the ports, and closes them again."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import replace
from datetime import timedelta
from threading import Event as Flag
from types import TracebackType
from typing import TYPE_CHECKING, Self

from syncd import __version__
from syncd.language import _
from syncd.ledger import QueryLedger, Store
from syncd.ledger.control import Control
from syncd.model import Chunk, Receipt, RunReport
from syncd.model.errors import HeldElsewhere, LeaseLost
from syncd.model.events import Event, Observer
from syncd.model.places import address_of
from syncd.model.settings import QuerySettings, Settings
from syncd.pipeline.chunking.intake import Intake
from syncd.pipeline.uploading.followup import FIRST_LOOK
from syncd.pipeline.uploading.unrecorded import Unrecorded
from syncd.service.bookkeeper import Bookkeeper
from syncd.service.changes import NEEDS_RESTART, Changes, changes
from syncd.service.control import ControlWatch
from syncd.service.daemon import Daemon
from syncd.service.resources import Resources
from syncd.service.runner import QueryRunner
from syncd.service.systemd import notify
from syncd.service.wakes import Wakes

if TYPE_CHECKING:  # what judges and tells is loaded when somebody asks: a tenth of what a start takes
    from syncd.monitoring.status import Finding, StatusReport
    from syncd.service.alerting import AlertWatch


class Application:
    """The daemon with everything around it, for the time of a `with` block."""

    def __init__(
        self,
        settings: Settings,
        queries: Sequence[QuerySettings],
        observer: Observer,
        *,
        once: bool = False,
        first_look: timedelta = FIRST_LOOK,
    ) -> None:
        self.stop = Flag()
        self.resources = Resources(settings, observer, shares_requests=True)
        self._observer = observer
        self._shared = self.resources.store.database.postgresql
        # Its own connections: the leases must not wait until the runs have done with theirs.
        self._books = Store.open(settings.state) if self._shared else self.resources.store
        names = [query.name for query in queries]
        self.keeper = Bookkeeper(
            self._books,
            observer,
            names,
            shared=self._shared,
            stays=not once,
            keep_reject_values=settings.state.keep_reject_values,
        )
        self._unrecorded = Unrecorded(self.resources.store, observer, address_of(settings.metrica.api_url))
        self._once, self._first_look = once, first_look
        self._runners = {query.name: self._runner(query) for query in queries}
        self._notices: tuple[Finding, ...] = ()
        """Findings about this process rather than about a query."""
        self.daemon = Daemon(
            {query.name: (query, self._runners[query.name]) for query in queries},
            self.keeper,
            self.resources.clock,
            observer,
            self.stop,
            once=once,
        )
        self._alerts = self._alert_watch(settings)
        self._control = ControlWatch(
            Control(self._books.database),
            self.daemon,
            self._rest,
            self.keeper.rows,
            self.resources.clock,
            observer,
        )
        self._wakes = Wakes(self.resources.engines, self.daemon.wake_queries, observer)
        self._closing = ExitStack()
        self._why = ""

    def __enter__(self) -> Self:
        """Lock and migrate the store, take leases. Raises StateError."""
        with ExitStack() as opening:
            opening.callback(self.resources.close)
            opening.callback(self._books.close)
            opening.enter_context(self.resources.store.lock())
            migrated = self.resources.store.migrate()
            if migrated is not None:
                self._observer.emit(Event.STATE_MIGRATED, from_version=migrated[0], to_version=migrated[1])
            self.keeper.start()
            opening.callback(self.keeper.close)
            if self._alerts is not None:
                self._alerts.start()
            opening.callback(self._close_alerts)
            self._control.start()
            opening.callback(self._control.close)
            opening.callback(self._wakes.close)
            if not self._once:
                self._wakes.listen_for(turn.query for turn in self.daemon.turns)
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

    def ask_to_stop(self, why: str = "") -> None:
        """Begin no new work; what goes on stops after its chunk. Safe in a signal handler."""
        self._why = why
        self.stop.set()
        self.daemon.wake()

    def run(self) -> None:
        """Run the daemon until a stop is asked for or, with `once`, until every query is done."""
        queries = [turn.query.name for turn in self.daemon.turns]
        self._observer.emit(Event.DAEMON_STARTED, version=__version__, queries=len(queries), pid=os.getpid())
        notify("READY=1")
        self.daemon.run()
        notify("STOPPING=1")
        if self.stop.is_set():
            self._observer.emit(Event.DAEMON_STOPPING, signal=self._why, running=self.daemon.running())
        self.daemon.wind_down()
        self._observer.emit(Event.DAEMON_STOPPED, running=self.daemon.running())

    def apply(self, settings: Settings, queries: Sequence[QuerySettings]) -> Changes:
        """Run these queries by these settings from now on; tells what is different.

        Nothing is cut off: a run whose query changed or is gone stops after its chunk, and no query is run
        twice at a time. Raises StateError or AlertsUnusable, and has then changed nothing.
        """
        is_told_otherwise = settings.alerts != self.resources.settings.alerts
        alerts = self._alert_watch(settings) if is_told_otherwise else None
        self.keeper.know({query.name for query in queries})
        before = self.resources.settings
        in_force = settings.model_copy(update={name: getattr(before, name) for name in NEEDS_RESTART})
        self.resources.apply(in_force)
        replaced, self._runners = self._runners, {}
        for query in queries:
            old = replaced.get(query.name)
            keeps = old is not None and old.made_for(query, settings)
            self._runners[query.name] = replaced.pop(query.name) if keeps else self._runner(query)
        self.daemon.change({name: (runner.query, runner) for name, runner in self._runners.items()})
        self._wakes.listen_for(queries)
        if is_told_otherwise:
            self._close_alerts()
            self._alerts = alerts
            if alerts is not None:
                alerts.start()
        for runner in replaced.values():  # after the daemon knows what takes their place
            runner.stop_soon()
        return changes(before, settings)

    def _rest(self, names: Collection[str]) -> None:
        for name, runner in list(self._runners.items()):
            runner.rest(name in names)

    def show_notices(self, *notices: Finding) -> None:
        """Have the status report these findings about this process, in place of those before."""
        self._notices = notices

    def status(self) -> StatusReport:
        """How every query is, and what there is to say of this process."""
        from syncd.monitoring.overview import (  # noqa: PLC0415 — not needed to start
            OwnDaemon,
            Requests,
            overview,
        )

        resources = self.resources
        queries = list(resources.settings.queries.values())
        runs = self.keeper.rows()
        due = {turn.query.name: turn.due for turn in list(self.daemon.turns) if turn.waits}
        own = OwnDaemon(runs, {name: due[name] for name in due.keys() & runs.keys()}, self.keeper.troubled)
        requests = Requests(resources.settings.metrica.daily_requests, resources.requests_left())
        report = overview(resources.store, queries, resources.clock, requests, own)
        untold = self._alerts.notices() if self._alerts is not None else ()
        return replace(report, notices=(*self._notices, *untold))

    def _alert_watch(self, settings: Settings) -> AlertWatch | None:
        """Make the watch that tells people of trouble; None where nobody is to be told, as of a single run.

        Raises AlertsUnusable.
        """
        alerts = settings.alerts
        if alerts is None or self._once:
            return None
        from syncd.service.alerting import alert_watch  # noqa: PLC0415 — few are told of troubles

        resources = self.resources
        return alert_watch(self.status, alerts, resources.store.database, resources.clock, self._observer)

    def _close_alerts(self) -> None:
        """Close the watch that is in place by then, which a reload may have exchanged."""
        if self._alerts is not None:
            self._alerts.close()

    def _runner(self, query: QuerySettings) -> QueryRunner:
        return QueryRunner(
            self.resources,
            query,
            self.keeper,
            self.stop,
            self._first_look,
            self._unrecorded_of(query),
            self._unrecorded.forget,
            stays=not self._once,
        )

    def _unrecorded_of(self, query: QuerySettings) -> Callable[[], Mapping[str, Receipt]]:
        return lambda: self._unrecorded.of(query.counter, query.name, self.resources.uploads(query))

    def hold(self, query: QuerySettings) -> QueryLedger:
        """The ledger of a query, to be written outside of a run. Raises HeldElsewhere."""
        try:
            lease = self.keeper.lease(query.name)
        except LeaseLost:
            words = _("another syncd runs the query {query} on the same state store").format(query=query.name)
            raise HeldElsewhere(words) from None
        return self.resources.ledger(query, lease)

    def send_chunks(self, query: str, chunks: Callable[[Intake], Iterator[Chunk]]) -> RunReport:
        """Send what these chunks hold, as a run would, and do nothing else. Raises SyncdError."""
        report = RunReport(query)
        self._runners[query].send_chunks(chunks, report)
        return report

    def retry(self, query: str) -> RunReport:
        """Try the rejects of one query again that a person asked for, and do nothing else.

        Not recorded as a run of the query: nothing new is read. Raises SyncdError; LeaseLost where another
        daemon runs the query.
        """
        report = RunReport(query)
        self._runners[query].retry_rejects(report)
        return report

    def resend(self, query: str, upload_id: int) -> int:
        """Send the rows of one upload of the query again and do nothing else; returns how many were sent.

        Fewer than the upload had where a later upload carried some with another Price or Currency. Raises
        SyncdError: UsageError for an upload that cannot be sent again; where it is MetricaError, the next
        run of the query sends what was recorded. LeaseLost where another daemon runs the query.
        """
        return self._runners[query].resend(upload_id, RunReport(query))
