"""Offline conversions: a client reached a goal at a moment, once."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from zoneinfo import ZoneInfo

from syncd.language import N_
from syncd.mapping import fields
from syncd.mapping.currency import currency
from syncd.mapping.moments import moment
from syncd.model import Column, IdKind
from syncd.model.endpoints import Endpoint
from syncd.model.kinds import WINDOWS, QueryKind, UploadColumn
from syncd.model.settings import QuerySettings
from syncd.model.upload_kind import Reader, UploadKind

_UNTYPED = frozenset({IdKind.PURCHASE_ID})
"""Ids that have no client_id_type in any generation of the API's documents."""


def id_parameter(header: str) -> dict[str, str]:
    """The parameter `client_id_type`; none for several kinds of id, or for one that has none."""
    names = header.split(",")
    kinds = {kind for kind in IdKind if kind.column in names}
    return {"client_id_type": kinds.pop().value} if len(kinds) == 1 and not kinds & _UNTYPED else {}


def readers_in(zone: ZoneInfo) -> dict[UploadColumn, Reader]:
    """The function that reads each column, where moments without a zone are in this one."""
    return {
        Column.CLIENT_ID: fields.digits_id,
        Column.USER_ID: fields.text_id,
        Column.YCLID: fields.digits_id,
        Column.PURCHASE_ID: fields.text_id,
        Column.TARGET: fields.target,
        Column.DATETIME: partial(moment, zone),
        Column.PRICE: fields.price,
        Column.CURRENCY: currency,
    }


class Conversions(UploadKind):
    """The kind `conversions`."""

    name = "conversions"
    columns = tuple(Column)
    client_columns = frozenset(column for column in Column if column.is_id)
    required = frozenset({Column.TARGET, Column.DATETIME})
    moment = Column.DATETIME
    window = WINDOWS[QueryKind.CONVERSIONS]
    changing_words = N_("Price or Currency")
    identity_words = N_("id, Target or DateTime")
    may_write_lines = True
    merges_equal_sales = True
    endpoint = Endpoint(
        "/management/v1/counter/{counter}/offline_conversions/upload",
        "/management/v1/counter/{counter}/offline_conversions/uploadings",
    )

    def readers(self, query: QuerySettings) -> Mapping[UploadColumn, Reader]:
        """The function that reads each column."""
        return readers_in(query.timezone)

    def parameters(self, query: QuerySettings, header: str, tag: str) -> dict[str, str]:
        """The tag, and the kind of id where there is one."""
        del query
        return {"comment": tag} | id_parameter(header)

    def is_wanted(self, column: UploadColumn, query: QuerySettings) -> bool:
        """Whether `id_type` names the id; every other column is wanted."""
        return column not in self.client_columns or column in {kind.column for kind in query.id_type}


KIND = Conversions()
