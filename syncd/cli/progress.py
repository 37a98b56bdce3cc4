"""Progress of long runs on a terminal: rows, rows a second, time left; the log goes on above it.

Fed by events alone. What is not a terminal gets the plain `query_progress` lines of the log instead.
"""

from __future__ import annotations

import io
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Lock
from time import monotonic

from rich.console import Console
from rich.progress import BarColumn, Progress, Task, TaskID, TextColumn
from rich.progress import ProgressColumn as RichColumn
from rich.text import Text

from syncd.model.events import Event, Observer

LONG_RUN = 1.0
"""Seconds after which a run is worth a line."""
_ENDS = frozenset({Event.QUERY_FINISHED, Event.QUERY_FAILED, Event.QUERY_HALTED, Event.LEASE_LOST})


class Above(io.TextIOBase):
    """A stream for the log: writes whole lines above what is drawn."""

    encoding = "utf-8"

    def __init__(self, console: Console) -> None:
        super().__init__()
        self._console = console

    def isatty(self) -> bool:
        """Call the log a terminal, so that it is written for a person."""
        return True

    def write(self, text: str) -> int:
        """Show some lines, in the colours they come in."""
        self._console.print(Text.from_ansi(text.removesuffix("\n")), soft_wrap=True, highlight=False)
        return len(text)


@dataclass(slots=True)
class _Run:
    """One query's run that is going on."""

    began: float = field(default_factory=monotonic)
    rows: int = 0
    total: int | None = None
    """All rows of the run, by the last count; None: not counted yet."""
    task: TaskID | None = None


class ProgressObserver:
    """An Observer in front of another: passes every event on, and draws what it tells of long runs."""

    def __init__(self, inner: Observer, progress: Progress) -> None:
        self._inner = inner
        self._progress = progress
        self._runs: dict[str, _Run] = {}
        self._lock = Lock()

    def emit(self, event: Event, **fields: object) -> None:
        """One event. Never raises."""
        self._inner.emit(event, **fields)
        query = fields.get("query")
        if not isinstance(query, str):
            return
        with self._lock:
            if event is Event.QUERY_STARTED:
                self._runs[query] = _Run()
            elif event in _ENDS:
                self._end(query)
            elif query in self._runs:
                self._update(query, self._runs[query], event, fields)

    def _update(self, query: str, run: _Run, event: Event, fields: Mapping[str, object]) -> None:
        rows, left = fields.get("rows"), fields.get("left")
        if event in {Event.UPLOAD_ACCEPTED, Event.UPLOAD_FOUND} and isinstance(rows, int):
            run.rows += rows
        elif event is Event.QUERY_PROGRESS and isinstance(rows, int):
            # Rows read count those that need no upload, too: the truer number of the two.
            run.rows = max(rows, run.rows)
            run.total = run.rows + left if isinstance(left, int) else run.total
        else:
            return
        seconds = monotonic() - run.began
        if run.task is None and seconds >= LONG_RUN:
            run.task = self._progress.add_task(query, total=None)
        if run.task is not None:
            total = None if run.total is None else max(run.total, run.rows)
            speed = run.rows / max(seconds, 0.001)
            self._progress.update(run.task, completed=run.rows, total=total, speed=speed)
            self._progress.start()  # does nothing when it is shown already

    def _end(self, query: str) -> None:
        run = self._runs.pop(query, None)
        if run is None or run.task is None:
            return
        self._progress.remove_task(run.task)
        if not self._progress.task_ids:
            self._progress.stop()


class _Speed(RichColumn):
    """`12,300 rows/s`."""

    def render(self, task: Task) -> Text:
        """The mean since the run began."""
        return Text(f"{task.fields.get('speed', 0):,.0f} rows/s")


class _Left(RichColumn):
    """`4 min left`, by the mean speed so far."""

    def render(self, task: Task) -> Text:
        """Nothing while it is not known how many rows there are."""
        speed = task.fields.get("speed", 0)
        if task.total is None or not speed:
            return Text("")
        return Text(f"{span((task.total - task.completed) / speed)} left")


def span(seconds: float) -> str:
    """A time as a person says it: `40 s`, `12 min`, `3 h 5 min`."""
    if seconds < 60:  # noqa: PLR2004 — a minute
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"  # noqa: PLR2004 — an hour


class Screen:
    """The terminal on standard error: where progress is drawn and the log goes on above it."""

    def __init__(self) -> None:
        self._console = Console(file=sys.stderr, highlight=False)
        self._progress = Progress(
            TextColumn("{task.description}", markup=False),
            BarColumn(bar_width=20),
            TextColumn("{task.completed:,.0f} rows"),
            _Speed(),
            _Left(),
            console=self._console,
            transient=True,
            redirect_stdout=False,
            redirect_stderr=False,
            refresh_per_second=4,
        )
        self.log = Above(self._console)
        """For `telemetry.configure`."""

    @contextmanager
    def watching(self, inner: Observer) -> Iterator[Observer]:
        """An observer that draws; nothing of it is left on the screen afterwards."""
        try:
            yield ProgressObserver(inner, self._progress)
        finally:
            self._progress.stop()
