"""HTTP that ends in time, and in words: the time-out that requests has starts anew with every byte.

Loaded with the first request, and requests with it: what finds nothing to send does without their 5 MB.
"""

from __future__ import annotations

import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from socket import SHUT_RDWR
from threading import Timer
from typing import Any

from syncd import __version__
from syncd.language import N_, _
from syncd.metrica.classify import TOO_LARGE
from syncd.metrica.token import OAuthToken
from syncd.model.errors import AccessRefused, MetricaError, NotReceived, OutcomeUnknown
from syncd.model.lean_imports import without

# Metrica answers in UTF-8, so requests needs nothing that guesses; without it, it warns.
with without("charset_normalizer", "chardet"), warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import requests

from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import HTTPError, NewConnectionError, ReadTimeoutError

LARGEST_ANSWER = 16 * 1024 * 1024
"""Bytes; a full list page is about 4 MB, so more is not Metrica speaking."""
PART_BYTES = 256 * 1024
"""Of a file: what is asked for at once is at most so much."""
FAILURES = (OSError, HTTPError)
Request = requests.Request
PROXY_LOGIN = N_(
    "the proxy that the environment names wants a login (407): put user and password into its URL"
)
NO_CERTIFICATES = ("NO_CERTIFICATE_OR_CRL_FOUND", "PEM lib", "BAD_BASE64")
"""OpenSSL's words for a bundle that it cannot read."""
NO_TLS = ("WRONG_VERSION_NUMBER", "RECORD_LAYER_FAILURE", "UNSUPPORTED_PROTOCOL", "HANDSHAKE_FAILURE")
"""OpenSSL's words for a handshake that failed, before which nothing of a request is sent."""


class Adapter(HTTPAdapter):
    """Sends a file in parts of PART_BYTES; 16 KB, as urllib3 does it, cost more time than the network."""

    def init_poolmanager(self, *args: Any, **arguments: Any) -> None:
        """For connections that go straight there."""
        super().init_poolmanager(*args, **arguments, blocksize=PART_BYTES)
        self.poolmanager.pool_classes_by_scheme = _POOLS

    def proxy_manager_for(self, proxy: str, **arguments: Any) -> Any:
        """For those through a proxy."""
        manager: Any = super().proxy_manager_for(proxy, **arguments)
        manager.pool_classes_by_scheme = _POOLS
        return manager


def open_session(token: OAuthToken, connections: int) -> requests.Session:
    """Open a session whose requests bear the token; at most so many connections of it stay open."""
    session = requests.Session()
    session.auth = token
    session.headers.update({"User-Agent": f"syncd/{__version__}", "Accept": "application/json"})
    for scheme in ("https://", "http://"):
        session.mount(scheme, Adapter(pool_maxsize=connections))
    return session


@contextmanager
def _in_time(connection: Any) -> Iterator[None]:
    """Cut the connection if this takes longer than its time-out as a whole."""

    def cut() -> None:
        with suppress(OSError, AttributeError):  # it is closed already
            connection.sock.shutdown(SHUT_RDWR)

    timer = Timer(connection.timeout, cut)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


class _Connection(HTTPConnection):
    def getresponse(self) -> Any:
        with _in_time(self):
            return super().getresponse()


class _SecureConnection(HTTPSConnection):
    def getresponse(self) -> Any:
        with _in_time(self):
            return super().getresponse()


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Connection


class _SecurePool(HTTPSConnectionPool):
    ConnectionCls = _SecureConnection


_POOLS = {"http": _Pool, "https": _SecurePool}


def read(response: requests.Response, deadline: float) -> bytes:
    """The body, bounded in size and time (by `time.monotonic`). Raises OutcomeUnknown and FAILURES."""
    parts, size = [], 0
    while part := response.raw.read1(64 * 1024, decode_content=True):
        parts.append(part)
        size += len(part)
        if size > LARGEST_ANSWER:
            raise OutcomeUnknown(
                _("the answer is larger than {most} bytes").format(most=LARGEST_ANSWER),
                http_status=response.status_code,
                error_type=TOO_LARGE,
            )
        if time.monotonic() > deadline:
            raise OutcomeUnknown(_("the answer did not end in time"), http_status=response.status_code)
    return b"".join(parts)


def broken(error: Exception, *, begun: bool = False) -> MetricaError:
    """A failed exchange: without a connection nothing was sent, with one the outcome is unknown.

    Args:
        error: One of FAILURES.
        begun: Some of a file was given out. What the error says of a connection may be of one that broke
            afterwards: a proxy's, or TLS.
    """
    if not begun and (not_sent := _why_not_sent(error)):
        return NotReceived(not_sent)
    if isinstance(error, requests.exceptions.InvalidURL | requests.exceptions.InvalidSchema):
        return AccessRefused(_("metrica.api_url is no usable address"))
    if isinstance(error, requests.Timeout | ReadTimeoutError):
        return OutcomeUnknown(_("no answer in time"))
    return OutcomeUnknown(_("the connection was cut before the answer was complete"))


def _why_not_sent(error: Exception) -> str:
    """What kept the request from being sent at all; "" when it may have been."""
    text = str(error)
    reason = getattr(error.args[0] if error.args else None, "reason", None)
    causes = {
        _("REQUESTS_CA_BUNDLE, or CURL_CA_BUNDLE, names a file that is not there"): "CA certificate bundle"
        in text,
        _("REQUESTS_CA_BUNDLE, or CURL_CA_BUNDLE, names a file without certificates (PEM)"): any(
            word in text for word in NO_CERTIFICATES
        ),
        _("the environment names a SOCKS proxy: pip install PySocks, or name an HTTP proxy"): "SOCKS" in text,
        PROXY_LOGIN: isinstance(error, requests.exceptions.ProxyError) and " 407 " in text,
        _("the environment names a proxy whose URL cannot be used"): "proxy" in text.lower()
        and isinstance(error, requests.exceptions.InvalidURL | requests.exceptions.InvalidSchema),
        _("the server's TLS certificate is not valid for metrica.api_url"): "CERTIFICATE_VERIFY_FAILED"
        in text,
        _("no connection: the address does not speak TLS as https needs it"): any(
            word in text for word in NO_TLS
        ),
        # requests raises it only while the proxy is being reached.
        _("no connection to the proxy that the environment names"): isinstance(
            error, requests.exceptions.ProxyError
        ),
        _("no connection in time"): isinstance(error, requests.ConnectTimeout),
        _("no connection: refused, or the host's name was not found"): isinstance(reason, NewConnectionError),
    }
    return next((cause for cause, holds in causes.items() if holds), "")
