"""What the endpoints look at: the report and the past, each with a time limit, and shared."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from typing import TypeVar

from syncd.language import N_
from syncd.model.errors import SyncdError
from syncd.monitoring.status import StatusReport
from syncd.monitoring.status.history import Past, QueryPast, Series
from syncd.monitoring.web.bounded import Bounded

KEEP = 3.0
"""Seconds a page may show the same look: however many watch, the store is asked by one of them."""

_ACTION = N_("Check that the state store's file or server is there and answers; see the log.")

_Told = TypeVar("_Told")
_log = logging.getLogger("syncd.web")


class Unknown(Exception):
    """The status cannot be told now; its three parts are those of `model/errors`.

    Its message may name `values`, so that it can be told in another language.
    """

    def __init__(
        self, message: str, code: str = "status.unknown", action: str = _ACTION, **values: str
    ) -> None:
        self.code = code
        self.action = action
        self.message = message
        self.values = values
        super().__init__(message.format(**values) if values else message)


class CachedStatus:
    """Looks at the state store.

    Args:
        report: makes the status report; may be slow or raise.
        past: what was delivered lately; None where nobody keeps it.
        limit: seconds that each may take.
    """

    def __init__(self, report: Callable[[], StatusReport], past: Past | None, limit: float) -> None:
        self._limit = limit
        self._report = Bounded(report, limit)
        self._past = past
        self._recent = Bounded(past.recent, limit) if past else None
        self._queries: dict[str, Bounded[QueryPast]] = {}

    async def report(self, keep: float = 0.0) -> StatusReport:
        """The report. Raises Unknown, whose text is for a person and without secrets."""
        try:
            return await self._report.get(keep)
        except TimeoutError:
            words = N_("The state store has not answered for {seconds} seconds.")
            raise Unknown(words, seconds=f"{self._limit:g}") from None
        except SyncdError as error:
            raise Unknown(_sentence(str(error)), error.code, error.action) from None
        except Exception as error:  # noqa: BLE001 - whatever it is, the probe gets its answer
            # The page is for everybody in the network: the text of a fault of ours is for the log alone.
            _log.exception("the status report failed")
            words = N_("The status report failed: {error}; the log says more.")
            raise Unknown(words, error=type(error).__name__) from None

    async def recent(self) -> Mapping[str, Series] | None:
        """The last 24 hours by query; None when they cannot be told now."""
        return await self._told(self._recent)

    async def of(self, query: str) -> QueryPast | None:
        """A configured query's past; None when it cannot be told now."""
        if self._past is None:
            return None
        past = self._past
        # As many as there are queries: the name was looked up in the report before.
        return await self._told(self._queries.setdefault(query, Bounded(lambda: past.of(query), self._limit)))

    async def _told(self, bounded: Bounded[_Told] | None) -> _Told | None:
        """Plots are worth no error: without them the page still says how things are."""
        if bounded is None:
            return None
        try:
            return await bounded.get(KEEP)
        except (TimeoutError, SyncdError):
            return None
        except Exception:  # noqa: BLE001 - the same, and the log has the fault
            _log.exception("the history failed")
            return None


def _sentence(text: str) -> str:
    return text if text.endswith((".", "!", "?")) else f"{text}."
