"""Every error syncd raises on purpose; the class says what the daemon does next.

An error carries three things for a person: what happened (`str(error)`), a stable `code` that scripts and
docs/errors.md rely on, and `action`, what to do about it. No text of any error ever holds a token or a
password: whoever raises one takes care of that.
"""

from __future__ import annotations

from datetime import datetime

from syncd.model.error_base import Problem as Problem  # noqa: PLC0414 — exported from here, as mypy wants it said
from syncd.model.error_base import SyncdError as SyncdError  # noqa: PLC0414 — exported from here, as mypy wants it said

# --- before anything runs: the command ends, nothing was touched ---


class ConfigError(SyncdError):
    """The configuration cannot be used; all its problems are told at once."""

    code = "config.invalid"
    action = "Correct the lines named; `syncd check --offline` reads the file again."
    exit_code = 2

    def __init__(self, problems: list[Problem]) -> None:
        self.problems = sorted(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))


class UsageError(SyncdError):
    """The command line asks for what does not exist, such as an unknown query."""

    code = "usage"
    action = "See `syncd --help`."
    exit_code = 2


class AlertsUnusable(SyncdError):
    """An address under `alerts` cannot be used: `syncd run` and `syncd alerts test` do not start."""

    code = "alerts.unusable"
    action = (
        "Correct alerts.urls (docs/operations.md, Being told), or install syncd with its extra `alerts`, "
        "which brings Apprise."
    )
    exit_code = 2


# --- the source: the query backs off, no other query is touched ---


class SourceError(SyncdError):
    """Base of what goes wrong at a company database."""

    code = "source"
    action = "See the database's own log."
    spot: int | None = None
    """The character of the query's SQL at which the database found the fault; None: not known."""
    place: tuple[str, int] | None = None
    """File and line of that."""
    key_path: tuple[str, ...] = ("sql",)
    """The key of the query that is at fault, such as columns, Target."""


class SourceUnavailable(SourceError):
    """The database cannot be reached, timed out or hung up: tried again with growing pauses."""

    code = "source.unavailable"
    action = "Check that the database runs, is reachable from here, and that user and password are right."


class DatabaseMissing(SourceUnavailable):
    """The server answers, and has no database of this name: tried again with growing pauses."""

    code = "source.no_database"
    action = "Correct the database's name, the last part of its url, or create it."


class LoginRefused(SourceUnavailable):
    """The database refuses user and password: tried four times in about an hour, lest it lock the account."""

    code = "source.login"
    action = (
        "Correct the password or the account. A password_file that changed is tried within half a minute;"
        " else `systemctl reload syncd` (SIGHUP), or a restart, has the password tried again."
    )

    def as_final(self) -> tuple[str, str]:
        """Leave out when a daemon would try again."""
        return str(self).partition("; the same password is tried")[0], "Correct the password or the account."


class PasswordFileUnusable(SourceUnavailable):
    """The file that password_file names is missing or cannot be read: tried again with growing pauses."""

    code = "source.password_file"
    action = (
        "Put the password alone into the file that password_file names, readable by the user of syncd; "
        "it is read again by itself."
    )


class SourceRefused(SourceError):
    """The database refuses the SQL, or a named column is missing: tried again, but a person is needed."""

    code = "source.refused"
    action = "Correct the query's sql or columns; `syncd preview NAME` shows the effect."


class RowsCutOff(SourceRefused):
    """The query's SQL ends with a limit (LIMIT, TOP, FETCH FIRST …), so the rows beyond it are never read."""

    code = "source.limit"
    action = (
        "Take the limit out of the sql: syncd reads page by page by itself. To begin later, set `start`;"
        " to send fewer rows at once, `chunk_rows`."
    )


class MarkUnusable(SourceRefused):
    """The mark's column has another type than when the mark was recorded, and none of its values fits."""

    code = "source.mark"
    action = "Say where to go on: `syncd rewind NAME --to VALUE --dry-run` shows what that means."


class NoProgress(SourceError):
    """The database gave the place that was read before, or no row where it has one: nothing more is read."""

    code = "source.no_progress"
    action = "Cast the mark's column in the sql (docs/databases.md, Marks). Nothing is lost: the mark stays."


class UrlRefused(SourceRefused):
    """The database's URL cannot be used: no driver for it, or one that does not take what it says."""

    code = "source.url"
    action = "Install what is named, or correct the database's url or user: see docs/databases.md."


# --- Metrica ---


class MetricaError(SyncdError):
    """Base of what goes wrong at Metrica. `error_type` is the API's own word, "" if it said none."""

    code = "metrica"
    action = "See docs/operations.md."

    def __init__(self, message: str, *, http_status: int = 0, error_type: str = "") -> None:
        self.http_status = http_status
        self.error_type = error_type
        super().__init__(message)


class NotReceived(MetricaError):
    """Metrica certainly did not take the request (no connection, over quota): the same again, later."""

    code = "metrica.busy"
    action = "Nothing is lost: it is sent later. If it lasts, check the network, api_url and the quota."

    def __init__(
        self, message: str, *, http_status: int = 0, error_type: str = "", retry_at: datetime | None = None
    ) -> None:
        self.retry_at = retry_at
        """Not before this moment (UTC), when the API's quota says so."""
        super().__init__(message, http_status=http_status, error_type=error_type)


class OutcomeUnknown(MetricaError):
    """No clear answer (timeout, cut, 5xx, unreadable 200): the upload is looked up by its tag before more."""

    code = "metrica.unclear"
    action = "Nothing to do: syncd looks the upload up and sends it again only if Metrica does not have it."


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
    action = "See `syncd rejects list NAME` for the rows at fault."


class AccessRefused(MetricaError):
    """Token, access or counter are refused (401, 403, 404 …): nothing is sent until a person helps."""

    code = "metrica.access"
    action = (
        "Check the counter's number, and that the account of the token may edit the counter: its owner "
        "grants that in the counter's settings."
    )


class TokenRefused(AccessRefused):
    """Metrica does not know the token (401, `invalid_token`): nothing is sent until there is another."""

    code = "metrica.token"
    action = (
        "Get a new token with the right to write to Metrica and put it where metrica.token or "
        "token_file says; a file is read again by itself."
    )


class TokenFileUnusable(AccessRefused):
    """The file that token_file names is missing, cannot be read or holds no token: nothing is sent."""

    code = "metrica.token_file"
    action = (
        "Put the token alone into the file that token_file names, readable by the user that syncd runs as; "
        "it is read again by itself."
    )


# --- the query itself ---


class TooManyRejects(SyncdError):
    """`reject_limit` rows of one run were rejected: the query stops until a person has looked."""

    code = "rejects.limit"
    needs_person = True
    action = "See `syncd rejects list NAME`; correct the query or the data, then restart or reload."


# --- the state store: the daemon cannot promise anything without it ---


class StateError(SyncdError):
    """Base of what goes wrong at the state store."""

    code = "state"
    action = "See docs/operations.md, The state store."


class StateUnavailable(StateError):
    """The store cannot be read or written now (locked, full, gone): nothing is sent; tried again."""

    code = "state.unavailable"
    action = "Check that the state store's file or server is there, writable and not full."


class StateNotWritable(StateError):
    """The account may not write to the store, or not make it; found by `check` before a run needs it."""

    code = "state.not_writable"
    action = "Give the account the rights that are named, or syncd another store by state.url."

    def __init__(self, message: str, action: str = "") -> None:
        super().__init__(message)
        self.action = action or self.action


class StateInUse(StateError):
    """Another syncd works on this SQLite store: this one refuses to start."""

    code = "state.in_use"
    action = "Stop the other syncd, give this one its own state.url, or use a PostgreSQL store to share."


class StateTooNew(StateError):
    """The store was written by a newer syncd: refused, so that nothing in it is misread."""

    code = "state.too_new"
    action = "Install that syncd again, or restore the store from before the upgrade."


class StateUnreleased(StateError):
    """The store was written by a syncd between two releases, whose tables no migration knows."""

    code = "state.unreleased"
    action = "Run `syncd migrate` of commit 21d263e on it first, or restore a store of a release."


class BackupUnusable(StateError):
    """`backup`, `restore`: the file cannot be written, or is no whole backup of a state store."""

    code = "state.backup"
    action = "Name a regular file where you may write; for `restore`, one that `syncd backup` wrote."


class HeldElsewhere(StateError):
    """Another daemon on the same store runs this query, so `run --once` or the command leaves it alone."""

    code = "state.held_elsewhere"
    action = "Nothing to do: the other daemon uploads its rows. To work on it here, stop the other first."


class LeaseLost(StateError):
    """Another daemon has taken this query over: its work here is dropped, the other one carries on."""

    code = "state.lease_lost"
    action = "Nothing to do: the other daemon settles what was in flight."


class DestinationChanged(StateError):
    """The query's rows went to another counter or address than the file names now: nothing is sent."""

    code = "state.destination"
    needs_person = True
    action = (
        "Run `syncd rewind NAME --new-destination deliver-again` (after a rehearsal) or `--new-destination "
        "go-on`; or name the former counter and metrica.api_url again."
    )


class OpenUploads(StateError):
    """`rewind`: uploads of the query are open, and settling them would move the mark once more."""

    code = "state.open_uploads"
    action = "Let `syncd run --once --query NAME` settle them, or the daemon, then stop it and try again."


# --- what commands find out ---


class ResendRefused(SyncdError):
    """`resend`: Metrica refused the file; the rows stay delivered as they were."""

    code = "resend.refused"
    action = "See Metrica's words, the goal and the counter; the rows are still there from the first time."


class UnknownRow(SyncdError):
    """`explain`: nothing is known of the row, and it is not to come either."""

    code = "row.unknown"
    action = "Compare the key with the query's key columns; `syncd preview NAME` shows keys that are to come."


class MissedRow(SyncdError):
    """`explain`: the source has the row behind the mark, and nothing is known of it: it is never read."""

    code = "row.missed"
    action = "`syncd audit NAME --since 7d --heal` delivers such rows; or give it a new mark in the source."


class RowsMissing(SyncdError):
    """`audit`: rows of the source are in no upload, no reject and no waiting row, and were not delivered."""

    code = "audit.missing"
    action = "`syncd audit NAME --since 7d --heal` delivers them; `syncd explain NAME KEY` tells of one."


class UploadsMissing(SyncdError):
    """`audit --at-metrica`: the counter's list does not have uploads that Metrica had accepted."""

    code = "audit.uploads_missing"
    action = "Look at the counter in Metrica; `syncd resend` sends the rows of one again."


# --- the HTTP endpoints -------------------------------------------------------------------------------------


class ListenFailed(SyncdError):
    """The address of `http.listen`, or of the emulator, cannot be had: it refuses to start."""

    code = "http.listen"
    action = "Give http.listen a free port of this machine, or null for none; the emulator another --port."


ERROR_CLASSES: tuple[type[SyncdError], ...] = (
    ConfigError,
    UsageError,
    AlertsUnusable,
    SourceUnavailable,
    DatabaseMissing,
    LoginRefused,
    PasswordFileUnusable,
    SourceRefused,
    RowsCutOff,
    MarkUnusable,
    NoProgress,
    UrlRefused,
    NotReceived,
    OutcomeUnknown,
    FileRefused,
    AccessRefused,
    TokenRefused,
    TokenFileUnusable,
    TooManyRejects,
    StateUnavailable,
    StateNotWritable,
    StateInUse,
    StateTooNew,
    StateUnreleased,
    BackupUnusable,
    HeldElsewhere,
    LeaseLost,
    DestinationChanged,
    OpenUploads,
    ResendRefused,
    UnknownRow,
    MissedRow,
    RowsMissing,
    UploadsMissing,
    ListenFailed,
    SyncdError,
)
"""The closed list of error codes; docs/errors.md shows it, and a test compares the two."""
