"""Errors of a query as a whole, and what commands find out."""

from __future__ import annotations

from syncd.language import N_
from syncd.model.errors.base import SyncdError


class TooManyRejects(SyncdError):
    """`reject_limit` rows of one run were rejected: the query stops until a person has looked."""

    code = "rejects.limit"
    needs_person = True
    action = N_("See `syncd rejects list NAME`; correct the query or the data, then restart or reload.")


class ResendRefused(SyncdError):
    """`resend`: Metrica refused the file; the rows stay delivered as they were."""

    code = "resend.refused"
    action = N_(
        "See Metrica's words, the goal and the counter; the rows are still there from the first time."
    )


class UnknownRow(SyncdError):
    """`explain`: nothing is known of the row, and it is not to come either."""

    code = "row.unknown"
    action = N_(
        "Compare the key with the query's key columns; `syncd preview NAME` shows keys that are to come."
    )


class MissedRow(SyncdError):
    """`explain`: the source has the row behind the mark, and nothing is known of it: it is never read."""

    code = "row.missed"
    action = N_(
        "`syncd audit NAME --since 7d --heal` delivers such rows; or give it a new mark in the source."
    )


class RowsMissing(SyncdError):
    """`audit`: rows of the source are in no upload, no reject and no waiting row, and were not delivered."""

    code = "audit.missing"
    action = N_("`syncd audit NAME --since 7d --heal` delivers them; `syncd explain NAME KEY` tells of one.")


class UploadsMissing(SyncdError):
    """`audit --at-metrica`: the counter's list does not have uploads that Metrica had accepted."""

    code = "audit.uploads_missing"
    action = N_("Look at the counter in Metrica; `syncd resend` sends the rows of one again.")
