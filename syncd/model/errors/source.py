"""Errors of a company database: the query backs off, and no other query is touched."""

from __future__ import annotations

from syncd.language import N_, _
from syncd.model.errors.base import SyncdError


class SourceError(SyncdError):
    """Base of what goes wrong at a company database."""

    code = "source"
    action = N_("See the database's own log.")
    spot: int | None = None
    """The character of the query's SQL at which the database found the fault; None: not known."""
    place: tuple[str, int] | None = None
    """File and line of that."""
    key_path: tuple[str, ...] = ("sql",)
    """The key of the query that is at fault, such as columns, Target."""


class SourceUnavailable(SourceError):
    """The database cannot be reached, timed out or hung up: tried again with growing pauses."""

    code = "source.unavailable"
    action = N_("Check that the database runs, is reachable from here, and that user and password are right.")


class DatabaseMissing(SourceUnavailable):
    """The server answers, and has no database of this name: tried again with growing pauses."""

    code = "source.no_database"
    action = N_("Correct the database's name, the last part of its url, or create it.")


class LoginRefused(SourceUnavailable):
    """The database refuses user and password: tried four times in about an hour, lest it lock the account."""

    code = "source.login"
    action = N_(
        "Correct the password or the account. A password_file that changed is tried within half a minute;"
        " else `systemctl reload syncd` (SIGHUP), or a restart, has the password tried again."
    )

    def as_final(self) -> tuple[str, str]:
        """Leave out when a daemon would try again."""
        action = _("Correct the password or the account.")
        return str(self).partition("; the same password is tried")[0], action


class PasswordFileUnusable(SourceUnavailable):
    """The file that password_file names is missing or cannot be read: tried again with growing pauses."""

    code = "source.password_file"
    action = N_(
        "Put the password alone into the file that password_file names, readable by the user of syncd; "
        "it is read again by itself."
    )


class SourceRefused(SourceError):
    """The database refuses the SQL, or a named column is missing: tried again, but a person is needed."""

    code = "source.refused"
    action = N_("Correct the query's sql or columns; `syncd preview NAME` shows the effect.")


class RowsCutOff(SourceRefused):
    """The query's SQL ends with a limit (LIMIT, TOP, FETCH FIRST …), so the rows beyond it are never read."""

    code = "source.limit"
    action = N_(
        "Take the limit out of the sql: syncd reads page by page by itself. To begin later, set `start`;"
        " to send fewer rows at once, `chunk_rows`."
    )


class MarkUnusable(SourceRefused):
    """The mark's column has another type than when the mark was recorded, and none of its values fits."""

    code = "source.mark"
    action = N_("Say where to go on: `syncd rewind NAME --to VALUE --dry-run` shows what that means.")


class NoProgress(SourceError):
    """The database gave the place that was read before, or no row where it has one: nothing more is read."""

    code = "source.no_progress"
    action = N_(
        "Cast the mark's column in the sql (docs/databases.md, Marks). Nothing is lost: the mark stays."
    )


class UrlRefused(SourceRefused):
    """The database's URL cannot be used: no driver for it, or one that does not take what it says."""

    code = "source.url"
    action = N_("Install what is named, or correct the database's url or user: see docs/databases.md.")
