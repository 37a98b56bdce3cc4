"""How the API answers when it refuses: statuses, error types and the documented body."""

from __future__ import annotations

ERROR_TYPES = {
    400: "invalid_parameter",
    401: "unauthorized",
    403: "access_denied",
    404: "not_found",
    406: "not_acceptable",
    409: "conflict",
    429: "quota_requests_by_uid",
    500: "backend_error",
    502: "backend_error",
    503: "backend_error",
    504: "timeout",
}
"""The error_type that goes with a status by default; those of 500 and 502 are not documented."""

QUOTAS = {
    "quota_requests_by_ip",
    "quota_parallel_requests",
    "quota_requests_by_uid",
    "quota_requests_by_counter_id",
    "quota_delegate_requests",
    "quota_grants_requests",
}


class Refusal(Exception):
    """The API refuses a request; `app` turns it into the answer."""

    def __init__(self, status: int, error_type: str, message: str) -> None:
        self.status = status
        self.error_type = error_type
        self.message = message
        super().__init__(message)

    def body(self) -> dict[str, object]:
        """The documented body."""
        return error_body(self.status, self.error_type, self.message)


def error_body(status: int, error_type: str, message: str) -> dict[str, object]:
    """The documented body of every error, without the optional `location`."""
    errors = [{"error_type": error_type, "message": message}]
    return {"errors": errors, "code": status, "message": message}
