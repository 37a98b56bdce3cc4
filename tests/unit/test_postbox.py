"""A receiver's thread goes on whatever a library does."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from threading import Event as Flag

import pytest

from syncd.model.clock import SystemClock
from syncd.model.events import Event
from syncd.monitoring.alerts.decisions import MessageLine
from syncd.monitoring.alerts.messages import Message, compose
from syncd.monitoring.alerts.troubles import AlertKind
from syncd.service import alerting
from syncd.service.alerting import Letter, Postbox
from tests.support.centre import Listener


class Surprising:
    """Raises what nobody foresaw at the first message, and takes the second."""

    name = "a webhook"

    def __init__(self) -> None:
        self.tries = 0

    def send(self, _message: Message) -> str:
        """Fail once."""
        self.tries += 1
        if self.tries == 1:
            raise OSError(22, "Invalid argument")
        return ""


def test_a_surprise_is_a_failure_that_is_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """The message is taken the second time; the pause between is shortened, which nothing real can do."""
    monkeypatch.setattr(alerting, "TRY_AGAIN", timedelta(seconds=0.01))
    listener, stop, taken, now = Listener(), Flag(), Flag(), datetime.now(UTC)
    receiver = Surprising()
    postbox = Postbox(receiver, SystemClock(), listener, stop)
    postbox.start()
    line = MessageLine(AlertKind.FAILING, "orders", "orders: the last run failed.", now)
    postbox.letters.put(Letter(compose([line], now), taken.set, SystemClock().seconds()))
    assert taken.wait(20)
    stop.set()
    assert receiver.tries == 2
    listener.wait_for(Event.INTERNAL_ERROR)
    listener.wait_for(Event.ALERT_SENT)
