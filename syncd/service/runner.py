"""One query as the daemon calls it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from threading import Event as Flag

from syncd.ledger import Lease
from syncd.mapping import kind_of
from syncd.model import Chunk, Receipt, RunReport
from syncd.model.clock import Stop
from syncd.model.errors import StateWentBack
from syncd.model.events import Event
from syncd.model.settings import QuerySettings, Settings
from syncd.pipeline.chunking.intake import Intake
from syncd.pipeline.pipeline import Job, Pipeline
from syncd.pipeline.uploading.followup import Follower
from syncd.pipeline.uploading.relink import Relinker
from syncd.pipeline.uploading.resend import Resender
from syncd.pipeline.uploading.sender import Backlog
from syncd.pipeline.uploading.settle import Patience, Settler
from syncd.service.bookkeeper import Bookkeeper
from syncd.service.changes import same_query
from syncd.service.resources import Resources, fingerprint


@dataclass(frozen=True, slots=True)
class _Steps:
    """What works for one query, under one lease."""

    pipeline: Pipeline
    settler: Settler
    resender: Resender


class QueryRunner:
    """Runs one query for the daemon and the commands; builds its parts anew when the lease changes."""

    def __init__(  # noqa: PLR0913 — constructed complete, by one caller
        self,
        resources: Resources,
        query: QuerySettings,
        keeper: Bookkeeper,
        stop: Stop,
        first_look: timedelta,
        unrecorded: Callable[[], Mapping[str, Receipt]] = dict,
        forget_lists: Callable[[], None] = lambda: None,
        *,
        stays: bool = True,
    ) -> None:
        """`stays`: there will be more runs, so an upload may wait for more rows while requests are short."""
        self.query = query
        self._resources = resources
        self._metrica = resources.settings.metrica
        self._keeper = keeper
        self._stop = _Either(stop)
        self._first_look = first_look
        self._unrecorded = unrecorded
        self._forget_lists = forget_lists
        """Has Metrica's lists compared with the store once more."""
        self._stays = stays
        self._lease: Lease | None = None
        self._steps: _Steps | None = None

    def __call__(self, report: RunReport) -> None:
        """Make one run. Raises SyncdError."""
        try:
            self._current().pipeline.run(report)
        except StateWentBack as error:
            self._resources.observer.emit(Event.STATE_WENT_BACK, query=self.query.name, error=str(error))
            self._begin_anew().pipeline.run(report)

    def retry_rejects(self, report: RunReport) -> None:
        """Try the rejects that a person wants tried again, and nothing else. Raises SyncdError."""
        self._current().pipeline.retry_rejects(report)

    def send_chunks(self, chunks: Callable[[Intake], Iterator[Chunk]], report: RunReport) -> None:
        """Send the rows of these chunks, and nothing else. Raises SyncdError."""
        self._current().pipeline.send_chunks(chunks, report)

    def resend(self, upload_id: int, report: RunReport) -> int:
        """Settle what is open, then send one upload's rows again; how many. Raises SyncdError."""
        steps = self._current()
        steps.settler.settle_all(report)
        return steps.resender.resend(upload_id, report)

    def rest(self, is_paused: bool) -> None:  # noqa: FBT001 — a switch
        """Have a run that goes on stop after its chunk, or let the next ones go on."""
        self._stop.is_paused = is_paused

    def stop_soon(self) -> None:
        """Another takes its place: a run that is going on stops after its chunk."""
        self._stop.own.set()

    def made_for(self, query: QuerySettings, settings: Settings) -> bool:
        """Whether it does what these settings want, as it is."""
        return self._metrica == settings.metrica and same_query(self.query, query)

    def _current(self) -> _Steps:
        if self._steps is None or self._keeper.lease(self.query.name) != self._lease:
            return self._begin_anew()
        return self._steps

    def _begin_anew(self) -> _Steps:
        """Begin without any memory: another daemon may have worked meanwhile, or the store have gone back."""
        self._forget_lists()
        self._lease = self._keeper.lease(self.query.name)
        self._steps = self._build(self._lease)
        return self._steps

    def _build(self, lease: Lease | None) -> _Steps:
        resources, query = self._resources, self._resources.complete(self.query)
        ledger, client = resources.ledger(query, lease), resources.client(query)
        metrica, backlog = self._metrica, Backlog(self._unrecorded)
        settle = resources.probed().settle(metrica.settle)
        settler = Settler(
            ledger,
            resources.uploads(query),
            resources.clock,
            resources.observer,
            Patience(query.reject_limit, settle, metrica.timeout if lease else timedelta(0)),
            fence=lambda: self._keeper.check(query.name, lease),
            listed=backlog.uploads,
        )
        resender = Resender(ledger, settler, resources.clock, query.counter, kind_of(query))
        job = Job(
            query=query,
            source=resources.source(query),
            ledger=ledger,
            settler=settler,
            backlog=backlog,
            follower=Follower(
                query, ledger, resources.lists(query), resources.clock, resources.observer, self._first_look
            ),
            relinker=Relinker(query.relink, ledger, resender, client.budget, resources.clock, self._stop),
            fingerprint=fingerprint(query),
            clock=resources.clock,
            observer=resources.observer,
            stop=self._stop,
            first_look=self._first_look,
            spacing=client.budget.spacing if self._stays else timedelta,
        )
        return _Steps(Pipeline(job), settler, resender)


class _Either:
    """A stop asked of all queries, or of this one."""

    def __init__(self, all_stop: Stop) -> None:
        self.own = Flag()
        self.is_paused = False
        self._all = all_stop

    def is_set(self) -> bool:
        """Whether to begin nothing more."""
        return self.own.is_set() or self.is_paused or self._all.is_set()
