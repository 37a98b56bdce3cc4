"""Logging in to a database without locking the account: a refused password is tried a few times, no more.

All queries of a database share the count, and only one of them tries at a time, so that twenty queries make
no twenty attempts. Another password, as from a file that was written anew, is tried at once.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Lock
from time import monotonic
from typing import TypeVar

from syncd.model.errors import LoginRefused
from syncd.source.failures import words

PAUSES = (60.0, 600.0, 3600.0)
"""Seconds before the second try and the next ones: four in all; the strictest usual lock is at five."""
QUEUE_SECONDS = 5.0
"""How long one waits for the answer to another's try: what takes longer is no refusal, but a dead host."""

_PG_WORDS = re.compile(r"authentication failed for user|не прош[её]л проверку подлинности")
"""libpq gives a failed login no SQLSTATE, only the server's words in the language of its lc_messages."""
_NUMBERS = {"pymysql": {1045, 1698, 3118, 4150, 4151}, "oracledb": {1017, 28000}}
_SQLSTATE = "28000"
"""ODBC's."""

T = TypeVar("T")


class Logins:
    """The tries of one database. Thread-safe."""

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        self._clock = clock
        self._turn = Lock()
        self._refused: str | None = None
        """The password that was refused last."""
        self._said = ""
        self._tries = 0
        self._due = 0.0

    def attempt(self, password: str | None, connect: Callable[[], T]) -> T:
        """Connect, or raise LoginRefused: the database says so now, or said so of this password before."""
        password = password or ""
        with self._one_at_a_time():
            if self._tries and password == self._refused and self._clock() < self._due:
                raise self._error()
            try:
                connection = connect()
            except Exception as error:
                if not is_refusal(error):
                    raise
                self._note(password, words(error))
            else:
                self.reset()
                return connection
        raise self._error()

    def reset(self) -> None:
        """Forget what was refused."""
        self._tries, self._refused = 0, None

    @contextmanager
    def _one_at_a_time(self) -> Iterator[None]:
        mine = self._turn.acquire(timeout=QUEUE_SECONDS)
        try:
            yield
        finally:
            if mine:
                self._turn.release()

    def _note(self, password: str, said: str) -> None:
        if password != self._refused:
            self._tries = 0
        pause = PAUSES[self._tries] if self._tries < len(PAUSES) else float("inf")
        self._refused, self._said = password, said
        self._tries += 1
        self._due = self._clock() + pause

    def _error(self) -> LoginRefused:
        left = self._due - self._clock()
        if left < float("inf"):
            after = f"the same password is tried again in {max(1, round(left / 60))} min"
        else:
            after = (
                f"tried {self._tries} times with the same password, and not again, lest the account be locked"
            )
        return LoginRefused(f"{self._said}; {after}")


def is_refusal(error: BaseException) -> bool:
    """Whether the database refused user and password, rather than being away, busy or something else."""
    library = type(error).__module__.partition(".")[0]
    first = error.args[0] if error.args else None
    if library == "psycopg":
        return bool(_PG_WORDS.search(str(error)))
    if library == "pyodbc":
        return first == _SQLSTATE
    number = getattr(first, "code", first)
    return number in _NUMBERS.get(library, ())
