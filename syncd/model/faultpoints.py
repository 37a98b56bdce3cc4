"""Named places between read and commit where a test can kill or stop the process.

`SYNCD_CRASH_AT=answer` in the environment has the process kill itself (SIGKILL) when it first reaches the
point `answer`; `answer:3` means the third time. `SYNCD_PAUSE_AT` stops it there (SIGSTOP) until somebody
sends SIGCONT. Without either, `reach` is a loop over nothing. They are for the tests of what
docs/guarantees.md promises, such as tests/acceptance/test_crash_matrix.py; nobody else sets them.
"""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import count

from syncd.model.errors import UsageError


class Point(StrEnum):
    """The places, a closed list, in the order in which a row meets them.

    `…_written` is inside a transaction, with everything written and nothing committed.
    """

    BEGUN_WRITTEN = "begun_written"
    """Where the query begins is being recorded."""
    READ = "read"
    """A chunk was read from the source; nothing is recorded of it."""
    RECORD_WRITTEN = "record_written"
    """A chunk without rows to send is being recorded."""
    RECORDED = "recorded"
    """It was."""
    INTENT_WRITTEN = "intent_written"
    """The upload's exact lines are being recorded."""
    INTENT = "intent"
    """They were; its POST has not begun."""
    POST = "post"
    """The next thing is the POST."""
    ANSWER = "answer"
    """Metrica answered that it has the upload; nobody but this process knows."""
    ACCEPT_WRITTEN = "accept_written"
    """Deliveries, receipt and mark are being recorded."""
    ACCEPTED = "accepted"
    """They were."""
    NOT_RECEIVED = "not_received"
    """Metrica certainly did not take it, which is not recorded yet."""
    UNCLEAR = "unclear"
    """The answer was lost: Metrica may have it."""
    LOOK_UP = "look_up"
    """Metrica's list is about to be asked for the upload's tag."""
    FOUND = "found"
    """The list has it, which is not recorded yet."""
    GIVEN_UP = "given_up"
    """The list did not have it for as long as `settle`: it is about to be sent again."""
    SENDING_WRITTEN = "sending_written"
    """That a POST begins again is being recorded."""
    REFUSAL = "refusal"
    """Metrica refused the file, which is not recorded yet."""
    SPLIT_WRITTEN = "split_written"
    """The halves are taking the place of a refused upload."""
    SPLIT = "split"
    """They have; neither was sent."""
    REFUSE_WRITTEN = "refuse_written"
    """A refused row is becoming a reject."""
    REFUSED = "refused"
    """It has."""
    FOLLOW_WRITTEN = "follow_written"
    """What Metrica made of an accepted upload is being recorded."""


@dataclass(frozen=True, slots=True)
class Trigger:
    """What happens at a point: a signal to this very process, the `turn`-th time it is reached."""

    point: Point
    turn: int
    signal: signal.Signals
    _times: count[int] = field(default_factory=lambda: count(1))

    def pull(self) -> None:
        """The point was reached."""
        if next(self._times) == self.turn:  # a counter's step is atomic, so threads need no lock
            # To this very thread: a stop that another thread sees first comes microseconds late.
            signal.pthread_kill(threading.get_ident(), self.signal)


_VARIABLES = {"SYNCD_CRASH_AT": signal.SIGKILL, "SYNCD_PAUSE_AT": signal.SIGSTOP}


def triggers(environ: Mapping[str, str]) -> tuple[Trigger, ...]:
    """The triggers that the environment asks for. Raises UsageError for a point that does not exist."""
    return tuple(
        _trigger(name, environ[name], number) for name, number in _VARIABLES.items() if environ.get(name)
    )


def _trigger(variable: str, text: str, number: signal.Signals) -> Trigger:
    name, _, turn = text.partition(":")
    if name not in set(Point) or not (turn or "1").isdecimal():
        raise UsageError(
            f"{variable}={text}: a point and, after a colon, a number; points: {', '.join(Point)}"
        )
    return Trigger(Point(name), int(turn or "1"), number)


_armed: list[Trigger] = []


def arm(environ: Mapping[str, str]) -> None:
    """Forget what was asked for before, and take what this environment asks for. Raises UsageError."""
    _armed[:] = triggers(environ)


def reach(point: Point) -> None:
    """Say that this point was reached. Does nothing unless the environment asks for it."""
    for trigger in _armed:
        if trigger.point is point:
            trigger.pull()


arm(os.environ)
