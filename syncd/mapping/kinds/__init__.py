"""The kinds of upload, one module each, named as the configuration names the kind (docs/decisions/0002)."""

from __future__ import annotations

from functools import cache
from importlib import import_module

from syncd.model.settings import QuerySettings
from syncd.model.upload_kind import UploadKind


@cache
def _kind(name: str) -> UploadKind:
    # Loaded when a query needs it: the numbering plans of all countries are not for conversions.
    kind: UploadKind = import_module(f"{__name__}.{name}").KIND
    return kind


def kind_of(query: QuerySettings) -> UploadKind:
    """The kind of a query's uploads."""
    return _kind(query.kind.value)
