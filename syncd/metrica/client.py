"""The HTTP client: requests with token, budget and pace; counter and goals. Files go by `uploads`."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import UTC, timedelta
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from threading import BoundedSemaphore, Lock
from typing import TYPE_CHECKING, Any

from syncd.language import _
from syncd.metrica.budget import Budget, BudgetTerms, OwnRequestCounter
from syncd.metrica.classify import TOO_FAST, error_of
from syncd.metrica.multipart import FileBody
from syncd.metrica.pace import Pace
from syncd.metrica.replies import (
    counter_of,
    document_of,
    goals_of,
)
from syncd.metrica.token import OAuthToken
from syncd.model.clock import Clock
from syncd.model.counters import CounterInfo, Goal
from syncd.model.errors import AccessRefused, NotReceived
from syncd.model.events import Event, Observer
from syncd.model.settings import MetricaSettings

if TYPE_CHECKING:  # loaded with the first request (`transport`)
    import requests

PARALLEL_REQUESTS = 3
"""At once per user (docs/metrica.md)."""
COUNTER_PATH = "/management/v1/counter/{counter}"
CONNECT_TIMEOUT = 10.0
"""Seconds."""


class MetricaClient:
    """Speaks to Metrica with one token. Thread-safe; redirects are never followed."""

    def __init__(
        self,
        settings: MetricaSettings,
        token: OAuthToken,
        clock: Clock,
        observer: Observer,
        budget: Budget | None = None,
        pace: Pace | None = None,
    ) -> None:
        """Without a budget it has the day's requests for itself."""
        terms = BudgetTerms("metrica", settings.daily_requests, 1)
        self.budget = budget or Budget(terms, OwnRequestCounter(), clock, observer)
        self._pace = pace or Pace()
        self._base = settings.api_url
        self._timeout = settings.timeout.total_seconds()
        self._token = token
        self._clock = clock
        self._observer = observer
        self._parallel = BoundedSemaphore(PARALLEL_REQUESTS)
        self.clock_ahead: timedelta | None = None
        """How far this machine's clock is ahead of Metrica's, by the last answer's Date header."""
        self._session: requests.Session | None = None
        self._opening = Lock()

    def close(self) -> None:
        """Close the connections."""
        with self._opening:
            if self._session is not None:
                self._session.close()

    def counter(self, counter: int) -> CounterInfo:
        """The counter's facts. Raises MetricaError."""
        return counter_of(self.request("GET", counter, COUNTER_PATH, {}))

    def goals(self, counter: int) -> list[Goal]:
        """The counter's goals. Raises MetricaError."""
        return goals_of(self.request("GET", counter, f"{COUNTER_PATH}/goals", {}))

    def request(
        self,
        method: str,
        counter: int,
        path: str,
        query: Mapping[str, str],
        body: Callable[[], FileBody | None] = lambda: None,
    ) -> Mapping[str, Any]:
        """Make one request to a path in which `{counter}` stands for the counter; give the answer's JSON.

        A refused token is read again, and the request made once more if it has changed. Raises MetricaError.
        """
        with self._parallel, self._quota_words(counter):
            used = self._token.value()
            try:
                return self._exchange(method, counter, path, query, body())
            except AccessRefused as refused:
                if refused.http_status not in (401, 403) or not self._token.refresh(used):
                    raise
            return self._exchange(method, counter, path, query, body())

    def _exchange(
        self,
        method: str,
        counter: int,
        path: str,
        query: Mapping[str, str],
        body: FileBody | None,
    ) -> Mapping[str, Any]:
        from syncd.metrica import transport  # noqa: PLC0415 — requests, which who has nothing to send never needs

        session = self._opened()
        left = self.budget.take(counter)
        self._pace.wait()
        started = time.monotonic()
        code = "none"
        url = self._base + path.format(counter=counter)
        try:
            headers = {"Content-Type": body.content_type} if body else {}
            request = session.prepare_request(
                transport.Request(method, url, params=query, data=body, headers=headers)
            )
            around = session.merge_environment_settings(
                url=request.url or url, proxies={}, stream=True, verify=None, cert=None
            )
            with session.send(
                request,
                timeout=(min(CONNECT_TIMEOUT, self._timeout), self._timeout),
                allow_redirects=False,
                **around,
            ) as response:
                code = str(response.status_code)
                self._compare_clocks(response.headers.get("Date"))
                answer = transport.read(response, started + self._timeout)
        except transport.FAILURES as error:
            raise transport.broken(
                error, begun=body is not None and body.begun
            ) from None  # its text may quote headers
        finally:
            self._observer.emit(
                Event.API_REQUEST,
                method=method,
                path=path.removeprefix(COUNTER_PATH) or "/",
                code=code,
                seconds=round(time.monotonic() - started, 3),
                left=left,
            )
        if response.status_code == HTTPStatus.PROXY_AUTHENTICATION_REQUIRED:
            raise NotReceived(transport.PROXY_LOGIN)
        if 300 <= response.status_code < 400:  # noqa: PLR2004 — HTTP redirects
            raise AccessRefused(
                _("HTTP {status}: the address answers with a redirect, which is not followed").format(
                    status=response.status_code
                ),
                http_status=response.status_code,
            )
        if response.status_code != HTTPStatus.OK:
            retry_after = response.headers.get("Retry-After")
            said = self._token.hidden_in(answer)
            raise error_of(response.status_code, said, retry_after, self._clock.now())
        return document_of(answer)

    def _opened(self) -> requests.Session:
        """The session of all requests, opened for the first of them."""
        from syncd.metrica import transport  # noqa: PLC0415 — see above

        with self._opening:
            if self._session is None:
                self._session = transport.open_session(self._token, PARALLEL_REQUESTS)
            return self._session

    @contextmanager
    def _quota_words(self, counter: int) -> Iterator[None]:
        """Take to heart what Metrica says of its quotas."""
        try:
            yield
        except NotReceived as error:
            if error.http_status:
                self.budget.refused(counter, error)
            if error.error_type in TOO_FAST:
                self._pace.too_fast()
            raise

    def _compare_clocks(self, date: str | None) -> None:
        """Date has whole seconds, so a difference below one is none."""
        with suppress(ValueError, TypeError):  # missing, or no date
            there = parsedate_to_datetime(date or "").astimezone(UTC)
            self.clock_ahead = self._clock.now() - there
