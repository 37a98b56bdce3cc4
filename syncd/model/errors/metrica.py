"""Errors of Metrica's API: what the daemon may assume of an upload after each."""

from __future__ import annotations

from datetime import datetime

from syncd.language import N_
from syncd.model.errors.base import SyncdError


class MetricaError(SyncdError):
    """Base of what goes wrong at Metrica. `error_type` is the API's own word, "" if it said none."""

    code = "metrica"
    action = N_("See docs/operations.md.")

    def __init__(self, message: str, *, http_status: int = 0, error_type: str = "") -> None:
        self.http_status = http_status
        self.error_type = error_type
        super().__init__(message)


class NotReceived(MetricaError):
    """Metrica certainly did not take the request (no connection, over quota): the same again, later."""

    code = "metrica.busy"
    action = N_("Nothing is lost: it is sent later. If it lasts, check the network, api_url and the quota.")

    def __init__(
        self, message: str, *, http_status: int = 0, error_type: str = "", retry_at: datetime | None = None
    ) -> None:
        self.retry_at = retry_at
        """Not before this moment (UTC), when the API's quota says so."""
        super().__init__(message, http_status=http_status, error_type=error_type)


class OutcomeUnknown(MetricaError):
    """No clear answer (timeout, cut, 5xx, unreadable 200): the upload is looked up by its tag before more."""

    code = "metrica.unclear"
    action = N_(
        "Nothing to do: syncd looks the upload up and sends it again only if Metrica does not have it."
    )


class StillUnclear(OutcomeUnknown):
    """The upload is not in Metrica's list, but `metrica.settle` is not over: looked up again soon."""

    code = "metrica.unclear"

    def __init__(self, message: str, *, retry_at: datetime) -> None:
        self.retry_at = retry_at
        """When it counts as not received and is sent again."""
        super().__init__(message)


class FileRefused(MetricaError):
    """Metrica refuses the file's content (400): halves are tried until the rows at fault are found."""

    code = "metrica.file_refused"
    action = N_("See `syncd rejects list NAME` for the rows at fault.")


class AccessRefused(MetricaError):
    """Token, access or counter are refused (401, 403, 404 …): nothing is sent until a person helps."""

    code = "metrica.access"
    action = N_(
        "Check the counter's number, and that the account of the token may edit the counter: its owner "
        "grants that in the counter's settings."
    )


class TokenRefused(AccessRefused):
    """Metrica does not know the token (401, `invalid_token`): nothing is sent until there is another."""

    code = "metrica.token"
    action = N_(
        "Get a new token with the right to write to Metrica and put it where metrica.token or "
        "token_file says; a file is read again by itself."
    )


class TokenFileUnusable(AccessRefused):
    """The file that token_file names is missing, cannot be read or holds no token: nothing is sent."""

    code = "metrica.token_file"
    action = N_(
        "Put the token alone into the file that token_file names, readable by the user that syncd runs as; "
        "it is read again by itself."
    )
