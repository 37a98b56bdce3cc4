"""Calls something that may hang, for a limited time, never twice at once."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Generic, TypeVar

Result = TypeVar("Result")


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

    async def get(self) -> Result:
        """The call's answer. Raises TimeoutError after `limit` seconds, and whatever the call raises."""
        return await asyncio.wait_for(asyncio.wrap_future(self._join()), self._limit)

    def _join(self) -> Future[Result]:
        with self._lock:
            if self._flight is None or self._flight.done():
                self._flight = Future()
                # From here on it cannot be cancelled: who gives up waiting leaves the answer to the others.
                self._flight.set_running_or_notify_cancel()
                threading.Thread(
                    target=self._fly, args=(self._flight,), name="syncd-status", daemon=True
                ).start()
            return self._flight

    def _fly(self, flight: Future[Result]) -> None:
        try:
            answer = self._call()
        except BaseException as error:  # noqa: BLE001 - handed to whoever waits, as concurrent.futures does
            flight.set_exception(error)
        else:
            flight.set_result(answer)
