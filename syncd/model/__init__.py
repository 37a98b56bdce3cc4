"""The nouns of syncd: what flows from the source to Metrica, and what is remembered of it.

Standard library only. All moments are aware datetimes in UTC; all durations timedeltas.
"""

from __future__ import annotations

from syncd.model.fates import RowFate
from syncd.model.rows import (
    Column,
    Conversion,
    IdKind,
    Known,
    Mapped,
    Mark,
    MarkValue,
    Page,
    Reason,
    Reject,
    Rows,
    TextPage,
)
from syncd.model.uploads import (
    SETTLED,
    UNSEEN,
    UNTOLD,
    Chunk,
    Followed,
    Origin,
    Position,
    Receipt,
    RunReport,
    Upload,
    UploadState,
)

__all__ = [
    "SETTLED",
    "UNSEEN",
    "UNTOLD",
    "Chunk",
    "Column",
    "Conversion",
    "Followed",
    "IdKind",
    "Known",
    "Mapped",
    "Mark",
    "MarkValue",
    "Origin",
    "Page",
    "Position",
    "Reason",
    "Receipt",
    "Reject",
    "RowFate",
    "Rows",
    "RunReport",
    "TextPage",
    "Upload",
    "UploadState",
]
