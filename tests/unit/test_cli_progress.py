"""What progress draws of the events it is told; no terminal, no time."""

from __future__ import annotations

import io

import pytest
from rich.console import Console
from rich.progress import Progress

from syncd.cli import progress as subject
from syncd.cli.progress import Above, ProgressObserver, span
from syncd.model.events import Event


class Listener:
    """Remembers what it is told."""

    def __init__(self) -> None:
        self.told: list[Event] = []

    def emit(self, event: Event, **fields: object) -> None:
        """One event."""
        self.told.append(event)
        assert "query" in fields


@pytest.fixture
def progress() -> Progress:
    """A progress that draws into nowhere."""
    return Progress(console=Console(file=io.StringIO()), auto_refresh=False)


@pytest.fixture
def observer(progress: Progress, monkeypatch: pytest.MonkeyPatch) -> ProgressObserver:
    """An observer to which every run is a long one."""
    monkeypatch.setattr(subject, "LONG_RUN", 0.0)
    return ProgressObserver(Listener(), progress)


def test_rows_grow_with_uploads_and_the_total_comes_with_progress(
    observer: ProgressObserver, progress: Progress
) -> None:
    """Uploads add rows; `left` makes a total, which uploads do not move; the end removes the line."""
    observer.emit(Event.QUERY_STARTED, query="a")
    assert not progress.tasks
    observer.emit(Event.UPLOAD_ACCEPTED, query="a", rows=100)
    (task,) = progress.tasks
    assert (task.description, task.completed, task.total) == ("a", 100, None)
    observer.emit(Event.QUERY_PROGRESS, query="a", rows=120, rows_per_second=10, left=880)
    assert (task.completed, task.total) == (120, 1000)
    observer.emit(Event.UPLOAD_FOUND, query="a", rows=100)
    assert (task.completed, task.total) == (220, 1000)
    observer.emit(Event.QUERY_PROGRESS, query="a", rows=300, rows_per_second=10, left=None)
    assert (task.completed, task.total) == (300, 1000)
    observer.emit(Event.QUERY_FINISHED, query="a")
    assert not progress.tasks


def test_queries_have_a_line_each(observer: ProgressObserver, progress: Progress) -> None:
    """The end of one leaves the others; a failure is an end."""
    for query in ("a", "b"):
        observer.emit(Event.QUERY_STARTED, query=query)
        observer.emit(Event.UPLOAD_ACCEPTED, query=query, rows=1)
    observer.emit(Event.QUERY_FAILED, query="a")
    assert [task.description for task in progress.tasks] == ["b"]


def test_every_event_is_passed_on(progress: Progress) -> None:
    """The log and the metrics hear all of it, also of queries that progress knows nothing of."""
    listener = Listener()
    observer = ProgressObserver(listener, progress)
    for event in Event:
        observer.emit(event, query="never started")
    assert listener.told == list(Event)
    assert not progress.tasks


def test_the_log_keeps_its_brackets() -> None:
    """What looks like markup is text, and long lines are not broken."""
    out = io.StringIO()
    stream = Above(Console(file=out, width=20))
    stream.write("[red]a[/red] " + "x" * 50 + "\n")
    assert out.getvalue() == "[red]a[/red] " + "x" * 50 + "\n"


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(0.2, "0 s"), (59.4, "59 s"), (61, "1 min"), (3599, "1 h 0 min"), (7500, "2 h 5 min")],
)
def test_times_are_said_as_people_say_them(seconds: float, said: str) -> None:
    """Seconds, minutes, hours."""
    assert span(seconds) == said
