"""Errors of the state store, without which the daemon cannot promise anything."""

from __future__ import annotations

from syncd.language import N_
from syncd.model.errors.base import SyncdError


class StateError(SyncdError):
    """Base of what goes wrong at the state store."""

    code = "state"
    action = N_("See docs/operations.md, The state store.")


class StateUnavailable(StateError):
    """The store cannot be read or written now (locked, full, gone): nothing is sent; tried again."""

    code = "state.unavailable"
    action = N_("Check that the state store's file or server is there, writable and not full.")


class StateNotWritable(StateError):
    """The account may not write to the store, or not make it; found by `check` before a run needs it."""

    code = "state.not_writable"
    action = N_("Give the account the rights that are named, or syncd another store by state.url.")

    def __init__(self, message: str, action: str = "") -> None:
        super().__init__(message)
        self.action = action or self.action


class StateInUse(StateError):
    """Another syncd works on this SQLite store: this one refuses to start."""

    code = "state.in_use"
    action = N_("Stop the other syncd, give this one its own state.url, or use a PostgreSQL store to share.")


class StateTooNew(StateError):
    """The store was written by a newer syncd: refused, so that nothing in it is misread."""

    code = "state.too_new"
    action = N_("Install that syncd again, or restore the store from before the upgrade.")


class StateUnreleased(StateError):
    """The store was written by a syncd between two releases, whose tables no migration knows."""

    code = "state.unreleased"
    action = N_("Run `syncd migrate` of commit 21d263e on it first, or restore a store of a release.")


class BackupUnusable(StateError):
    """`backup`, `restore`: the file cannot be written, or is no whole backup of a state store."""

    code = "state.backup"
    action = N_("Name a regular file where you may write; for `restore`, one that `syncd backup` wrote.")


class HeldElsewhere(StateError):
    """Another daemon on the same store runs this query, so `run --once` or the command leaves it alone."""

    code = "state.held_elsewhere"
    action = N_("Nothing to do: the other daemon uploads its rows. To work on it here, stop the other first.")


class LeaseLost(StateError):
    """Another daemon has taken this query over: its work here is dropped, the other one carries on."""

    code = "state.lease_lost"
    action = N_("Nothing to do: the other daemon settles what was in flight.")


class StateWentBack(StateError):
    """The store lacks what this process recorded in it: a failover to a copy that lags, or a restore."""

    code = "state.went_back"
    action = N_(
        "Nothing to do: it is compared with Metrica's list, and nothing is sent twice. See the failover."
    )


class DestinationChanged(StateError):
    """The query's rows went to another counter or address than the file names now: nothing is sent."""

    code = "state.destination"
    needs_person = True
    action = N_(
        "Run `syncd rewind NAME --new-destination deliver-again` (after a rehearsal) or `--new-destination "
        "go-on`; or name the former counter and metrica.api_url again."
    )


class OpenUploads(StateError):
    """`rewind`: uploads of the query are open, and settling them would move the mark once more."""

    code = "state.open_uploads"
    action = N_("Let `syncd run --once --query NAME` settle them, or the daemon, then stop it and try again.")
