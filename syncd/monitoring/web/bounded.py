"""Calls something that may hang, for a limited time, never twice at once, and not again too soon."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from typing import Generic, TypeVar

Result = TypeVar("Result")

SHARE = 10
"""An answer is kept for as many times its cost: those who look take a tenth of the store's time at most."""


class Bounded(Generic[Result]):
    """Runs `call` in a thread of its own; whoever asks while it runs waits for the same answer.

    So a hung state store costs one thread, however often health is asked for. The thread is a daemon
    thread: it cannot keep the process from ending.
    """

    def __init__(self, call: Callable[[], Result], limit: float) -> None:
        self._call = call
        self._limit = limit
        self._lock = threading.Lock()
        self._flight: Future[Result] | None = None
        self._ended = 0.0
        self._took = 0.0

    async def get(self, keep: float = 0.0) -> Result:
        """The call's answer. Raises TimeoutError after `limit` seconds, and whatever the call raises.

        Args:
            keep: The last answer will do when it is no older than this many seconds, or than ten times
                what it cost; 0 wants one that began no sooner than the others who wait for it.
        """
        return await asyncio.wait_for(asyncio.wrap_future(self._join(keep)), self._limit)

    def _join(self, keep: float) -> Future[Result]:
        with self._lock:
            if self._flight is None or (self._flight.done() and not self._will_do(self._flight, keep)):
                self._flight = Future()
                # From here on it cannot be cancelled: who gives up waiting leaves the answer to the others.
                self._flight.set_running_or_notify_cancel()
                threading.Thread(
                    target=self._fly, args=(self._flight,), name="syncd-status", daemon=True
                ).start()
            return self._flight

    def _will_do(self, flight: Future[Result], keep: float) -> bool:
        age = time.monotonic() - self._ended
        return keep > 0 and flight.exception() is None and age <= max(keep, SHARE * self._took)

    def _fly(self, flight: Future[Result]) -> None:
        began = time.monotonic()
        try:
            answer = self._call()
        except BaseException as error:  # noqa: BLE001 - handed to whoever waits, as concurrent.futures does
            flight.set_exception(error)
        else:
            self._ended = time.monotonic()
            self._took = self._ended - began
            flight.set_result(answer)
